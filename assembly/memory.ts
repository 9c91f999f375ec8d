// Physical memory, and which 64-byte lines of it are held in decoded form. Every store that does
// not go through a store TLB (device writes, slow stores, the host) passes `dropCode`, and a frame
// with decoded lines is in no store TLB; so a decoded instruction is never older than memory. The
// same places mark the frame dirty; a frame is marked, too, when it enters a store TLB (mmu.ts).
import {
  DECODED_STRIDE,
  frameHost,
  frameIsRom,
  frameOf,
  machine,
  NO_FRAME,
  PARALLEL,
  ramPlace,
  TIMING,
} from "./layout";
import { writtenByDevice } from "./timing/coherence";
import { timed } from "./timing/state";
import { cool, dropRegions } from "./translate/regions";
import { translator } from "./translate/state";

export const FRAME_IN_STORE_TLB: u8 = 1;
export const FRAME_DIRTY: u8 = 2; // it may have changed since the last snapshot or restore
const LINE_ENTRY_BYTES: u32 = 32 * 8;

@inline
export function slotOf(frame: u32): u32 {
  return load<u16>(machine().slotOfFrame + (frame << 1));
}

@inline
export function slotEntries(slot: u32): usize {
  return machine().decoded + (slot - 1) * DECODED_STRIDE;
}

@inline
export function slotLines(slot: u32): usize {
  return machine().linesOfSlot + ((slot - 1) << 3);
}

/** Sets flags of a frame. */
@inline
export function flagFrame(frame: u32, flags: u8): void {
  const place: usize = machine().frameFlags + frame;
  if (PARALLEL) atomic.or<u8>(place, flags);
  else store<u8>(place, load<u8>(place) | flags);
}

/** [pa, pa + bytes) has been written: marks it, and forgets the decoded form of its lines. */
export function dropCode(pa: u32, bytes: u32): void {
  if (bytes == 0) return;
  markDirty(pa, bytes);
  const last = (pa + bytes - 1) >> 6;
  for (let line = pa >> 6; line <= last; line++) {
    const frame = frameOf(line << 6);
    if (frame == NO_FRAME) continue;
    if (TIMING && timed()) writtenByDevice((frame << 6) | (line & 63));
    const slot = slotOf(frame);
    if (slot != 0) dropLine(slot, line & 63);
  }
}

function markDirty(pa: u32, bytes: u32): void {
  const last = (pa + bytes - 1) >> 12;
  for (let page = pa >> 12; page <= last; page++) {
    const frame = frameOf(page << 12);
    if (frame != NO_FRAME) flagFrame(frame, FRAME_DIRTY);
  }
}

function dropLine(slot: u32, line: u32): void {
  const lines = load<u64>(slotLines(slot));
  const bit = (<u64>1) << line;
  if ((lines & bit) == 0) return;
  if (translator().on != 0 && dropRegions(slot, bit)) cool(slot);
  store<u64>(slotLines(slot), lines & ~bit);
  const entries = slotEntries(slot) + line * LINE_ENTRY_BYTES;
  memory.fill(entries, 0, LINE_ENTRY_BYTES);
  if (line > 0) store<u64>(entries - 8, 0); // it may have its second half here
}

/** A store of `size` bytes (1, 2, 4; aligned) to memory, seen by the next fetch. */
@inline
export function putPhysical(frame: u32, pa: u32, size: u32, value: u32): bool {
  if (frameIsRom(frame)) return false;
  flagFrame(frame, FRAME_DIRTY);
  const slot = slotOf(frame);
  if (slot != 0) dropLine(slot, (pa >> 6) & 63);
  putHost(frameHost(frame) + (pa & 0xfff), size, value);
  return true;
}

@inline
export function getHost(place: usize, size: u32): u32 {
  if (size == 4) return load<u32>(place);
  if (size == 2) return load<u16>(place);
  return load<u8>(place);
}

@inline
export function putHost(place: usize, size: u32, value: u32): void {
  if (size == 4) store<u32>(place, value);
  else if (size == 2) store<u16>(place, <u16>value);
  else store<u8>(place, <u8>value);
}

/** Copies from linear memory into guest RAM; false when the range is not all RAM. */
export function copyIntoRam(pa: u32, from: usize, bytes: u32): bool {
  const place = ramPlace(pa, bytes);
  if (place == 0) return false;
  memory.copy(place, from, bytes);
  dropCode(pa, bytes);
  return true;
}
