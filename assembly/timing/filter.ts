// The filter in front of the model (L0): per hart 64 lines of data, as loads and as stores and for
// each context, and 64 lines of code. An entry stands for the most recent line of its L1 set, so
// that an access it answers cannot change the set's order; for stores only when the line is M. An
// index is the line's number in its page, the same in virtual and physical addresses. Data entries
// are tagged by virtual line and lead to memory, so one compare replaces that of the software TLB;
// code entries are tagged by the line's decoded form.
import { Hart, hartAt } from "../hart";
import { machine } from "../layout";
import {
  parameter,
  PARAMETER_L1D_SETS,
  PARAMETER_L1I_SETS,
} from "./parameters";
import {
  FILTER_CONTEXT_BYTES,
  FILTER_DATA,
  FILTER_FETCH,
  FILTER_LINES,
  FILTER_STORES,
  timingOf,
} from "./state";

const NO_LINE: u32 = 0xffffffff;
const INDEXES: u32 = 64;

/** Empties the data filter in the contexts in `contexts` (a bit each). */
export function clearFilter(hart: Hart, contexts: u32): void {
  for (let context: u32 = 0; context < 4; context++) {
    if (((contexts >> context) & 1) == 0) continue;
    const place = changetype<usize>(hart) + FILTER_DATA + context * FILTER_CONTEXT_BYTES;
    memory.fill(place, 0xff, FILTER_CONTEXT_BYTES);
  }
}

/** Empties the store entries of all harts. */
export function clearStoreFilters(): void {
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    const data = changetype<usize>(hartAt(id)) + FILTER_DATA + FILTER_STORES;
    for (let context: u32 = 0; context < 4; context++) {
      memory.fill(data + context * FILTER_CONTEXT_BYTES, 0xff, FILTER_STORES);
    }
  }
}

/** Empties the code filters of all harts: decoded forms have moved. */
export function clearFetchFilters(): void {
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) clearFetchFilter(hartAt(id));
}

export function clearFetchFilter(hart: Hart): void {
  memory.fill(changetype<usize>(hart) + FILTER_FETCH, 0, 256);
  timingOf(hart).fetchLine = 0;
}

/** Empties all data entries of one virtual page in translated contexts. */
export function clearPage(hart: Hart, va: u32): void {
  const page = va & 0xfffff000;
  const first = changetype<usize>(hart) + FILTER_DATA + FILTER_CONTEXT_BYTES;
  const end = first + 3 * FILTER_CONTEXT_BYTES;
  for (let entry = first; entry < end; entry += 8) {
    if ((load<u32>(entry) & 0xfffff000) == page) store<u32>(entry, NO_LINE);
  }
}

function clearIndex(hart: Hart, index: u32): void {
  const first = changetype<usize>(hart) + FILTER_DATA + (index << 3);
  for (let at: u32 = 0; at < 4 * FILTER_CONTEXT_BYTES; at += FILTER_STORES) {
    store<u32>(first + at, NO_LINE);
  }
}

/** The L1D of a hart has used `line`: no other line is the most recent of its set. */
export function movedTo(hart: Hart, line: u32): void {
  const sets = parameter(PARAMETER_L1D_SETS);
  const lines = changetype<usize>(hart) + FILTER_LINES;
  const own = line & (INDEXES - 1);
  for (let index = line & (sets - 1) & (INDEXES - 1); index < INDEXES; index += sets) {
    const place = lines + (index << 2);
    const has = load<u32>(place);
    if (has == line + 1) continue;
    if (has != 0) clearIndex(hart, index);
    store<u32>(place, index == own ? line + 1 : 0);
  }
}

/** The L1D of a hart has lost `line`, or may not store to it any more. */
export function lostData(hart: Hart, line: u32): void {
  const index = line & (INDEXES - 1);
  const place = changetype<usize>(hart) + FILTER_LINES + (index << 2);
  if (load<u32>(place) != line + 1) return;
  clearIndex(hart, index);
  store<u32>(place, 0);
}

/** The L1I of a hart has lost `line`. */
export function lostCode(hart: Hart, line: u32): void {
  store<u32>(changetype<usize>(hart) + FILTER_FETCH + ((line & (INDEXES - 1)) << 2), 0);
  timingOf(hart).fetchLine = 0;
}

/** The L1I of a hart has used `line`, whose decoded form is at `tag`. */
export function fetchedLine(hart: Hart, line: u32, tag: u32): void {
  const sets = parameter(PARAMETER_L1I_SETS);
  const filter = changetype<usize>(hart) + FILTER_FETCH;
  for (let index = line & (sets - 1) & (INDEXES - 1); index < INDEXES; index += sets) {
    store<u32>(filter + (index << 2), 0);
  }
  store<u32>(filter + ((line & (INDEXES - 1)) << 2), tag);
  timingOf(hart).fetchLine = tag;
}

/** Enters a line of data that the L1D has just used: `addend` leads from va to linear memory. */
export function enterData(hart: Hart, entries: u32, va: u32, addend: u32): void {
  const entry: usize = entries + ((va >>> 3) & 0x1f8);
  store<u32>(entry, va & ~63);
  store<u32>(entry, addend, 4);
}
