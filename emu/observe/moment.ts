// A moment of a run: the reset, a cycle, the beginning of a phase, or the first mark of a kind. It
// is found by the marks alone, so that it is the same however the run is sliced.
import type { Machine } from "../machine.js";
import { MARK_NAMES, type MarkTable, PHASES } from "./marks.js";

/** A cycle, or a name of MOMENT_NAMES. */
export type Moment = number | string;

/** Phases, and what ends the last one. */
export const PHASE_MOMENTS: readonly string[] = [...PHASES, "end", "aborted"];
const MOMENT_NAMES: readonly string[] = [...PHASE_MOMENTS, ...MARK_NAMES];

/** The moment that a text names, in any case of letters; undefined when there is none. */
export function momentOf(text: string): Moment | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const same = (name: string) => name.toLowerCase() === text.toLowerCase();
  return MOMENT_NAMES.find(same);
}

/** Whether a value from a file is a moment. */
export function isMoment(value: unknown): value is Moment {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  return typeof value === "string" && MOMENT_NAMES.includes(value);
}

/**
 * Calls `reached` once, with the cycle of the mark, when the machine comes to a named moment; it
 * finds the machine as it is right behind the mark.
 */
export function whenMarked(
  machine: Machine,
  table: MarkTable,
  name: string,
  reached: (cycle: number) => void,
): void {
  let done = false;
  machine.stopAtMarks(true);
  machine.on("mark", ({ cycle, code, argument }) => {
    if (done) return;
    const mark = table.nameOf(code);
    const phase = mark === "PHASE" ? table.phaseOf(argument) : undefined;
    if (mark !== name && phase !== name) return;
    done = true;
    reached(cycle);
    machine.stopAtMarks(false);
  });
}
