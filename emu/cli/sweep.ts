// `quarterdeck sweep`: parameters x seeds, each run once, and all results as one table. What a
// sweep is stands in its folder; each command here reads that, and does a part.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { wholeNumber } from "./parse.js";
import { withoutPassword } from "./sweep/build.js";
import { type CollectOptions, collect, printStatus } from "./sweep/collect.js";
import { Embedded, type Executor } from "./sweep/executor.js";
import { defaultJobs, dryRun } from "./sweep/expect.js";
import { Folder, type Loaded, loadExperiment } from "./sweep/folder.js";
import { Remote } from "./sweep/remote.js";
import { quoted, runSweep } from "./sweep/run.js";
import { Slurm } from "./sweep/slurm.js";
import { runTask, type TaskOptions } from "./sweep/task.js";

interface RunOptions {
  readonly jobs?: number;
  readonly queue?: string;
}

interface SweepOptions extends RunOptions {
  readonly out: string;
  readonly dryRun?: boolean;
}

interface SubmitOptions {
  readonly out: string;
  readonly pack: number;
  readonly sbatchArgs: string;
}

const JOBS_MAX = 1024;
const SUBMIT_HELP = `
The same command again submits only what has no result and is in no array that still waits or runs.

Examples:
  quarterdeck sweep submit experiment.toml --slurm --pack 20
  quarterdeck sweep submit out/sweeps/NAME --slurm --sbatch-args "--partition=long --time=60"`;
const HELP = `
An experiment is a TOML file:

  name = "memory-modes"              the folder under --out
  seeds = 5                          1 to 5, or a list
  [fixed]                            names are those of \`relieve\`, without dashes in front
  harts = 4
  [vary]                             every value with every other
  memory = ["adopt", "remap", "copy"]
  ballast = [0, 1024, 4096]
  [[except]]                         left out: combinations that meet all of this
  memory = "adopt"
  ballast = [1024, 4096]

A run's key is a hash of configuration, seed, images, core and version. A result that is in the
folder is never made again; interrupt a sweep at any time, and resume it.

Examples:
  quarterdeck sweep memory-modes.toml --dry-run
  quarterdeck sweep memory-modes.toml --jobs 2
  quarterdeck sweep status out/sweeps/memory-modes
  quarterdeck sweep resume out/sweeps/memory-modes
  quarterdeck sweep memory-modes.toml --queue postgres://user@host/sweeps
  quarterdeck worker --queue postgres://user@host/sweeps  on each machine that is to help
  quarterdeck sweep collect out/sweeps/memory-modes      runs.jsonl and runs.parquet`;

const COLLECT_HELP = `
A row is a run; a column is a place in the result's file, such as report.cycles or
configuration.harts. In Parquet all numbers are DOUBLE (counts are exact up to 2^53), lists are JSON
texts, and a column in which no run has a value is left out.`;

/** Adds the command to the program. */
export function addSweep(program: Command): void {
  const sweep = program
    .command("sweep")
    .description("run an experiment: parameters x seeds, resumable, as one table of results")
    .addHelpText("after", HELP);
  addRun(sweep);
  addResume(sweep);
  addSubmit(sweep);
  const folder = "a sweep's folder";
  sweep
    .command("status")
    .description("how many runs are done, have failed and are missing")
    .argument("<folder>", folder)
    .action(async (path: string) => {
      const at = Folder.open(path);
      printStatus(at, await at.load());
    });
  sweep
    .command("collect")
    .description("write all results as one table")
    .argument("<folder>", folder)
    .option("--jsonl <file>", "rows as JSON, one a line (default: runs.jsonl in the folder)")
    .option("--parquet <file>", "the same as Parquet (default: runs.parquet in the folder)")
    .option("--all", "results of other plans and builds too")
    .addHelpText("after", COLLECT_HELP)
    .action(async (path: string, options: CollectOptions) => {
      const at = Folder.open(path);
      collect(at, await at.load(), options);
    });
  sweep
    .command("task")
    .description("run one of the runs alone, or a few that stand together in a list")
    .argument("<folder>", folder)
    .option("--key <key>", "the run with this key")
    .option("--index <i>", "the i-th run, counted from 0", wholeNumber("--index", 0, 1e6))
    .option("--list <file>", "of the keys in this file, one a line, not of the whole plan")
    .option("--pack <n>", "so many runs at each index (default: 1)", wholeNumber("--pack", 1, 1e6))
    .action((path: string, options: TaskOptions) => runTask(path, options));
}

