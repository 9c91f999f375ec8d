// Who spent the cycles: at the marks of a run what the timing model has counted since the mark
// before goes to the phase, hart, kernel, privilege mode and process that it was counted in. All
// of it: the cells' cycles are all cycles of all harts, and a count that is off is a bug.
import type { MarkEvent } from "../events.js";
import type { HartStats, Machine } from "../machine.js";
import { isSuccessors } from "../observe/marks.js";
import type { TimingConfig } from "../timing/config.js";
import { addTo, type Counts, noCounts, placeOf } from "../timing/counters.js";
import {
  ALL_HARTS,
  type Bucket,
  type NodeTraffic,
  type Timing,
  type TrapCounts,
} from "../timing/timing.js";
import { Processes } from "../trace/processes.js";
import { NO_KERNEL, type Scene } from "../trace/scene.js";
import { type Cell, Cells, type Side, type Stretch, type Worker } from "./cells.js";
import { type Waiter, Waits } from "./waits.js";

const NO_NODE = -1;
const CSR_SATP = 0x180;
const ROOT_MASK = 0x3fffff;
const WAIT = placeOf("cyclesWait");
/** Marks behind which somebody else may be at work. */
const TURNS: readonly (string | undefined)[] = ["PHASE", "KERNEL", "CPU_CLOSED", "PROCESS_EXIT"];

/** What was counted, from where to where, and the clocks to compare it with. */
export interface Account {
  readonly model: TimingConfig;
  readonly harts: number;
  /** Cycles of the run. */
  readonly start: number;
  readonly end: number;
  readonly cells: readonly Cell[];
  readonly stretches: readonly Stretch[];
  /** By how much the harts' own clocks went on, all together. */
  readonly clockCycles: number;
  /** By hart, and by node. */
  readonly traps: readonly TrapCounts[];
  readonly traffic: readonly NodeTraffic[];
}

/** Clocks and totals where counting began. */
interface Beginning {
  readonly cycle: number;
  readonly clocks: readonly number[];
  /** Waits from before, which the harts will count later. */
  readonly before: readonly Counts[];
  readonly traps: readonly TrapCounts[];
  readonly traffic: readonly NodeTraffic[];
}

export class Attribution {
  private readonly timing: Timing;
  private readonly processes: Processes;
  private readonly cells = new Cells();
  private readonly waits = new Waits();
  private readonly stretches: Stretch[] = [];
  private readonly closed = new Set<number>(); // harts that no kernel works on
  private beginning: Beginning | undefined;
  private account: Account | undefined;
  private offgoingNode: number | undefined;
  private reliefs = 0;

