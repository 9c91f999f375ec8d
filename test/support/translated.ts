// How much of what a machine has done was done by translated code.
import type { Machine } from "../../emu/index.js";

/** From 0 to 1; 0 by the interpreter. */
export function shareOf(machine: Machine): number {
  const all = machine.stats().reduce((sum, { instret }) => sum + instret, 0);
  return (machine.translation()?.instructions ?? 0) / all;
}
