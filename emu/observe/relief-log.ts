// Reads the marks of a run, one after the other, into the facts of its reliefs: phases with cycles
// and instructions by kernel, what was said, how long each process stood still, and the totals that
// the kernels counted. It computes nothing that the marks do not carry.
import type { MarkEvent } from "../events.js";
import {
  beginsChange,
  isSuccessors,
  type MarkName,
  type MarkTable,
  type PhaseName,
} from "./marks.js";

export interface Phase {
  readonly name: PhaseName;
  /** Cycle at which it began. */
  readonly start: number;
  cycles: number;
  /** Retired on the harts that ran each kernel, user programs included. */
  readonly instructions: { offgoing: number; oncoming: number };
}

export interface Said {
  readonly cycle: number;
  readonly hart: number;
  readonly side: "offgoing" | "oncoming" | "kernel";
  readonly text: string;
}

export interface MovedProcess {
  readonly pid: number;
  name: string;
  /**
   * Cycles in which the relief kept it from running: from its boundary in the old kernel until it
   * was runnable again, all such times together; -1: it was not runnable any more.
   */
  blackoutCycles: number;
  frames: number;
  descriptors: number;
}

export interface Ledger {
  frames: number;
  unowned: number;
  doublyOwned: number;
}

/** One relief, completed or not. */
export interface Relief {
  readonly start: number;
  end: number;
  outcome: "relieved" | "aborted" | "unfinished";
  abortCode: number;
  readonly phases: Phase[];
  readonly dialogue: Said[];
  readonly processes: MovedProcess[];
  /** Processes in each group that moved by itself; none where all moved at once. */
  readonly groups: number[];
  /** System calls that the on-coming kernel carried out for processes that had not moved yet. */
  forwardedCalls: number;
  ledger: Ledger;
  /** CPUs open to user processes at the worst moment, and for how many cycles in all. */
  lowestCpus: number;
  lowestCycles: number;
}

/** A line that a program wrote to the log desk. */
export interface UserLine {
  readonly pid: number;
  readonly text: string;
  /** Programs are being ended: one whose peer ended first may say that something is broken. */
  readonly whileEnding: boolean;
}

/** A stretch of one hart's time: a kernel node, or halted (0). */
export interface HartSpan {
  readonly hart: number;
  readonly start: number;
  end: number;
  readonly node: number;
  readonly release: number;
}

const SIDES = ["offgoing", "oncoming", "kernel"] as const;

export class ReliefLog {
  readonly reliefs: Relief[] = [];
  readonly spans: HartSpan[] = [];
  readonly panics: string[] = [];
  readonly userLines: UserLine[] = [];
  /** The audit at power-off: the last ledger totals. */
  finalLedger: Ledger | undefined;
  framesUsed: number | undefined;
  private readonly kernelOf: HartSpan[] = [];
  private readonly counted: number[] = [];
  private readonly openHarts = new Set<number>();
  private readonly frozenAt = new Map<number, number>();
  private readonly described = new Map<number, { name: string; frames: number; fds: number }>();
  private offgoingNode = 0;
  private successorAt = Number.POSITIVE_INFINITY; // from when on only the new kernel runs
  private ledger: Ledger = { frames: 0, unowned: 0, doublyOwned: 0 };
  private cpus = { count: 0, since: 0 };
  private lastFrozen = 0;
  private firstThawed = Number.POSITIVE_INFINITY;

  constructor(private readonly table: MarkTable) {}

  /** The relief under way, if any. */
  private get current(): Relief | undefined {
    const last = this.reliefs.at(-1);
    return last?.outcome === "unfinished" ? last : undefined;
  }

  add(mark: MarkEvent): void {
    const name = this.table.nameOf(mark.code);
    if (name === "KERNEL") this.kernel(mark);
    else if (name === "PHASE") this.phase(mark);
    else if (name === "PROCESS_FROZEN") this.frozen(mark);
    else if (name === "PROCESS_THAWED") this.thawed(mark);
    else if (name === "CPU_OPEN") this.opened(mark);
    else if (name === "CPU_CLOSED") this.closed(mark);
    else if (name === "SAY") this.say(mark);
    else if (name === "PANIC") this.panics.push(mark.text ?? "");
    else if (name === "USER") this.line(mark);
    else if (name === "ABORT" && this.current) this.current.abortCode = mark.argument;
    else if (name !== undefined) this.total(name, mark);
  }

