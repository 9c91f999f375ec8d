// --snapshot-at: keeps the machine in a file when it comes to a cycle, or to a mark of that name.
// The file is written between two slices; what it holds is the machine at that very cycle or mark.
import { InvalidArgumentError } from "commander";
import {
  type Machine,
  type MarkTable,
  type Moment,
  markTable,
  momentOf,
  PHASE_MOMENTS,
  type Snapshot,
  whenMarked,
  writeSnapshot,
} from "../index.js";
import { EXIT, UsageError } from "./exit.js";
import { writeWhole } from "./output.js";

export interface SnapshotOptions {
  readonly snapshotAt?: Moment;
  readonly snapshot?: string;
}

/** Parses `OPTION CYCLE|EVENT`. */
export function momentOption(option: string) {
  return (text: string): Moment => {
    const found = momentOf(text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(
      `${option} takes a cycle, a phase (${PHASE_MOMENTS.join(", ")}) or the name of a mark in ` +
        "events.jsonl.",
    );
  };
}

export const snapshotMoment = momentOption("--snapshot-at");

/** The one snapshot that a command was asked for, if it was. */
export class SnapshotPlan {
  private taken: { machine: Machine; snapshot: Snapshot } | undefined;
  private done = false;

  private constructor(
    private readonly at: Moment | undefined,
    private readonly path: string | undefined,
    private readonly table: MarkTable,
  ) {}

  static async of({ snapshotAt, snapshot }: SnapshotOptions): Promise<SnapshotPlan> {
    if (snapshot !== undefined && snapshotAt === undefined) {
      throw new UsageError("--snapshot: says where, not when; give --snapshot-at too");
    }
    return new SnapshotPlan(snapshotAt, snapshot, await markTable());
  }

  /** Watches a machine. Throws UsageError when it is past the cycle. */
  attach(machine: Machine): void {
    const { at } = this;
    if (at === undefined || this.done) return;
    if (typeof at === "number") {
      if (at < machine.cycle()) {
        const now = machine.cycle();
        throw new UsageError(`--snapshot-at: the machine is at cycle ${now}; give a later one`);
      }
      machine.at(at, () => this.take(machine));
      return;
    }
    whenMarked(machine, this.table, at, () => this.take(machine));
  }

  private take(machine: Machine): void {
    if (this.done) return;
    this.done = true;
    this.taken = { machine, snapshot: machine.snapshot() };
  }

  /** Writes what was taken; to be called between slices. Throws UsageError. */
  async save(): Promise<void> {
    if (!this.taken) return;
    const { machine, snapshot } = this.taken;
    this.taken = undefined;
    const path = this.path ?? `out/cycle-${snapshot.cycle}.snapshot`;
    writeWhole(path, "--snapshot", await writeSnapshot(machine, snapshot));
    process.stderr.write(`${path}: the machine at cycle ${snapshot.cycle}\n`);
  }

  /** At the end of a run: says so, with exit code 1, when the moment never came. */
  async finish(): Promise<void> {
    await this.save();
    if (this.at === undefined || this.done) return;
    process.stderr.write(`quarterdeck: --snapshot-at: the run did not come to "${this.at}"\n`);
    process.exitCode = EXIT.failed;
  }
}
