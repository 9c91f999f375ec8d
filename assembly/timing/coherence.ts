// One access of a hart to a line: its L1, the L2 of its node, and the directory at the line's home,
// with MESI between L1s of a node and between nodes. What it costs is stated in ARCHITECTURE.md,
// "What it costs".
import { appendEvent, EVENT_ACCESS } from "../event";
import { Hart } from "../hart";
import { machine } from "../layout";
import { count } from "./account";
import {
  classify,
  NOT_THERE,
  setPlace,
  STATE_EXCLUSIVE,
  STATE_INVALID,
  STATE_MODIFIED,
  STATE_SHARED,
  touchWay,
  wayOf,
  wordOf,
} from "./cache";
import { faultOfLines } from "./check";
import { flightOf, RESOURCE_L2, RESOURCE_MEMORY, setFlight } from "./contention";
import {
  cleanOwner,
  downgradeOwner,
  dropCopies,
  insertL1,
  invalidateCopies,
  putL1,
} from "./copies";
import {
  COUNTER_GLOBAL_UPGRADES,
  COUNTER_INTERVENTIONS,
  COUNTER_L1D_COLD,
  COUNTER_L1I_COLD,
  COUNTER_L2_ACCESSES,
  COUNTER_UPGRADES,
} from "./counters";
import { bring, forget, invalidateNodes, putNodes } from "./directory";
import { movedTo } from "./filter";
import { l1Of, l1Sets, l1State, l1Ways } from "./l1";
import { CODE, DATA, l2Sets, l2Way, l2Ways, l2Word, ownerOf, putL2Word, putOwner } from "./node";
import {
  parameter,
  PARAMETER_DIRECTORY,
  PARAMETER_INTERVENTION,
  PARAMETER_INVALIDATION,
  PARAMETER_L1D_SETS,
  PARAMETER_L1D_WAYS,
  PARAMETER_L2,
  PARAMETER_L2_OCCUPANCY,
  PARAMETER_MEMORY_OCCUPANCY,
} from "./parameters";
import { homeOf, l1iOf, l2Of, timing, timingOf } from "./state";
import {
  begin,
  INTERVENTION,
  INVALIDATION,
  L2,
  lineMoves,
  MEMORY,
  message,
  QUEUE,
  queue,
  REQUEST_BYTES,
  stalled,
  take,
  travel,
} from "./transaction";

export const ACCESS_FETCH: u32 = 0;
export const ACCESS_LOAD: u32 = 1;
export const ACCESS_STORE: u32 = 2;
export const ACCESS_WALK: u32 = 3; // reads an entry of a page table
export const ACCESS_WALK_STORE: u32 = 4; // marks it
const OBSERVE_ACCESSES: u32 = 16;

@inline
function cacheOf(kind: u32): u32 {
  return kind == ACCESS_FETCH ? CODE : DATA;
}

@inline
function isStore(kind: u32): bool {
  return kind == ACCESS_STORE || kind == ACCESS_WALK_STORE;
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
  begin(min<u32>(kind, ACCESS_WALK));
  if (!hits(hart, line, kind)) {
    miss(hart, line, kind);
    if (kind != ACCESS_FETCH) movedTo(hart, line);
    if (timing().checks != 0) noteTransition(line);
  }
  if ((machine().exact & OBSERVE_ACCESSES) != 0) {
    appendEvent(EVENT_ACCESS, hart, line, kind | (<u32>stalled() << 8), 0);
  }
  return stalled();
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
  const upgrade = state == STATE_SHARED;
  if (upgrade) count(hart, COUNTER_UPGRADES);
  else countL1Miss(hart, line, which);
  queue(hart, RESOURCE_L2, node, parameter(PARAMETER_L2_OCCUPANCY));
  take(hart, L2, parameter(PARAMETER_L2));
  take(hart, QUEUE, flightOf(line, hart.cycle + stalled()));
  count(hart, COUNTER_L2_ACCESSES);
  let way = l2Way(node, line);
  if (way != NOT_THERE) {
    touchWay(l2Of(node), l2Sets(), l2Ways(), line, way - (line & (l2Sets() - 1)) * l2Ways());
    if (isStore(kind)) claim(hart, node, way, line);
    else share(hart, node, way, line);
  } else way = bring(hart, node, line, isStore(kind));
  if (upgrade) upgradeL1(hart, line);
  else insertL1(hart, node, way, line, which, isStore(kind));
  if (isStore(kind)) putOwner(node, way, hart.id + 1);
  if (lineMoves()) setFlight(line, hart.cycle + stalled());
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

/** The hart may store to a line that its L1D has. */
function upgradeL1(hart: Hart, line: u32): void {
  putL1(hart.id, DATA, line, STATE_MODIFIED);
  hitsL1d(hart, line, true);
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
