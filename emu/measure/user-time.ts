// When which hart ran user code. A hart runs user code from an sret or mret into U-mode until the
// next trap; not while it stands in wfi, and a halted hart does not. A stretch in which nothing
// retired (an interrupt was there first, or the call is issued again) is none. The machine tells
// of each entry and end (Debug.observeUser); kept are the stretches of the last change.
import type { UserEvent } from "../events.js";
import type { Machine } from "../machine.js";
import { beginsChange, type MarkTable } from "../observe/marks.js";

/** A stretch of user code on one hart. */
export interface UserSpan {
  readonly hart: number;
  /** Cycles: of the return into user mode, and of the trap. */
  readonly from: number;
  readonly to: number;
  /** The hart's instruction counts: those in between were retired in user mode. */
  readonly first: number;
  readonly last: number;
}

interface Entry {
  readonly from: number;
  readonly first: number;
}

export class UserTime {
  /** Of the last change, and on to the first user code behind it; in the order of their ends. */
  readonly spans: UserSpan[] = [];
  /** Instructions retired in user mode so far, by hart. */
  readonly instructions: number[] = [];
  private readonly entries = new Map<number, Entry>();
  private underWay = false;
  private keeping = false;
  private changeEnd = Number.POSITIVE_INFINITY;

  /** For a machine at reset, before it runs. */
  constructor(machine: Pick<Machine, "on" | "debug">, table: MarkTable) {
    machine.debug.observeUser(true);
    machine.on("user", (event) => this.take(event));
    machine.on("finish", ({ cycle }) => this.endAll(cycle));
    machine.on("mark", ({ code, argument, cycle }) => {
      if (table.nameOf(code) === "PHASE") this.phase(table.phaseOf(argument), cycle);
    });
  }

  /** Ends what is still open at the end of the run, or at a reset of the machine. */
  endAll(cycle: number): void {
    for (const [hart, { from, first }] of this.entries) {
      this.keep({ hart, from, to: Math.max(cycle, from), first, last: first });
    }
    this.entries.clear();
  }

  private phase(name: ReturnType<MarkTable["phaseOf"]>, cycle: number): void {
    if (name === "end" || name === "aborted") {
      this.underWay = false;
      this.changeEnd = cycle;
      return;
    }
    if (!beginsChange(name, this.underWay)) return;
    this.underWay = this.keeping = true;
    this.changeEnd = Number.POSITIVE_INFINITY;
    this.spans.length = 0;
  }

  private take({ what, hart, cycle, cycles, instret }: UserEvent): void {
    const entry = this.entries.get(hart);
    this.entries.delete(hart);
    if (what === "enters") this.entries.set(hart, { from: cycle, first: instret + 1 });
    else if (entry) this.leave(hart, entry, cycle - cycles, instret);
    if (what === "stood") this.entries.set(hart, { from: cycle, first: instret });
  }

  private leave(hart: number, { from, first }: Entry, to: number, last: number): void {
    if (last <= first) return;
    this.instructions[hart] = (this.instructions[hart] ?? 0) + (last - first);
    this.keep({ hart, from, to, first, last });
  }

  private keep(span: UserSpan): void {
    if (!this.keeping) return;
    this.spans.push(span);
    if (span.from >= this.changeEnd) this.keeping = false;
  }
}
