// `sweep task`: runs a few of a sweep's runs alone, by key or by their place in a list; what each
// task of an array job does, and what runs one again that has failed.
import { existsSync } from "node:fs";
import { type PlannedRun, variedText } from "../../index.js";
import { EXIT, Interrupted, UsageError } from "../exit.js";
import { originHere } from "./build.js";
import { Children } from "./children.js";
import { readSmall } from "./files.js";
import { Folder } from "./folder.js";
import { TRIES } from "./queue.js";
import { onInterrupt } from "./run.js";

export interface TaskOptions {
  readonly key?: string;
  readonly index?: number;
  readonly list?: string;
  readonly pack?: number;
}

/** The runs that the options name. Throws UsageError. */
function chosen(plan: readonly PlannedRun[], options: TaskOptions): PlannedRun[] {
  const { key, index, list, pack = 1 } = options;
  if ((key === undefined) === (index === undefined)) {
    throw new UsageError("sweep task: give one of --key and --index");
  }
  const byKey = new Map(plan.map((run) => [run.key, run]));
  const find = (one: string): PlannedRun => {
    const run = byKey.get(one);
    if (run) return run;
    throw new UsageError(`sweep task: ${one} is no run of the plan with this build; see status`);
  };
  if (key !== undefined) return [find(key)];
  const keys = list === undefined ? plan.map((run) => run.key) : keysIn(list);
  const some = keys.slice((index ?? 0) * pack, ((index ?? 0) + 1) * pack);
  if (some.length > 0) return some.map(find);
  const last = Math.ceil(keys.length / pack) - 1;
  throw new UsageError(`sweep task: --index ${index} is behind the last one, ${last}`);
}

function keysIn(list: string): string[] {
  if (!existsSync(list)) throw new UsageError(`sweep task: --list: there is no ${list}`);
  return readSmall(list, "sweep task: --list").split("\n").filter(Boolean);
}

/** Runs them one after the other, each in a process of its own. Throws UsageError, Interrupted. */
export async function runTask(path: string, options: TaskOptions): Promise<void> {
  const folder = Folder.open(path);
  const { plan } = await folder.load();
  const runs = chosen(plan, options);
  Folder.make(path);
  const children = new Children(originHere());
  let stopped = false;
  const interrupts = onInterrupt(() => {
    stopped = true;
    children.kill();
  });
  for (const run of runs) {
    if (folder.result(run.key, true)) continue;
    const why = await tryRun(folder, run, children, () => stopped);
    if (stopped) throw new Interrupted("interrupted; what has no result yet stays missing");
    if (why === undefined) continue;
    folder.writeFailure({ key: run.key, why });
    const which = variedText({ ...run.varied, seed: run.seed } as typeof run.varied);
    process.stderr.write(`failed: ${which}: ${why}\n`);
    process.exitCode = EXIT.failed;
  }
  interrupts.done();
}

/** Writes the result, or says why there is none. */
async function tryRun(
  folder: Folder,
  run: PlannedRun,
  children: Children,
  stopped: () => boolean,
): Promise<string | undefined> {
  let why = "";
  for (let tries = 0; tries < TRIES && !stopped(); tries++) {
    const { key, configuration } = run;
    const ended = await children.run({ key, configuration });
    if (ended.kind === "result") {
      folder.writeResult(key, ended.text);
      process.stdout.write(`${key}: done\n`);
      return undefined;
    }
    why = ended.why;
    if (ended.kind === "refused") break;
  }
  return why;
}
