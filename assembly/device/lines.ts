// Interrupt lines into harts: devices set and clear bits of `mip` here, and note which harts were
// touched. Nothing is called back; the schedule looks at the notes after the instruction.
import { Hart, hartAt } from "../hart";
import { machine, PARALLEL, setBit, TOUCHED } from "../layout";
import { noteTime } from "../parallel/time";

export const SSIP: u32 = 1 << 1;
export const MSIP: u32 = 1 << 3;
export const STIP: u32 = 1 << 5;
export const MTIP: u32 = 1 << 7;
export const SEIP: u32 = 1 << 9;
export const MEIP: u32 = 1 << 11;

export function raiseLine(id: u32, bit: u32): void {
  const hart = hartAt(id);
  if ((hart.pending & bit) != 0) return;
  if (PARALLEL) {
    if (bit == MTIP) noteTime(hart);
    atomic.or<u32>(pendingOf(id), bit);
    atomic.or<u64>(TOUCHED + ((id >> 6) << 3), (<u64>1) << (id & 63));
    return;
  }
  hart.pending |= bit;
  setBit(TOUCHED, id);
  machine().touchedAny = 1;
}

export function lowerLine(id: u32, bit: u32): void {
  if (PARALLEL) atomic.and<u32>(pendingOf(id), ~bit);
  else hartAt(id).pending &= ~bit;
}

/** The hart itself and devices may change it at the same time. */
@inline
function pendingOf(id: u32): usize {
  return changetype<usize>(hartAt(id)) + offsetof<Hart>("pending");
}
