// `--parallel`: harts that run at the same time, on threads of the host. Two runs are not the same,
// so whatever repeats a run, or looks at its single steps, is refused beside it.
import type { Command } from "commander";
import { UsageError } from "./exit.js";
import { wholeNumber } from "./parse.js";

export interface ParallelOptions {
  parallel?: true;
  threads?: number;
}

const WORKERS_MOST = 64;
/** What cannot be given with it, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  timing: "a timing model orders all accesses",
  record: "such a run cannot be repeated",
  replay: "such a run cannot be repeated",
  gdb: "a debugger's past is an order of steps",
  snapshotAt: "what goes on from a snapshot is to be the same each time",
  restore: "what goes on from a snapshot is to be the same each time",
  stats: "there are none without a timing model",
  stallCycles: "a stall is explained step by step",
};

/** Adds --parallel and --threads to a command. */
export function parallelOptions(command: Command): Command {
  const parse = wholeNumber("--threads", 1, WORKERS_MOST);
  const most = "of these (default: one a hart, but no more than the host has cores)";
  return command
    .option("--parallel", "harts run at the same time, on threads; each run is another one")
    .option("--threads <n>", `with --parallel: so many ${most}`, parse);
}

const flagOf = (name: string) =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Refuses what cannot be given beside --parallel. Throws UsageError. */
export function checkParallel(options: ParallelOptions): void {
  if (options.parallel === undefined) {
    if (options.threads === undefined) return;
    throw new UsageError("--threads: harts take turns on one; give --parallel too");
  }
  const given = options as Readonly<Record<string, unknown>>;
  const clash = Object.keys(REFUSED).find((name) => given[name] !== undefined);
  if (clash) throw new UsageError(`${flagOf(clash)}: not with --parallel: ${REFUSED[clash]}`);
}

/** What a machine's configuration says of it. */
export function parallelOf({ parallel, threads }: ParallelOptions) {
  if (parallel === undefined) return {};
  return { parallel: threads === undefined ? true : { workers: threads } };
}
