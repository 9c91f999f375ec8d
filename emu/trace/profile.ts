// A symbolised profile: instructions retired by kernel, phase, mode and function, as collapsed
// stacks (one line a stack: frames with `;` between, a blank, a count), which flame graph tools
// read. Each hart is sampled at every n-th of its instructions; a sample stands for the
// instructions since the one before. What a hart retired in a phase and for a kernel is exact, for
// counts are also read at the marks; only the split among functions is sampled.
import type { MarkEvent, StepEvent } from "../events.js";
import type { Machine } from "../machine.js";
import type { Scene } from "./scene.js";

const START = "machine;reset"; // the boot ROM

export class Profile {
  private readonly counts = new Map<string, number>();
  private readonly counted: number[];
  private readonly leaves: string[];
  /** Leaves of code that is no program's, by pc, until a mark tells of other code. */
  private readonly known = new Map<number, string>();

  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
    every: number,
  ) {
    this.counted = machine.stats().map(({ instret }) => instret);
    this.leaves = this.counted.map(() => START);
    machine.debug.observe({ marks: true, steps: { every } });
    machine.on("step", (step) => this.sample(step));
    machine.on("mark", (mark) => this.mark(mark));
  }

  /** Lines in order of their stacks; counts up to where the machine is now. */
  lines(): string[] {
    this.machine.stats().forEach(({ instret }, hart) => {
      this.count(hart, instret);
    });
    return [...this.counts].sort().map(([stack, count]) => `${stack} ${count}`);
  }

  private sample(step: StepEvent): void {
    this.count(step.hart, step.instret);
    const known = step.mode === "user" ? undefined : this.known.get(step.pc);
    const leaf = known ?? this.leafOf(step);
    if (step.mode !== "user") this.known.set(step.pc, leaf);
    this.leaves[step.hart] = leaf;
  }

  private leafOf({ mode, pc, satp }: StepEvent): string {
    const where = this.scene.symbolizer.locate(pc, mode, satp);
    const name = where?.symbol ?? where?.image ?? (pc < 0x10000 ? "reset" : "unknown");
    return mode === "user" ? `user;${where?.image ?? "unknown"};${name}` : `${mode};${name}`;
  }

  private mark(mark: MarkEvent): void {
    const name = this.scene.table.nameOf(mark.code);
    if (name === "KERNEL") this.count(mark.hart, mark.instret);
    mark.instretOfHarts?.forEach((instret, hart) => {
      this.count(hart, instret);
    });
    this.scene.add(mark);
    this.known.clear();
  }

  /** Adds what a hart has retired up to `instret` to where it was sampled last. */
  private count(hart: number, instret: number): void {
    const done = instret - (this.counted[hart] as number);
    if (done === 0) return;
    this.counted[hart] = instret;
    const stack = `${this.scene.kernelOf(hart)};${this.scene.phase};${this.leaves[hart]}`;
    this.counts.set(stack, (this.counts.get(stack) ?? 0) + done);
  }
}
