// What the critical path of a relief is found from, recorded while the machine runs: the marks of
// its phases, who works for whom, IPIs, and the ends of waits with what ended them. Nothing is
// observed outside of reliefs; inside, the run is the same, and hardly slower.
import type { MarkEvent, TrapEvent, WaitEvent } from "../events.js";
import type { Machine } from "../machine.js";
import type { MarkTable } from "../observe/marks.js";
import { criticalPath, type PathEvent, STORE_CYCLE } from "./critical-path.js";
import type { LastPath } from "./path-summary.js";

const MACHINE_TIMER = 0x80000007;
/** A relief of which there is more to tell never comes to its end, and gets no path. */
const EVENTS_MAX = 2_000_000;

type Wait = Extract<PathEvent, { kind: "wait" }>;

/** Records each relief, and keeps the path of the last that has ended. */
export class ReliefPaths {
  private readonly nodes: number[] = []; // by hart
  private events: PathEvent[] = [];
  private isOpen = false;
  private reliefs = 0;
  private found: LastPath | undefined;
  /** By hart: when it was rung last, and its wait whose end has no cause yet. */
  private readonly rung: number[] = [];
  private readonly waits: (Wait & { by: Wait["by"] })[] = [];

  /** For a machine before it runs. */
  constructor(
    private readonly machine: Machine,
    private readonly table: MarkTable,
  ) {
    machine.stopAtMarks(true); // observing begins right behind the first mark
    machine.on("mark", (mark) => this.mark(mark));
    machine.on("ipi", ({ hart, cycle, target }) => {
      if (!this.isOpen) return;
      this.rung[target] = cycle;
      this.keep({ kind: "ipi", hart, cycle, target });
    });
    machine.on("wait", (wait) => this.wait(wait));
    machine.on("trap", (trap) => this.trap(trap));
  }

  /** Of the last relief that has ended; its number counts from 1. */
  get last(): LastPath | undefined {
    return this.found;
  }

  private mark({ code, hart, cycle, argument }: MarkEvent): void {
    const name = this.table.nameOf(code);
    if (name === "KERNEL") {
      this.nodes[hart] = argument >>> 12;
      if (this.isOpen) this.keep({ kind: "kernel", hart, cycle, node: argument >>> 12 });
    }
    if (name === "GROUP" && this.isOpen) this.keep({ kind: "group", hart, cycle });
    const phase = name === "PHASE" ? this.table.phaseOf(argument) : undefined;
    if (phase === undefined) return;
    if (phase === "halt") this.begin(cycle); // of rivals there is none: nobody rings there
    if (!this.isOpen) return;
    this.keep({ kind: "phase", hart, cycle, phase });
    if (phase === "end" || phase === "aborted") this.end();
  }

  private keep(event: PathEvent): void {
    this.events.push(event);
    if (this.events.length > EVENTS_MAX) this.close();
  }

  private close(): void {
    this.isOpen = false;
    this.machine.debug.observe({});
    this.events = [];
    this.waits.length = 0;
  }

  private begin(cycle: number): void {
    this.reliefs++;
    this.events = this.nodes.flatMap((node, hart) => ({ kind: "kernel", hart, cycle, node }));
    this.isOpen = true;
    this.machine.debug.observe({ traps: true });
  }

  private end(): void {
    const path = criticalPath(this.events);
    this.close();
    this.found = path && { relief: this.reliefs, ...path };
  }

  private wait({ hart, cycle, cycles, mode }: WaitEvent): void {
    if (!this.isOpen) return;
    const isRung = this.rung[hart] === cycle - STORE_CYCLE;
    const by = isRung ? ("ipi" as const) : ("device" as const);
    const wait = { kind: "wait", hart, cycle, cycles, by, stopped: mode === "machine" } as const;
    this.waits[hart] = wait;
    this.keep(wait);
  }

  /** A timer that ends a wait traps at once: it comes to M-mode, which S-mode cannot mask. */
  private trap({ hart, cycle, cause }: TrapEvent): void {
    const wait = this.waits[hart];
    if (!wait) return;
    if (cause === MACHINE_TIMER && cycle === wait.cycle && wait.by !== "ipi") wait.by = "timer";
    delete this.waits[hart];
  }
}