  /** Ends what is still open at the end of the run. */
  finish(cycle: number): void {
    for (const span of this.kernelOf) if (span) span.end = cycle;
    const relief = this.current;
    if (relief) relief.end = cycle;
  }

  private kernel(mark: MarkEvent): void {
    this.count(mark.hart, mark.instret);
    const before = this.kernelOf[mark.hart];
    if (before) before.end = Math.min(before.end, mark.cycle);
    const [node, release] = [mark.argument >>> 12, mark.argument & 0xfff];
    const span = { hart: mark.hart, start: mark.cycle, end: Infinity, node, release };
    this.kernelOf[mark.hart] = span;
    this.spans.push(span);
  }

  /** Adds what a hart retired since it was last looked at to its kernel's count in this phase. */
  private count(hart: number, instret: number): void {
    const done = instret - (this.counted[hart] ?? 0);
    this.counted[hart] = instret;
    const phase = this.current?.phases.at(-1);
    const node = this.kernelOf[hart]?.node;
    if (!phase || node === undefined) return;
    phase.instructions[this.sideOf(node, this.successorAt)] += done;
  }

  /** Whose a node of the last change is at a cycle: a successor may have the old one's number. */
  sideOf(node: number, cycle: number): "offgoing" | "oncoming" {
    const succeeded = Number.isFinite(this.successorAt) && cycle >= this.successorAt;
    return succeeded || node !== this.offgoingNode ? "oncoming" : "offgoing";
  }

  private phase(mark: MarkEvent): void {
    const name = this.table.phaseOf(mark.argument);
    mark.instretOfHarts?.forEach((instret, hart) => {
      this.count(hart, instret);
    });
    if (beginsChange(name, this.current !== undefined)) this.begin(mark);
    const relief = this.current;
    if (!relief || name === undefined) return;
    if (isSuccessors(name)) this.successorAt = Math.min(this.successorAt, mark.cycle);
    if (name === "firmware") this.reset(mark.cycle);
    const before = relief.phases.at(-1);
    if (before) before.cycles = mark.cycle - before.start;
    if (name === "end" || name === "aborted") this.end(relief, name, mark.cycle);
    else {
      const instructions = { offgoing: 0, oncoming: 0 };
      relief.phases.push({ name, start: mark.cycle, cycles: 0, instructions });
    }
  }

  /** Every hart is in the firmware. */
  private reset(cycle: number): void {
    for (const span of this.kernelOf) if (span) span.end = Math.min(span.end, cycle);
    this.openHarts.clear();
    this.countCpus(cycle, 0);
  }

  private begin(mark: MarkEvent): void {
    this.offgoingNode = this.kernelOf[mark.hart]?.node ?? 0;
    this.successorAt = Number.POSITIVE_INFINITY;
    this.frozenAt.clear();
    this.described.clear();
    this.cpus = { count: this.openHarts.size, since: mark.cycle };
    this.lastFrozen = 0;
    this.firstThawed = Number.POSITIVE_INFINITY;
    this.reliefs.push({
      start: mark.cycle,
      end: mark.cycle,
      outcome: "unfinished",
      abortCode: 0,
      phases: [],
      dialogue: [],
      processes: [],
      groups: [],
      forwardedCalls: 0,
      ledger: this.ledger,
      lowestCpus: this.openHarts.size,
      lowestCycles: 0,
    });
  }

  private end(relief: Relief, name: "end" | "aborted", cycle: number): void {
    this.countCpus(cycle, this.cpus.count);
    this.countFrozen(relief);
    relief.end = cycle;
    relief.ledger = { ...this.ledger };
    // what a group's kernels say of a process may come after its first freeze and thaw
    for (const [pid, { name: process, frames, fds }] of this.described) {
      const moved = relief.processes.find((p) => p.pid === pid);
      if (moved) {
        Object.assign(moved, { name: process, frames, descriptors: fds });
        if (this.frozenAt.has(pid)) moved.blackoutCycles = -1;
        continue;
      }
      const lost = { pid, name: process, blackoutCycles: -1, frames, descriptors: fds };
      relief.processes.push(lost);
    }
    relief.processes.sort((a, b) => a.pid - b.pid);
    relief.outcome = name === "end" ? "relieved" : "aborted";
  }

