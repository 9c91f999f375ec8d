// The invariants of caches and directory, for tests, and for whoever wants each transition looked
// at (setModelChecks). Each has a number, which is what a check gives.
import { Hart, hartAt } from "../hart";
import { machine } from "../layout";
import {
  lineOf,
  NOT_THERE,
  STATE_EXCLUSIVE,
  STATE_INVALID,
  STATE_MODIFIED,
  STATE_SHARED,
} from "./cache";
import { l1Of, l1Sets, l1State, l1Ways } from "./l1";
import { CODE, DATA, isSharer, l2Way, l2Word, ownerOf } from "./node";
import {
  FILTER_CONTEXT_BYTES,
  FILTER_DATA,
  FILTER_LINES,
  FILTER_STORES,
  firstHartOf,
  lineAt,
  timing,
  TRAFFIC_BYTES,
} from "./state";

export const FAULT_INCLUSION: u32 = 1; // a line of an L1 is not in the L2 of its node
export const FAULT_SHARERS: u32 = 2; // the L2 and an L1 disagree on whether the L1 has it
export const FAULT_OWNER: u32 = 3; // the L2 and an L1 disagree on who may store
export const FAULT_WRITER: u32 = 4; // somebody may store while another may read
export const FAULT_DIRECTORY: u32 = 5; // the directory and an L2 disagree
export const FAULT_MESSAGES: u32 = 6; // sent and received differ
export const FAULT_FILTER: u32 = 7; // the filter would answer what is not an L1 hit

/** The first invariant that does not hold of lines from `first` up to `end`, or 0. */
export function faultOfLines(first: u32, end: u32): u32 {
  for (let line = first; line < end; line++) {
    const fault = faultOfLine(line);
    if (fault != 0) return fault;
  }
  return 0;
}

function faultOfLine(line: u32): u32 {
  const t = timing();
  let writers: u32 = 0;
  let readers: u32 = 0;
  let having: u32 = 0;
  for (let node: u32 = 0; node < t.nodes; node++) {
    const way = l2Way(node, line);
    if (way != NOT_THERE) having |= 1 << node;
    const end = firstHartOf(node + 1);
    for (let id = firstHartOf(node); id < end; id++) {
      const fault = faultOfHart(node, way, id, line);
      if (fault != 0) return fault;
      const state = l1State(id, DATA, line);
      if (state >= STATE_EXCLUSIVE) writers++;
      else if (state == STATE_SHARED) readers++;
      if (l1State(id, CODE, line) != STATE_INVALID) readers++;
    }
    if (way != NOT_THERE && ownerOf(node, way) != 0) {
      if (l1State(ownerOf(node, way) - 1, DATA, line) < STATE_EXCLUSIVE) return FAULT_OWNER;
    }
  }
  if (writers > 1 || (writers == 1 && readers != 0)) return FAULT_WRITER;
  return t.nodes > 1 ? faultOfDirectory(line, having) : 0;
}

function faultOfHart(node: u32, way: u32, id: u32, line: u32): u32 {
  const local = id - firstHartOf(node);
  for (let which = DATA; which <= CODE; which++) {
    const has = l1State(id, which, line) != STATE_INVALID;
    if (has && way == NOT_THERE) return FAULT_INCLUSION;
    if (way != NOT_THERE && has != isSharer(node, way, which, local)) return FAULT_SHARERS;
  }
  if (l1State(id, DATA, line) < STATE_EXCLUSIVE) return 0;
  if (ownerOf(node, way) != id + 1) return FAULT_OWNER;
  return (l2Word(node, way) & 3) == STATE_EXCLUSIVE ? 0 : FAULT_OWNER;
}

function faultOfDirectory(line: u32, having: u32): u32 {
  if (load<u32>(timing().directory + (line << 2)) != having) return FAULT_DIRECTORY;
  let nodes = having;
  while (nodes != 0) {
    const node = <u32>ctz(nodes);
    nodes &= nodes - 1;
    const alone = (l2Word(node, l2Way(node, line)) & 3) == STATE_EXCLUSIVE;
    if (alone && popcnt(having) != 1) return FAULT_DIRECTORY;
  }
  return 0;
}

/** The same of all that a hart's L1s and filter hold, and of the messages. */
export function faultOfModel(): u32 {
  const m = machine();
  for (let id: u32 = 0; id < m.harts; id++) {
    for (let which = DATA; which <= CODE; which++) {
      const lines = l1Sets(which) * l1Ways(which);
      for (let index: u32 = 0; index < lines; index++) {
        const word = load<u32>(l1Of(id, which) + (index << 2));
        if ((word & 3) == STATE_INVALID) continue;
        const fault = faultOfLine(lineOf(word));
        if (fault != 0) return fault;
      }
    }
    if (!filterHolds(hartAt(id))) return FAULT_FILTER;
  }
  return messagesAreEven() ? 0 : FAULT_MESSAGES;
}

function messagesAreEven(): bool {
  const t = timing();
  let messages: u64 = 0;
  let bytes: u64 = 0;
  for (let node: u32 = 0; node < t.nodes; node++) {
    const place = t.traffic + node * TRAFFIC_BYTES;
    messages += load<u64>(place) - load<u64>(place, 8);
    bytes += load<u64>(place, 16) - load<u64>(place, 24);
  }
  return messages == 0 && bytes == 0;
}

/** Each entry of the data filter is the line of its index, which the L1D has, for stores M. */
function filterHolds(hart: Hart): bool {
  const h = changetype<usize>(hart);
  for (let at: u32 = 0; at < 4 * FILTER_CONTEXT_BYTES; at += 8) {
    const tag = load<u32>(h + FILTER_DATA + at);
    if ((tag & 63) != 0) continue;
    const line = lineAt(tag + load<u32>(h + FILTER_DATA + at, 4));
    const index = (at >> 3) & 63;
    if (load<u32>(h + FILTER_LINES + (index << 2)) != line + 1) return false;
    const state = l1State(hart.id, DATA, line);
    const least = (at & FILTER_STORES) != 0 ? STATE_MODIFIED : STATE_SHARED;
    if (state < least) return false;
  }
  return true;
}
