// report.json: the facts of a run in one object with a version of its own. Every figure was counted
// by the machine or by the kernels on it; nothing here depends on the host or on the time of day.
import { createHash } from "node:crypto";
import type { Account } from "../cost/attribution.js";
import type { LastPath } from "../cost/path-summary.js";
import { type TimingReport, timingReport } from "../cost/summary.js";
import type { ReliefRun } from "../experiment/relief.js";
import type { GuestImages } from "../experiment/watch.js";
import { parseElf } from "../image/elf.js";
import { type ServiceLatency, serviceLatency } from "../measure/latency.js";
import type { Ledger, MovedProcess, Phase, Relief, Said } from "../observe/relief-log.js";
import { type Measures, measuresOf } from "./measures.js";

export const REPORT_SCHEMA = "quarterdeck/report/2";

/** Names of kernels/abi/handover.h, enum abort_reason, in its order; a test compares the two. */
export const ABORT_REASONS = [
  "none",
  "digest",
  "not-an-image",
  "contract-version",
  "zone-normal",
  "missing-driver",
  "watchdog",
  "configuration",
  "record",
  "memory",
  "no-cpu",
  "missing-file-system",
  "panic",
  "receipt",
  "operator",
] as const;

/**
 * Relieved; replaced, by a rival of the relief; kept, without any change; aborted: the old kernel
 * kept the watch; failed.
 */
export type Outcome = "relieved" | "replaced" | "kept" | "aborted" | "failed";

export interface ReliefReport {
  readonly outcome: Relief["outcome"] | "replaced";
  readonly abortReason: string | null;
  readonly start: number;
  readonly cycles: number;
  readonly phases: readonly Omit<Phase, "start">[];
  readonly processes: readonly MovedProcess[];
  /** Processes in each group that moved by itself, and system calls forwarded meanwhile. */
  readonly groups: readonly number[];
  readonly forwardedCalls: number;
  readonly dialogue: readonly Said[];
  readonly ledger: Ledger;
  readonly lowestCpusRunningUserCode: { readonly cpus: number; readonly cycles: number };
}

export interface Report extends Measures {
  readonly schema: typeof REPORT_SCHEMA;
  /** How the kernels change places (METHODS). */
  readonly method: ReliefRun["config"]["method"];
  readonly outcome: Outcome;
  readonly abortReason: string | null;
  /** Why the outcome is "failed"; empty otherwise. */
  readonly failures: readonly string[];
  /** Of the last relief. Cycles; instructions retired on the harts of each kernel. */
  readonly phases: ReliefReport["phases"];
  /** Every process moved in any relief, with its longest blackout of all. */
  readonly processes: readonly MovedProcess[];
  readonly processesLost: number;
  readonly invariantsBroken: number;
  /** At power-off, by the last kernel's audit of every claim on every frame. */
  readonly ledger: Ledger;
  /** Frames in use at power-off. */
  readonly framesUsed: number | null;
  /** The fewest CPUs open to user code in any relief, and for how many cycles in that relief. */
  readonly lowestCpusRunningUserCode: ReliefReport["lowestCpusRunningUserCode"];
  /** Reliefs completed. */
  readonly reliefs: number;
  readonly finalStateHash: string;
  /** Only of a run whose harts ran in parallel: no other run has this hash, or these figures. */
  readonly deterministic?: false;
  /** The closed-loop client's requests; null without a client. */
  readonly service: {
    readonly connections: number;
    readonly done: number;
    readonly failed: number;
    /** Under way on connections that the change broke, where that is no failure. */
    readonly lost: number;
    /** By when they were in flight: before the first relief, during one, or otherwise. */
    readonly latencyCycles: ServiceLatency;
    /** Cycles at which each was sent and answered, in the order of their replies. */
    readonly exchanges: readonly (readonly [sent: number, answered: number])[];
  } | null;
  readonly cycles: number;
  readonly instructions: readonly number[];
  readonly chain: readonly ReliefReport[];
  readonly watch: readonly string[];
  readonly configuration: ReliefRun["config"];
  readonly seed: number;
  readonly versions: { readonly quarterdeck: string; readonly core: string };
  /** SHA-256 of what each image loads (its PT_LOAD segments, in order); one for all programs. */
  readonly images: Readonly<Record<string, string>>;
  /** Only of a run with a timing model: what it cost. */
  readonly timing?: TimingReport;
}

/** SHA-256 of an image's loadable content: build folders and debug information do not count. */
export function loadableHash(name: string, elf: Uint8Array): string {
  const hash = createHash("sha256");
  const image = parseElf(elf, name);
  for (const { virtual, memoryBytes, offset, fileBytes } of image.segments) {
    hash.update(new Uint32Array([virtual, memoryBytes]));
    hash.update(image.bytes.subarray(offset, offset + fileBytes));
  }
  return hash.digest("hex");
}

/** SHA-256 of what all programs load, by name. */
function programsHash({ programs }: GuestImages): string {
  const hash = createHash("sha256");
  for (const [name, elf] of programs) hash.update(`${name} ${loadableHash(name, elf)}\n`);
  return hash.digest("hex");
}

/** Report.images. */
export function imagesOf(images: GuestImages): Report["images"] {
  return {
    firmware: loadableHash("firmware", images.firmware),
    larboard: loadableHash("larboard", images.kernels.larboard),
    starboard: loadableHash("starboard", images.kernels.starboard),
    programs: programsHash(images),
  };
}

