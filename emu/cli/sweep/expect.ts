// `sweep --dry-run`: how many runs there are, how many are done, and how long the others will take.

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { UsageError } from "../exit.js";
import { originHere } from "./build.js";
import { Children } from "./children.js";
import { Folder, type Loaded } from "./folder.js";
import { timeText } from "./progress.js";
import { standingOf } from "./run.js";

export const defaultJobs = () => availableParallelism();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

/** Seconds of a run, by running one whose result is not kept. Throws UsageError. */
async function timedRun({ plan }: Loaded, key: string): Promise<number> {
  const run = plan.find((one) => one.key === key);
  if (!run) return 0;
  const begin = performance.now();
  const children = new Children(originHere());
  const ended = await children.run({ key, configuration: run.configuration });
  if (ended.kind === "result") return (performance.now() - begin) / 1000;
  throw new UsageError(`sweep: a run to time it with has no result (${ended.why})`);
}

/** Prints what the sweep would do, and writes nothing. */
export async function dryRun(path: string, loaded: Loaded, jobs: number): Promise<void> {
  const folder = existsSync(path) ? Folder.open(path) : undefined;
  const none = { done: [], missing: loaded.plan, hostSeconds: [] };
  const { done, missing, hostSeconds } = folder ? standingOf(folder, loaded.plan, false) : none;
  const { name, plan } = loaded;
  process.stdout.write(`${name}: ${plan.length} runs, ${done.length} done in ${path}\n`);
  const [next] = missing;
  if (!next) return;
  const known = hostSeconds.length > 0;
  const seconds = known ? median(hostSeconds) : await timedRun(loaded, next.key);
  const source = known ? `median of ${hostSeconds.length} results` : "one run, timed now";
  const slots = Math.min(jobs, missing.length);
  const expected = timeText((seconds * missing.length) / slots);
  process.stdout.write(
    `${missing.length} to run, ${slots} at a time: about ${expected} ` +
      `(${seconds.toFixed(1)} s a run: ${source})\n`,
  );
}
