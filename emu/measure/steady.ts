// A window of machine time in which nothing changes: how many requests were answered in it, and who
// retired how many instructions. It begins a while behind the moment at which the service is there:
// the guest's first packet, or the end of the last of so many changes.
import type { UserEvent } from "../events.js";
import type { Machine } from "../machine.js";
import type { MarkTable } from "../observe/marks.js";
import type { Exchange } from "../service/client.js";

export interface WindowCounts {
  /** Cycles of machine time. */
  readonly from: number;
  readonly to: number;
  readonly answered: number;
  /** Retired by all harts: by programs, and by kernel and firmware. */
  readonly userInstructions: number;
  readonly kernelInstructions: number;
}

interface Edge {
  readonly cycle: number;
  readonly all: number;
  readonly user: number;
}

export class ServiceWindow {
  private readonly retired: number[] = []; // in user mode, by hart, in stretches that are over
  private readonly entered = new Map<number, number>(); // the count at which a stretch began
  private readonly edges: Edge[] = [];
  private changes = 0;
  private placed = false;

  /** For a machine at reset whose entries to user mode are observed. */
  constructor(
    private readonly machine: Machine,
    table: MarkTable,
    changes: number,
    private readonly settling: number,
    private readonly cycles: number,
  ) {
    machine.on("user", (event) => this.take(event));
    machine.on("packet", ({ cycle }) => {
      if (this.changes === changes) this.place(cycle);
    });
    machine.on("mark", ({ cycle, code, argument }) => {
      const phase = table.nameOf(code) === "PHASE" ? table.phaseOf(argument) : undefined;
      if (phase === "end" && ++this.changes === changes) this.place(cycle);
    });
  }

  private place(cycle: number): void {
    if (this.placed) return;
    this.placed = true;
    const from = cycle + this.settling;
    for (const edge of [from, from + this.cycles]) {
      this.machine.at(edge, () => this.edges.push(this.look(edge)));
    }
  }

  private look(cycle: number): Edge {
    const counts = this.machine.stats().map(({ instret }) => instret);
    const user = counts.map((instret, hart) => {
      const first = this.entered.get(hart);
      return (this.retired[hart] ?? 0) + (first === undefined ? 0 : Math.max(0, instret - first));
    });
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return { cycle, all: sum(counts), user: sum(user) };
  }

  private take({ what, hart, instret }: UserEvent): void {
    const first = this.entered.get(hart);
    if (what === "enters") this.entered.set(hart, instret + 1);
    else if (what === "leaves" && first !== undefined) {
      this.retired[hart] = (this.retired[hart] ?? 0) + Math.max(0, instret - first);
      this.entered.delete(hart);
    }
  }

  /** Throws when the run did not come to the window's end. */
  counts(exchanges: readonly Exchange[]): WindowCounts {
    const [begin, end] = this.edges;
    if (!begin || !end) throw new Error("the run ended before the window in which it is counted");
    const user = end.user - begin.user;
    return {
      from: begin.cycle,
      to: end.cycle,
      answered: exchanges.filter(({ answered: at }) => at >= begin.cycle && at < end.cycle).length,
      userInstructions: user,
      kernelInstructions: end.all - begin.all - user,
    };
  }
}
