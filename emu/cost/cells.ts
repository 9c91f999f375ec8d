// Where cycles and events are counted: a cell for each phase, hart, kernel, privilege mode and
// process. Sums over cells are made here, so that every table of a report is one over the same
// numbers.
import type { Mode } from "../debug.js";
import { type Counts, noCounts, sumOf } from "../timing/counters.js";

/** Whose harts: of the kernel that was or will be relieved, or of the one that relieves it. */
export const SIDES = ["off-going", "on-coming", "firmware"] as const;
export type Side = (typeof SIDES)[number];

/** A phase of a relief, or the time outside of one. */
export interface Stretch {
  /** Counted from 1; 0 before the first one. */
  readonly relief: number;
  /** A name of SCENE_PHASES. */
  readonly phase: string;
  readonly start: number;
  end: number;
}

/** A process, or what stands in the place of one: "kernel", "kernel idle", "firmware". */
export interface Worker {
  readonly name: string;
  readonly pid?: number;
  /** Frame of its page table's root. */
  readonly root?: number;
}

export interface Cell {
  readonly stretch: Stretch;
  readonly hart: number;
  readonly side: Side;
  readonly mode: Mode;
  readonly worker: Worker;
  readonly counts: Counts;
}

export class Cells {
  private readonly cells = new Map<string, Cell>();
  private readonly numbers = new Map<Stretch, number>();

  get all(): readonly Cell[] {
    return [...this.cells.values()];
  }

  /** The cell of these, made when it is first asked for. */
  at(place: Omit<Cell, "counts">): Cell {
    const { stretch, hart, side, mode, worker } = place;
    const number = this.numbers.get(stretch) ?? this.numbers.size;
    this.numbers.set(stretch, number);
    const who = [worker.name, worker.pid ?? "", worker.root ?? ""];
    const key = [number, hart, side, mode, ...who].join(";");
    const known = this.cells.get(key);
    if (known) return known;
    const made = { ...place, counts: noCounts() };
    this.cells.set(key, made);
    return made;
  }
}

/** Sums of the cells that have the same key, in order of their first. */
export function sumBy<K>(cells: readonly Cell[], keyOf: (cell: Cell) => K): Map<K, Counts> {
  const groups = new Map<K, Counts[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const group = groups.get(key);
    if (group) group.push(cell.counts);
    else groups.set(key, [cell.counts]);
  }
  return new Map([...groups].map(([key, counts]) => [key, sumOf(counts)]));
}
