// Interrupt lines into harts: devices set and clear bits of `mip` here, and note which harts were
// touched. Nothing is called back; the schedule looks at the notes after the instruction.
import { hartAt } from "../hart";
import { machine, setBit, TOUCHED } from "../layout";

export const SSIP: u32 = 1 << 1;
export const MSIP: u32 = 1 << 3;
export const STIP: u32 = 1 << 5;
export const MTIP: u32 = 1 << 7;
export const SEIP: u32 = 1 << 9;
export const MEIP: u32 = 1 << 11;

export function raiseLine(id: u32, bit: u32): void {
  const hart = hartAt(id);
  if ((hart.pending & bit) != 0) return;
  hart.pending |= bit;
  setBit(TOUCHED, id);
  machine().touchedAny = 1;
}

export function lowerLine(id: u32, bit: u32): void {
  hartAt(id).pending &= ~bit;
}
