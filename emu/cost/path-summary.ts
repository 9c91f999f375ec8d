// The critical path of a relief as report.json and the text report have it: its cycles by phase and
// by whose they are, the doorbells from kernel to kernel, and every segment.
import type { CriticalPath, HandOver, PathSegment } from "./critical-path.js";
import type { TableText } from "./text.js";

/** Cycles of the path: run by each side, or waited for a timer or a device. */
export interface PathCycles {
  readonly "off-going": number;
  readonly "on-coming": number;
  readonly firmware: number;
  readonly waitTimer: number;
  readonly waitDevice: number;
}

export interface PathReport {
  /** Counted from 1. */
  readonly relief: number;
  readonly start: number;
  readonly end: number;
  /** All of them: end - start. */
  readonly cycles: PathCycles;
  readonly phases: readonly (PathCycles & { readonly name: string })[];
  readonly handOvers: readonly HandOver[];
  /** Marks at which it changes kernels without an IPI, as when a watchdog gave up. */
  readonly unrung: number;
  readonly segments: readonly PathSegment[];
}

function cyclesOf(segments: readonly PathSegment[]): PathCycles {
  const sum = (of: (segment: PathSegment) => boolean) =>
    segments.filter(of).reduce((all, { from, to }) => all + to - from, 0);
  const runBy = (whose: string) => sum(({ kind, side }) => kind === "run" && side === whose);
  return {
    "off-going": runBy("off-going"),
    "on-coming": runBy("on-coming"),
    firmware: runBy("firmware"),
    waitTimer: sum(({ kind }) => kind === "wait-timer"),
    waitDevice: sum(({ kind }) => kind === "wait-device"),
  };
}

/** The path of a relief, whose number counts from 1. */
export type LastPath = CriticalPath & { readonly relief: number };

export function pathReport(path: LastPath): PathReport {
  const { relief, start, end, segments, handOvers, unrung } = path;
  const names = [...new Set(segments.map(({ phase }) => phase))];
  return {
    ...{ relief, start, end, cycles: cyclesOf(segments) },
    phases: names.map((name) => ({
      name,
      ...cyclesOf(segments.filter(({ phase }) => phase === name)),
    })),
    ...{ handOvers, unrung, segments },
  };
}

/** A row a phase, and one for all. */
export function pathTable({ cycles, phases }: PathReport): TableText {
  const rowOf = (name: string, of: PathCycles) => {
    const waits = of.waitTimer + of.waitDevice;
    const runs = of["off-going"] + of["on-coming"] + of.firmware;
    return [name, of["off-going"], of["on-coming"], waits, runs + waits];
  };
  return {
    head: ["critical path, cycles", "off-going", "on-coming", "waiting", "all"],
    rows: [...phases.map((phase) => rowOf(phase.name, phase)), rowOf("total", cycles)],
  };
}

/** The line below the table. */
export function handOverLine({ handOvers, unrung }: PathReport): string {
  const without = unrung === 0 ? "" : `; without a doorbell: ${unrung}`;
  return `hand-overs between the kernels, by doorbell: ${handOvers.length}${without}`;
}
