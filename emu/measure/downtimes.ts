// Five ways to say how long a change of kernels was down, in cycles, side by side: for a process,
// for the clients, for all user code, for a device, and from the commit to the first user progress.
// Each is null where it does not apply, or where it never ended.
import type { MarkEvent } from "../events.js";
import type { MarkTable } from "../observe/marks.js";
import type { Relief } from "../observe/relief-log.js";
import type { Exchange } from "../service/client.js";
import type { Change } from "./change.js";
import { longestGap } from "./gaps.js";
import { largestOf, nearestRank, sortedOf } from "./rank.js";
import type { UserSpan } from "./user-time.js";
import type { Beginnings } from "./watch-programs.js";

export interface ProcessFreeze {
  /** Over the watch's processes: the median, and the longest with the name of who had it. */
  readonly p50: number;
  readonly max: number;
  readonly name: string;
}

export interface Downtimes {
  /** A preserved process: its blackout; one started anew: from its end until it began again. */
  readonly processFreeze: ProcessFreeze | null;
  /** Longest time from a reply to the next one, on whichever connection. */
  readonly clientSilence: number | null;
  /** Longest time in which no hart ran user code. */
  readonly noUserCode: number | null;
  /** Longest time in which no kernel served a device. */
  readonly deviceUnowned: number | null;
  /** From the commit to the first user code that the new kernel runs. */
  readonly commitToUser: number | null;
}

/** What the downtimes are found in. */
export interface DowntimeSources {
  readonly change: Change;
  readonly relief: Relief;
  readonly marks: readonly MarkEvent[];
  readonly table: MarkTable;
  readonly userSpans: readonly UserSpan[];
  /** Whether the new kernel runs on that hart at that cycle. */
  readonly isNewKernel: (hart: number, cycle: number) => boolean;
  readonly beginnings: Beginnings;
  /** Names of the watch's programs. */
  readonly watch: readonly string[];
  readonly exchanges: readonly Exchange[];
}

export function downtimesOf(sources: DowntimeSources): Downtimes {
  const { change, exchanges, userSpans } = sources;
  const span = { from: change.start, to: change.end };
  const replies = exchanges.map(({ answered }) => ({ from: answered, to: answered }));
  return {
    processFreeze: processFreeze(sources),
    clientSilence: longestGap(replies, span, true),
    noUserCode: longestGap(userSpans, span),
    deviceUnowned: deviceUnowned(sources),
    commitToUser: commitToUser(sources),
  };
}

interface Freeze {
  readonly name: string;
  readonly cycles: number;
}

function processFreeze(sources: DowntimeSources): ProcessFreeze | null {
  const { relief, watch } = sources;
  const preserved = relief.processes
    .filter(({ name, blackoutCycles }) => watch.includes(name) && blackoutCycles >= 0)
    .map(({ name, blackoutCycles }) => ({ name, cycles: blackoutCycles }));
  const all: Freeze[] = [...preserved, ...restarts(sources)];
  const max = largestOf(all.map(({ cycles }) => cycles));
  const p50 = nearestRank(sortedOf(all.map(({ cycles }) => cycles)), 0.5);
  if (max === null || p50 === null) return null;
  return { p50, max, name: all.find(({ cycles }) => cycles === max)?.name ?? "" };
}

/** Of each program that began again: from its end in the old kernel to its new beginning. */
function restarts({ change, beginnings, marks, table }: DowntimeSources): Freeze[] {
  const again = [...beginnings].flatMap(([name, all]) => {
    const before = all.filter(({ cycle }) => cycle < change.start).at(-1);
    const after = all.find(({ cycle }) => cycle >= change.start);
    return before && after ? [{ name, before, after }] : [];
  });
  return again.flatMap(({ name, before, after }) => {
    const ended = marks.find(({ cycle, code, argument }) => {
      const mark = table.nameOf(code);
      const ends = mark === "PROCESS_EXIT" || mark === "PROCESS_FROZEN";
      return ends && argument === before.pid && cycle >= change.start && cycle <= after.cycle;
    });
    return ended ? [{ name, cycles: after.cycle - ended.cycle }] : [];
  });
}

function deviceUnowned({ change, marks, table }: DowntimeSources): number | null {
  const released = new Map<number, number>();
  const unowned: number[] = [];
  for (const { cycle, code, argument } of marks) {
    const mark = table.nameOf(code);
    if (mark === "DEVICE_RELEASED" && cycle >= change.start && cycle <= change.end) {
      if (!released.has(argument)) released.set(argument, cycle);
    } else if (mark === "DEVICE_OWNED" && released.has(argument)) {
      unowned.push(cycle - (released.get(argument) as number));
      released.delete(argument);
    }
  }
  return largestOf(unowned);
}

function commitToUser({ change, userSpans, isNewKernel }: DowntimeSources): number | null {
  const { commit } = change;
  if (commit === null) return null;
  const starts = userSpans
    .filter(({ hart, from }) => from >= commit && isNewKernel(hart, from))
    .map(({ from }) => from - commit);
  return starts.length === 0 ? null : Math.min(...starts);
}
