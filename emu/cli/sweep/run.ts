// Runs what is missing of a sweep's plan, and says what came of it. What stops it early leaves all
// that is done, and the command that goes on.
import type { PlannedRun, Result } from "../../index.js";
import { readResult, variedText } from "../../index.js";
import { EXIT, Interrupted, UsageError } from "../exit.js";
import type { Executor } from "./executor.js";
import type { Folder, Loaded } from "./folder.js";
import { lockFolder } from "./lock.js";
import { SweepProgress } from "./progress.js";

const SHOW_MS = 500;

export interface Standing {
  readonly done: readonly PlannedRun[];
  readonly missing: readonly PlannedRun[];
  /** Results by outcome. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Of the results, in the host's seconds. */
  readonly hostSeconds: readonly number[];
}

/** What a folder has of a plan; each result is read, and one that is damaged counts as missing. */
export function standingOf(
  folder: Folder,
  plan: readonly PlannedRun[],
  setAside: boolean,
  each: (result: Result) => void = () => {},
): Standing {
  const [done, missing]: PlannedRun[][] = [[], []];
  const outcomes = new Map<string, number>();
  const hostSeconds: number[] = [];
  for (const run of plan) {
    const result = folder.result(run.key, setAside);
    (result ? done : missing)?.push(run);
    if (!result) continue;
    outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
    hostSeconds.push(result.provenance.hostSeconds);
    each(result);
  }
  return { done: done ?? [], missing: missing ?? [], outcomes, hostSeconds };
}

/** Outcomes in words. */
export function outcomesText(outcomes: ReadonlyMap<string, number>): string {
  const words = [...outcomes].sort().map(([outcome, count]) => `${count} ${outcome}`);
  return words.join(", ") || "none";
}

/** Words of a command line, quoted where a shell needs it. */
export function quoted(words: readonly string[]): string {
  const plain = /^[\w@%+=:,./-]+$/;
  return words.map((w) => (plain.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`)).join(" ");
}

/** Calls `stop` at the first Ctrl-C or SIGTERM, and ends at once at the second. */
export function onInterrupt(stop: () => void): { readonly done: () => void } {
  let asked = false;
  const interrupt = () => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    stop();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    done: () => {
      for (const signal of signals) process.removeListener(signal, interrupt);
    },
  };
}

/** The end of a sweep: what there is, and each failure with the command that runs it alone. */
function conclude(folder: Folder, { name, plan }: Loaded): void {
  const { done, missing, outcomes } = standingOf(folder, plan, true);
  const counts = `${done.length} of ${plan.length} results`;
  process.stdout.write(`${name}: ${counts} in ${folder.path} (${outcomesText(outcomes)})\n`);
  if (missing.length === 0) return;
  const failures = folder.failures();
  for (const { key, varied, seed } of missing) {
    const which = variedText({ ...varied, seed } as typeof varied);
    const alone = quoted(["quarterdeck", "sweep", "task", folder.path, "--key", key]);
    const why = failures.get(key)?.why ?? "no result";
    process.stderr.write(`failed: ${which}: ${why}; alone: ${alone}\n`);
  }
  process.exitCode = EXIT.failed;
}

/** Runs what is missing. `resume` is the command that goes on. Throws UsageError, Interrupted. */
export async function runSweep(
  folder: Folder,
  loaded: Loaded,
  executor: Executor,
  resume: string,
): Promise<void> {
  const unlock = lockFolder(folder.path);
  try {
    folder.keep(loaded);
    folder.tidy(Date.now());
    const { done, missing } = standingOf(folder, loaded.plan, true);
    if (missing.length === 0) return conclude(folder, loaded);
    const ended = await runMissing(folder, loaded, done.length, missing, executor, resume);
    if (ended === "ended") conclude(folder, loaded);
  } finally {
    unlock();
  }
}

async function runMissing(
  folder: Folder,
  { name, plan }: Loaded,
  done: number,
  missing: readonly PlannedRun[],
  executor: Executor,
  resume: string,
): Promise<"ended" | "submitted"> {
  const progress = new SweepProgress(name, plan.length, done);
  const showing = setInterval(() => progress.show(executor.running), SHOW_MS);
  let stopping: Promise<void> | undefined;
  const interrupts = onInterrupt(() => {
    stopping = executor.stop();
  });
  const failed = (key: string, why: string) => {
    folder.writeFailure({ key, why });
    progress.ended(true);
  };
  try {
    const ended = await executor.run(missing, {
      result: (key, text) => {
        const read = readResult(text, key);
        if (typeof read === "string") return failed(key, `the result ${read}`);
        folder.writeResult(key, text);
        progress.ended(false);
      },
      failed,
      say: (line) => progress.say(line),
    });
    await stopping;
    progress.clear();
    if (stopping) throw new Interrupted(`interrupted; go on with: ${resume}`);
    return ended;
  } catch (error) {
    progress.clear();
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}; go on with: ${resume}`);
  } finally {
    clearInterval(showing);
    interrupts.done();
  }
}
