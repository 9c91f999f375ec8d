// Who retired a change's instructions: in each phase the kernels (and the firmware) by themselves,
// and the programs on the harts of each kernel. The marks have all that was retired, and the
// stretches of user code say which of it was the programs'.
import type { MarkEvent } from "../events.js";
import type { MarkTable } from "../observe/marks.js";
import type { Relief } from "../observe/relief-log.js";
import type { UserSpan } from "./user-time.js";

export interface Sides {
  readonly offgoing: number;
  readonly oncoming: number;
}

export interface PhaseWork {
  readonly phase: string;
  /** Retired by the kernel and the firmware on the harts of each kernel. */
  readonly kernel: Sides;
  /** And by programs. */
  readonly user: Sides;
}

/** Instructions that are in both ranges. */
function overlap(first: number, last: number, from: number, to: number): number {
  return Math.max(0, Math.min(last, to) - Math.max(first, from));
}

/** The phases of one change, whose stretches of user code these are. */
export function workOf(
  relief: Relief,
  marks: readonly MarkEvent[],
  table: MarkTable,
  userSpans: readonly UserSpan[],
  isNewKernel: (hart: number, cycle: number) => boolean,
): PhaseWork[] {
  const counts = marks
    .filter(({ code, cycle }) => table.nameOf(code) === "PHASE" && cycle >= relief.start)
    .map(({ instretOfHarts }) => instretOfHarts ?? []);
  return relief.phases.map(({ name, instructions }, index) => {
    const [from = [], to = []] = [counts[index], counts[index + 1]];
    const user = { offgoing: 0, oncoming: 0 };
    for (const { hart, first, last, from: cycle } of userSpans) {
      const end = to[hart] ?? Number.POSITIVE_INFINITY;
      const done = overlap(first, last, from[hart] ?? 0, end);
      if (done > 0) user[isNewKernel(hart, cycle) ? "oncoming" : "offgoing"] += done;
    }
    const kernel = {
      offgoing: instructions.offgoing - user.offgoing,
      oncoming: instructions.oncoming - user.oncoming,
    };
    return { phase: name, kernel, user };
  });
}
