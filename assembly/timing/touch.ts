// What the machine does with the model: a line is touched, a device is reached, an instruction's
// line is fetched. Each moves the hart's clock by what it costs. With the model off, none does.
import { CLINT_BASE, CLINT_MSIP, HARTS_MAX, LOG_DESK_BASE, LOG_DESK_SIZE } from "../abi";
import { Hart, HART_TIMING } from "../hart";
import { DECODED_STRIDE, machine } from "../layout";
import { entryOf } from "../tlb";
import { charge, count } from "./account";
import { access, ACCESS_FETCH, hits } from "./coherence";
import {
  COUNTER_CYCLES_DEVICE,
  COUNTER_CYCLES_IPI,
  COUNTER_DEVICE_ACCESSES,
  COUNTER_IPIS,
} from "./counters";
import { enterData, fetchedLine } from "./filter";
import { hopsBetween, parameter, PARAMETER_DEVICE, PARAMETER_HOP } from "./parameters";
import { FILTER_FETCH, HartTiming, lineAt, timed, timingOf } from "./state";

const PAGE_ENTRIES_BYTES: u32 = 16384;
const FETCH_LINE: usize = HART_TIMING + offsetof<HartTiming>("fetchLine");

/** Accesses a line (kinds: ACCESS_*), and lets the hart wait for it. */
export function touchLine(hart: Hart, line: u32, kind: u32): void {
  const stall = access(hart, line, kind);
  if (stall == 0) return;
  hart.cycle += stall; // counted by cause already
  hart.skew += stall;
  timingOf(hart).stalled = 1;
}

/** The same for an address of linear memory. */
@inline
export function touchPlace(hart: Hart, place: usize, kind: u32): void {
  if (timed()) touchLine(hart, lineAt(place), kind);
}

/** An access that the software TLB answers, by the exact way. */
export function touchKnown(hart: Hart, va: u32, addend: u32, kind: u32, entries: u32): void {
  if (!timed()) return;
  touchLine(hart, lineAt(va + addend), kind);
  enterData(hart, entries, va, addend);
}

/** The same by the loop: false, and nothing done, when it is not in TLB and L1. */
export function hitsData(h: usize, tlb: u32, entries: u32, va: u32, size: u32, kind: u32): bool {
  const entry = entryOf(tlb, va);
  if (load<u32>(entry) != (va & (0xfffff000 | (size - 1)))) return false;
  const addend = load<u32>(entry, 4);
  const hart = changetype<Hart>(h);
  if (!hits(hart, lineAt(va + addend), kind)) return false;
  enterData(hart, entries, va, addend);
  return true;
}

/** A device register of node 0 is loaded or stored. The log desk is the instrument, and is free. */
export function touchDevice(hart: Hart, pa: u32, toStore: bool, value: u32): void {
  if (!timed() || pa - LOG_DESK_BASE < LOG_DESK_SIZE) return;
  const ipi = toStore && pa - CLINT_BASE < CLINT_MSIP + HARTS_MAX * 4 && (value & 1) != 0;
  const way = 2 * hopsBetween(timingOf(hart).node, 0) * parameter(PARAMETER_HOP);
  const cycles: u64 = parameter(PARAMETER_DEVICE) + way;
  charge(hart, ipi ? COUNTER_CYCLES_IPI : COUNTER_CYCLES_DEVICE, cycles);
  if (ipi) count(hart, COUNTER_IPIS);
}

/** A device took it: it was no access of the L1D. */
export function countDevice(hart: Hart): void {
  if (timed()) count(hart, COUNTER_DEVICE_ACCESSES);
}

/** Whether the line of the entry `ip` at `pc` is under way, or the filter has it, and then is. */
@inline
export function isFetched(h: usize, ip: usize, pc: u32): bool {
  const tag = <u32>ip & ~255;
  if (load<u32>(h + ((pc & 0xfc0) >> 4), FILTER_FETCH) != tag) {
    return load<u32>(h, FETCH_LINE) == tag;
  }
  store<u32>(h, tag, FETCH_LINE);
  return true;
}

/** Fetches the line of the entry `ip`, which is not at the end of a page's entries. */
export function fetchLine(hart: Hart, ip: usize): void {
  const m = machine();
  const at = <u32>ip - m.decoded;
  const slot = at / DECODED_STRIDE;
  const inPage = at - slot * DECODED_STRIDE;
  if (inPage >= PAGE_ENTRIES_BYTES) return;
  const line = (load<u32>(m.frameOfSlot + (slot << 2)) << 6) | (inPage >> 8);
  touchLine(hart, line, ACCESS_FETCH);
  fetchedLine(hart, line, <u32>ip & ~255);
}
