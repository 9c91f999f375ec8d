// Sweeps for tests: small experiments, their folders, and real results made once for each file.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildIdentity, originHere } from "../../emu/cli/sweep/build.js";
import { makeResult, type ReliefConfig, type Result } from "../../emu/index.js";
import { relief } from "./relief.js";

/** A sweep of quick runs: without a client, a relief takes about half a second. */
export function quickSweep(name: string, seeds: number, vary = ""): string {
  return `name = "${name}"\nseeds = ${seeds}\n[fixed]\nconnections = 0\n${vary}`;
}

/** Writes the experiment into a folder, and returns its file. */
export function writeExperiment(folder: string, toml: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "experiment-given.toml");
  writeFileSync(file, toml);
  return file;
}

/** The real result of a relief, as a sweep would keep it. */
export async function resultOf(config: Partial<ReliefConfig>): Promise<Result> {
  const { report } = await relief(config);
  const build = (await buildIdentity())(report.configuration);
  const { quarterdeck, core } = build;
  return makeResult(
    { ...report, versions: { quarterdeck, core } },
    {
      ...originHere(),
      ...build,
      ...{ hostSeconds: 1.5, peakRssBytes: 1e8, started: "2020-01-01T00:00:00.000Z" },
      exitReason: "finished",
    },
  );
}

/** Names in a folder's results that are results, and those that are anything else. */
export function resultsIn(folder: string): { whole: Result[]; others: string[] } {
  const names = readdirSync(join(folder, "results")).sort();
  const results = names.filter((name) => /^[\da-f]{32}\.json$/.test(name));
  return {
    whole: results.map((name) => JSON.parse(readFileSync(join(folder, "results", name), "utf8"))),
    others: names.filter((name) => !results.includes(name)),
  };
}

/** How many results a folder has; none where there is no folder yet. */
export function countIn(folder: string): number {
  return existsSync(join(folder, "results")) ? resultsIn(folder).whole.length : 0;
}

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is so. */
export async function until(what: () => boolean, tries = 2400): Promise<void> {
  for (let n = 0; n < tries; n++) {
    if (what()) return;
    await wait(50);
  }
  throw new Error("did not come to be");
}

/** The processes of runs that `pid` has started. */
export function childrenOf(pid: number | undefined): number[] {
  const args = ["-o", "pid=,args=", "--ppid", String(pid)];
  const { stdout } = spawnSync("ps", args, { encoding: "utf8" });
  const runs = stdout.split("\n").filter((line) => line.includes("sweep-child"));
  return runs.map((line) => Number.parseInt(line, 10));
}
