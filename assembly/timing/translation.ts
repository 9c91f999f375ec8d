// The modelled TLBs of a hart, one for fetches and one for data: fully associative, and a list in
// the order in which they were filled; the oldest entry makes room. A hit changes nothing, and need
// not be seen. An entry is 4 KiB, or the 4 MiB of a superpage. What the software TLBs (tlb.ts) and
// the filter know of translated addresses is always in them: an entry that goes takes that with it.
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
import { HART_DTLB, HART_ITLB, timingOf } from "./state";

export const WALKED_SUPERPAGE: u32 = 1; // what a walk has found
export const WALKED_DIRTY: u32 = 2;
const SUPERPAGE: u32 = 0x80000000;

@inline
function keyOf(va: u32, superpage: bool): u32 {
  return superpage ? SUPERPAGE | (va >> 22) : va >> 12;
}

@inline
function firstOf(hart: Hart, fetch: bool): usize {
  return changetype<usize>(hart) + (fetch ? HART_ITLB : HART_DTLB);
}
@inline
function entriesOf(hart: Hart, fetch: bool): u32 {
  return fetch ? timingOf(hart).itlbEntries : timingOf(hart).dtlbEntries;
}
function putEntries(hart: Hart, fetch: bool, entries: u32): void {
  if (fetch) timingOf(hart).itlbEntries = entries;
  else timingOf(hart).dtlbEntries = entries;
}

/** The entry that translates `va`, or 0. */
function find(hart: Hart, fetch: bool, va: u32): usize {
  const small = keyOf(va, false);
  const large = keyOf(va, true);
  const first = firstOf(hart, fetch);
  const end = first + (entriesOf(hart, fetch) << 3);
  for (let entry = first; entry < end; entry += 8) {
    const key = load<u32>(entry);
    if (key == small || key == large) return entry;
  }
  return 0;
}

/** Takes an entry out of the list. */
function remove(hart: Hart, fetch: bool, entry: usize): void {
  const entries = entriesOf(hart, fetch) - 1;
  memory.copy(entry, entry + 8, firstOf(hart, fetch) + (entries << 3) - entry);
  putEntries(hart, fetch, entries);
}

/** Whether `va` is translated without a walk; for a store the entry must know the page dirty. */
export function isTranslated(hart: Hart, va: u32, fetch: bool, toStore: bool): bool {
  const entry = find(hart, fetch, va);
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
  let entry = find(hart, fetch, va);
  if (entry == 0) {
    const first = firstOf(hart, fetch);
    const most = parameter(fetch ? PARAMETER_ITLB_ENTRIES : PARAMETER_DTLB_ENTRIES);
    if (entriesOf(hart, fetch) == most) {
      leave(hart, load<u32>(first), fetch);
      remove(hart, fetch, first);
    }
    entry = first + (entriesOf(hart, fetch) << 3);
    putEntries(hart, fetch, entriesOf(hart, fetch) + 1);
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
  putEntries(hart, true, 0);
  putEntries(hart, false, 0);
}

/** sfence.vma for one address. */
export function forgetTranslation(hart: Hart, va: u32): void {
  forgetIn(hart, true, va);
  forgetIn(hart, false, va);
}

function forgetIn(hart: Hart, fetch: bool, va: u32): void {
  let entry = find(hart, fetch, va);
  while (entry != 0) {
    remove(hart, fetch, entry);
    entry = find(hart, fetch, va);
  }
}
