// Marks made by hand, by their names, for tests of what is made of them.
import type { MarkEvent } from "../../emu/events.js";
import {
  MARK_NAMES,
  type MarkName,
  type MarkTable,
  PHASES,
  type PhaseName,
} from "../../emu/observe/marks.js";

const ENDS = ["end", "aborted"] as const;
const ALL_PHASES = [...PHASES, ...ENDS];

/** A table in which a code is a name's place in its list. */
export const TABLE: MarkTable = {
  nameOf: (code) => MARK_NAMES[code],
  phaseOf: (argument) => ALL_PHASES[argument],
};

type Rest = Partial<Omit<MarkEvent, "kind" | "code" | "cycle">>;

/** A mark of hart 0, unless the rest says otherwise. */
export function mark(cycle: number, name: MarkName, rest: Rest = {}): MarkEvent {
  const code = MARK_NAMES.indexOf(name);
  return { kind: "mark", hart: 0, cycle, instret: 0, argument: 0, value: 0, code, ...rest };
}

/** A phase's mark, with the instructions that each hart has retired. */
export function phase(
  cycle: number,
  name: PhaseName | (typeof ENDS)[number],
  instretOfHarts: readonly number[] = [0, 0],
  hart = 0,
): MarkEvent {
  return mark(cycle, "PHASE", { argument: ALL_PHASES.indexOf(name), instretOfHarts, hart });
}

/** A hart begins to work for a kernel. */
export function kernel(cycle: number, hart: number, node: number, instret = 0): MarkEvent {
  return mark(cycle, "KERNEL", { hart, argument: (node << 12) | 281, instret });
}

/** A program's line. */
export function says(cycle: number, pid: number, text: string): MarkEvent {
  return mark(cycle, "USER", { argument: pid, text });
}
