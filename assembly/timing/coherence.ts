// One access of a hart to a line: its L1, the L2 of its node, and the directory at the line's home,
// with MESI between L1s of a node and between nodes (what it costs is in ARCHITECTURE.md, "What it
// costs"; the protocol is the full-map directory of Censier and Feautrier, IEEE ToC 1978, twice).
// A transaction is done at once, at the hart's clock; what it costs is counted by cause.
import { EVENT_ACCESS, appendEvent } from "../event";
import { Hart, hartAt } from "../hart";
import { machine } from "../layout";
import { count } from "./account";
import {
  classify,
  lineOf,
  noteEvicted,
  NOT_THERE,
  setPlace,
  STATE_EXCLUSIVE,
  STATE_INVALID,
  STATE_MODIFIED,
  STATE_SHARED,
  touchWay,
  wayFor,
  wayOf,
  wordOf,
} from "./cache";
import {
  flightOf,
  occupy,
  RESOURCE_L2,
  RESOURCE_MEMORY,
  RESOURCE_PORT,
  setFlight,
} from "./contention";
import {
  COUNTER_BACK_INVALIDATIONS,
  COUNTER_BYTES,
  COUNTER_CYCLES_FETCH_L2,
  COUNTER_GLOBAL_UPGRADES,
  COUNTER_INTERVENTIONS,
  COUNTER_INVALIDATIONS_RECEIVED,
  COUNTER_INVALIDATIONS_SENT,
  COUNTER_L1D_COLD,
  COUNTER_L1I_COLD,
  COUNTER_L1_WRITEBACKS,
  COUNTER_L2_ACCESSES,
  COUNTER_L2_COLD,
  COUNTER_L2_WRITEBACKS,
  COUNTER_LOCAL_ACCESSES,
  COUNTER_MESSAGES,
  COUNTER_REMOTE_ACCESSES,
  COUNTER_REMOTE_INVALIDATIONS,
  COUNTER_REMOTE_TRANSFERS,
  COUNTER_UPGRADES,
} from "./counters";
import { faultOfLines } from "./check";
import { lostCode, lostData, movedTo } from "./filter";
import { l1Of, l1Place, l1Sets, l1State, l1Ways } from "./l1";
import {
  addSharer,
  clearSharers,
  CODE,
  DATA,
  isDirty,
  isSharer,
  isUnshared,
  l2Sets,
  l2Way,
  l2Ways,
  l2Word,
  ownerOf,
  putDirty,
  putL2Word,
  putOwner,
  removeSharer,
  sharersPlace,
} from "./node";
import {
  hopsBetween,
  parameter,
  PARAMETER_DIRECTORY,
  PARAMETER_HOP,
  PARAMETER_INTERCONNECT_OCCUPANCY,
  PARAMETER_INTERVENTION,
  PARAMETER_INVALIDATION,
  PARAMETER_L1D_SETS,
  PARAMETER_L1D_WAYS,
  PARAMETER_L2,
  PARAMETER_L2_OCCUPANCY,
  PARAMETER_MEMORY,
  PARAMETER_MEMORY_OCCUPANCY,
} from "./parameters";
import {
  firstHartOf,
  homeOf,
  l1iOf,
  l2Of,
  timing,
  timingOf,
  TRAFFIC_BYTES,
} from "./state";

export const ACCESS_FETCH: u32 = 0;
export const ACCESS_LOAD: u32 = 1;
export const ACCESS_STORE: u32 = 2;
export const ACCESS_WALK: u32 = 3; // reads an entry of a page table
export const ACCESS_WALK_STORE: u32 = 4; // marks it
const OBSERVE_ACCESSES: u32 = 16;

const L2: u32 = 0; // components of a stall, from the kind's first counter on
const INTERVENTION: u32 = 1;
const INVALIDATION: u32 = 2;
const MEMORY: u32 = 3;
const INTERCONNECT: u32 = 4;
const QUEUE: u32 = 5;
const COMPONENTS: u32 = 6;

const REQUEST_BYTES: u64 = 8;
const DATA_BYTES: u64 = 72;

// The transaction under way; nothing is kept between two.
let stall: u64 = 0;
let causes: u32 = 0; // counter of the kind's first component
let moves: bool = false; // a cache gives the line up to another

@inline
function cacheOf(kind: u32): u32 {
  return kind == ACCESS_FETCH ? CODE : DATA;
}

@inline
function isStore(kind: u32): bool {
  return kind == ACCESS_STORE || kind == ACCESS_WALK_STORE;
}

function take(hart: Hart, component: u32, cycles: u64): void {
  if (component == INTERVENTION || component == INVALIDATION) moves = true;
  if (cycles == 0) return;
  stall += cycles;
  count(hart, causes + component, cycles);
}

function queue(hart: Hart, resource: u32, node: u32, cycles: u32): void {
  take(hart, QUEUE, occupy(resource, node, hart.cycle + stall, cycles));
}

