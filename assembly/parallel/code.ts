// Stores to frames that have a decoded page, while harts run at the same time. Others read decoded
// entries without asking, so a store to a line that is decoded is done alone. One to another line
// of such a frame is done under the mutex that decoding takes too: either decodes what is stored,
// or sees that it was decoded. The whole page is given up then: its frame mostly has become data,
// and comes to the store TLBs again so.
import { Hart } from "../hart";
import { frameHost, frameIsRom, machine, NO_FRAME } from "../layout";
import {
  FRAME_DIRTY,
  flagFrame,
  putHost,
  slotEntries,
  slotLines,
  slotOf,
} from "../memory";
import { PAGE_BYTES } from "../isa/entry";
import { flushFetches } from "../tlb";
import { dropFrame } from "../translate/regions";
import { translator } from "../translate/state";
import { LOCK } from "./state";
import { beginAgain, holdLock, isAlone, lock, postpones, unlock } from "./world";

@inline
function isDecoded(slot: u32, pa: u32): bool {
  return ((load<u64>(slotLines(slot)) >> ((pa >> 6) & 63)) & 1) != 0;
}

/** Takes its decoded page from a frame, and what was translated from it. Alone. */
function giveUp(frame: u32, slot: u32): void {
  const m = machine();
  if (translator().on != 0) dropFrame(slot, frame);
  store<u16>(m.slotOfFrame + (frame << 1), 0);
  store<u32>(m.frameOfSlot + ((slot - 1) << 2), NO_FRAME);
  store<u64>(slotLines(slot), 0);
  memory.fill(slotEntries(slot), 0, PAGE_BYTES);
  flushFetches();
}

/** May the bytes at `pa` change now? Alone, or under the mutex, which is left if not. */
function opens(hart: Hart, frame: u32, pa: u32): bool {
  const slot = slotOf(frame);
  if (slot == 0 || !isDecoded(slot, pa)) return true;
  if (!isAlone()) {
    unlock(LOCK);
    beginAgain(hart);
    return false;
  }
  giveUp(frame, slot);
  return true;
}

/** A store of `size` bytes (1, 2, 4; aligned) to RAM; or the instruction begins again. */
export function putShared(hart: Hart, frame: u32, pa: u32, size: u32, value: u32): void {
  flagFrame(frame, FRAME_DIRTY);
  const place = frameHost(frame) + (pa & 0xfff);
  const free = slotOf(frame) == 0 || isAlone();
  if (!free) lock(LOCK);
  if (!opens(hart, frame, pa)) return;
  putHost(place, size, value);
  if (!free) unlock(LOCK);
}

/** The same of bytes that may lie in two lines, all or none. */
export function putSharedBytes(hart: Hart, frame: u32, pa: u32, value: u32, bytes: u32): void {
  if (slotOf(frame) != 0 && postpones(hart)) return;
  for (let n: u32 = 0; n < bytes; n++) putShared(hart, frame, pa + n, 1, value >> (n << 3));
}

/** Before an atomic instruction to RAM; false: it begins again. The mutex may be held by it. */
export function openShared(hart: Hart, frame: u32, pa: u32): bool {
  flagFrame(frame, FRAME_DIRTY);
  if (slotOf(frame) == 0) return true;
  if (isAlone()) return opens(hart, frame, pa);
  holdLock(hart);
  if (!isDecoded(slotOf(frame), pa)) return true;
  beginAgain(hart);
  return false;
}

export const MARKED: u32 = 0;
export const CHANGED: u32 = 1; // by another hart meanwhile: the walk begins again
export const REFUSED: u32 = 2; // by the memory, or the instruction begins again

/** Sets marks of a page-table entry, if it is as it was read (Privileged ISA 1.12, 4.3.2). */
export function markEntry(hart: Hart, frame: u32, pa: u32, pte: u32, marks: u32): u32 {
  if (frameIsRom(frame)) return REFUSED;
  flagFrame(frame, FRAME_DIRTY);
  const place = frameHost(frame) + (pa & 0xfff);
  const free = slotOf(frame) == 0 || isAlone();
  if (!free) lock(LOCK);
  if (!opens(hart, frame, pa)) return REFUSED;
  const found = atomic.cmpxchg<u32>(place, pte, pte | marks);
  if (!free) unlock(LOCK);
  return found == pte ? MARKED : CHANGED;
}
