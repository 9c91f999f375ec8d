// A machine with its past. While it runs forward, snapshots are kept, and a log of what entered
// from outside; so it can be put back to any moment, and run from there again as it ran. Past the
// furthest moment it goes on live. A debugger's change makes that moment a barrier: a snapshot is
// taken behind it, and whoever comes from before it goes on from that snapshot. A change in the
// past drops the future that was.
//
// Moments are ordered by the sum of all harts' clocks: each instruction and each trap adds to it.
import type { Machine, MachineInput, RunResult } from "../machine.js";
import type { Snapshot } from "../snapshot.js";

const POINTS_MAX = 64;
const SPACING_CYCLES = 5_000_000;

/** A moment that the machine can be put back to. */
export interface Point {
  readonly snapshot: Snapshot;
  /** Sum of the harts' clocks. */
  readonly sum: number;
  /** The machine's cycle(). */
  readonly clock: number;
  /** Each hart's clock. */
  readonly cycles: readonly number[];
  /** How much of the log had entered. */
  readonly inputs: number;
  /** The hart that was stopped there between two instructions; undefined: between two runs. */
  readonly stopped: number | undefined;
  /** A debugger has changed something just here. */
  readonly barrier: boolean;
}

const sumOf = (cycles: readonly number[]) => cycles.reduce((sum, cycle) => sum + cycle, 0);

export class History {
  private points: Point[] = [];
  private log: MachineInput[] = [];
  private spacing = SPACING_CYCLES;
  /** Where the live machine is, while this one is in the past. */
  private horizon: Point | undefined;
  private changed = false;
  private stoppedHart: number | undefined;
  /** Whether a change in the past has made another future. */
  forked = false;

  constructor(
    readonly machine: Machine,
    private readonly forks: () => void = () => undefined,
  ) {
    machine.observeInput((input) => this.log.push(input));
    this.points.push(this.capture(false));
  }

  /** Ends the recording; the machine must not be in the past. */
  close(): void {
    this.machine.observeInput(undefined);
  }

  get inPast(): boolean {
    return this.horizon !== undefined;
  }

  /** The moments that are kept, in order. */
  get kept(): readonly Point[] {
    return this.points;
  }

  /** The live machine's cycle. */
  get horizonClock(): number {
    return this.horizon?.clock ?? this.machine.cycle();
  }

  cycles(): number[] {
    return this.machine.stats().map(({ cycle }) => cycle);
  }

  /** The present moment, as the order of moments has it. */
  sum(): number {
    return sumOf(this.cycles());
  }

  /** The present as a point; may be put back to with goTo(). */
  capture(barrier = false): Point {
    const cycles = this.cycles();
    return {
      snapshot: this.machine.snapshot(),
      sum: sumOf(cycles),
      clock: this.machine.cycle(),
      cycles,
      inputs: this.log.length - this.machine.pastInputs,
      stopped: this.stoppedHart,
      barrier,
    };
  }

  // --- Changes.

  /** To be called before a debugger changes anything. */
  change(): void {
    if (this.horizon) {
      const [sum, clock] = [this.sum(), this.machine.cycle()];
      this.points = this.points.filter(
        (point) => point.sum < sum || (point.sum === sum && point.clock <= clock),
      );
      this.log.length -= this.machine.pastInputs;
      this.machine.forkPast();
      this.horizon = undefined;
      this.forked = true;
      this.forks();
    }
    this.changed = true;
  }

  /** Keeps what was changed here, once for all changes of a stop. */
  private settle(): void {
    if (!this.changed) return;
    this.changed = false;
    const point = this.capture(true);
    const here = (other: Point) => other.sum === point.sum && other.clock === point.clock;
    this.points = this.points.filter((other) => !here(other));
    this.keep(point);
  }

  private keep(point: Point): void {
    this.points.push(point);
    if (this.points.length <= POINTS_MAX) return;
    this.spacing *= 2;
    this.points = this.points.filter(({ barrier }, n) => barrier || n % 2 === 0);
    this.points.splice(0, this.points.length - POINTS_MAX); // all of them barriers
  }

