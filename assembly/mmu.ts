// Address translation: the Sv32 walk (Privileged ISA 1.12, 4.3), the checks of PMP and firewall,
// and the slow path of loads and stores, which fills the software TLBs (tlb.ts). MMIO, pages
// without one PMP verdict, and (for stores) pages with decoded code are never entered.
import { BUS_FAULT, loadDevice, storeDevice } from "./bus";
import { mayStore } from "./device/firewall";
import {
  Hart,
  HART_TLB,
  MODE_MACHINE,
  MODE_SUPERVISOR,
  MODE_USER,
  SUPERPAGES,
  TLB_CONTEXT_BYTES,
  TLB_FETCH,
  TLB_STORE,
} from "./hart";
import { frameHost, frameIsRom, frameOf, machine, NO_FRAME, PARALLEL, TIMING } from "./layout";
import { flagFrame, FRAME_DIRTY, FRAME_IN_STORE_TLB, getHost, putPhysical, slotOf } from "./memory";
import {
  CHANGED,
  MARKED,
  markEntry,
  openShared,
  putShared,
  putSharedBytes,
} from "./parallel/code";
import { loadShared, storeShared } from "./parallel/devices";
import { AGAIN, postpones } from "./parallel/world";
import { PMP_EXECUTE, PMP_READ, PMP_SPLIT, PMP_WRITE, pmpVerdict } from "./pmp";
import { count, enterBucket } from "./timing/account";
import {
  ACCESS_LOAD,
  ACCESS_STORE,
  ACCESS_WALK,
  ACCESS_WALK_STORE,
} from "./timing/coherence";
import { COUNTER_SPLIT_ACCESSES, COUNTER_WALK_READS, COUNTER_WALK_WRITES } from "./timing/counters";
import { countDevice, touchDevice, touchLine, touchPlace } from "./timing/touch";
import {
  beginWalk,
  endWalk,
  isTranslated,
  WALKED_DIRTY,
  WALKED_SUPERPAGE,
} from "./timing/translation";
import {
  FILTER_CONTEXT_BYTES,
  FILTER_DATA,
  FILTER_STORES,
  lineAt,
  timed,
  timingOf,
} from "./timing/state";
import { entryOf, fetchEntryOf, fillEntry } from "./tlb";

export const FETCH: u32 = 0;
export const LOAD: u32 = 1;
export const STORE: u32 = 2;

export const STATUS_MPRV: u32 = 1 << 17;
export const STATUS_SUM: u32 = 1 << 18;
export const STATUS_MXR: u32 = 1 << 19;
const SATP_MODE: u32 = 0x80000000;

const PTE_V: u32 = 1;
const PTE_R: u32 = 2;
const PTE_W: u32 = 4;
const PTE_X: u32 = 8;
const PTE_U: u32 = 16;
const PTE_A: u32 = 64;
const PTE_D: u32 = 128;

const MISALIGNED_FAULT: u32 = 0; // added to the base cause of the access kind
const ACCESS_FAULT: u32 = 1;

@inline
function contextOf(mode: u32, status: u32): u32 {
  if (mode == MODE_MACHINE) return 0;
  if (mode == MODE_USER) return 3;
  return (status & STATUS_SUM) != 0 ? 2 : 1;
}

/** The privilege at which loads and stores are done now (MPRV, 3.1.6.3). */
@inline
function dataMode(hart: Hart): u32 {
  const status = hart.status;
  if (hart.mode == MODE_MACHINE && (status & STATUS_MPRV) != 0) return (status >> 11) & 3;
  return hart.mode;
}

/** Points the hart at the TLBs of its present context; called when mode or mstatus change. */
export function selectContext(hart: Hart): void {
  const tlbs = <u32>(changetype<usize>(hart) + HART_TLB);
  const data = tlbs + contextOf(dataMode(hart), hart.status) * TLB_CONTEXT_BYTES;
  hart.loadTlb = data;
  hart.storeTlb = data + TLB_STORE;
  hart.fetchTlb =
    tlbs + contextOf(hart.mode, 0) * TLB_CONTEXT_BYTES + TLB_FETCH;
  if (TIMING) selectTiming(hart);
}

