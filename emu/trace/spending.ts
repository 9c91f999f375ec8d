// What one hart has spent, cycle by cycle: each stretch of its clock goes to a row of a profile. A
// stretch may have been given away too early: of a wait that is not over, to the phase that ends
// meanwhile; of a fetch, before it is known what was fetched. So stretches can be taken back.

/** A row of a profile: whose it is, and what was spent there. */
export interface Row {
  readonly kernel: string;
  readonly phase: string;
  /** Mode and function, or user, program and function, with `;` between; `wfi` last in a wait. */
  readonly frames: string;
  cycles: number;
  instructions: number;
}

interface Stretch {
  readonly row: Row;
  readonly from: number;
  to: number;
}

export class Spending {
  /** Since the hart was last seen to execute. */
  private recent: Stretch[] = [];

  /** All up to this cycle of the hart's clock, and this count of instructions, is given away. */
  constructor(
    public cycle: number,
    public instret: number,
  ) {}

  /** Gives the row what the hart has spent and retired since the last time. */
  give(row: Row, cycle: number, instret: number): void {
    row.instructions += instret - this.instret;
    this.instret = instret;
    if (cycle <= this.cycle) return;
    row.cycles += cycle - this.cycle;
    this.recent.push({ row, from: this.cycle, to: cycle });
    this.cycle = cycle;
  }

  /** What was spent so far stays where it is. */
  settle(): void {
    if (this.recent.length > 0) this.recent = [];
  }

  /** Takes back what was given of the time behind `cycle`. */
  takeBack(cycle: number): void {
    for (let last = this.recent.at(-1); last && last.to > cycle; last = this.recent.at(-1)) {
      const from = Math.max(last.from, cycle);
      last.row.cycles -= last.to - from;
      last.to = from;
      if (from === last.from) this.recent.pop();
    }
    this.cycle = Math.min(this.cycle, cycle);
  }

  /** Gives what was given of the time behind `cycle` to other rows. */
  moveTo(cycle: number, rowFor: (row: Row) => Row): void {
    for (const { row, from, to } of this.recent) {
      if (to <= cycle) continue;
      const cycles = to - Math.max(from, cycle);
      row.cycles -= cycles;
      rowFor(row).cycles += cycles;
    }
  }

  /** Begins to count here, without what went before. */
  begin(cycle: number, instret: number): void {
    this.cycle = cycle;
    this.instret = instret;
  }
}
