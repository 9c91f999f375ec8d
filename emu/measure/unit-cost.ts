// What a process, a page and a descriptor cost a change of kernels: the kernels' instructions in
// the phases that handle processes, fitted over several runs to their counts. No cost is negative.
import { type FitPoint, fitPlane, type PlaneFit } from "./fit.js";
import type { PhaseWork } from "./work.js";

/** The phases in which processes are written down, judged, taken over and checked. */
const HANDLING: readonly string[] = [
  ...["I am ready to be relieved", "I relieve you", "transfer", "verify"], // of a relief
  ...["groups", "checkpoint", "restore"], // where groups move, and of a checkpoint
];

/** One run: its phases, and the processes that its change moved. */
export interface CostSource {
  readonly work: readonly PhaseWork[];
  readonly processes: readonly { readonly frames: number; readonly descriptors: number }[];
}

export interface UnitCosts {
  /** Instructions of a change of nothing, and for each of these more. */
  readonly base: number;
  readonly perProcess: number;
  readonly perPage: number;
  readonly perDescriptor: number;
  readonly r2: number | null;
  readonly runs: number;
}

/** What the kernels retired in a run's handling phases, on either side. */
export function handlingInstructions({ work }: Pick<CostSource, "work">): number {
  return work
    .filter(({ phase }) => HANDLING.includes(phase))
    .reduce((sum, { kernel }) => sum + kernel.offgoing + kernel.oncoming, 0);
}

function pointOf(source: CostSource): FitPoint {
  const sum = (of: (process: CostSource["processes"][number]) => number) =>
    source.processes.reduce((total, process) => total + of(process), 0);
  const x = [
    source.processes.length,
    sum(({ frames }) => frames),
    sum(({ descriptors }) => descriptors),
  ];
  return { x, y: handlingInstructions(source) };
}

/** The fit over runs; null when their counts do not determine one. */
export function unitCosts(sources: readonly CostSource[]): UnitCosts | null {
  const fit: PlaneFit | null = fitPlane(sources.map(pointOf), true);
  if (!fit) return null;
  const [perProcess = 0, perPage = 0, perDescriptor = 0] = fit.b;
  return { base: fit.a, perProcess, perPage, perDescriptor, r2: fit.r2, runs: sources.length };
}
