// The change of kernels that a run is about: when it began, when there was no way back, and when it
// was over; whichever the method was.

import type { PhaseName } from "../observe/marks.js";
import type { Relief } from "../observe/relief-log.js";
import type { Beginnings } from "./watch-programs.js";

/** Cycles of a change. */
export interface Change {
  readonly start: number;
  /** From here on the new kernel has the watch; null when it did not come so far. */
  readonly commit: number | null;
  /** The last phase is over, and every program of the watch that was started anew has begun. */
  readonly end: number;
}

/** The phase whose beginning is the commit, in the order in which they are looked for. */
const COMMITS: readonly PhaseName[] = ["I relieve you", "firmware", "boot"];

/** Cycles of one change; `beginnings`: those of programs in the whole run. */
export function changeOf({ start, end, phases }: Relief, beginnings: Beginnings): Change {
  const anew = [...beginnings.values()].flat().filter(({ cycle }) => cycle >= start);
  const begun = COMMITS.map((name) => phases.find((phase) => phase.name === name)).find(Boolean);
  return { start, commit: begun?.start ?? null, end: Math.max(end, ...anew.map((b) => b.cycle)) };
}