/** The same for the filter and the buckets. */
function selectTiming(hart: Hart): void {
  const t = timingOf(hart);
  const context = contextOf(dataMode(hart), hart.status);
  t.loadLines = <u32>changetype<usize>(hart) + FILTER_DATA + context * FILTER_CONTEXT_BYTES;
  t.storeLines = t.loadLines + FILTER_STORES;
  if (timed()) enterBucket(hart);
}

function fault(hart: Hart, kind: u32, what: u32, va: u32): void {
  if (PARALLEL && hart.trapCause == AGAIN) return;
  hart.trapCause = kind == FETCH ? what : kind == LOAD ? 4 + what : 6 + what;
  hart.trapValue = va;
}

function pageFault(hart: Hart, kind: u32, va: u32): void {
  hart.trapCause = kind == FETCH ? 12 : kind == LOAD ? 13 : 15;
  hart.trapValue = va;
}

@inline
function permissionOf(kind: u32): u32 {
  return kind == FETCH ? PMP_EXECUTE : kind == LOAD ? PMP_READ : PMP_WRITE;
}

const TRAPPED: u64 = 0xffffffffffffffff;
const CACHEABLE: u64 = 1 << 32;

/**
 * Translates `va` for one access. Gives the physical address in the low 32 bits, and above them
 * CACHEABLE when the page may enter the TLB; or TRAPPED with the hart's trap set.
 */
function translate(hart: Hart, va: u32, kind: u32, size: u32): u64 {
  const mode = kind == FETCH ? hart.mode : dataMode(hart);
  let pa = va;
  if (mode != MODE_MACHINE && (hart.satp & SATP_MODE) != 0) {
    const walked = TIMING && timed() ? timedWalk(hart, va, kind, mode) : walk(hart, va, kind, mode);
    if (walked == TRAPPED) return TRAPPED;
    pa = <u32>walked;
  }
  const need = permissionOf(kind);
  const whole = pmpVerdict(hart, pa & 0xfffff000, 4096, mode);
  if ((whole & PMP_SPLIT) == 0) {
    if ((whole & need) != 0) return CACHEABLE | pa;
  } else if ((pmpVerdict(hart, pa, size, mode) & need) != 0) return pa;
  fault(hart, kind, ACCESS_FAULT, va);
  return TRAPPED;
}

/** The same where the modelled TLBs may know the page already; if not, it costs. */
function timedWalk(hart: Hart, va: u32, kind: u32, mode: u32): u64 {
  const fetch = kind == FETCH;
  if (isTranslated(hart, va, fetch, kind == STORE)) return walk(hart, va, kind, mode);
  beginWalk(hart, fetch);
  const walked = walk(hart, va, kind, mode);
  timingOf(hart).charging = 0;
  if (walked != TRAPPED) endWalk(hart, va, fetch);
  return walked;
}

/** What it costs to read an entry of a page table, or (`write`) to mark it. */
function touchTable(hart: Hart, frame: u32, at: u32, write: bool): void {
  if (timingOf(hart).charging == 0) return;
  count(hart, write ? COUNTER_WALK_WRITES : COUNTER_WALK_READS);
  touchLine(hart, (frame << 6) | ((at >> 6) & 63), write ? ACCESS_WALK_STORE : ACCESS_WALK);
}

