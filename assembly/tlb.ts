// The software TLBs: their layout, and emptying them. An entry is {tag, addend}: the tag is the
// virtual page with all low bits clear, so `(va & (0xfffff000 | size - 1)) == tag` checks page and
// alignment at once; linear address = va + addend (fetch entries hold the decoded page instead).
// Each hart has its TLBs once per context: M, S, S with SUM, U.
import {
  Hart,
  hartAt,
  HART_TLB,
  SUPERPAGES,
  TLB_CONTEXT_BYTES,
  TLB_FETCH,
  TLB_FETCH_BYTES,
  TLB_LOAD_BYTES,
  TLB_STORE,
} from "./hart";
import { machine, TIMING } from "./layout";
import { clearFetchFilters, clearFilter, clearPage, clearStoreFilters } from "./timing/filter";

@inline
export function entryOf(tlb: u32, va: u32): usize {
  return tlb + ((va >>> 9) & 0x7f8);
}
@inline
export function fetchEntryOf(tlb: u32, va: u32): usize {
  return tlb + ((va >>> 9) & 0x1f8);
}

/** Empties the TLBs of the contexts in `contexts` (a bit each) that hold anything. */
export function flushContexts(hart: Hart, contexts: u32): void {
  const due = hart.filled & contexts;
  hart.filled &= ~contexts;
  for (let context: u32 = 0; context < 4; context++) {
    if (((due >> context) & 1) == 0) continue;
    const place = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES;
    memory.fill(place, 0xff, TLB_CONTEXT_BYTES);
  }
  if ((contexts & 14) == 14) memory.fill(changetype<usize>(hart) + SUPERPAGES, 0, 128);
  if (TIMING) clearFilter(hart, contexts);
}

/** SFENCE.VMA for one address (4.2.1): all its entries, in every translated context. */
export function flushAddress(hart: Hart, va: u32): void {
  const region = va >> 22;
  const word = load<u64>(changetype<usize>(hart) + SUPERPAGES + ((region >> 6) << 3));
  if (((word >> (region & 63)) & 1) != 0) {
    flushContexts(hart, 14);
    return;
  }
  for (let context: u32 = 1; context < 4; context++) {
    const place = <u32>(changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES);
    store<u32>(entryOf(place, va), 0xffffffff);
    store<u32>(entryOf(place + TLB_STORE, va), 0xffffffff);
    store<u32>(fetchEntryOf(place + TLB_FETCH, va), 0xffffffff);
  }
  if (TIMING) clearPage(hart, va);
}

/** Empties the data entries of one page (not of a superpage) in every translated context. */
export function dropPage(hart: Hart, va: u32): void {
  for (let context: u32 = 1; context < 4; context++) {
    const place = <u32>(changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES);
    store<u32>(entryOf(place, va), 0xffffffff);
    store<u32>(entryOf(place + TLB_STORE, va), 0xffffffff);
  }
  clearPage(hart, va);
}

/** The same of the entry for fetches. */
export function dropFetchPage(hart: Hart, va: u32): void {
  for (let context: u32 = 1; context < 4; context++) {
    const place = <u32>(changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES);
    store<u32>(fetchEntryOf(place + TLB_FETCH, va), 0xffffffff);
  }
}

/** Empties all data entries of the translated contexts. */
export function flushData(hart: Hart): void {
  for (let context: u32 = 1; context < 4; context++) {
    const place = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES;
    memory.fill(place, 0xff, TLB_FETCH);
  }
  clearFilter(hart, 14);
}

/** Empties all entries for fetches of the translated contexts. */
export function dropFetches(hart: Hart): void {
  for (let context: u32 = 1; context < 4; context++) {
    const place = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES;
    memory.fill(place + TLB_FETCH, 0xff, TLB_FETCH_BYTES);
  }
}

/** Empties all store TLBs, because a frame in one of them now holds decoded code. */
export function flushStores(): void {
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    const hart = hartAt(id);
    for (let context: u32 = 0; context < 4; context++) {
      if (((hart.filled >> context) & 1) == 0) continue;
      const place = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES;
      memory.fill(place + TLB_STORE, 0xff, TLB_LOAD_BYTES);
    }
  }
  if (TIMING) clearStoreFilters();
}

/** Empties all fetch TLBs, because a decoded page is given to another frame. */
export function flushFetches(): void {
  const harts = machine().harts;
  for (let id: u32 = 0; id < harts; id++) {
    const hart = hartAt(id);
    for (let context: u32 = 0; context < 4; context++) {
      if (((hart.filled >> context) & 1) == 0) continue;
      const place = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES;
      memory.fill(place + TLB_FETCH, 0xff, TLB_CONTEXT_BYTES - TLB_FETCH);
    }
  }
  if (TIMING) clearFetchFilters();
}

/** Enters a page in one of the hart's TLBs: `value` is the addend, or the decoded page. */
@inline
export function fillEntry(hart: Hart, tlb: u32, entry: usize, va: u32, value: u32): void {
  store<u32>(entry, va & 0xfffff000);
  store<u32>(entry, value, 4);
  const context = (tlb - <u32>(changetype<usize>(hart) + HART_TLB)) / TLB_CONTEXT_BYTES;
  hart.filled |= 1 << context;
}
