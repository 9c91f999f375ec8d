// A node's shared L2, which includes the L1s of the node's harts: a way has, besides its line and
// state (S, or E: this node has it alone), whether it is dirty, which hart's L1D has it E or M
// (the owner), and the sets of harts whose L1D and L1I have it. A way is named by its index in the
// whole cache.
import {
  NOT_THERE,
  setPlace,
  STATE_INVALID,
  wayOf,
} from "./cache";
import { parameter, PARAMETER_L2_SETS, PARAMETER_L2_WAYS } from "./parameters";
import { l2Of, timing } from "./state";

export const DATA: u32 = 0; // which set of sharers
export const CODE: u32 = 1;

@inline
export function l2Sets(): u32 {
  return parameter(PARAMETER_L2_SETS);
}
@inline
export function l2Ways(): u32 {
  return parameter(PARAMETER_L2_WAYS);
}

@inline
function extras(node: u32): usize {
  return l2Of(node) + timing().l2Extras;
}

/** The way of a node's L2 that has `line` validly, or NOT_THERE. */
export function l2Way(node: u32, line: u32): u32 {
  const ways = l2Ways();
  const set = setPlace(l2Of(node), l2Sets(), ways, line);
  const way = wayOf(set, ways, line);
  if (way == NOT_THERE || (load<u32>(set + (way << 2)) & 3) == STATE_INVALID) return NOT_THERE;
  return (line & (l2Sets() - 1)) * ways + way;
}

@inline
export function l2Word(node: u32, way: u32): u32 {
  return load<u32>(l2Of(node) + (way << 2));
}
@inline
export function putL2Word(node: u32, way: u32, word: u32): void {
  store<u32>(l2Of(node) + (way << 2), word);
}

/** 1 + the hart whose L1D has the line E or M, or 0. */
@inline
export function ownerOf(node: u32, way: u32): u32 {
  return load<u16>(extras(node) + (way << 2));
}
@inline
export function putOwner(node: u32, way: u32, owner: u32): void {
  store<u16>(extras(node) + (way << 2), <u16>owner);
}
@inline
export function isDirty(node: u32, way: u32): bool {
  return load<u8>(extras(node) + (way << 2), 2) != 0;
}
@inline
export function putDirty(node: u32, way: u32, dirty: bool): void {
  store<u8>(extras(node) + (way << 2), <u8>dirty, 2);
}

/** Where the set of sharers is: words of 64 harts, numbered in their node. */
@inline
export function sharersPlace(node: u32, way: u32, which: u32): usize {
  const words = timing().sharerWords;
  return l2Of(node) + timing().l2Sharers + (((way * 2 + which) * words) << 3);
}

export function addSharer(node: u32, way: u32, which: u32, local: u32): void {
  const place = sharersPlace(node, way, which) + ((local >> 6) << 3);
  store<u64>(place, load<u64>(place) | ((<u64>1) << (local & 63)));
}
export function removeSharer(node: u32, way: u32, which: u32, local: u32): void {
  const place = sharersPlace(node, way, which) + ((local >> 6) << 3);
  store<u64>(place, load<u64>(place) & ~((<u64>1) << (local & 63)));
}
export function isSharer(node: u32, way: u32, which: u32, local: u32): bool {
  const word = load<u64>(sharersPlace(node, way, which) + ((local >> 6) << 3));
  return ((word >> (local & 63)) & 1) != 0;
}

/** Whether nobody is in either set. */
export function isUnshared(node: u32, way: u32): bool {
  const first = sharersPlace(node, way, DATA);
  const end = first + (timing().sharerWords << 4);
  for (let place = first; place < end; place += 8) if (load<u64>(place) != 0) return false;
  return true;
}

export function clearSharers(node: u32, way: u32): void {
  memory.fill(sharersPlace(node, way, DATA), 0, timing().sharerWords << 4);
}