/** The Sv32 page-table walk (4.3.2), setting A and D as an implementation in hardware does. */
function walk(hart: Hart, va: u32, kind: u32, mode: u32): u64 {
  let table: u64 = (<u64>(hart.satp & 0x3fffff)) << 12;
  for (let level: i32 = 1; level >= 0; level--) {
    const at = table + (((va >> (12 + 10 * level)) & 0x3ff) << 2);
    const frame = at >> 32 == 0 ? frameOf(<u32>at) : NO_FRAME;
    const allowed = pmpVerdict(hart, <u32>at, 4, MODE_SUPERVISOR);
    if (frame == NO_FRAME || (allowed & PMP_READ) == 0) {
      fault(hart, kind, ACCESS_FAULT, va);
      return TRAPPED;
    }
    if (TIMING) touchTable(hart, frame, <u32>at, false);
    const pte = load<u32>(frameHost(frame) + (<usize>at & 0xfff));
    if ((pte & PTE_V) == 0 || (pte & (PTE_R | PTE_W)) == PTE_W) break;
    if ((pte & (PTE_R | PTE_X)) == 0) {
      if ((pte & (PTE_U | PTE_A | PTE_D)) != 0) break;
      table = (<u64>(pte >> 10)) << 12;
      continue;
    }
    if (!allows(hart, pte, kind, mode)) break;
    if (level == 1 && ((pte >> 10) & 0x3ff) != 0) break;
    const marks = kind == STORE ? PTE_A | PTE_D : PTE_A;
    if ((pte & marks) != marks) {
      const may = (allowed & PMP_WRITE) != 0 && mayStore(hart, frame);
      if (PARALLEL && may) {
        const how = markEntry(hart, frame, <u32>at, pte, marks);
        if (how == CHANGED) return walk(hart, va, kind, mode);
        if (how == MARKED) return leaf(hart, pte, va, kind, level == 1);
      }
      if (PARALLEL || !may || !putPhysical(frame, <u32>at, 4, pte | marks)) {
        fault(hart, kind, ACCESS_FAULT, va);
        return TRAPPED;
      }
      if (TIMING) touchTable(hart, frame, <u32>at, true);
    }
    if (TIMING) noteWalked(hart, level == 1, ((pte | marks) & PTE_D) != 0);
    return leaf(hart, pte, va, kind, level == 1);
  }
  pageFault(hart, kind, va);
  return TRAPPED;
}

function noteWalked(hart: Hart, superpage: bool, dirty: bool): void {
  timingOf(hart).walked = (superpage ? WALKED_SUPERPAGE : 0) | (dirty ? WALKED_DIRTY : 0);
}

function leaf(hart: Hart, pte: u32, va: u32, kind: u32, superpage: bool): u64 {
  const inside: u32 = superpage ? 0x3fffff : 0xfff;
  const pa = ((<u64>(pte >> 10)) << 12) | (va & inside);
  if (pa >> 32 != 0) {
    fault(hart, kind, ACCESS_FAULT, va);
    return TRAPPED;
  }
  if (superpage) {
    const region = va >> 22;
    const place = changetype<usize>(hart) + SUPERPAGES + ((region >> 6) << 3);
    store<u64>(place, load<u64>(place) | ((<u64>1) << (region & 63)));
  }
  return pa;
}

/** Steps 5 and 6 of the walk: does this leaf allow the access? */
function allows(hart: Hart, pte: u32, kind: u32, mode: u32): bool {
  if ((pte & PTE_U) != 0) {
    if (mode == MODE_SUPERVISOR && (kind == FETCH || (hart.status & STATUS_SUM) == 0)) return false;
  } else if (mode == MODE_USER) return false;
  if (kind == FETCH) return (pte & PTE_X) != 0;
  if (kind == STORE) return (pte & PTE_W) != 0;
  return (pte & PTE_R) != 0 || ((pte & PTE_X) != 0 && (hart.status & STATUS_MXR) != 0);
}

/** Whether an access of `size` bytes at `va` goes on in the next page. */
@inline
function crosses(va: u32, size: u32): bool {
  return (va & 0xfff) + size > 4096;
}

/**
 * A load by the exact way. On a trap the hart's trapCause is set and the value means nothing.
 * Memory may be read at any address, devices only aligned (3.6.3.3 leaves it open; so does QEMU).
 */
export function loadVirtual(hart: Hart, va: u32, size: u32): u32 {
  if (crosses(va, size)) return loadAcross(hart, va, size);
  const to = translate(hart, va, LOAD, size);
  if (to == TRAPPED) return 0;
  const pa = <u32>to;
  const frame = frameOf(pa);
  if (frame == NO_FRAME) {
    hart.event = 1;
    if (TIMING) touchDevice(hart, pa, false, 0);
    let value: i64 = BUS_FAULT;
    if ((va & (size - 1)) == 0) {
      value = PARALLEL ? loadShared(hart, pa, size) : loadDevice(hart, pa, size);
    }
    if (value == BUS_FAULT) fault(hart, LOAD, ACCESS_FAULT, va);
    else if (TIMING) countDevice(hart);
    return <u32>value;
  }
  const host = frameHost(frame);
  if (TIMING) touchBytes(hart, host + (pa & 0xfff), size, ACCESS_LOAD);
  if ((to & CACHEABLE) != 0) {
    const entry = entryOf(hart.loadTlb, va);
    fillEntry(hart, hart.loadTlb, entry, va, <u32>host - (va & 0xfffff000));
  }
  return getHost(host + (pa & 0xfff), size);
}

