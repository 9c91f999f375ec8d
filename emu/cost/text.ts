// What a relief cost, as rows of tables for people. A phase's row has the cycles of all harts in it
// by cause; a kernel's row its rates: cycles for an instruction (those in which it waited left
// out), misses for an access, and coherence.
import {
  type CounterName,
  type Counts,
  countOf,
  cyclesOf,
  GROUPS,
  instructionsOf,
  l1dOf,
  l1iOf,
  l2Of,
  noCounts,
  placeOf,
  ratio,
  sumOf,
} from "../timing/counters.js";
import type { TimingReport } from "./summary.js";

export interface TableText {
  readonly head: string[];
  readonly rows: (string | number)[][];
}

type Counters = TimingReport["counters"];

/** Counts by name as counts by place. */
export function countsFrom(counters: Counters): Counts {
  const counts = noCounts();
  for (const [name, count] of Object.entries(counters)) {
    counts[placeOf(name as CounterName)] = count;
  }
  return counts;
}

/** A row a phase of the last relief, with its cycles in all and by cause. */
export function causeTable({ phases }: TimingReport): TableText {
  const relief = phases.at(-1)?.relief ?? 0;
  const own = phases.filter((phase) => phase.relief === relief && phase.name !== "after");
  const rows = own.map(({ name, counters }) => causeRow(name, countsFrom(counters)));
  const total = sumOf(own.map(({ counters }) => countsFrom(counters)));
  const head = ["phase, cycles of all harts", ...Object.keys(GROUPS), "all"];
  return { head, rows: [...rows, causeRow("total", total)] };
}

function causeRow(name: string, counts: Counts): (string | number)[] {
  const groups = Object.values(GROUPS).map((names) => countOf(counts, ...names));
  return [name, ...groups, cyclesOf(counts)];
}

const percent = ({ misses, accesses }: { misses: number; accesses: number }) =>
  `${(100 * ratio(misses, accesses)).toFixed(2)} %`;

/** A row a kernel: of the last relief's phases, or of everything when there was no relief. */
export function kernelTable({ phases, kernels }: TimingReport): TableText {
  const relief = phases.at(-1)?.relief ?? 0;
  const own = phases.filter((phase) => phase.relief === relief && phase.name !== "after");
  const sides = Object.keys(kernels) as (keyof typeof kernels)[];
  const rows = sides.flatMap((side) => {
    const found = own.flatMap((phase) => phase.kernels[side] ?? []);
    const counts = sumOf(found.map(countsFrom));
    return instructionsOf(counts) === 0 ? [] : [kernelRow(side, counts)];
  });
  const head = [
    ...["kernel", "instructions", "CPI", "L1I misses", "L1D misses", "L2 misses"],
    ...["upgrades", "invalidations", "interventions", "local", "remote"],
  ];
  return { head, rows };
}

function kernelRow(side: string, counts: Counts): (string | number)[] {
  const instructions = instructionsOf(counts);
  const busy = cyclesOf(counts) - countOf(counts, "cyclesWait");
  return [
    side,
    instructions,
    ratio(busy, instructions).toFixed(2),
    percent(l1iOf(counts)),
    percent(l1dOf(counts)),
    percent(l2Of(counts)),
    countOf(counts, "upgrades"),
    countOf(counts, "invalidationsSent"),
    countOf(counts, "interventions", "remoteTransfers"),
    countOf(counts, "localAccesses"),
    countOf(counts, "remoteAccesses"),
  ];
}
