// The scene of a trace, from the marks: which phase of a relief it is, and which kernel each hart
// works for. Also keeps the symbolizer up to date, when a kernel was loaded or begins on a hart.
import type { MarkEvent } from "../events.js";
import { beginsChange, kernelName, type MarkTable, PHASES } from "../observe/marks.js";
import type { Symbolizer } from "../symbols/symbolizer.js";

/** Where no relief is under way: before the first one, and after or between them. */
export const OUTSIDE = ["before", "after"] as const;
export const SCENE_PHASES: readonly string[] = [OUTSIDE[0], ...PHASES, OUTSIDE[1]];

/** Whom a hart works for until its first MARK_KERNEL. */
export const NO_KERNEL = "firmware";

export class Scene {
  /** A name of SCENE_PHASES. */
  phase: string = OUTSIDE[0];
  private readonly kernels: string[];
  private readonly nodes: number[];

  constructor(
    readonly table: MarkTable,
    readonly symbolizer: Symbolizer,
    harts: number,
  ) {
    this.kernels = Array.from({ length: harts }, () => NO_KERNEL);
    this.nodes = Array.from({ length: harts }, () => 0);
  }

  /** Name of the kernel that a hart works for, in whatever mode it is. */
  kernelOf(hart: number): string {
    return this.kernels[hart] ?? NO_KERNEL;
  }

  /** Its number in the ledger; 0 for none. */
  nodeOf(hart: number): number {
    return this.nodes[hart] ?? 0;
  }

  /** Takes note of a mark; the machine stands right behind it (Debug.observe, marks). */
  add(mark: MarkEvent): void {
    const name = this.table.nameOf(mark.code);
    if (name === "PHASE") this.enter(this.table.phaseOf(mark.argument));
    if (name === "PROCESS_EXIT") this.symbolizer.programs.forget();
    if (name !== "KERNEL") return;
    this.kernels[mark.hart] = kernelName(mark.argument & 0xfff);
    this.nodes[mark.hart] = mark.argument >>> 12;
    this.symbolizer.places.refresh();
  }

  /** Whether the last phase that was entered began a change of kernels. */
  begins = false;

  private enter(phase: string | undefined): void {
    const underWay = !OUTSIDE.some((name) => name === this.phase);
    this.begins = beginsChange(phase, underWay);
    if (phase === undefined || (!underWay && !this.begins)) return;
    this.phase = phase === "end" || phase === "aborted" ? OUTSIDE[1] : phase;
    if (phase === "relieving boot") this.symbolizer.places.refresh(true);
  }
}
