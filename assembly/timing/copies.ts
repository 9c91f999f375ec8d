// Copies of a line in the L1s of a node, and what its L2 knows of them: they are given, taken away,
// made readable for all, and make room. `which` is DATA or CODE.
import { Hart, hartAt } from "../hart";
import { count } from "./account";
import {
  lineOf,
  noteEvicted,
  setPlace,
  STATE_EXCLUSIVE,
  STATE_INVALID,
  STATE_MODIFIED,
  STATE_SHARED,
  touchWay,
  wayFor,
  wordOf,
} from "./cache";
import {
  COUNTER_INVALIDATIONS_RECEIVED,
  COUNTER_INVALIDATIONS_SENT,
  COUNTER_L1_WRITEBACKS,
} from "./counters";
import { lostCode, lostData } from "./filter";
import { l1Of, l1Place, l1Sets, l1State, l1Ways } from "./l1";
import {
  addSharer,
  CODE,
  DATA,
  isSharer,
  isUnshared,
  l2Way,
  l2Word,
  ownerOf,
  putDirty,
  putOwner,
  removeSharer,
  sharersPlace,
} from "./node";
import { firstHartOf, timing, timingOf } from "./state";

/** What a line's owner has changed goes to the L2. */
export function cleanOwner(hart: Hart, node: u32, way: u32, line: u32): void {
  const owner = ownerOf(node, way);
  if (owner == 0 || l1State(owner - 1, DATA, line) != STATE_MODIFIED) return;
  count(hart, COUNTER_L1_WRITEBACKS);
  putDirty(node, way, true);
}

/** The owner of a line keeps it S; what it has changed goes to the L2. `hart` asked for it. */
export function downgradeOwner(hart: Hart, node: u32, way: u32, line: u32): void {
  const owner = ownerOf(node, way);
  if (owner == 0) return;
  cleanOwner(hart, node, way, line);
  putL1(owner - 1, DATA, line, STATE_SHARED);
  lostData(hartAt(owner - 1), line); // as one that may be stored to
  putOwner(node, way, 0);
}

/** Takes a line away from all harts of a node but `keeper`'s L1D; says whether any had it. */
export function invalidateCopies(hart: Hart, node: u32, way: u32, line: u32, keeper: u32): bool {
  const first = firstHartOf(node);
  const words = timing().sharerWords;
  let any = false;
  for (let which = DATA; which <= CODE; which++) {
    const place = sharersPlace(node, way, which);
    for (let word: u32 = 0; word < words; word++) {
      let bits = load<u64>(place + (word << 3));
      while (bits != 0) {
        const local = (word << 6) + <u32>ctz(bits);
        bits &= bits - 1;
        const id = first + local;
        if (which == DATA && id == keeper) continue;
        any = true;
        removeSharer(node, way, which, local);
        takeAway(hartAt(id), line, which);
        count(hart, COUNTER_INVALIDATIONS_SENT);
        count(hartAt(id), COUNTER_INVALIDATIONS_RECEIVED);
      }
    }
  }
  const owner = ownerOf(node, way);
  if (owner != 0 && owner != keeper + 1) putOwner(node, way, 0);
  return any;
}

export function dropCopies(node: u32, way: u32, line: u32): void {
  const first = firstHartOf(node);
  const end = firstHartOf(node + 1);
  for (let id = first; id < end; id++) {
    for (let which = DATA; which <= CODE; which++) {
      if (!isSharer(node, way, which, id - first)) continue;
      removeSharer(node, way, which, id - first);
      takeAway(hartAt(id), line, which);
      count(hartAt(id), COUNTER_INVALIDATIONS_RECEIVED);
    }
  }
  putOwner(node, way, 0);
}

/** An L1 loses a line to coherence: its tag stays. */
function takeAway(hart: Hart, line: u32, which: u32): void {
  putL1(hart.id, which, line, STATE_INVALID);
  lose(hart, line, which);
}

function lose(hart: Hart, line: u32, which: u32): void {
  if (which == CODE) {
    lostCode(hart, line);
    return;
  }
  lostData(hart, line);
  if (hart.reservation == line + 1) hart.reservation = 0;
}

/** Changes the state of a line that an L1 has. */
export function putL1(hart: u32, which: u32, line: u32, state: u32): void {
  store<u32>(l1Place(hart, which, line), wordOf(line, state));
}

/** An L1 loses a line because its L2 does: nothing of it stays. */
export function removeL1(hart: Hart, line: u32, which: u32): void {
  store<u32>(l1Place(hart.id, which, line), 0);
  lose(hart, line, which);
}

/** Puts a line that the L2 has in `l2` into the hart's L1. */
export function insertL1(
  hart: Hart,
  node: u32,
  l2: u32,
  line: u32,
  which: u32,
  toStore: bool,
): void {
  const cache = l1Of(hart.id, which);
  const sets = l1Sets(which);
  const ways = l1Ways(which);
  const way = wayFor(cache, sets, ways, line);
  const place = setPlace(cache, sets, ways, line) + (way << 2);
  const word = load<u32>(place);
  if ((word & 3) != STATE_INVALID) {
    evictL1(hart, node, lineOf(word), word & 3, which);
    noteEvicted(cache, sets, ways, lineOf(word));
  }
  let state = STATE_SHARED;
  if (toStore) state = STATE_MODIFIED;
  else if (which == DATA && (l2Word(node, l2) & 3) == STATE_EXCLUSIVE && isUnshared(node, l2)) {
    state = STATE_EXCLUSIVE;
    putOwner(node, l2, hart.id + 1);
  }
  store<u32>(place, wordOf(line, state));
  touchWay(cache, sets, ways, line, way);
  addSharer(node, l2, which, timingOf(hart).local);
}

/** A line leaves an L1 to make room; the L2 has it, and learns of it. */
function evictL1(hart: Hart, node: u32, line: u32, state: u32, which: u32): void {
  const way = l2Way(node, line);
  removeSharer(node, way, which, timingOf(hart).local);
  if (which == DATA && state >= STATE_EXCLUSIVE) putOwner(node, way, 0);
  if (state == STATE_MODIFIED) {
    count(hart, COUNTER_L1_WRITEBACKS);
    putDirty(node, way, true);
  }
  lose(hart, line, which);
}
