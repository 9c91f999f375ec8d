// The executor for clusters: writes array jobs for Slurm and submits them. Each task runs some keys
// of a list (`sweep task`), and writes their results into the folder, which all nodes share. What
// has a result, or stands in an array that is still queued or running, is not submitted again.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { PlannedRun } from "../../index.js";
import { UsageError } from "../exit.js";
import type { Executor, Told } from "./executor.js";
import { makeFolder, readSmall, writeDurably } from "./files.js";
import { quoted } from "./run.js";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
/** Slurm's own default for the most tasks of an array is 1001. */
const TASKS_MAX = 1000;
const [KEYS, SCRIPT, JOB] = ["keys.txt", "job.sh", "job"];

export interface SlurmOptions {
  /** Runs that a task does, one after the other. */
  readonly pack: number;
  /** More for sbatch, such as a partition. */
  readonly args: readonly string[];
}

function program(name: string, args: readonly string[]) {
  const { error, status, stdout, stderr } = spawnSync(name, args, { encoding: "utf8" });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return { code, status, out: (stdout ?? "").trim(), err: (stderr ?? "").trim() };
}

export class Slurm implements Executor {
  readonly running = 0;

  /** `folder` is the sweep's, which all nodes see under this path. */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly options: SlurmOptions,
  ) {}

  async run(runs: readonly PlannedRun[], told: Told): Promise<"submitted"> {
    const queued = this.queued();
    const keys = runs.map(({ key }) => key).filter((key) => !queued.has(key));
    const waiting = runs.length - keys.length;
    if (waiting > 0) told.say(`${waiting} of ${runs.length} missing runs are in the queue already`);
    const most = TASKS_MAX * this.options.pack;
    for (let at = 0; at < keys.length; at += most) {
      const some = keys.slice(at, at + most);
      const tasks = Math.ceil(some.length / this.options.pack);
      const job = this.submit(some, tasks);
      told.say(`job ${job}: ${some.length} runs in ${tasks} tasks`);
    }
    return "submitted";
  }

  async stop(): Promise<void> {}

  private get batches(): string[] {
    const path = resolve(this.folder, "slurm");
    if (!existsSync(path)) return [];
    return readdirSync(path).map((name) => join(path, name));
  }

  /** Keys of tasks that wait or run. */
  private queued(): Set<string> {
    const keys = new Set<string>();
    for (const batch of this.batches.filter((path) => existsSync(join(path, JOB)))) {
      const { job, pack } = JSON.parse(readFileSync(join(batch, JOB), "utf8"));
      const { out, status } = program("squeue", ["-h", "-r", "-j", job, "-o", "%K"]);
      if (status !== 0) continue; // Slurm has forgotten the job: none of its tasks waits
      const list = readSmall(join(batch, KEYS), "sweep").split("\n").filter(Boolean);
      for (const index of out.split("\n").filter(Boolean).map(Number)) {
        for (const key of list.slice(index * pack, (index + 1) * pack)) keys.add(key);
      }
    }
    return keys;
  }

  private submit(keys: readonly string[], tasks: number): string {
    const { pack, args } = this.options;
    const batch = resolve(this.folder, "slurm", String(this.batches.length + 1));
    makeFolder(batch);
    const list = join(batch, KEYS);
    writeDurably(list, `${keys.join("\n")}\n`);
    writeDurably(join(batch, SCRIPT), this.script(list));
    chmodSync(join(batch, SCRIPT), 0o755);
    const output = `--output=${join(batch, "task-%a.log")}`;
    const array = ["--parsable", `--array=0-${tasks - 1}`, output];
    const words = [...array, `--job-name=sweep-${this.name}`, ...args, join(batch, SCRIPT)];
    const { code, status, out, err } = program("sbatch", words);
    if (code !== undefined) {
      throw new UsageError(`sweep submit: sbatch cannot be run (${code}); submit where Slurm is`);
    }
    if (status !== 0) {
      throw new UsageError(`sweep submit: sbatch refused: ${err.split("\n")[0] || status}`);
    }
    const job = out.split("\n").at(-1)?.split(";")[0] as string;
    writeDurably(join(batch, JOB), `${JSON.stringify({ job, pack })}\n`);
    return job;
  }

  private script(list: string): string {
    const task = [process.execPath, MAIN, "sweep", "task", resolve(this.folder)];
    const rest = quoted(["--list", list, "--pack", String(this.options.pack)]);
    return [
      "#!/bin/sh",
      `# Array job of the sweep "${this.name}": each task does some of the runs in ${KEYS}.`,
      `exec ${quoted(task)} --index "$SLURM_ARRAY_TASK_ID" ${rest}`,
      "",
    ].join("\n");
  }
}