  // --- Forward.

  /** Runs on: in the past as it ran then, and live behind it. */
  run(cycles: number, exact: boolean): RunResult {
    this.settle();
    if (this.horizon) return this.runPast(cycles, exact, this.horizon);
    const result = exact ? this.machine.runExact({ cycles }) : this.machine.run({ cycles });
    this.stoppedHart = result.stop?.hart;
    const last = this.points.at(-1)?.clock ?? 0;
    if (result.reason === "budget" && this.machine.cycle() - last >= this.spacing) {
      this.keep(this.capture());
    }
    return result;
  }

  private runPast(cycles: number, exact: boolean, horizon: Point): RunResult {
    const { machine } = this;
    const now = this.sum();
    const next = this.points.find(({ barrier, sum }) => barrier && sum > now) ?? horizon;
    const left = next.clock - machine.cycle();
    if (left <= 0 && next.stopped !== undefined) {
      machine.debug.stopAt({ hart: next.stopped, cycle: next.cycles[next.stopped] as number });
    }
    const budget = { cycles: left > 0 ? Math.min(cycles, left) : cycles };
    const precise = exact || left <= 0;
    const result = precise ? machine.runExact(budget) : machine.run(budget);
    machine.debug.cancel();
    return this.landed(this.breakpointAt(result), next);
  }

  /** A position that was reached, as the breakpoint that is there too: it was asked for first. */
  private breakpointAt(result: RunResult): RunResult {
    const { stop } = result;
    const { debug } = this.machine;
    if (stop?.why !== "position" || !debug.breakpoints.includes(stop.address)) return result;
    return { ...result, stop: { ...stop, why: "breakpoint" } };
  }

  /** Comes back to the point ahead when it is reached; a stop at it or before it is told. */
  private landed(result: RunResult, next: Point): RunResult {
    const sum = this.sum();
    const why = result.stop?.why;
    this.stoppedHart = result.stop?.hart;
    const asked = why !== undefined && why !== "position";
    const ended = result.reason === "idle" || result.reason === "finished";
    if (sum < next.sum && !ended && why !== "position") return result;
    if (sum === next.sum && !ended && this.machine.cycle() < next.clock) {
      if (result.reason === "budget") return result; // nothing happens until then
    }
    this.goTo(next);
    const atNext = sum === next.sum && (why !== "breakpoint" || next.stopped !== undefined);
    return asked && atNext ? result : { reason: "budget" };
  }

  // --- Back.

  /** Puts the machine back to a point of its past, or to where it is live. */
  goTo(point: Point): void {
    this.settle();
    this.horizon ??= this.capture();
    this.stoppedHart = point.stopped;
    const { horizon } = this;
    if (point.sum === horizon.sum && point.clock === horizon.clock) {
      this.horizon = undefined;
      this.machine.endPast(horizon.snapshot);
      return;
    }
    this.machine.beginPast(point.snapshot, this.log.slice(point.inputs));
  }

  /** The present, to come back to with goTo(). */
  present(): Point {
    this.settle();
    return this.capture();
  }

  /** Points before a moment, the latest first, each with the moment up to which it leads. */
  *intervals(sum: number): Generator<{ readonly point: Point; readonly end: number }> {
    let end = sum;
    for (const point of [...this.points].reverse()) {
      if (point.sum >= sum) continue;
      yield { point, end };
      end = point.sum;
    }
  }

  /** An exact run of the past, for a search: nothing of it is live. */
  search(cycles: number): RunResult {
    const result = this.machine.runExact({ cycles });
    this.stoppedHart = result.stop?.hart;
    return result;
  }

  /** The same by the fast loop. */
  skip(cycles: number): void {
    if (cycles > 0) this.machine.run({ cycles });
    this.stoppedHart = undefined;
  }
}