  /** For a machine with a timing model, before it runs; counts from so long behind a switch on. */
  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
    warmUpCycles = 0,
  ) {
    if (!machine.timing) throw new Error("attribution: the machine has no timing model");
    this.timing = machine.timing;
    this.processes = new Processes(machine, scene);
    machine.stopAtMarks(true);
    machine.on("mark", (mark) => this.mark(mark));
    this.timing.whenSwitched((on) => {
      if (!on) this.finish();
      else if (warmUpCycles === 0) this.begin();
      else machine.at(machine.cycle() + warmUpCycles, () => this.begin());
    });
    if (this.timing.running) this.begin(); // restored so
  }

  /** Ends the count where the machine is; undefined when it has not begun. */
  finish(): Account | undefined {
    if (this.account || !this.beginning) return this.account;
    const now = this.machine.cycle();
    this.collect(now);
    this.account = this.accountOf(this.beginning, now);
    return this.account;
  }

  /** To be called now and then: keeps the core's table of what it counts from filling up. */
  tidy(): void {
    const counting = this.beginning !== undefined && this.account === undefined;
    if (counting && this.timing.crowded) this.collect(this.machine.cycle());
  }

  private begin(): void {
    if (this.beginning) return;
    const { machine, timing } = this;
    const cycle = machine.cycle();
    const stats = machine.stats();
    timing.clearBuckets();
    const before = stats.map(() => noCounts());
    this.beginning = {
      cycle,
      clocks: stats.map((hart) => hart.cycle),
      before,
      traps: stats.map((_, hart) => timing.traps(hart)),
      traffic: timing.traffic(),
    };
    stats.forEach((hart, id) => {
      if (hart.waiting) this.waits.lend(this.waiterOf(id, hart), cycle, before[id] as Counts);
    });
    this.open(cycle);
  }

  private open(cycle: number): void {
    const last = this.stretches.at(-1);
    if (last) last.end = cycle;
    const { phase } = this.scene;
    this.stretches.push({ relief: this.reliefs, phase, start: cycle, end: cycle });
  }

  private mark(mark: MarkEvent): void {
    const { scene } = this;
    const name = scene.table.nameOf(mark.code);
    const counting = this.beginning !== undefined && this.account === undefined;
    if (counting && TURNS.includes(name)) this.collect(mark.cycle);
    scene.add(mark);
    this.processes.add(mark);
    if (name === "KERNEL") this.closed.delete(mark.hart);
    if (name === "CPU_CLOSED") this.closed.add(mark.argument);
    if (name !== "PHASE") return;
    if (scene.begins) {
      this.reliefs++;
      this.offgoingNode = scene.nodeOf(mark.hart);
    }
    if (isSuccessors(scene.phase)) this.offgoingNode = NO_NODE;
    if (counting) this.open(mark.cycle);
  }

  /** Gives what was counted since the last time to those who were at work. */
  private collect(now: number): void {
    const stats = this.machine.stats();
    const byHart = stats.map((): Bucket[] => []);
    for (const bucket of this.timing.buckets()) {
      if (bucket.hart === ALL_HARTS) addTo(this.restOf().counts, bucket.counts);
      else byHart[bucket.hart]?.push(bucket);
    }
    this.timing.clearBuckets();
    stats.forEach((hart, id) => {
      const buckets = byHart[id] as Bucket[];
      this.waits.repay(id, hart.cycle, buckets);
      for (const bucket of buckets) this.give(bucket);
      if (hart.waiting) this.lend(id, hart, now);
    });
    const stretch = this.stretches.at(-1);
    if (stretch) stretch.end = Math.max(stretch.start, now);
  }

  private give({ hart, mode, satp, counts }: Bucket): void {
    const idle = counts[WAIT] as number;
    if (idle > 0 && mode !== "user") {
      const { counts: waited } = this.cellOf(hart, mode, satp, true);
      waited[WAIT] = (waited[WAIT] as number) + idle;
      counts[WAIT] = 0;
    }
    if (counts.some((count) => count !== 0)) {
      addTo(this.cellOf(hart, mode, satp, false).counts, counts);
    }
  }

  /** For what the core had no room to split up. */
  private restOf(): Cell {
    const stretch = this.stretches.at(-1) as Stretch;
    const worker = { name: "not split up" };
    return this.cells.at({ stretch, hart: ALL_HARTS, side: "firmware", mode: "machine", worker });
  }

  private waiterOf(hart: number, { cycle, mode }: HartStats): Waiter {
    return { hart, clock: cycle, mode, satp: this.machine.debug.csr(hart, CSR_SATP) ?? 0 };
  }

  private lend(id: number, hart: HartStats, now: number): void {
    const waiter = this.waiterOf(id, hart);
    const { mode, satp } = waiter;
    this.waits.lend(waiter, now, this.cellOf(id, mode, satp, mode !== "user").counts);
  }

  private cellOf(hart: number, mode: Bucket["mode"], satp: number, idle: boolean): Cell {
    const side = this.sideOf(hart, mode);
    const worker = this.workerOf(side, mode, satp, idle);
    return this.cells.at({ stretch: this.stretches.at(-1) as Stretch, hart, side, mode, worker });
  }

  private sideOf(hart: number, mode: Bucket["mode"]): Side {
    if (this.scene.kernelOf(hart) === NO_KERNEL) return "firmware";
    if (mode === "machine" && this.closed.has(hart)) return "firmware";
    const node = this.scene.nodeOf(hart);
    return (this.offgoingNode ?? node) === node ? "off-going" : "on-coming";
  }

  /** A kernel that works in a process's address space works for that process. */
  private workerOf(side: Side, mode: Bucket["mode"], satp: number, idle: boolean): Worker {
    if (side === "firmware") return { name: idle ? "halted" : "firmware" };
    if (idle) return { name: "kernel idle" };
    const program = this.scene.symbolizer.programs.of(satp);
    if (!program && mode !== "user") return { name: "kernel" };
    return { ...this.processes.of(satp), root: satp & ROOT_MASK };
  }

  private accountOf(beginning: Beginning, now: number): Account {
    const { machine, timing } = this;
    const clocks = machine.stats().map(({ cycle }, hart) => {
      const before = (beginning.before[hart] as Counts)[WAIT] as number;
      return cycle + this.waits.lentTo(hart) - (beginning.clocks[hart] as number) - before;
    });
    return {
      model: timing.config,
      harts: machine.harts,
      start: beginning.cycle,
      end: now,
      cells: this.cells.all,
      stretches: this.stretches,
      clockCycles: clocks.reduce((sum, cycles) => sum + cycles, 0),
      traps: clocks.map((_, hart) =>
        trapsSince(beginning.traps[hart] as TrapCounts, timing.traps(hart)),
      ),
      traffic: timing
        .traffic()
        .map((after, node) => trafficSince(beginning.traffic[node] as NodeTraffic, after)),
    };
  }
}

const since = (before: readonly number[], after: readonly number[]) =>
  after.map((count, cause) => count - (before[cause] ?? 0));

function trapsSince(before: TrapCounts, after: TrapCounts): TrapCounts {
  return {
    exceptions: since(before.exceptions, after.exceptions),
    interrupts: since(before.interrupts, after.interrupts),
  };
}

function trafficSince(before: NodeTraffic, after: NodeTraffic): NodeTraffic {
  return {
    messagesSent: after.messagesSent - before.messagesSent,
    messagesReceived: after.messagesReceived - before.messagesReceived,
    bytesSent: after.bytesSent - before.bytesSent,
    bytesReceived: after.bytesReceived - before.bytesReceived,
  };
}
