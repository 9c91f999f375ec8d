// The modelled TLBs of a hart, one for fetches and one for data: fully associative, replaced in the
// order in which they were filled, so that a hit changes nothing and need not be seen. An entry is
// 4 KiB, or the 4 MiB of a superpage. What the software TLBs (tlb.ts) and the filter know of
// translated addresses is always in them: an entry that goes takes that with it.
import { Hart } from "../hart";
import { dropFetchPage, dropFetches, dropPage, flushData } from "../tlb";
import { charge, count } from "./account";
import { COUNTER_CYCLES_WALK_BASE, COUNTER_DTLB_MISSES, COUNTER_ITLB_MISSES } from "./counters";
import {
  parameter,
  PARAMETER_DTLB_ENTRIES,
  PARAMETER_ITLB_ENTRIES,
  PARAMETER_WALK,
} from "./parameters";
import { HART_DTLB, HART_ITLB, timingOf, TLB_ENTRIES_MAX } from "./state";

export const WALKED_SUPERPAGE: u32 = 1; // what a walk has found
export const WALKED_DIRTY: u32 = 2;
const SUPERPAGE: u32 = 0x80000000;
const NO_PAGE: u32 = 0xffffffff;

@inline
function keyOf(va: u32, superpage: bool): u32 {
  return superpage ? SUPERPAGE | (va >> 22) : va >> 12;
}

/** The entry that translates `va`, or 0. */
function find(first: usize, entries: u32, va: u32): usize {
  const small = keyOf(va, false);
  const large = keyOf(va, true);
  const end = first + (entries << 3);
  for (let entry = first; entry < end; entry += 8) {
    const key = load<u32>(entry);
    if (key == small || key == large) return entry;
  }
  return 0;
}

/** Whether `va` is translated without a walk; for a store the entry must know the page dirty. */
export function isTranslated(hart: Hart, va: u32, fetch: bool, toStore: bool): bool {
  const place = changetype<usize>(hart) + (fetch ? HART_ITLB : HART_DTLB);
  const entries = parameter(fetch ? PARAMETER_ITLB_ENTRIES : PARAMETER_DTLB_ENTRIES);
  const entry = find(place, entries, va);
  return entry != 0 && (!toStore || (load<u32>(entry, 4) & WALKED_DIRTY) != 0);
}

/** A walk begins, and costs. */
export function beginWalk(hart: Hart, fetch: bool): void {
  count(hart, fetch ? COUNTER_ITLB_MISSES : COUNTER_DTLB_MISSES);
  charge(hart, COUNTER_CYCLES_WALK_BASE, parameter(PARAMETER_WALK));
  timingOf(hart).charging = 1;
}

/** A walk has found the page of `va`, as `walked` says: it is in the TLB from now on. */
export function endWalk(hart: Hart, va: u32, fetch: bool): void {
  const t = timingOf(hart);
  const place = changetype<usize>(hart) + (fetch ? HART_ITLB : HART_DTLB);
  const entries = parameter(fetch ? PARAMETER_ITLB_ENTRIES : PARAMETER_DTLB_ENTRIES);
  let entry = find(place, entries, va);
  if (entry == 0) {
    const next = fetch ? t.itlbNext : t.dtlbNext;
    if (fetch) t.itlbNext = next + 1 == entries ? 0 : next + 1;
    else t.dtlbNext = next + 1 == entries ? 0 : next + 1;
    entry = place + (next << 3);
    if (load<u32>(entry) != NO_PAGE) leave(hart, load<u32>(entry), fetch);
  }
  store<u32>(entry, keyOf(va, (t.walked & WALKED_SUPERPAGE) != 0));
  store<u32>(entry, t.walked, 4);
}

/** A page leaves a TLB, and all that stands in front of it. */
function leave(hart: Hart, key: u32, fetch: bool): void {
  if ((key & SUPERPAGE) != 0) {
    if (fetch) dropFetches(hart);
    else flushData(hart);
  } else if (fetch) dropFetchPage(hart, key << 12);
  else dropPage(hart, key << 12);
}

/** Empties both TLBs (a change of satp, sfence.vma without an address). */
export function forgetTranslations(hart: Hart): void {
  const place = changetype<usize>(hart) + HART_ITLB;
  memory.fill(place, 0xff, TLB_ENTRIES_MAX * 16);
}

/** sfence.vma for one address. */
export function forgetTranslation(hart: Hart, va: u32): void {
  for (let which = HART_ITLB; which <= HART_DTLB; which += HART_DTLB - HART_ITLB) {
    const place = changetype<usize>(hart) + which;
    let entry = find(place, TLB_ENTRIES_MAX, va);
    while (entry != 0) {
      store<u32>(entry, NO_PAGE);
      entry = find(place, TLB_ENTRIES_MAX, va);
    }
  }
}