function message(hart: Hart, from: u32, to: u32, bytes: u64): void {
  if (from == to) return;
  count(hart, COUNTER_MESSAGES);
  count(hart, COUNTER_BYTES, bytes);
  const sent: usize = timing().traffic + from * TRAFFIC_BYTES;
  const received: usize = timing().traffic + to * TRAFFIC_BYTES;
  store<u64>(sent, load<u64>(sent) + 1);
  store<u64>(sent, load<u64>(sent, 16) + bytes, 16);
  store<u64>(received, load<u64>(received, 8) + 1, 8);
  store<u64>(received, load<u64>(received, 24) + bytes, 24);
}

/** Does an access of the L1D if that answers it; else does nothing, and says no. */
export function hitsL1d(hart: Hart, line: u32, toStore: bool): bool {
  const sets = parameter(PARAMETER_L1D_SETS);
  const ways = parameter(PARAMETER_L1D_WAYS);
  const cache: usize = timingOf(hart).l1d;
  const set = setPlace(cache, sets, ways, line);
  const way = wayOf(set, ways, line);
  if (way == NOT_THERE) return false;
  const place = set + (way << 2);
  const state = load<u32>(place) & 3;
  if (toStore) {
    if (state < STATE_EXCLUSIVE) return false;
    store<u32>(place, wordOf(line, STATE_MODIFIED));
  } else if (state == STATE_INVALID) return false;
  touchWay(cache, sets, ways, line, way);
  movedTo(hart, line);
  return true;
}

/** The same for any access. */
function hits(hart: Hart, line: u32, kind: u32): bool {
  if (kind != ACCESS_FETCH) return hitsL1d(hart, line, isStore(kind));
  const cache = l1iOf(hart.id);
  const sets = l1Sets(CODE);
  const ways = l1Ways(CODE);
  const set = setPlace(cache, sets, ways, line);
  const way = wayOf(set, ways, line);
  if (way == NOT_THERE || (load<u32>(set + (way << 2)) & 3) == STATE_INVALID) return false;
  touchWay(cache, sets, ways, line, way);
  return true;
}

/**
 * Accesses `line` at the hart's clock, and gives the cycles that it has to wait, which are counted
 * but not yet on its clock.
 */
export function access(hart: Hart, line: u32, kind: u32): u64 {
  stall = 0;
  if (!hits(hart, line, kind)) {
    miss(hart, line, kind);
    if (kind != ACCESS_FETCH) movedTo(hart, line);
    if (timing().checks != 0) noteTransition(line);
  }
  if ((machine().exact & OBSERVE_ACCESSES) != 0) {
    appendEvent(EVENT_ACCESS, hart, line, kind | (<u32>stall << 8), 0);
  }
  return stall;
}

/** What is checked after a transition, when somebody asks for it (model.ts). */
function noteTransition(line: u32): void {
  const t = timing();
  if (t.fault != 0) return;
  t.transitions++;
  t.fault = (t.transitions & 4095) == 0 ? faultOfLines(0, t.lines) : faultOfLines(line, line + 1);
}

function miss(hart: Hart, line: u32, kind: u32): void {
  const which = cacheOf(kind);
  const state = l1State(hart.id, which, line);
  const node = timingOf(hart).node;
  causes = COUNTER_CYCLES_FETCH_L2 + min<u32>(kind, ACCESS_WALK) * COMPONENTS;
  const upgrade = state == STATE_SHARED;
  if (upgrade) count(hart, COUNTER_UPGRADES);
  else countL1Miss(hart, line, which);
  queue(hart, RESOURCE_L2, node, parameter(PARAMETER_L2_OCCUPANCY));
  take(hart, L2, parameter(PARAMETER_L2));
  take(hart, QUEUE, flightOf(line, hart.cycle + stall));
  count(hart, COUNTER_L2_ACCESSES);
  moves = false;
  let way = l2Way(node, line);
  if (way != NOT_THERE) {
    touchWay(l2Of(node), l2Sets(), l2Ways(), line, way - (line & (l2Sets() - 1)) * l2Ways());
    if (isStore(kind)) claim(hart, node, way, line);
    else share(hart, node, way, line);
  } else way = bring(hart, node, line, isStore(kind));
  if (upgrade) upgradeL1(hart, line);
  else insertL1(hart, node, way, line, kind);
  if (isStore(kind)) putOwner(node, way, hart.id + 1);
  if (moves) setFlight(line, hart.cycle + stall);
}

function countL1Miss(hart: Hart, line: u32, which: u32): void {
  const t = timing();
  const seen: usize = t.seenL1 + (hart.id * 2 + which) * t.seenStride;
  const cache = l1Of(hart.id, which);
  const cause = classify(cache, l1Sets(which), l1Ways(which), line, seen);
  count(hart, (which == CODE ? COUNTER_L1I_COLD : COUNTER_L1D_COLD) + cause);
}

/** A read of what the node has: the hart that may have changed it gives its copy to all. */
function share(hart: Hart, node: u32, way: u32, line: u32): void {
  if (ownerOf(node, way) == 0) return;
  take(hart, INTERVENTION, parameter(PARAMETER_INTERVENTION));
  count(hart, COUNTER_INTERVENTIONS);
  downgradeOwner(hart, node, way, line);
}