  private say(mark: MarkEvent): void {
    const { cycle, hart, argument, text = "" } = mark;
    this.current?.dialogue.push({ cycle, hart, side: SIDES[argument] ?? "kernel", text });
  }

  private line({ argument, text = "" }: MarkEvent): void {
    const whileEnding = this.current?.phases.at(-1)?.name === "shutdown";
    this.userLines.push({ pid: argument, text, whileEnding });
  }

  private opened(mark: MarkEvent): void {
    this.openHarts.add(mark.argument);
    this.countCpus(mark.cycle, this.openHarts.size);
  }

  private frozen(mark: MarkEvent): void {
    if (!this.frozenAt.has(mark.argument)) this.frozenAt.set(mark.argument, mark.cycle);
    this.lastFrozen = mark.cycle;
  }

  private thawed(mark: MarkEvent): void {
    const since = this.frozenAt.get(mark.argument);
    if (since === undefined) return;
    this.frozenAt.delete(mark.argument);
    this.firstThawed = Math.min(this.firstThawed, mark.cycle);
    const before = this.current?.processes.find(({ pid }) => pid === mark.argument);
    if (before) {
      before.blackoutCycles += mark.cycle - since;
      return;
    }
    const known = this.described.get(mark.argument);
    this.current?.processes.push({
      pid: mark.argument,
      name: known?.name ?? "",
      blackoutCycles: mark.cycle - since,
      frames: known?.frames ?? 0,
      descriptors: known?.fds ?? 0,
    });
  }

  private lost(pid: number): void {
    const { name = "", frames = 0, fds = 0 } = this.described.get(pid) ?? {};
    const relief = this.current;
    if (!relief) return;
    const before = relief.processes.find((process) => process.pid === pid);
    if (before) before.blackoutCycles = -1;
    else relief.processes.push({ pid, name, blackoutCycles: -1, frames, descriptors: fds });
  }

  private closed(mark: MarkEvent): void {
    this.openHarts.delete(mark.argument);
    const span = this.kernelOf[mark.argument];
    if (span) span.end = mark.cycle;
    this.countCpus(mark.cycle, this.openHarts.size);
  }

  private describe(mark: MarkEvent): { name: string; frames: number; fds: number } {
    const found = this.described.get(mark.argument) ?? { name: "", frames: 0, fds: 0 };
    this.described.set(mark.argument, found);
    return found;
  }

  /** While all processes stand still no CPU runs user code, however many are open. */
  private countFrozen(relief: Relief): void {
    const cycles = this.firstThawed - this.lastFrozen;
    if (this.lastFrozen === 0 || !Number.isFinite(cycles) || cycles <= 0) return;
    relief.lowestCpus = 0;
    relief.lowestCycles = cycles;
  }

  private countCpus(cycle: number, count: number): void {
    const relief = this.current;
    if (relief) {
      const { count: before, since } = this.cpus;
      if (before < relief.lowestCpus) {
        relief.lowestCpus = before;
        relief.lowestCycles = 0;
      }
      if (before === relief.lowestCpus) relief.lowestCycles += cycle - since;
    }
    this.cpus = { count, since: cycle };
  }

  private total(name: MarkName, mark: MarkEvent): void {
    switch (name) {
      case "GROUP":
        this.current?.groups.push(mark.value);
        break;
      case "PROCESS_LOST":
        this.lost(mark.argument);
        break;
      case "FORWARDED":
        if (this.current) this.current.forwardedCalls = mark.value;
        break;
      case "PROCESS_NAME":
        this.describe(mark).name = mark.text ?? "";
        break;
      case "PROCESS_FRAMES":
        this.describe(mark).frames = mark.value;
        break;
      case "PROCESS_DESCRIPTORS":
        this.describe(mark).fds = mark.value;
        break;
      case "LEDGER_FRAMES":
        this.ledger = { frames: mark.value, unowned: 0, doublyOwned: 0 };
        this.finalLedger = this.ledger;
        break;
      case "LEDGER_UNOWNED":
        this.ledger.unowned = mark.value;
        break;
      case "LEDGER_DOUBLY":
        this.ledger.doublyOwned = mark.value;
        break;
      case "FRAMES_USED":
        this.framesUsed = mark.value;
        break;
    }
  }
}
