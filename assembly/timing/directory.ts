// The directory, which knows at a line's home which nodes have it (full map: Censier and Feautrier,
// IEEE Transactions on Computers C-27(12), 1978), and the lines of L2s that it is about: brought
// from memory or from the node that has them alone, taken away, and evicted. With one node there is
// none, for nobody would ask it.
import { Hart, hartAt } from "../hart";
import { count } from "./account";
import {
  classify,
  lineOf,
  noteEvicted,
  STATE_EXCLUSIVE,
  STATE_INVALID,
  STATE_SHARED,
  touchWay,
  wayFor,
  wordOf,
} from "./cache";
import { occupy, RESOURCE_MEMORY } from "./contention";
import { cleanOwner, downgradeOwner, invalidateCopies, removeL1 } from "./copies";
import {
  COUNTER_BACK_INVALIDATIONS,
  COUNTER_L2_COLD,
  COUNTER_L2_WRITEBACKS,
  COUNTER_LOCAL_ACCESSES,
  COUNTER_REMOTE_ACCESSES,
  COUNTER_REMOTE_INVALIDATIONS,
  COUNTER_REMOTE_TRANSFERS,
} from "./counters";
import {
  clearSharers,
  CODE,
  DATA,
  isDirty,
  l2Sets,
  l2Way,
  l2Ways,
  l2Word,
  putDirty,
  putL2Word,
  putOwner,
  sharersPlace,
} from "./node";
import {
  hopsBetween,
  parameter,
  PARAMETER_DIRECTORY,
  PARAMETER_HOP,
  PARAMETER_INTERVENTION,
  PARAMETER_INVALIDATION,
  PARAMETER_MEMORY,
  PARAMETER_MEMORY_OCCUPANCY,
} from "./parameters";
import { firstHartOf, homeOf, l2Of, timing } from "./state";
import {
  DATA_BYTES,
  INTERCONNECT,
  INTERVENTION,
  INVALIDATION,
  MEMORY,
  message,
  queue,
  REQUEST_BYTES,
  stalled,
  take,
  travel,
} from "./transaction";

/** Where the directory has the set of nodes that have a line. */
@inline
function directoryPlace(line: u32): usize {
  return timing().directory + (line << 2);
}

@inline
function nodesWith(line: u32): u32 {
  return timing().nodes > 1 ? load<u32>(directoryPlace(line)) : 0;
}

@inline
export function putNodes(line: u32, nodes: u32): void {
  if (timing().nodes > 1) store<u32>(directoryPlace(line), nodes);
}

/** Takes a line away from all nodes but `node`, which then has it alone. */
export function invalidateNodes(hart: Hart, node: u32, home: u32, line: u32): void {
  let others = nodesWith(line) & ~(1 << node);
  let furthest: u32 = 0;
  if (others != 0) take(hart, INVALIDATION, parameter(PARAMETER_INVALIDATION));
  while (others != 0) {
    const other = <u32>ctz(others);
    others &= others - 1;
    message(hart, home, other, REQUEST_BYTES);
    message(hart, other, node, REQUEST_BYTES);
    furthest = max(furthest, hopsBetween(home, other) + hopsBetween(other, node));
    invalidateNode(hart, other, l2Way(other, line), line);
  }
  const direct = hopsBetween(home, node);
  if (furthest > direct) take(hart, INTERCONNECT, (furthest - direct) * parameter(PARAMETER_HOP));
  putNodes(line, 1 << node);
}

/** Takes a line away from one node. */
function invalidateNode(hart: Hart, node: u32, way: u32, line: u32): void {
  count(hart, COUNTER_REMOTE_INVALIDATIONS);
  invalidateCopies(hart, node, way, line, 0xffffffff);
  forget(node, way, line);
}

/** The L2's way keeps its tag, for the class of the next miss, and nothing else. */
export function forget(node: u32, way: u32, line: u32): void {
  putL2Word(node, way, wordOf(line, STATE_INVALID));
  putDirty(node, way, false);
}

