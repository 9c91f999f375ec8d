// One cache: sets of up to sixteen ways, with true LRU or tree-PLRU. A word a way holds the line
// and its MESI state; state I with a line is what coherence took away. A set's order is 64 bits:
// LRU keeps the ways as a list of four bits each, the most recent lowest; tree-PLRU keeps a bit a
// node of the tree, from bit 1 on, that points to the half used less recently.
import { parameter, PARAMETER_TREE_PLRU } from "./parameters";

export const STATE_INVALID: u32 = 0;
export const STATE_SHARED: u32 = 1;
export const STATE_EXCLUSIVE: u32 = 2;
export const STATE_MODIFIED: u32 = 3;
export const NOT_THERE: u32 = 0xffffffff;
const WAYS_IN_ORDER: u64 = 0xfedcba9876543210;
const ONES: u64 = 0x1111111111111111;

@inline
export function wordOf(line: u32, state: u32): u32 {
  return ((line + 1) << 2) | state;
}
@inline
export function lineOf(word: u32): u32 {
  return (word >> 2) - 1;
}

/** Where the words of the set of a line are. */
@inline
export function setPlace(cache: usize, sets: u32, ways: u32, line: u32): usize {
  return cache + (((line & (sets - 1)) * ways) << 2);
}
@inline
function orderPlace(cache: usize, sets: u32, ways: u32, line: u32): usize {
  return cache + ((sets * ways) << 2) + ((line & (sets - 1)) << 3);
}
@inline
function evictedPlace(cache: usize, sets: u32, ways: u32, line: u32): usize {
  return cache + ((sets * ways) << 2) + (sets << 3) + ((line & (sets - 1)) << 2);
}

/** The way that has a line, validly or not; or NOT_THERE. */
@inline
export function wayOf(set: usize, ways: u32, line: u32): u32 {
  const want = line + 1;
  for (let way: u32 = 0; way < ways; way++) {
    if (load<u32>(set + (way << 2)) >> 2 == want) return way;
  }
  return NOT_THERE;
}

/** Empties a cache. */
export function resetCache(cache: usize, sets: u32, ways: u32): void {
  memory.fill(cache, 0, sets * (ways * 4 + 12));
  if (parameter(PARAMETER_TREE_PLRU) != 0) return;
  for (let set: u32 = 0; set < sets; set++) {
    store<u64>(orderPlace(cache, sets, ways, set), WAYS_IN_ORDER);
  }
}

/** The way becomes the most recently used one of its set. */
export function touchWay(cache: usize, sets: u32, ways: u32, line: u32, way: u32): void {
  const place = orderPlace(cache, sets, ways, line);
  const order = load<u64>(place);
  if (parameter(PARAMETER_TREE_PLRU) != 0) {
    store<u64>(place, touchTree(order, ways, way));
    return;
  }
  if ((order & 15) == way) return;
  const unlike = order ^ (way * ONES); // zero where the way stands
  const shift = ctz((unlike - ONES) & ~unlike & (ONES << 3)) - 3;
  const before = ((<u64>1) << shift) - 1;
  const behind = ~before << 4; // 0 when it stands last
  store<u64>(place, (order & behind) | ((order & before) << 4) | way);
}

function touchTree(order: u64, ways: u32, way: u32): u64 {
  let bits = order;
  let node: u64 = 1;
  for (let half = ways >> 1; half != 0; half >>= 1) {
    const upper: u64 = (way & half) != 0 ? 1 : 0;
    const bit = (<u64>1) << node;
    bits = upper != 0 ? bits & ~bit : bits | bit;
    node = (node << 1) | upper;
  }
  return bits;
}

/** The way that the policy gives up. */
function victimOf(order: u64, ways: u32): u32 {
  if (parameter(PARAMETER_TREE_PLRU) == 0) return <u32>((order >> ((ways - 1) << 2)) & 15);
  let node: u64 = 1;
  for (let half = ways >> 1; half != 0; half >>= 1) node = (node << 1) | ((order >> node) & 1);
  return <u32>node - ways;
}

/** The way for a new line: its own, the first free one, or the victim of the policy. */
export function wayFor(cache: usize, sets: u32, ways: u32, line: u32): u32 {
  const set = setPlace(cache, sets, ways, line);
  let free = NOT_THERE;
  for (let way: u32 = 0; way < ways; way++) {
    const word = load<u32>(set + (way << 2));
    if ((word & 3) != STATE_INVALID) continue;
    if (word >> 2 == line + 1) return way;
    if (free == NOT_THERE) free = way;
  }
  if (free != NOT_THERE) return free;
  return victimOf(load<u64>(orderPlace(cache, sets, ways, line)), ways);
}

/** Notes that the policy has taken this line out of the cache. */
export function noteEvicted(cache: usize, sets: u32, ways: u32, line: u32): void {
  store<u32>(evictedPlace(cache, sets, ways, line), line + 1);
}

export const MISS_COLD: u32 = 0;
export const MISS_CAPACITY: u32 = 1;
export const MISS_CONFLICT: u32 = 2;
export const MISS_COHERENCE: u32 = 3;

/**
 * Why a line is not there. `seen` is a bit a line, and gets this one's. Conflict: it is the line
 * that its set lost last (Collins and Tullsen, MICRO-32, 1999).
 */
export function classify(
  cache: usize,
  sets: u32,
  ways: u32,
  line: u32,
  seen: usize,
): u32 {
  const place = seen + (line >> 3);
  const bits = load<u8>(place);
  const bit = <u8>((<u32>1) << (line & 7));
  if ((bits & bit) == 0) {
    store<u8>(place, bits | bit);
    return MISS_COLD;
  }
  if (wayOf(setPlace(cache, sets, ways, line), ways, line) != NOT_THERE) return MISS_COHERENCE;
  const evicted = load<u32>(evictedPlace(cache, sets, ways, line));
  return evicted == line + 1 ? MISS_CONFLICT : MISS_CAPACITY;
}
