// Runs the relief experiment for tests. A run is a function of its configuration, so tests that ask
// for the same one share it; `fresh` runs it again all the same.
import { type ReliefConfig, type ReliefRun, runRelief } from "../../emu/experiment/relief.js";
import type { KernelName } from "../../emu/experiment/watch.js";
import { makeReport, type Report } from "../../emu/report/report.js";
import { images } from "./images.js";

export interface Watched {
  readonly run: ReliefRun;
  readonly report: Report;
}

const VERSIONS = { quarterdeck: "test", core: "test" };
const runs = new Map<string, Promise<Watched>>();

/** Both directions of a relief, for `describe.each`. */
export const WAYS: readonly (readonly [KernelName, KernelName])[] = [
  ["larboard", "starboard"],
  ["starboard", "larboard"],
];

/** And each kernel by itself. */
export const ALL_WAYS: readonly (readonly [KernelName, KernelName])[] = [
  ...WAYS,
  ["larboard", "larboard"],
  ["starboard", "starboard"],
];

/** Runs it now, in slices of `sliceCycles`. */
export async function fresh(config: Partial<ReliefConfig>, sliceCycles?: number): Promise<Watched> {
  const run = await runRelief(config, images(), sliceCycles === undefined ? {} : { sliceCycles });
  return { run, report: makeReport(run, images(), VERSIONS) };
}

/** Runs it, unless this file has done so already. */
export function relief(config: Partial<ReliefConfig>): Promise<Watched> {
  const key = JSON.stringify(Object.entries(config).sort());
  const known = runs.get(key);
  if (known) return known;
  const begun = fresh(config);
  runs.set(key, begun);
  return begun;
}

/** CPUs that take user processes when the watch stands down: opened, and not closed since. */
export function openCpus({ run }: Watched): number[] {
  const open = new Set<number>();
  const end = run.marks.findLastIndex((mark) => run.table.nameOf(mark.code) === "USER");
  for (const mark of run.marks.slice(0, end)) {
    const name = run.table.nameOf(mark.code);
    if (name === "CPU_OPEN") open.add(mark.argument);
    if (name === "CPU_CLOSED") open.delete(mark.argument);
  }
  return [...open].sort((a, b) => a - b);
}

/** Frames in use at power-off. Throws when the kernel did not say. */
export function framesUsed({ report }: Watched): number {
  if (report.framesUsed === null) throw new Error("no count of frames in use");
  return report.framesUsed;
}

/**
 * By how many frames two histories with the same processes and files at the end may differ.
 * starboard's heap is cut from slabs, and after other histories the same objects lie in some slabs
 * more or less. A frame leaked by each relief is ten after twenty.
 */
export const SPREAD: Readonly<Record<KernelName, number>> = { larboard: 0, starboard: 4 };

/** Processes alive when the machine was powered off, as the last kernel counted them. */
export function processesAtEnd({ run }: Watched): number | undefined {
  return run.marks.findLast((mark) => run.table.nameOf(mark.code) === "PROCESSES")?.value;
}
