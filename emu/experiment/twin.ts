// The twin run: the same seed with and without the change of kernels, and the same number of
// requests on each connection. All bytes that the two machines exchange with the outside are kept,
// to be compared: each connection's, both ways; the virtio console's; the drive's content. What
// the kernels write on their console is no stream of the service, and differs by nature.
import { ConfigError } from "../errors.js";
import type { Machine } from "../machine.js";
import { type Difference, firstDifference, type Shifts, shiftsOf } from "../measure/twin.js";
import {
  checkRelief,
  type ReliefConfig,
  type ReliefObserver,
  type ReliefRun,
  runRelief,
} from "./relief.js";
import type { GuestImages } from "./watch.js";

/** Requests of each connection: with 8 of them they go on well beyond one relief. */
export const TWIN_REQUESTS = 120;

/** One of the two runs, and what it exchanged. */
interface Side {
  readonly run: ReliefRun;
  readonly streams: ReadonlyMap<string, Uint8Array>;
}

export interface TwinOutcome {
  readonly alone: ReliefRun;
  readonly changed: ReliefRun;
  readonly streams: number;
  /** In all streams of the run without a change. */
  readonly bytes: number;
  readonly difference: Difference | null;
  readonly shifts: Shifts | null;
  /** One line for each of the two runs in which requests were not answered. */
  readonly failures: readonly string[];
}

/** Keeps what goes through a run's observer. */
class Keeper {
  private readonly pieces = new Map<string, Uint8Array[]>();
  private machine: Machine | undefined;

  observer(base: ReliefObserver): ReliefObserver {
    return {
      ...base,
      created: (machine, table) => {
        this.machine = machine;
        machine.on("terminal", ({ bytes }) => this.add("terminal", bytes));
        base.created?.(machine, table);
      },
      tap: (connection, way, bytes) => this.add(`connection ${connection} ${way}`, bytes),
    };
  }

  private add(name: string, bytes: Uint8Array): void {
    const known = this.pieces.get(name) ?? [];
    known.push(bytes.slice());
    this.pieces.set(name, known);
  }

  streams(): Map<string, Uint8Array> {
    const names = [...this.pieces.keys(), "terminal"].sort((a, b) => a.localeCompare(b));
    const all = new Map<string, Uint8Array>();
    for (const name of names) all.set(name, Buffer.concat(this.pieces.get(name) ?? []));
    return all.set("drive", this.machine?.readDrive() ?? new Uint8Array(0));
  }
}

async function runSide(
  config: ReliefConfig,
  images: GuestImages,
  observer: ReliefObserver,
): Promise<Side> {
  const keeper = new Keeper();
  const run = await runRelief(config, images, keeper.observer(observer));
  return { run, streams: keeper.streams() };
}

/** Checks what a twin run needs beside what a relief does. Throws ConfigError. */
export function checkTwin(partial: Partial<ReliefConfig>): ReliefConfig {
  const config = checkRelief({ requests: TWIN_REQUESTS, ...partial });
  if (config.method !== "relief" && config.method !== "checkpoint") {
    throw new ConfigError(`twin: ${config.method} breaks connections; give relief or checkpoint`);
  }
  if (config.parallel) throw new ConfigError("twin: two runs are compared; not in parallel");
  if (config.connections === 0) throw new ConfigError("twin: no connections; give some");
  if (config.times === 0) throw new ConfigError("twin: times 0 is no change; give 1 or more");
  return config;
}

function failureOf(name: string, { service, config }: ReliefRun): string[] {
  const due = config.connections * (config.requests ?? 0);
  const { failures = [], exchanges = [] } = service ?? {};
  if (failures.length > 0) return [`${name}: ${failures[0]}`];
  if (exchanges.length === due) return [];
  return [`${name}: ${exchanges.length} of ${due} requests were answered; give fewer --requests`];
}

/** Runs both, the one without a change first, and compares them. */
export async function runTwin(
  partial: Partial<ReliefConfig>,
  images: GuestImages,
  observer: ReliefObserver = {},
): Promise<TwinOutcome> {
  const config = checkTwin(partial);
  const alone = await runSide({ ...config, times: 0 }, images, observer);
  const changed = await runSide(config, images, observer);
  return {
    alone: alone.run,
    changed: changed.run,
    streams: alone.streams.size,
    bytes: [...alone.streams.values()].reduce((sum, { length }) => sum + length, 0),
    difference: firstDifference(alone.streams, changed.streams),
    shifts: shiftsOf(alone.run.service?.exchanges ?? [], changed.run.service?.exchanges ?? []),
    failures: [
      ...failureOf("without the change", alone.run),
      ...failureOf("with the change", changed.run),
    ],
  };
}
