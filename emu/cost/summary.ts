// What a run cost, as report.json has it: the model's configuration in full, and what was counted
// as totals by hart, phase, kernel, privilege mode and process. Each list is over all that was
// counted, so the sums of each are the same; counts that are 0 are left out.
import { causeName } from "../observe/causes.js";
import { nodeOf, type TimingConfig } from "../timing/config.js";
import {
  type CounterName,
  type Counts,
  countOf,
  cyclesOf,
  namedCounts,
  sumOf,
} from "../timing/counters.js";
import type { NodeTraffic } from "../timing/timing.js";
import { OUTSIDE } from "../trace/scene.js";
import type { Account } from "./attribution.js";
import { type Cell, SIDES, type Side, type Stretch, sumBy, type Worker } from "./cells.js";
import { type LastPath, type PathReport, pathReport } from "./path-summary.js";

const INTERRUPT = 0x80000000;

type Counters = Readonly<Partial<Record<CounterName, number>>>;

/** What went between caches, memory and nodes in one change: messages, and lines that moved. */
export interface ChangeTraffic {
  readonly relief: number;
  /** Between nodes. */
  readonly messages: number;
  readonly bytes: number;
  /** Misses that a cache of another hart, of another node, and the memory answered. */
  readonly interventions: number;
  readonly remoteTransfers: number;
  readonly localAccesses: number;
  readonly remoteAccesses: number;
  readonly upgrades: number;
  readonly invalidationsSent: number;
  readonly writebacks: number;
}

export interface TimingReport {
  readonly configuration: TimingConfig;
  /** Cycles of the run between which it was counted. */
  readonly start: number;
  readonly end: number;
  /** Of all harts: in all counts together, and by the harts' own clocks. */
  readonly cycles: { readonly attributed: number; readonly total: number };
  readonly counters: Counters;
  readonly harts: readonly {
    readonly hart: number;
    readonly node: number;
    readonly counters: Counters;
    readonly traps: Readonly<Record<string, number>>;
  }[];
  /** In order; a relief's phases have its number, counted from 1. */
  readonly phases: readonly {
    readonly relief: number;
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly counters: Counters;
    readonly kernels: Readonly<Partial<Record<Side, Counters>>>;
  }[];
  readonly kernels: Readonly<Partial<Record<Side, Counters>>>;
  readonly privileges: Readonly<Record<string, Counters>>;
  readonly processes: readonly {
    readonly name: string;
    readonly pid?: number;
    readonly counters: Counters;
  }[];
  /** Coherence traffic of the last change of kernels; null when none was counted. */
  readonly traffic: ChangeTraffic | null;
  readonly nodes: readonly (NodeTraffic & { readonly node: number })[];
  /** Of the last relief that has ended. */
  readonly criticalPath?: PathReport;
}

const countersOf = (cells: readonly Cell[]) => namedCounts(sumOf(cells.map((c) => c.counts)));

/** Totals of each kernel that has any, in the order of SIDES. */
export function bySide(cells: readonly Cell[]): [Side, Counts][] {
  const sums = sumBy(cells, ({ side }) => side);
  return SIDES.flatMap((side): [Side, Counts][] => {
    const counts = sums.get(side);
    return counts ? [[side, counts]] : [];
  });
}

const namedSides = (cells: readonly Cell[]) =>
  Object.fromEntries(bySide(cells).map(([side, counts]) => [side, namedCounts(counts)]));

/** The traps that a hart has taken, by the names of their causes. */
export function trapsOf({ traps }: Account, hart: number): Record<string, number> {
  const { exceptions = [], interrupts = [] } = traps[hart] ?? {};
  const named = [
    ...exceptions.map((count, cause) => [causeName(cause), count] as const),
    ...interrupts.map((count, cause) => [causeName((INTERRUPT | cause) >>> 0), count] as const),
  ];
  return Object.fromEntries(named.filter(([, count]) => count > 0));
}