/** A load from two pages; a fault has the address of the byte that it concerns first. */
function loadAcross(hart: Hart, va: u32, size: u32): u32 {
  const first: u32 = 4096 - (va & 0xfff);
  const low = placeOfBytes(hart, va, LOAD, first);
  if (low == 0) return 0;
  const high = placeOfBytes(hart, va + first, LOAD, size - first);
  if (high == 0) return 0;
  if (TIMING) touchBoth(hart, low, high, ACCESS_LOAD);
  let value: u32 = 0;
  for (let n: u32 = 0; n < size; n++) {
    const byte: u32 = n < first ? load<u8>(low + n) : load<u8>(high + n - first);
    value |= byte << (n << 3);
  }
  return value;
}

/** Whether the firewall keeps this hart's stores out of a frame. Machine mode is not held back. */
@inline
function firewalled(hart: Hart, frame: u32): bool {
  return !mayStore(hart, frame) && dataMode(hart) != MODE_MACHINE;
}

/**
 * A store by the exact way, at any address of memory as a load. On a trap the hart's trapCause is
 * set and nothing is stored.
 */
export function storeVirtual(hart: Hart, va: u32, size: u32, value: u32): void {
  if (crosses(va, size)) {
    storeAcross(hart, va, size, value);
    return;
  }
  const to = translate(hart, va, STORE, size);
  if (to == TRAPPED) return;
  const pa = <u32>to;
  const frame = frameOf(pa);
  if (frame == NO_FRAME) {
    hart.event = 1;
    if (TIMING) touchDevice(hart, pa, true, value);
    let taken = (va & (size - 1)) == 0;
    if (PARALLEL && taken) taken = storeShared(hart, pa, size, value);
    else if (taken) taken = storeDevice(hart, pa, size, value);
    if (!taken) fault(hart, STORE, ACCESS_FAULT, va);
    else if (TIMING) countDevice(hart);
    return;
  }
  if (firewalled(hart, frame) || frameIsRom(frame)) {
    fault(hart, STORE, ACCESS_FAULT, va);
    return;
  }
  if (TIMING) touchBytes(hart, frameHost(frame) + (pa & 0xfff), size, ACCESS_STORE);
  if ((va & (size - 1)) == 0) {
    if (PARALLEL) putShared(hart, frame, pa, size, value);
    else putPhysical(frame, pa, size, value);
    if ((to & CACHEABLE) != 0) fillStore(hart, va, frame);
  } else if (PARALLEL) putSharedBytes(hart, frame, pa, value, size);
  else putBytes(frame, pa, value, size);
}

/** Stores the low bytes of `value` one by one: they may touch two lines of decoded code. */
function putBytes(frame: u32, pa: u32, value: u32, bytes: u32): void {
  for (let n: u32 = 0; n < bytes; n++) putPhysical(frame, pa + n, 1, value >> (n << 3));
}

/** A store to two pages, both of which must take it before either is changed. */
function storeAcross(hart: Hart, va: u32, size: u32, value: u32): void {
  const first: u32 = 4096 - (va & 0xfff);
  const low = placeOfBytes(hart, va, STORE, first);
  if (low == 0) return;
  const high = placeOfBytes(hart, va + first, STORE, size - first);
  if (high == 0) return;
  if (TIMING) touchBoth(hart, low, high, ACCESS_STORE);
  const base = machine().ramHost;
  const lowAt = <u32>low - base;
  const highAt = <u32>high - base;
  if (PARALLEL) {
    putSharedAcross(hart, lowAt, highAt, value, first, size);
    return;
  }
  putBytes(lowAt >> 12, lowAt, value, first);
  putBytes(highAt >> 12, highAt, value >> (first << 3), size - first);
}

