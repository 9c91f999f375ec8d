// The control: what it costs to be able to be relieved when nobody is. The same watch runs on a
// kernel without that ability (WITHOUT_RELIEF, gate.h) and on the ordinary one, with no change; and
// on one that has come by a relief from the other kernel. Each is looked at over the same cycles of
// machine time behind the moment from which it serves, the first one's figures being 1.
import { ConfigError } from "../errors.js";
import { ServiceWindow, type WindowCounts } from "../measure/steady.js";
import {
  checkRelief,
  type ReliefConfig,
  type ReliefObserver,
  type ReliefRun,
  runRelief,
} from "./relief.js";
import type { GuestImages, KernelName } from "./watch.js";

/** 1.5 s of machine time. */
export const CONTROL_CYCLES = 150_000_000;
/** Behind the first reply, or the end of the relief, so that all have begun. */
export const SETTLING_CYCLES = 20_000_000;

export interface ControlRow extends WindowCounts {
  readonly kernel: KernelName;
  readonly variant: "control" | "can be relieved" | "came by a relief";
  /** Rounds of each program of the watch in its run; null where that is of another length. */
  readonly rounds: Readonly<Record<string, number>> | null;
}

type Counted = Omit<ControlRow, "kernel" | "variant">;

/** From the lines with which the programs report at the end. */
function roundsOf({ log, config }: ReliefRun): ControlRow["rounds"] {
  if (config.times > 0) return null;
  const found = log.userLines.map(({ text }) => /^watch (\w+) kept: rounds=(\d+)/.exec(text));
  return Object.fromEntries(
    found.flatMap((match) => (match ? [[match[1] as string, Number(match[2])] as const] : [])),
  );
}

/** One run with a window over it. */
async function counted(
  config: Partial<ReliefConfig>,
  images: GuestImages,
  cycles: number,
  observer: ReliefObserver,
): Promise<Counted> {
  let window: ServiceWindow | undefined;
  const run = await runRelief({ ...config, patrolCycles: cycles + 2 * SETTLING_CYCLES }, images, {
    ...observer,
    created: (machine, table) => {
      window = new ServiceWindow(machine, table, config.times ?? 0, SETTLING_CYCLES, cycles);
      observer.created?.(machine, table);
    },
  });
  if (!window) throw new Error("control: the run made no machine");
  return { ...window.counts(run.service?.exchanges ?? []), rounds: roundsOf(run) };
}

/** The rows for one kernel, the control first. */
export async function runControl(
  kernel: KernelName,
  partial: Partial<ReliefConfig>,
  images: GuestImages,
  plain: GuestImages,
  observer: ReliefObserver = {},
  cycles = CONTROL_CYCLES,
): Promise<ControlRow[]> {
  const config = checkRelief({ ...partial, times: 0, from: kernel });
  if (config.parallel) throw new ConfigError("control: runs are compared; not in parallel");
  const other = kernel === "larboard" ? "starboard" : "larboard";
  const relieved = { ...config, from: other, to: kernel, times: 1 } as const;
  return [
    { kernel, variant: "control", ...(await counted(config, plain, cycles, observer)) },
    { kernel, variant: "can be relieved", ...(await counted(config, images, cycles, observer)) },
    { kernel, variant: "came by a relief", ...(await counted(relieved, images, cycles, observer)) },
  ];
}