function failuresOf(run: ReliefRun, lost: number, broken: number): string[] {
  const failures = run.log.panics.map((text) => `a kernel panicked: ${text}`);
  const { result } = run;
  if (result.reason === "overdue") failures.push(`not finished after ${run.cycles} cycles`);
  if (result.reason === "idle") failures.push("every hart waits and nothing can wake one");
  if (result.reason === "finished" && result.verdict !== "pass") {
    failures.push(`the machine ended with "${result.verdict}" ${result.exitCode ?? ""}`.trim());
  }
  if (lost > 0) failures.push(`${lost} processes did not arrive`);
  if (broken > 0) failures.push(`${broken} invariants of the standing watch are broken`);
  const missing = run.watch.filter((name) => !run.kept.includes(name));
  if (missing.length > 0) failures.push(`the watch did not report: ${missing.join(", ")}`);
  const { unowned, doublyOwned } = run.log.finalLedger ?? { unowned: 0, doublyOwned: 0 };
  if (unowned + doublyOwned > 0) {
    failures.push(`the ledger has ${unowned} frames without and ${doublyOwned} with two owners`);
  }
  const failed = run.service?.failures.length ?? 0;
  if (failed > 0) failures.push(`${failed} requests failed: ${run.service?.failures[0]}`);
  if (run.log.reliefs.length === 0 && run.config.times > 0) failures.push("no relief was begun");
  return failures;
}

function serviceOf(run: ReliefRun): Report["service"] {
  if (!run.service) return null;
  const { exchanges, failures, lost } = run.service;
  return {
    connections: run.config.connections,
    done: exchanges.length,
    failed: failures.length,
    lost,
    latencyCycles: serviceLatency(exchanges, run.log.reliefs),
    exchanges: exchanges.map(({ sent, answered }) => [sent, answered] as const),
  };
}

/** Methods that lose no process. */
const PRESERVING: readonly string[] = ["relief", "checkpoint"];

function successOf({ config, log }: ReliefRun): Outcome {
  if (log.reliefs.length === 0) return "kept";
  return config.method === "relief" ? "relieved" : "replaced";
}

function longest(reliefs: readonly Relief[]): MovedProcess[] {
  const all = new Map<number, MovedProcess>();
  for (const process of reliefs.flatMap((relief) => relief.processes)) {
    const before = all.get(process.pid);
    if (!before || process.blackoutCycles > before.blackoutCycles) all.set(process.pid, process);
  }
  return [...all.values()].sort((a, b) => a.pid - b.pid);
}

function reliefReport(relief: Relief, { method }: ReliefRun["config"]): ReliefReport {
  const replaced = method !== "relief" && relief.outcome === "relieved";
  return {
    outcome: replaced ? "replaced" : relief.outcome,
    abortReason: relief.abortCode === 0 ? null : (ABORT_REASONS[relief.abortCode] ?? "unknown"),
    start: relief.start,
    cycles: relief.end - relief.start,
    phases: relief.phases.map(({ name, cycles, instructions }) => ({ name, cycles, instructions })),
    processes: relief.processes,
    groups: relief.groups,
    forwardedCalls: relief.forwardedCalls,
    dialogue: relief.dialogue,
    ledger: relief.ledger,
    lowestCpusRunningUserCode: { cpus: relief.lowestCpus, cycles: relief.lowestCycles },
  };
}

function lowestCpus(chain: readonly ReliefReport[]): Report["lowestCpusRunningUserCode"] {
  const all = chain.map((relief) => relief.lowestCpusRunningUserCode);
  const worse = (a: (typeof all)[number], b: (typeof all)[number]) =>
    a.cpus < b.cpus || (a.cpus === b.cpus && a.cycles >= b.cycles) ? a : b;
  return all.length === 0 ? { cpus: 0, cycles: 0 } : all.reduce(worse);
}

/**
 * Builds the report of a run; `account` is what a timing model has counted in it, and `path` the
 * critical path of its last relief.
 */
export function makeReport(
  run: ReliefRun,
  images: GuestImages,
  versions: Report["versions"],
  account?: Account,
  path?: LastPath,
): Report {
  const chain = run.log.reliefs.map((relief) => reliefReport(relief, run.config));
  const processes = longest(run.log.reliefs);
  const completed = run.log.reliefs.filter(({ outcome }) => outcome === "relieved");
  const lost = PRESERVING.includes(run.config.method)
    ? completed.flatMap((relief) => relief.processes).filter((p) => p.blackoutCycles < 0).length
    : 0;
  const broken = run.log.userLines.filter(
    ({ text, whileEnding }) => text.startsWith("invariant ") && !whileEnding,
  ).length;
  const failures = failuresOf(run, lost, broken);
  const relieved = completed.length;
  const aborted = chain.find(({ outcome }) => outcome === "aborted");
  if (!aborted && relieved < run.config.times && failures.length === 0) {
    failures.push(`${relieved} of ${run.config.times} reliefs were completed`);
  }
  return {
    schema: REPORT_SCHEMA,
    method: run.config.method,
    outcome: failures.length > 0 ? "failed" : aborted ? "aborted" : successOf(run),
    abortReason: aborted?.abortReason ?? null,
    failures,
    phases: chain.at(-1)?.phases ?? [],
    processes,
    processesLost: lost,
    invariantsBroken: broken,
    ledger: run.log.finalLedger ?? { frames: 0, unowned: 0, doublyOwned: 0 },
    framesUsed: run.log.framesUsed ?? null,
    lowestCpusRunningUserCode: lowestCpus(chain),
    reliefs: relieved,
    finalStateHash: run.finalStateHash,
    ...(run.config.parallel ? { deterministic: false as const } : {}),
    ...measuresOf(run),
    service: serviceOf(run),
    cycles: run.cycles,
    instructions: run.harts.map(({ instret }) => instret),
    chain,
    watch: run.log.userLines.map(({ text }) => text),
    configuration: run.config,
    seed: run.config.seed,
    versions,
    images: imagesOf(images),
    ...(account ? { timing: timingReport(account, path) } : {}),
  };
}
