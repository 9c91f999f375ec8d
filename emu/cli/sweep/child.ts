// The hidden command `sweep-child`: runs one job, which comes over the channel from the process
// that started it, and sends the result back there. It writes nothing, and it ends when that
// process is gone; so whoever kills which of the two, there is no half result and none twice.
import type { Command } from "commander";
import {
  buildFor,
  checkRelief,
  makeReport,
  makeResult,
  type Provenance,
  type ReliefConfig,
  type Report,
  resultText,
  runKey,
  runRelief,
} from "../../index.js";
import { EXIT, UsageError } from "../exit.js";
import { readImages } from "../images.js";
import { Costs } from "../timing.js";
import { versions } from "../version.js";
import { identityFor, type Origin } from "./build.js";

/** One run: its key, what is run, and where its result comes from. */
export interface Job {
  readonly key: string;
  readonly configuration: ReliefConfig;
}

export interface Request extends Job {
  readonly origin: Origin;
}

/** The text of the result, or why this build does not run the job. */
export type Reply = { readonly result: string } | { readonly refused: string };

/** Adds the command to the program. */
export function addSweepChild(program: Command): void {
  program.command("sweep-child", { hidden: true }).action(child);
}

async function child(): Promise<void> {
  if (!process.send) throw new UsageError("sweep-child: is started by `sweep` and `worker`");
  process.on("SIGINT", () => {}); // a terminal tells the whole group; the parent decides
  process.on("disconnect", () => process.exit(EXIT.interrupted));
  const request = await new Promise<Request>((resolve) => process.once("message", resolve));
  const reply = await replyTo(request);
  process.send(reply, () => process.disconnect());
}

async function replyTo({ key, configuration, origin }: Request): Promise<Reply> {
  const config = checkRelief(configuration);
  const identity = await identityFor(config);
  const own = runKey(config, identity);
  if (own !== key) return { refused: `run ${key} is of another build, and would be ${own} here` };
  const started = new Date().toISOString();
  const begin = performance.now();
  const { report, exitReason } = await reportOf(config);
  const provenance: Provenance = {
    ...origin,
    ...identity,
    hostSeconds: Math.round(performance.now() - begin) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    started,
    exitReason,
  };
  return { result: resultText(makeResult(report, provenance)) };
}

async function reportOf(config: ReliefConfig): Promise<{ report: Report; exitReason: string }> {
  const images = readImages();
  const costs = new Costs(config.timing);
  const run = await runRelief(config, images, {
    created: (machine, table) => costs.attachRelief(machine, table),
    ...costs.sliceCycles,
    slice: async () => {
      costs.sample();
      await new Promise((resolve) => setImmediate(resolve)); // lets the parent's end in
      return { stop: false };
    },
  });
  const account = costs.finish();
  const made = await versions(buildFor(config));
  const report = makeReport(run, images, made, account, costs.path);
  return { report, exitReason: run.result.reason };
}
