// A symbolised profile: what was spent by kernel, phase, mode and function. With a timing model
// cycles are counted, as soon as the model is on; without one, instructions retired. Each hart is
// sampled at every n-th of its instructions; a sample stands for all up to the next one: at every
// instruction, the profile is exact. What a hart spent in a phase and for a kernel is exact in any
// case, for clocks are also read at the marks; only the split among functions is sampled. Waits in
// wfi are told of by themselves, and have a frame of their own.
import type { Mode } from "../debug.js";
import type { MarkEvent, StepEvent, WaitEvent } from "../events.js";
import type { HartStats, Machine } from "../machine.js";
import type { Scene } from "./scene.js";
import { type Row, Spending } from "./spending.js";

const CSR_SATP = 0x180;
const LEAVES_MAX = 262_144;

export interface ProfileOptions {
  /** Of a hart's instructions every so many are a sample. */
  readonly every: number;
  /** Only these (names of SCENE_PHASES); the others then run at full speed. */
  readonly phases?: readonly string[];
  /** Cycles with the model on that are not counted. */
  readonly warmUpCycles?: number;
}

/** Where a hart is, and what it is charged to. */
interface Hart {
  readonly spending: Spending;
  leaf: string;
  row: Row | undefined;
}

export class Profile {
  private readonly all = new Map<string, Row>();
  private readonly harts: Hart[];
  /** Leaves by pc, until a mark tells of other code; programs by satp. */
  private readonly known = new Map<number, Map<number, string>>();
  private leaves = 0;
  private counting: boolean;
  private isOn = false;

  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
    private readonly options: ProfileOptions,
  ) {
    this.harts = machine.stats().map(() => {
      return { spending: new Spending(0, 0), leaf: "", row: undefined };
    });
    this.counting = !machine.timing;
    machine.on("step", (step) => this.step(step));
    machine.on("mark", (mark) => this.mark(mark));
    machine.on("wait", (wait) => this.wait(wait));
    this.update(machine.cycle());
    this.countFrom(options.warmUpCycles ?? 0);
  }

  /** Whether cycles are counted, and not instructions. */
  get hasCycles(): boolean {
    return this.machine.timing !== undefined;
  }

  /** With a model, counts while it is on, but for the warm-up. */
  private countFrom(warmUpCycles: number): void {
    const { machine } = this;
    const count = (on: boolean) => {
      this.settle(machine.cycle());
      this.counting = on;
      this.update(machine.cycle());
    };
    machine.timing?.whenSwitched((on) => {
      if (!on || warmUpCycles === 0) count(on);
      else machine.at(machine.cycle() + warmUpCycles, () => count(true));
    });
    if (machine.timing?.running) count(true); // restored so
  }

  /** What was spent up to where the machine is now, in order of kernel, phase and frames. */
  rows(): readonly Row[] {
    this.settle(this.machine.cycle());
    const rows = [...this.all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return rows.filter(({ cycles, instructions }) => cycles !== 0 || instructions !== 0);
  }

  /** The same as collapsed stacks, which flame graph tools read: frames, a blank, a count. */
  lines(): string[] {
    const rows = this.rows().filter((row) => this.weightOf(row) !== 0);
    return rows.map((row) => `${row.kernel};${row.phase};${row.frames} ${this.weightOf(row)}`);
  }

  private weightOf({ cycles, instructions }: Row): number {
    return this.hasCycles ? cycles : instructions;
  }

  /** Observes what is to be observed now. */
  private update(now: number, mark?: MarkEvent): void {
    const { machine, scene, options } = this;
    const wanted = options.phases?.includes(scene.phase) ?? true;
    if (this.counting && wanted && !this.isOn) this.begin(now, mark);
    this.isOn = this.counting && wanted;
    const steps = this.isOn && { every: options.every };
    machine.debug.observe({ marks: true, traps: this.hasCycles, steps });
  }

  private begin(now: number, mark?: MarkEvent): void {
    const counts = this.countsOf(mark);
    this.machine.stats().forEach((stats, id) => {
      const hart = this.harts[id] as Hart;
      const cycle = stats.waiting ? Math.max(now, stats.cycle) : stats.cycle;
      hart.spending.begin(cycle, counts?.[id] ?? stats.instret);
      const satp = this.machine.debug.csr(id, CSR_SATP) ?? 0;
      this.enter(hart, this.leafOf(stats.mode, stats.pc, satp));
    });
  }

  private enter(hart: Hart, leaf: string): void {
    if (leaf !== hart.leaf) hart.row = undefined;
    hart.leaf = leaf;
  }

  private step({ hart: id, cycle, instret, mode, pc, satp = 0 }: StepEvent): void {
    const hart = this.harts[id] as Hart;
    const { spending } = hart;
    spending.give(this.rowOf(id, hart), cycle, instret);
    this.enter(hart, this.leafOf(mode, pc, satp));
    if (cycle < spending.cycle) {
      const { leaf } = hart; // a mark came into its fetch
      spending.moveTo(cycle, ({ kernel, phase }) => this.row(kernel, phase, leaf));
    }
    spending.settle();
  }

  private leafOf(mode: Mode, pc: number, satp: number): string {
    const space = mode === "user" ? satp : -1;
    let leaves = this.known.get(space);
    const known = leaves?.get(pc);
    if (known !== undefined) return known;
    if (++this.leaves > LEAVES_MAX) this.forget();
    leaves = this.known.get(space) ?? new Map();
    this.known.set(space, leaves);
    const where = this.scene.symbolizer.locate(pc, mode, satp);
    const name = where?.symbol ?? where?.image ?? (pc < 0x10000 ? "reset" : "unknown");
    const leaf = mode === "user" ? `user;${where?.image ?? "unknown"};${name}` : `${mode};${name}`;
    leaves.set(pc, leaf);
    return leaf;
  }

  private forget(): void {
    this.known.clear();
    this.leaves = 0;
  }

  private wait({ hart: id, cycle, cycles, instret, mode }: WaitEvent): void {
    const hart = this.harts[id] as Hart;
    const { spending } = hart;
    if (cycle < spending.cycle) spending.takeBack(cycle);
    if (!this.isOn) return;
    spending.give(this.rowOf(id, hart), cycle - cycles, instret);
    spending.give(this.waitRowOf(id, hart, mode), cycle, instret);
    spending.settle();
  }

  private mark(mark: MarkEvent): void {
    const name = this.scene.table.nameOf(mark.code);
    if (name === "PHASE") this.settle(mark.cycle, mark);
    if (name === "KERNEL" && this.isOn) {
      this.settleHart(mark.hart, this.statsOf(mark), mark.cycle);
      (this.harts[mark.hart] as Hart).row = undefined;
    }
    this.scene.add(mark);
    this.forget();
    if (name === "PHASE") this.update(mark.cycle, mark);
  }

  /** Without a model, what the mark says of its hart, as the report counts. */
  private statsOf(mark: MarkEvent): HartStats {
    const stats = this.machine.stats()[mark.hart] as HartStats;
    return this.hasCycles ? stats : { ...stats, instret: mark.instret };
  }

  /** And what it says of all harts, where it does. */
  private countsOf(mark: MarkEvent | undefined): readonly number[] | undefined {
    return this.hasCycles ? undefined : mark?.instretOfHarts;
  }

  /** Charges every hart, as far as it has come, to where it is. */
  private settle(now: number, mark?: MarkEvent): void {
    if (!this.isOn) return;
    const counts = this.countsOf(mark);
    this.machine.stats().forEach((stats, id) => {
      const instret = counts?.[id] ?? stats.instret;
      this.settleHart(id, { ...stats, instret }, now);
      (this.harts[id] as Hart).row = undefined;
    });
  }

  private settleHart(id: number, stats: HartStats, now: number): void {
    const hart = this.harts[id] as Hart;
    const { cycle, instret, waiting, mode } = stats;
    hart.spending.give(this.rowOf(id, hart), cycle, instret);
    if (waiting) hart.spending.give(this.waitRowOf(id, hart, mode), now, instret);
  }

  private rowOf(id: number, hart: Hart): Row {
    hart.row ??= this.row(this.scene.kernelOf(id), this.scene.phase, hart.leaf);
    return hart.row;
  }

  /** Of a sample it is not known who waits, but for the mode. */
  private waitRowOf(id: number, { leaf }: Hart, mode: Mode): Row {
    const who = this.options.every === 1 ? leaf : mode;
    return this.row(this.scene.kernelOf(id), this.scene.phase, `${who};wfi`);
  }

  private row(kernel: string, phase: string, frames: string): Row {
    const key = `${kernel};${phase};${frames}`;
    const known = this.all.get(key);
    if (known) return known;
    const made = { kernel, phase, frames, cycles: 0, instructions: 0 };
    this.all.set(key, made);
    return made;
  }
}
