// The counters that a guest sees (Zihpm; Privileged ISA 1.12, 3.1.10): mhpmevent3 to 31 name a
// counter, as 1 + COUNTER_* (0: none), and mhpmcounter3 to 31 count it from what was written. At
// reset they name those that a kernel asks for most.
import { Hart } from "../hart";
import { settle } from "./account";
import {
  COUNTER_CYCLES_WAIT,
  COUNTER_DTLB_MISSES,
  COUNTER_INTERVENTIONS,
  COUNTER_INVALIDATIONS_RECEIVED,
  COUNTER_IPIS,
  COUNTER_ITLB_MISSES,
  COUNTER_L1D_CAPACITY,
  COUNTER_L1D_COHERENCE,
  COUNTER_L1D_COLD,
  COUNTER_L1D_CONFLICT,
  COUNTER_L1I_CAPACITY,
  COUNTER_L2_ACCESSES,
  COUNTER_LOADS,
  COUNTER_LOCAL_ACCESSES,
  COUNTER_REMOTE_ACCESSES,
  COUNTER_STORES,
  COUNTER_TAKEN_BRANCHES,
  COUNTER_UPGRADES,
  COUNTERS,
} from "./counters";
import { HART_COUNTERS, HPM_BIASES, HPM_COUNTERS, HPM_EVENTS, timed } from "./state";

/** What mhpmevent3 and those behind it are at reset. */
function eventAtReset(index: u32): u32 {
  switch (index) {
    case 0: return 1 + COUNTER_LOADS;
    case 1: return 1 + COUNTER_STORES;
    case 2: return 1 + COUNTER_TAKEN_BRANCHES;
    case 3: return 1 + COUNTER_L1I_CAPACITY;
    case 4: return 1 + COUNTER_L1D_COLD;
    case 5: return 1 + COUNTER_L1D_CAPACITY;
    case 6: return 1 + COUNTER_L1D_CONFLICT;
    case 7: return 1 + COUNTER_L1D_COHERENCE;
    case 8: return 1 + COUNTER_L2_ACCESSES;
    case 9: return 1 + COUNTER_LOCAL_ACCESSES;
    case 10: return 1 + COUNTER_REMOTE_ACCESSES;
    case 11: return 1 + COUNTER_UPGRADES;
    case 12: return 1 + COUNTER_INVALIDATIONS_RECEIVED;
    case 13: return 1 + COUNTER_INTERVENTIONS;
    case 14: return 1 + COUNTER_ITLB_MISSES;
    case 15: return 1 + COUNTER_DTLB_MISSES;
    case 16: return 1 + COUNTER_IPIS;
    case 17: return 1 + COUNTER_CYCLES_WAIT;
  }
  return 0;
}

@inline
function eventPlace(hart: Hart, index: u32): usize {
  return changetype<usize>(hart) + HPM_EVENTS + (index << 2);
}
@inline
function biasPlace(hart: Hart, index: u32): usize {
  return changetype<usize>(hart) + HPM_BIASES + (index << 3);
}

export function resetHpm(hart: Hart): void {
  for (let index: u32 = 0; index < HPM_COUNTERS; index++) {
    store<u32>(eventPlace(hart, index), eventAtReset(index));
  }
}

/** mhpmevent3 + index. */
export function hpmEvent(hart: Hart, index: u32): u32 {
  return load<u32>(eventPlace(hart, index));
}

/** Only numbers of counters are kept (WARL). */
export function putHpmEvent(hart: Hart, index: u32, event: u32): void {
  if (event > COUNTERS) return;
  const value = hpmValue(hart, index);
  store<u32>(eventPlace(hart, index), event);
  putHpmValue(hart, index, value); // the counter goes on from where it is
}

function counted(hart: Hart, index: u32): u64 {
  const event = hpmEvent(hart, index);
  if (event == 0 || !timed()) return 0;
  settle(hart);
  return load<u64>(changetype<usize>(hart) + HART_COUNTERS + ((event - 1) << 3));
}

/** mhpmcounter3 + index. */
export function hpmValue(hart: Hart, index: u32): u64 {
  return counted(hart, index) + load<u64>(biasPlace(hart, index));
}

export function putHpmValue(hart: Hart, index: u32, value: u64): void {
  store<u64>(biasPlace(hart, index), value - counted(hart, index));
}
