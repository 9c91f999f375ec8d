// `quarterdeck worker`: takes runs of sweeps from a PostgreSQL, whoever put them there, and sends
// the results back. It serves the sweeps of its own build, and names the others once.
import type { Command } from "commander";
import { Interrupted } from "../exit.js";
import { wholeNumber } from "../parse.js";
import { buildFingerprint, withoutPassword } from "./build.js";
import { defaultJobs } from "./expect.js";
import { Queue } from "./queue.js";
import { queuesByBuild, remoteWorkers } from "./remote.js";
import { onInterrupt } from "./run.js";

interface Options {
  readonly queue: string;
  readonly jobs?: number;
}

const HELP = `
It works until Ctrl-C, and gives back what it was at. A worker that is killed is noticed: a job with
no sign of life for 30 s is begun by another. It waits for a database that is restarted.

Examples:
  quarterdeck worker --queue postgres://user@host/sweeps
  quarterdeck sweep experiment.toml --queue postgres://user@host/sweeps`;

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  program
    .command("worker")
    .description("run jobs of sweeps that share a PostgreSQL, until Ctrl-C")
    .requiredOption("--queue <url>", "the PostgreSQL (postgres://USER@HOST:PORT/DATABASE)")
    .option("--jobs <n>", "runs at once (default: the cores)", wholeNumber("--jobs", 1, 1024))
    .addHelpText("after", HELP)
    .action(worker);
}

const say = (line: string) => void process.stderr.write(`worker: ${line}\n`);

async function worker({ queue: url, jobs = defaultJobs() }: Options): Promise<void> {
  const queue = await Queue.at(url);
  const build = await buildFingerprint();
  const workers = remoteWorkers(queue, jobs, say);
  const told = new Set<string>();
  const names = async () => {
    const all = await queuesByBuild(queue);
    for (const other of all.keys()) {
      if (other === build || told.has(other)) continue;
      told.add(other);
      say(`leaves the sweeps of another build, ${other}; use the same version and images there`);
    }
    return all.get(build) ?? [];
  };
  let stopping: Promise<void> | undefined;
  const interrupts = onInterrupt(() => {
    stopping = workers.stop();
  });
  say(`serves ${withoutPassword(url)}, ${jobs} runs at once, build ${build}`);
  try {
    await workers.work(names, () => false);
    await stopping;
  } finally {
    interrupts.done();
    await workers.stop();
    await queue.close();
  }
  throw new Interrupted("worker: interrupted; what it was at is given back");
}