/** Brings a line into the L2 of a node that has it not; gives its way. */
export function bring(hart: Hart, node: u32, line: u32, toStore: bool): u32 {
  countL2Miss(hart, node, line);
  const home = homeOf(line);
  count(hart, home == node ? COUNTER_LOCAL_ACCESSES : COUNTER_REMOTE_ACCESSES);
  message(hart, node, home, REQUEST_BYTES);
  travel(hart, node, home);
  queue(hart, RESOURCE_MEMORY, home, parameter(PARAMETER_MEMORY_OCCUPANCY));
  const others = nodesWith(line);
  let alone = true;
  let dirty = false;
  const other = <u32>ctz(others);
  if (popcnt(others) == 1 && (l2Word(other, l2Way(other, line)) & 3) == STATE_EXCLUSIVE) {
    dirty = fetchFrom(hart, node, home, other, line, toStore);
    alone = toStore;
  } else {
    message(hart, home, node, DATA_BYTES);
    take(hart, MEMORY, parameter(PARAMETER_MEMORY));
    if (toStore && others != 0) invalidateNodes(hart, node, home, line);
    else alone = others == 0;
  }
  putNodes(line, alone ? 1 << node : others | (1 << node));
  return insertL2(hart, node, line, alone ? STATE_EXCLUSIVE : STATE_SHARED, dirty);
}

function countL2Miss(hart: Hart, node: u32, line: u32): void {
  const t = timing();
  const seen: usize = t.seenL2 + node * t.seenStride;
  count(hart, COUNTER_L2_COLD + classify(l2Of(node), l2Sets(), l2Ways(), line, seen));
}

/** The line comes from the node that has it alone; says whether it comes changed, for a store. */
function fetchFrom(
  hart: Hart,
  node: u32,
  home: u32,
  other: u32,
  line: u32,
  toStore: bool,
): bool {
  const way = l2Way(other, line);
  message(hart, home, other, REQUEST_BYTES);
  message(hart, other, node, DATA_BYTES);
  count(hart, COUNTER_REMOTE_TRANSFERS);
  take(hart, MEMORY, parameter(PARAMETER_DIRECTORY));
  take(hart, INTERVENTION, parameter(PARAMETER_INTERVENTION));
  const path = hopsBetween(home, other) + hopsBetween(other, node);
  const direct = hopsBetween(node, home);
  if (path > direct) take(hart, INTERCONNECT, (path - direct) * parameter(PARAMETER_HOP));
  if (toStore) {
    cleanOwner(hart, other, way, line);
    const dirty = isDirty(other, way);
    invalidateNode(hart, other, way, line);
    return dirty;
  }
  downgradeOwner(hart, other, way, line);
  if (isDirty(other, way)) {
    count(hart, COUNTER_L2_WRITEBACKS);
    message(hart, other, home, DATA_BYTES);
    putDirty(other, way, false);
  }
  putL2Word(other, way, wordOf(line, STATE_SHARED));
  return false;
}

function insertL2(hart: Hart, node: u32, line: u32, state: u32, dirty: bool): u32 {
  const cache = l2Of(node);
  const ways = l2Ways();
  const place = wayFor(cache, l2Sets(), ways, line);
  const way = (line & (l2Sets() - 1)) * ways + place;
  const word = l2Word(node, way);
  if ((word & 3) != STATE_INVALID) evictL2(hart, node, way, lineOf(word));
  putL2Word(node, way, wordOf(line, state));
  putDirty(node, way, dirty);
  putOwner(node, way, 0);
  clearSharers(node, way);
  touchWay(cache, l2Sets(), ways, line, place);
  return way;
}

/** A line leaves the L2, and with it the L1s of the node. */
function evictL2(hart: Hart, node: u32, way: u32, line: u32): void {
  cleanOwner(hart, node, way, line);
  const first = firstHartOf(node);
  for (let which = DATA; which <= CODE; which++) {
    const sharers = sharersPlace(node, way, which);
    for (let word: u32 = 0; word < timing().sharerWords; word++) {
      let bits = load<u64>(sharers + (word << 3));
      while (bits != 0) {
        const other = hartAt(first + (word << 6) + <u32>ctz(bits));
        bits &= bits - 1;
        count(hart, COUNTER_BACK_INVALIDATIONS);
        removeL1(other, line, which);
      }
    }
  }
  noteEvicted(l2Of(node), l2Sets(), l2Ways(), line);
  const home = homeOf(line);
  if (isDirty(node, way)) {
    count(hart, COUNTER_L2_WRITEBACKS);
    message(hart, node, home, DATA_BYTES);
    const at = hart.cycle + stalled();
    occupy(RESOURCE_MEMORY, home, at, parameter(PARAMETER_MEMORY_OCCUPANCY));
  } else message(hart, node, home, REQUEST_BYTES);
  putNodes(line, nodesWith(line) & ~(1 << node));
}
