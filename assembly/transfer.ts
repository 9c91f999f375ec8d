// Ways out of a decoded page: to another page that the fetch TLB has, or out of the loop.
import { Hart } from "./hart";
import { imm } from "./isa/entry";
import { fetchEntryOf } from "./tlb";

const PC_DELTA: usize = offsetof<Hart>("pcDelta");
const FETCH_TLB: usize = offsetof<Hart>("fetchTlb");

/** Settles pc and clock when the loop is left before the instruction at `ip`. */
export function leave(h: usize, ip: usize, left: usize): void {
  const hart = changetype<Hart>(h);
  hart.pc = hart.pcDelta + (<u32>ip >> 2);
  hart.cycle = hart.sliceEnd - <u64>(<i64>(<i32>(left - ip) >> 4));
}

/** How far behind the instruction that step() has just done its next entry is. */
export function entryBytesOf(h: usize): usize {
  return <usize>(changetype<Hart>(h).nextPc - changetype<Hart>(h).pc) << 2;
}

/** The entry at virtual address `target`, when the fetch TLB has its page; else 0. */
export function farEntry(h: usize, target: u32): usize {
  const entry = fetchEntryOf(load<u32>(h, FETCH_TLB), target);
  if (load<u32>(entry) != (target & 0xfffff001)) return 0;
  const page = load<u32>(entry, 4);
  store<u32>(h, (target & 0xfffff000) - (page >> 2), PC_DELTA);
  return page + ((target & 0xffe) << 2);
}

/** Where the branch at `ip` goes when taken, in entries; 0 as in farEntry. */
export function farTarget(h: usize, ip: usize): usize {
  return farEntry(h, load<u32>(h, PC_DELTA) + (<u32>ip >> 2) + imm(ip));
}

/** The entry behind the page's end, where `ip` is the sentinel; 0 as in farEntry. */
export function nextPage(h: usize, ip: usize): usize {
  return farEntry(h, load<u32>(h, PC_DELTA) + (<u32>ip >> 2));
}