const jobsOption = (command: Command) =>
  command
    .option(
      "--jobs <n>",
      "runs at once in this process (default: the cores there are; none with --queue)",
      wholeNumber("--jobs", 1, JOBS_MAX),
    )
    .option("--queue <url>", "let `worker`s do it that share this PostgreSQL (postgres://...)");

function addRun(sweep: Command): void {
  jobsOption(sweep.command("run", { isDefault: true }))
    .description("run what is missing of an experiment (the word `run` may be left out)")
    .argument("<experiment>", "TOML file")
    .option("--out <folder>", "where sweeps are kept", "out/sweeps")
    .option("--dry-run", "say how many runs there are and how long they take")
    .action(async (file: string, options: SweepOptions) => {
      const loaded = await loadExperiment(file);
      const path = join(options.out, loaded.name);
      if (options.dryRun) return dryRun(path, loaded, options.jobs ?? defaultJobs());
      await go(Folder.make(path), loaded, options);
    });
}

function addResume(sweep: Command): void {
  jobsOption(sweep.command("resume"))
    .description("run what is missing in a sweep's folder")
    .argument("<folder>", "a sweep's folder")
    .action(async (path: string, options: RunOptions) => {
      const loaded = await Folder.open(path).load();
      await go(Folder.make(path), loaded, options);
    });
}

function addSubmit(sweep: Command): void {
  sweep
    .command("submit")
    .description("submit what is missing to a cluster, as array jobs")
    .argument("<experiment>", "TOML file, or a sweep's folder")
    .requiredOption("--slurm", "to Slurm; the folder must be the same on all nodes")
    .option("--pack <n>", "runs that a task does, one by one", wholeNumber("--pack", 1, 1e6), 1)
    .option("--sbatch-args <text>", 'more for sbatch, such as "--partition=long --time=60"', "")
    .option("--out <folder>", "where sweeps are kept", "out/sweeps")
    .addHelpText("after", SUBMIT_HELP)
    .action(async (given: string, options: SubmitOptions) => {
      const isFolder = existsSync(given) && statSync(given).isDirectory();
      const loaded = await (isFolder ? Folder.open(given).load() : loadExperiment(given));
      const path = isFolder ? given : join(options.out, loaded.name);
      const args = options.sbatchArgs.split(/\s+/).filter(Boolean);
      const slurm = new Slurm(path, loaded.name, { pack: options.pack, args });
      const again = quoted(["quarterdeck", "sweep", "submit", path, "--slurm"]);
      await runSweep(Folder.make(path), loaded, slurm, again);
    });
}

function executorOf({ jobs, queue }: RunOptions, folder: Folder): Executor {
  if (queue === undefined) return new Embedded(jobs ?? defaultJobs());
  return new Remote(queue, folder.id, jobs ?? 0);
}

async function go(folder: Folder, loaded: Loaded, options: RunOptions): Promise<void> {
  const jobs = options.jobs === undefined ? [] : ["--jobs", String(options.jobs)];
  const queue = options.queue === undefined ? [] : ["--queue", withoutPassword(options.queue)];
  const resume = quoted(["quarterdeck", "sweep", "resume", folder.path, ...jobs, ...queue]);
  await runSweep(folder, loaded, executorOf(options, folder), resume);
}