/** The same where harts run at the same time. */
function putSharedAcross(
  hart: Hart,
  low: u32,
  high: u32,
  value: u32,
  first: u32,
  size: u32,
): void {
  if ((slotOf(low >> 12) | slotOf(high >> 12)) != 0 && postpones(hart)) return;
  putSharedBytes(hart, low >> 12, low, value, first);
  putSharedBytes(hart, high >> 12, high, value >> (first << 3), size - first);
}

function fillStore(hart: Hart, va: u32, frame: u32): void {
  if (slotOf(frame) != 0 || frameIsRom(frame)) return;
  flagFrame(frame, FRAME_IN_STORE_TLB | FRAME_DIRTY); // stores through the entry are not seen
  const entry = entryOf(hart.storeTlb, va);
  fillEntry(hart, hart.storeTlb, entry, va, <u32>frameHost(frame) - (va & 0xfffff000));
}

/**
 * The linear address of bytes of memory in one page, for a load or a store of this hart; 0 with the
 * trap set. Devices answer with an access fault.
 */
function placeOfBytes(hart: Hart, va: u32, kind: u32, bytes: u32): usize {
  const to = translate(hart, va, kind, bytes);
  if (to == TRAPPED) return 0;
  const frame = frameOf(<u32>to);
  if (frame == NO_FRAME || (kind == STORE && (frameIsRom(frame) || firewalled(hart, frame)))) {
    fault(hart, kind, ACCESS_FAULT, va);
    return 0;
  }
  return frameHost(frame) + (<u32>to & 0xfff);
}

/**
 * The linear address of an aligned word for an atomic read and write (`kind` STORE) or a reserved
 * load (LOAD); 0 with the trap set. Atomics are for memory: devices answer with an access fault.
 */
export function placeOfWord(hart: Hart, va: u32, kind: u32): usize {
  if ((va & 3) != 0) {
    fault(hart, kind, MISALIGNED_FAULT, va);
    return 0;
  }
  const to = translate(hart, va, kind, 4);
  if (to == TRAPPED) return 0;
  const pa = <u32>to;
  const frame = frameOf(pa);
  if (frame == NO_FRAME || (kind == STORE && (frameIsRom(frame) || firewalled(hart, frame)))) {
    fault(hart, kind, ACCESS_FAULT, va);
    return 0;
  }
  const place = frameHost(frame) + (pa & 0xfff);
  if (kind == STORE) {
    if (PARALLEL) {
      if (!openShared(hart, frame, pa)) return 0;
    } else putPhysical(frame, pa, 4, load<u32>(place)); // drops decoded code there
    if ((to & CACHEABLE) != 0) fillStore(hart, va, frame);
  }
  return place;
}

/** What bytes of memory cost in one page: the lines that they lie in. */
function touchBytes(hart: Hart, place: usize, bytes: u32, kind: u32): void {
  if (!timed()) return;
  touchPlace(hart, place, kind);
  const last = place + bytes - 1;
  if (lineAt(last) == lineAt(place)) return;
  count(hart, COUNTER_SPLIT_ACCESSES);
  touchPlace(hart, last, kind);
}

/** The same in two pages. */
function touchBoth(hart: Hart, low: usize, high: usize, kind: u32): void {
  if (!timed()) return;
  touchPlace(hart, low, kind);
  count(hart, COUNTER_SPLIT_ACCESSES);
  touchPlace(hart, high, kind);
}

/** The frame to fetch a halfword from at `va`, or NO_FRAME with the trap set. */
export function fetchFrame(hart: Hart, va: u32): u32 {
  const to = translate(hart, va, FETCH, 2);
  if (to == TRAPPED) return NO_FRAME;
  const frame = frameOf(<u32>to);
  if (frame == NO_FRAME) fault(hart, FETCH, ACCESS_FAULT, va);
  hart.event = (to & CACHEABLE) != 0 ? 1 : 0; // here: may the page enter the fetch TLB?
  return frame;
}

/** Enters a decoded page in the fetch TLB. */
export function fillFetch(hart: Hart, va: u32, entries: usize): void {
  fillEntry(hart, hart.fetchTlb, fetchEntryOf(hart.fetchTlb, va), va, <u32>entries);
}
