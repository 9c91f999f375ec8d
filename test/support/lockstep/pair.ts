// Two machines with one program, by the interpreter and by the translator, driven alike: a slice, a
// comparison, and between slices what a host does (snapshots, restores, a debugger's exact run,
// input, a store to code). How far it is driven follows from the program alone.
import {
  createMachine,
  type Engine,
  type Machine,
  type MachineConfig,
  presetTiming,
  type RunResult,
  type Snapshot,
  type TimingConfig,
  type Translation,
} from "../../../emu/index.js";
import { MIB } from "../guest.js";
import { FUNCTION_FRAMES, PAGE, PLACES } from "./places.js";
import { type Image, imageOf, type Program, type Step } from "./program.js";
import { csrDifference, type Difference, Events, stateDifference } from "./state.js";

const ENGINES: readonly [Engine, Engine] = ["interpreter", "translator"];
const TIMING = presetTiming("embedded") as TimingConfig;
/** Slices of a program, at the most. */
const SLICES = 40;

/** A slice that is cut short, to find where in it two machines part; the last one, then. */
export interface Cut {
  readonly slice: number;
  readonly cycles: number;
}

export interface Outcome {
  readonly difference: Difference | undefined;
  /** Slices that were the same, and the one that was not. */
  readonly slices: readonly number[];
  /** Retired by one of the machines. */
  readonly instructions: number;
  readonly traps: ReadonlyMap<number, number>;
  readonly resets: number;
  readonly translated: Translation | undefined;
}

/** Makes the second machine another one, to show that a comparison sees it. */
export interface Sabotage {
  readonly image?: (bytes: Uint8Array, image: Image) => void;
  /** Before each slice. */
  readonly slice?: (second: Machine, slice: number) => void;
}

export class Pair {
  readonly slices: number[] = [];
  private readonly events: readonly [Events, Events];
  private kept: readonly [Snapshot, Snapshot] | undefined;
  private idle = false;
  private instructions = 0;
  private resets = 0;

  private constructor(
    readonly program: Program,
    readonly image: Image,
    readonly machines: readonly [Machine, Machine],
    private readonly sabotage: Sabotage,
    private readonly cut: Cut | undefined,
  ) {
    this.events = [new Events(machines[0]), new Events(machines[1])];
    for (const { timing } of machines) timing?.on();
    for (const { debug } of machines) debug.observe({ traps: program.observed });
  }

  static async of(program: Program, sabotage: Sabotage = {}, cut?: Cut): Promise<Pair> {
    const image = imageOf(program);
    const config = (engine: Engine, firmware: Uint8Array): MachineConfig => ({
      harts: program.sides.length,
      ramBytes: 16 * MIB,
      quantumCycles: program.quantumCycles,
      decodedPages: program.decodedPages,
      cyclesPerTick: program.cyclesPerTick,
      hotCycles: program.hotCycles,
      coldCycles: program.hotCycles,
      ...(program.timed === 3 ? { timing: TIMING } : {}),
      seed: program.seed & 0xff,
      firmware,
      drive: { data: image.drive, readOnly: true },
      engine,
    });
    const other = image.bytes.slice();
    sabotage.image?.(other, image);
    const machines = await Promise.all([
      createMachine(config(ENGINES[0], image.bytes)),
      createMachine(config(ENGINES[1], other)),
    ]);
    return new Pair(program, image, machines, sabotage, cut);
  }

  private each<T>(action: (machine: Machine, index: 0 | 1) => T): readonly [T, T] {
    return [action(this.machines[0], 0), action(this.machines[1], 1)];
  }

  /** Has the slice that is cut been run? */
  private isCut(): boolean {
    return this.cut !== undefined && this.slices.length > this.cut.slice;
  }

  private retired(): number {
    return this.machines[0].stats().reduce((sum, { instret }) => sum + instret, 0);
  }

  /** One slice of both. `exact`: the second by the exact loop. */
  private slice(whole: number, exact = false): Difference | undefined {
    const last = this.cut?.slice === this.slices.length;
    const cycles = last ? Math.min(whole, this.cut?.cycles ?? 0) : whole;
    if (this.isCut()) return undefined;
    this.sabotage.slice?.(this.machines[1], this.slices.length);
    const before = this.retired();
    const results = this.each((machine, index) =>
      exact && index === 1 ? machine.runExact({ cycles }) : machine.run({ cycles }),
    );
    this.slices.push(cycles);
    this.instructions += this.retired() - before;
    const [first, second] = results.map((result) => JSON.stringify(result)) as [string, string];
    if (first !== second) return { hart: undefined, what: "the run", values: [first, second] };
    const happened = [this.events[0].take(), this.events[1].take()] as const;
    return stateDifference(this.machines, happened) ?? this.goesOn(results[0]);
  }

  /** A machine that has reset itself starts again; one that waits for nothing is done. */
  private goesOn(result: RunResult): undefined {
    if (result.reason === "idle") this.idle = true;
    if (result.reason !== "finished") return;
    this.resets++;
    this.each((machine) => machine.reset());
  }

  /** What the host does behind a slice. */
  private act({ act, number }: Step): Difference | undefined {
    switch (act) {
      case "snapshot":
        this.kept = this.each((machine) => machine.snapshot());
        return undefined;
      case "restore":
        this.restore(false);
        return undefined;
      case "swap":
        this.restore(true);
        return undefined;
      case "exact":
        return this.slice(1 + (number % 3000), true);
      case "input":
        this.each((machine) => machine.consoleInput(Uint8Array.of(number & 255, number >>> 8)));
        return undefined;
      case "poke":
        this.poke(number);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Puts the last snapshot back, once; `swapped`: into the other machine. */
  private restore(swapped: boolean): void {
    const { kept } = this;
    if (!kept) return;
    const [first, second] = kept;
    this.machines[0].restore(swapped ? second : first);
    this.machines[1].restore(swapped ? first : second);
    this.kept = undefined;
  }

  /** Another frame's functions over those of one frame, written by the host. */
  private poke(number: number): void {
    const [from, to] = [number % FUNCTION_FRAMES, (number >>> 3) % FUNCTION_FRAMES];
    const place = (n: number) => PLACES.functions + n * PAGE;
    this.each((machine) => {
      machine.writePhysical(place(to), machine.readPhysical(place(from), 256));
    });
  }

  /** Drives both until so many instructions are retired, or to a difference. */
  drive(instructions: number): Outcome {
    const { steps } = this.program;
    let difference: Difference | undefined;
    for (let turn = 0; !difference && turn < SLICES; turn++) {
      if (this.idle || this.isCut() || this.instructions >= instructions) break;
      const step = steps[turn % steps.length] as Step;
      const least = turn % 2 ? Math.ceil(instructions / this.machines[0].harts / 10) : 0;
      difference = this.slice(step.cycles + least) ?? this.act(step);
    }
    return this.outcome(difference ?? csrDifference(this.machines));
  }

  private outcome(difference: Difference | undefined): Outcome {
    return {
      difference,
      slices: this.slices,
      instructions: this.instructions,
      traps: this.events[0].traps,
      resets: this.resets,
      translated: this.machines[1].translation(),
    };
  }
}

/** A program on both engines, until so many instructions are retired. */
export async function runPair(
  program: Program,
  instructions: number,
  sabotage: Sabotage = {},
): Promise<Outcome> {
  return (await Pair.of(program, sabotage)).drive(instructions);
}
