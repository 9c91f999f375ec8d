// What is measured of a run's last change of kernels, put together from its marks, its stretches of
// user code and its client: the parts of report.json that rivals are compared by.
import type { ReliefRun } from "../experiment/relief.js";
import { type Change, changeOf } from "../measure/change.js";
import { type Downtimes, downtimesOf } from "../measure/downtimes.js";
import { type ChangeMemory, memoryOf } from "../measure/memory.js";
import { type Survival, survivalOf } from "../measure/survival.js";
import { type Throughput, throughputOf } from "../measure/throughput.js";
import { beginningsOf, fatesOf } from "../measure/watch-programs.js";
import { type PhaseWork, workOf } from "../measure/work.js";
import type { ReliefLog } from "../observe/relief-log.js";

export interface Measures {
  /** Cycles of the last change; null without one, as are all that follow from it. */
  readonly change: Change | null;
  readonly downtimes: Downtimes | null;
  readonly survival: Survival | null;
  readonly throughput: Throughput | null;
  readonly memory: ChangeMemory;
  /** Instructions of each phase, the kernels' apart from the programs'. */
  readonly work: readonly PhaseWork[];
}

/** Says whether a hart is the new kernel's at a cycle of the last change. */
function newKernelIn(log: ReliefLog): (hart: number, cycle: number) => boolean {
  const spans = new Map<number, ReliefLog["spans"][number][]>();
  for (const span of log.spans) spans.set(span.hart, [...(spans.get(span.hart) ?? []), span]);
  return (hart, cycle) => {
    const all = spans.get(hart) ?? [];
    let at = all.length - 1;
    while (at >= 0 && (all[at] as (typeof all)[number]).start > cycle) at--;
    const span = all[at];
    return span !== undefined && log.sideOf(span.node, cycle) === "oncoming";
  };
}

export function measuresOf(run: ReliefRun): Measures {
  const { log, marks, table, userSpans, watch, kept } = run;
  const relief = log.reliefs.at(-1);
  const exchanges = run.service?.exchanges ?? [];
  const beginnings = beginningsOf(marks, table);
  const change = relief ? changeOf(relief, beginnings) : null;
  const memory = memoryOf(marks, table, change);
  const throughput = throughputOf(exchanges, change);
  if (!relief || !change) {
    return { change, downtimes: null, survival: null, throughput, memory, work: [] };
  }
  const isNewKernel = newKernelIn(log);
  const found = { userSpans, isNewKernel, beginnings, watch, exchanges };
  const fates = fatesOf(watch, kept, beginnings, change.start);
  return {
    change,
    downtimes: downtimesOf({ change, relief, marks, table, ...found }),
    survival: survivalOf(fates, run.service?.survival ?? null),
    throughput,
    memory,
    work: workOf(relief, marks, table, userSpans, isNewKernel),
  };
}