/** The owner of a line keeps it S; what it has changed goes to the L2. `hart` asked for it. */
function downgradeOwner(hart: Hart, node: u32, way: u32, line: u32): void {
  const owner = ownerOf(node, way);
  if (owner == 0) return;
  cleanOwner(hart, node, way, line);
  putL1(owner - 1, DATA, line, STATE_SHARED);
  lostData(hartAt(owner - 1), line); // as one that may be stored to
  putOwner(node, way, 0);
}

/** What a line's owner has changed goes to the L2. */
function cleanOwner(hart: Hart, node: u32, way: u32, line: u32): void {
  const owner = ownerOf(node, way);
  if (owner == 0 || l1State(owner - 1, DATA, line) != STATE_MODIFIED) return;
  count(hart, COUNTER_L1_WRITEBACKS);
  putDirty(node, way, true);
}

/** A store to what the node has: every other copy goes, here and in other nodes. */
function claim(hart: Hart, node: u32, way: u32, line: u32): void {
  const owner = ownerOf(node, way);
  if (owner != 0) {
    take(hart, INTERVENTION, parameter(PARAMETER_INTERVENTION));
    count(hart, COUNTER_INTERVENTIONS);
    cleanOwner(hart, node, way, line);
    invalidateCopies(hart, node, way, line, hart.id);
  } else if (invalidateCopies(hart, node, way, line, hart.id)) {
    take(hart, INVALIDATION, parameter(PARAMETER_INVALIDATION));
  }
  if ((l2Word(node, way) & 3) == STATE_EXCLUSIVE) return;
  const home = homeOf(line);
  count(hart, COUNTER_GLOBAL_UPGRADES);
  message(hart, node, home, REQUEST_BYTES);
  message(hart, home, node, REQUEST_BYTES);
  travel(hart, node, home);
  queue(hart, RESOURCE_MEMORY, home, parameter(PARAMETER_MEMORY_OCCUPANCY));
  take(hart, MEMORY, parameter(PARAMETER_DIRECTORY));
  invalidateNodes(hart, node, home, line);
  putL2Word(node, way, wordOf(line, STATE_EXCLUSIVE));
}

/** To the home and back, where that is another node. */
function travel(hart: Hart, node: u32, home: u32): void {
  if (node == home) return;
  queue(hart, RESOURCE_PORT, home, parameter(PARAMETER_INTERCONNECT_OCCUPANCY));
  take(hart, INTERCONNECT, 2 * hopsBetween(node, home) * parameter(PARAMETER_HOP));
}

/** Takes a line away from all harts of a node but `keeper`'s L1D; says whether any had it. */
function invalidateCopies(hart: Hart, node: u32, way: u32, line: u32, keeper: u32): bool {
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
function putNodes(line: u32, nodes: u32): void {
  if (timing().nodes > 1) store<u32>(directoryPlace(line), nodes);
}

/** Takes a line away from all nodes but `node`, which then has it alone. */
function invalidateNodes(hart: Hart, node: u32, home: u32, line: u32): void {
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
function forget(node: u32, way: u32, line: u32): void {
  putL2Word(node, way, wordOf(line, STATE_INVALID));
  putDirty(node, way, false);
}

/** Brings a line into the L2 of a node that has it not; gives its way. */
function bring(hart: Hart, node: u32, line: u32, toStore: bool): u32 {
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
    const at = hart.cycle + stall;
    occupy(RESOURCE_MEMORY, home, at, parameter(PARAMETER_MEMORY_OCCUPANCY));
  } else message(hart, node, home, REQUEST_BYTES);
  putNodes(line, nodesWith(line) & ~(1 << node));
}

/** Changes the state of a line that an L1 has. */
function putL1(hart: u32, which: u32, line: u32, state: u32): void {
  store<u32>(l1Place(hart, which, line), wordOf(line, state));
}

/** The hart may store to a line that its L1D has. */
function upgradeL1(hart: Hart, line: u32): void {
  putL1(hart.id, DATA, line, STATE_MODIFIED);
  hitsL1d(hart, line, true);
}

/** An L1 loses a line because its L2 does: nothing of it stays. */
function removeL1(hart: Hart, line: u32, which: u32): void {
  store<u32>(l1Place(hart.id, which, line), 0);
  lose(hart, line, which);
}

/** Puts a line that the L2 has in `l2` into the hart's L1. */
function insertL1(hart: Hart, node: u32, l2: u32, line: u32, kind: u32): void {
  const which = cacheOf(kind);
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
  if (isStore(kind)) state = STATE_MODIFIED;
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

/** A device has written a line of memory: nobody has it any more. */
export function writtenByDevice(line: u32): void {
  const t = timing();
  for (let node: u32 = 0; node < t.nodes; node++) {
    const way = l2Way(node, line);
    if (way == NOT_THERE) continue;
    dropCopies(node, way, line);
    forget(node, way, line);
  }
  putNodes(line, 0);
}

function dropCopies(node: u32, way: u32, line: u32): void {
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
