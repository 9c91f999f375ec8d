// Contention: a resource (a node's L2, memory or port) is busy for some cycles with each access.
// Time is cut into windows, and each has room for its length; an access that finds its window full
// waits for the next one with room. Harts come in the order of the schedule, a quantum apart at
// most, and windows make the result insensitive to that, as queues kept by time stamps would not be
// (Graphite, HPCA 2010, keeps histories of its queues for the same reason). A line that one cache
// gives up to another is in flight until the transaction ends, and who wants it next waits for
// that, so a word that all harts want goes from one to the next.
import { parameter, PARAMETER_WINDOW } from "./parameters";
import { FLIGHTS, RESOURCE_BYTES, RESOURCE_SLOTS, timing } from "./state";

export const RESOURCE_L2: u32 = 0;
export const RESOURCE_MEMORY: u32 = 1;
export const RESOURCE_PORT: u32 = 2;

/** Takes `cycles` of a node's resource from cycle `at` on; gives the cycles until it is free. */
export function occupy(kind: u32, node: u32, at: u64, cycles: u32): u64 {
  const window: u64 = parameter(PARAMETER_WINDOW);
  if (cycles == 0 || window == 0) return 0;
  const ring = timing().resources + (kind * timing().nodes + node) * RESOURCE_BYTES;
  const first = at / window;
  for (let next: u64 = 0; next < RESOURCE_SLOTS; next++) {
    const wanted = first + next;
    const slot = ring + (<u32>(wanted & (RESOURCE_SLOTS - 1)) << 4);
    const has = load<u64>(slot);
    if (has > wanted) return 0; // long past: nobody knows any more
    if (has < wanted) {
      store<u64>(slot, wanted);
      store<u64>(slot, 0, 8);
    }
    const used = load<u64>(slot, 8);
    if (used + cycles > window) continue;
    store<u64>(slot, used + cycles, 8);
    return next == 0 ? 0 : wanted * window - at;
  }
  return RESOURCE_SLOTS * window;
}

@inline
function flightPlace(line: u32): usize {
  return timing().flights + ((line & (FLIGHTS - 1)) << 4);
}

/** Cycles from `at` on until a line has come to where it goes, if it is in flight. */
export function flightOf(line: u32, at: u64): u64 {
  const place = flightPlace(line);
  if (load<u32>(place) != line + 1 || load<u64>(place, 8) <= at) return 0;
  return load<u64>(place, 8) - at;
}

/** A line is in flight until cycle `until`; of two that share a place, only the last is known. */
export function setFlight(line: u32, until: u64): void {
  if (parameter(PARAMETER_WINDOW) == 0) return;
  const place = flightPlace(line);
  store<u32>(place, line + 1);
  store<u64>(place, until, 8);
}