/** A process is known by its number as soon as it is known; before, by its program and root. */
function workerNames(cells: readonly Cell[]): Map<Worker, string> {
  const place = ({ name, root }: Worker) => `${root}:${name}`;
  const pids = new Map<string, Set<number>>();
  for (const { worker } of cells) {
    if (worker.pid === undefined) continue;
    const known = pids.get(place(worker)) ?? new Set();
    pids.set(place(worker), known.add(worker.pid));
  }
  return new Map(
    cells.map(({ worker }) => {
      const known = [...(pids.get(place(worker)) ?? [])];
      const pid = worker.pid ?? (known.length === 1 ? known[0] : undefined);
      return [worker, pid === undefined ? worker.name : `${pid} ${worker.name}`];
    }),
  );
}

function processesOf(cells: readonly Cell[]): TimingReport["processes"] {
  const names = workerNames(cells);
  const sums = [...sumBy(cells, ({ worker }) => names.get(worker) as string)];
  return sums
    .sort(([, a], [, b]) => cyclesOf(b) - cyclesOf(a))
    .map(([text, counts]) => {
      const [, pid, name = text] = /^(\d+) (.*)$/.exec(text) ?? [];
      const counters = namedCounts(counts);
      return pid === undefined ? { name, counters } : { name, pid: Number(pid), counters };
    });
}

function phasesOf(stretches: readonly Stretch[], cells: readonly Cell[]): TimingReport["phases"] {
  const inStretch = new Map<Stretch, Cell[]>(stretches.map((stretch) => [stretch, []]));
  for (const cell of cells) inStretch.get(cell.stretch)?.push(cell);
  return stretches.map((stretch) => {
    const { relief, phase: name, start, end } = stretch;
    const own = inStretch.get(stretch) as Cell[];
    return { relief, name, start, end, counters: countersOf(own), kernels: namedSides(own) };
  });
}

function trafficOf(stretches: readonly Stretch[], cells: readonly Cell[]): ChangeTraffic | null {
  const inside = stretches.filter(({ phase }) => !OUTSIDE.some((name) => name === phase));
  const relief = inside.at(-1)?.relief;
  if (relief === undefined) return null;
  const mine = cells.filter(({ stretch }) => stretch.relief === relief && inside.includes(stretch));
  const counts = sumOf(mine.map((cell) => cell.counts));
  const of = (...names: CounterName[]) => countOf(counts, ...names);
  return {
    relief,
    messages: of("messages"),
    bytes: of("bytes"),
    interventions: of("interventions"),
    remoteTransfers: of("remoteTransfers"),
    localAccesses: of("localAccesses"),
    remoteAccesses: of("remoteAccesses"),
    upgrades: of("upgrades", "globalUpgrades"),
    invalidationsSent: of("invalidationsSent"),
    writebacks: of("l1Writebacks", "l2Writebacks"),
  };
}

/** The report of what was counted; with the path of the last relief, where one was found. */
export function timingReport(account: Account, path?: LastPath): TimingReport {
  const { model, harts, start, end, cells, stretches, clockCycles, traffic } = account;
  const total = sumOf(cells.map(({ counts }) => counts));
  const byHart = sumBy(cells, ({ hart }) => hart);
  const byMode = [...sumBy(cells, ({ mode }) => mode)].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    configuration: model,
    start,
    end,
    cycles: { attributed: cyclesOf(total), total: clockCycles },
    counters: namedCounts(total),
    harts: Array.from({ length: harts }, (_, hart) => ({
      hart,
      node: nodeOf(model, hart, harts),
      counters: namedCounts(byHart.get(hart) ?? sumOf([])),
      traps: trapsOf(account, hart),
    })),
    phases: phasesOf(stretches, cells),
    kernels: namedSides(cells),
    privileges: Object.fromEntries(byMode.map(([mode, counts]) => [mode, namedCounts(counts)])),
    processes: processesOf(cells),
    traffic: trafficOf(stretches, cells),
    nodes: traffic.map((one, node) => ({ node, ...one })),
    ...(path ? { criticalPath: pathReport(path) } : {}),
  };
}
