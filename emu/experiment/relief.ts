// The main experiment: boots one kernel with the standing watch, has it relieved by the other as
// often as asked, and returns everything the machine counted.
import { checkConfig, type Engine, type ParallelConfig } from "../config.js";
import { ConfigError } from "../errors.js";
import type { MarkEvent } from "../events.js";
import { createMachine, type HartStats, type Machine, type RunResult } from "../machine.js";
import type { ClientSurvival } from "../measure/survival.js";
import { type UserSpan, UserTime } from "../measure/user-time.js";
import { type MarkTable, markTable } from "../observe/marks.js";
import { ReliefLog } from "../observe/relief-log.js";
import { type Exchange, ServiceClient, type Tap } from "../service/client.js";
import { VsockHost } from "../vsock/host.js";
import { IN_GROUPS, parseFault } from "./faults.js";
import { checkTimed, switchTimingOn, type TimedConfig } from "./timed.js";
import {
  BALLAST,
  CROWD,
  type GuestImages,
  type KernelName,
  METHODS,
  type Method,
  restartFiles,
  SERVICE,
  SERVICE_PORT,
  SERVICE_STANDS_DOWN,
  WATCH,
  type WatchPlan,
  watchDisk,
  watchFiles,
  watchScript,
} from "./watch.js";

export const MEMORY_MODES = ["adopt", "remap", "copy"] as const;
export type MemoryMode = (typeof MEMORY_MODES)[number];
/** Those that break connections: the client connects again. */
const BREAKING: readonly Method[] = ["kexec", "cold"];
export const TRANSFER_MODES = ["all", "groups"] as const;
export type TransferMode = (typeof TRANSFER_MODES)[number];

export interface ReliefConfig {
  readonly from: KernelName;
  readonly to: KernelName;
  readonly method: Method;
  /** 2 to 512. */
  readonly harts: number;
  /** Reliefs one after the other, there and back; 0 runs the watch alone, to compare with. */
  readonly times: number;
  readonly seed: number;
  readonly ramBytes: number;
  readonly zoneNormalBytes?: number;
  readonly quantumCycles: number;
  /** Stores to frames of another kernel fault; always so with a fault that needs it. */
  readonly firewall: boolean;
  /** How the relief takes over memory (kernels/abi/handover.h, enum memory_mode). */
  readonly memory: MemoryMode;
  /** Who comes across when (kernels/abi/handover.h, enum transfer_mode). */
  readonly transfer: TransferMode;
  /** Connections of the closed-loop client to the key-value server; 0: neither runs. */
  readonly connections: number;
  /** Of each connection, which ends after so many; without, until the watch stands down. */
  readonly requests?: number;
  /** From the start of the watch until the first change, 100,000 to 1e10. */
  readonly calmCycles: number;
  /** From the last change until the watch stands down; else 0.1 s, or what the requests take. */
  readonly patrolCycles?: number;
  /** KiB of memory that one more process of the watch holds; 0: there is none. */
  readonly ballast: number;
  /** More processes that mostly sleep; 0: none. */
  readonly processes: number;
  /** Files that one more process has open; 0: none. */
  readonly descriptors: number;
  /** NAME or NAME@PHASE of FAULTS. */
  readonly fault?: string;
  /** How the machine executes, which changes nothing in the run; the default is createMachine's. */
  readonly engine?: Engine;
  /** Cycles that code takes before it is translated, likewise. */
  readonly hotCycles?: number;
  /** Harts run at the same time: the run is another one each time. */
  readonly parallel?: boolean | ParallelConfig;
  /** What instructions cost, and from when on; without it each is a cycle. */
  readonly timing?: TimedConfig;
}

export const RELIEF_DEFAULTS: ReliefConfig = {
  from: "larboard",
  to: "starboard",
  method: "relief",
  harts: 2,
  times: 1,
  seed: 1,
  ramBytes: 64 << 20,
  quantumCycles: 64,
  firewall: false,
  memory: "adopt",
  transfer: "all",
  connections: 8,
  ballast: 0,
  processes: 0,
  descriptors: 0,
  calmCycles: 10_000_000,
};

/** What happens while it runs; called between slices of machine time. */
export interface ReliefObserver {
  /** With the machine at reset, before anything has entered it. */
  readonly created?: (machine: Machine, table: MarkTable) => void;
  /** Length of a slice; changes nothing in the run. */
  readonly sliceCycles?: number;
  /** After each slice; `stop` true ends the run early. */
  readonly slice?: (cycle: number, log: ReliefLog) => Promise<{ stop: boolean }>;
  readonly console?: (bytes: Uint8Array) => void;
  /** All bytes of the client's connections. */
  readonly tap?: Tap;
  /** In place of machine.run(), for a debugger. */
  readonly run?: (machine: Machine, cycles: number) => Promise<RunResult>;
}

export interface ReliefRun {
  readonly config: ReliefConfig;
  readonly log: ReliefLog;
  readonly marks: readonly MarkEvent[];
  readonly table: MarkTable;
  readonly result: RunResult | { readonly reason: "stopped" | "overdue" };
  readonly cycles: number;
  readonly harts: readonly HartStats[];
  readonly finalStateHash: string;
  /** What the client's requests came to; null without a client. */
  readonly service: ServiceOutcome | null;
  /** Programs of the watch that reported at the end. */
  readonly kept: readonly string[];
  /** Stretches of user code: those of the last change. */
  readonly userSpans: readonly UserSpan[];
  /** Instructions retired in user mode, by hart. */
  readonly userInstructions: readonly number[];
  readonly watch: readonly string[];
}

export interface ServiceOutcome {
  readonly exchanges: readonly Exchange[];
  /** One line for each request that failed. */
  readonly failures: readonly string[];
  /** Requests under way on connections that broke, where that is no failure. */
  readonly lost: number;
  readonly survival: ClientSurvival;
}

const SLICE_CYCLES = 5_000_000;
const CONNECTIONS_MAX = 128;
export const PROCESSES_MOST = 100;
export const DESCRIPTORS_MOST = 140;
/** 10 ms of machine time from a reply to the connection's next request. */
const THINK_CYCLES = 1_000_000;
/** More than a request takes the server on a machine that has other things to do. */
const SERVED_CYCLES = 50_000;
const CYCLES_PER_TENTH = 10_000_000;
const CYCLES_PER_SECOND = 10 * CYCLES_PER_TENTH;
/** Whole milliseconds, for the guest's `sleep`. */
const CALM_STEP = 100_000;
const CALM_MOST = 1e10;
/** From when the server stands down until the client does; more than the machine runs ahead. */
const STOP_CYCLES = 1000;
/** Firmware in the first 4 MiB, a kernel in the next; the kernels round down to 4 MiB. */
const ZONE_NORMAL_LEAST = 8 << 20;
/** Boot and stand-down, and each relief with its watchdogs, in cycles; far more than they take. */
const CYCLES_BASE = 1_500_000_000;
const CYCLES_PER_RELIEF = 300_000_000;
/** So many times as long, at the most, a run takes with a timing model. */
const TIMED_FACTOR = 20;
/** And so many times as long the kernels wait for each other before they give up. */
const TIMED_PATIENCE = 10;

function checkFault({ fault, transfer }: ReliefConfig): void {
  if (fault === undefined || parseFault(fault).phase !== IN_GROUPS || transfer === "groups") return;
  throw new ConfigError(`fault: ${fault} is only where groups move; give --transfer groups too`);
}

/** As many as kernels/user/crowd.c takes. */
function checkCrowd({ processes, descriptors, calmCycles }: ReliefConfig): void {
  const check = (name: string, value: number, most: number) => {
    if (Number.isInteger(value) && value >= 0 && value <= most) return;
    throw new ConfigError(`${name}: ${value} is no whole number in 0..${most}; give one`);
  };
  if (calmCycles % CALM_STEP !== 0 || !(calmCycles > 0 && calmCycles <= CALM_MOST)) {
    throw new ConfigError(
      `calm: ${calmCycles} cycles; give a multiple of ${CALM_STEP} from there to ${CALM_MOST}`,
    );
  }
  check("processes", processes, PROCESSES_MOST);
  check("descriptors", descriptors, DESCRIPTORS_MOST);
}

/** What a rival of the relief cannot be combined with. */
function checkMethod({ method, times, memory, transfer, fault }: ReliefConfig): void {
  if (!METHODS.includes(method)) {
    throw new ConfigError(`method: "${method}"; give one of ${METHODS.join(", ")}`);
  }
  if (method === "relief") return;
  if (times > 1) throw new ConfigError(`times: ${times} with method ${method}; give 1`);
  if (transfer !== "all") throw new ConfigError(`transfer: ${transfer} is of the relief alone`);
  if (fault !== undefined) throw new ConfigError(`fault: ${fault} is of the relief alone`);
  if (method !== "checkpoint" && memory !== "adopt") {
    throw new ConfigError(`memory: with method ${method} none is taken over; leave it out`);
  }
}

/** Fills in defaults and refuses what cannot run, with one line. */
export function checkRelief(config: Partial<ReliefConfig>): ReliefConfig {
  const full = { ...RELIEF_DEFAULTS, ...config };
  if (!Number.isInteger(full.times) || full.times < 0 || full.times > 10_000) {
    throw new ConfigError(`times: ${full.times} is no whole number in 0..10000; give one`);
  }
  if (full.harts < 2) {
    throw new ConfigError(
      `harts: ${full.harts} leaves no CPU to halt for the relief; give 2 or more`,
    );
  }
  if (full.zoneNormalBytes !== undefined && full.zoneNormalBytes < ZONE_NORMAL_LEAST) {
    throw new ConfigError(
      `zone-normal: ${full.zoneNormalBytes} bytes do not hold firmware and kernel; give 8M or more`,
    );
  }
  checkMethod(full);
  checkFault(full);
  if (full.timing !== undefined) checkTimed(full.timing);
  if (full.timing !== undefined && full.parallel) {
    throw new ConfigError(
      "parallel: not with a timing model, which orders accesses; leave one out",
    );
  }
  if (!MEMORY_MODES.includes(full.memory)) {
    throw new ConfigError(`memory: "${full.memory}"; give one of ${MEMORY_MODES.join(", ")}`);
  }
  if (!TRANSFER_MODES.includes(full.transfer)) {
    throw new ConfigError(`transfer: "${full.transfer}"; give one of ${TRANSFER_MODES.join(", ")}`);
  }

  const { connections } = full;
  if (!Number.isInteger(connections) || connections < 0 || connections > CONNECTIONS_MAX) {
    throw new ConfigError(
      `connections: ${connections} is no whole number in 0..${CONNECTIONS_MAX}; give one`,
    );
  }
  const { requests } = full;
  if (requests !== undefined && !(Number.isInteger(requests) && requests > 0)) {
    throw new ConfigError(`requests: ${requests} of each connection; give a whole number from 1`);
  }
  if (!Number.isInteger(full.ballast) || full.ballast < 0 || full.ballast > full.ramBytes / 1024) {
    throw new ConfigError(`ballast: ${full.ballast} KiB; give a whole number that fits into RAM`);
  }
  checkCrowd(full);
  checkConfig({
    harts: full.harts,
    ramBytes: full.ramBytes,
    seed: full.seed,
    quantumCycles: full.quantumCycles,
  });
  return full;
}

/** Seconds until the watch stands down; time enough for a number of requests to be answered. */
function patrolOf({ connections, requests, patrolCycles }: ReliefConfig): number {
  const each = 2 * THINK_CYCLES + connections * SERVED_CYCLES;
  const cycles = patrolCycles ?? (requests === undefined ? 0 : CYCLES_PER_TENTH + requests * each);
  return Math.max(1, Math.ceil(cycles / CYCLES_PER_TENTH)) / 10;
}

function targets(config: ReliefConfig): KernelName[] {
  return Array.from({ length: config.times }, (_, i) => (i % 2 === 0 ? config.to : config.from));
}

function watchPlan(config: ReliefConfig): WatchPlan {
  const at = config.fault === undefined ? undefined : parseFault(config.fault);
  return {
    to: targets(config),
    seed: config.seed,
    mounted: true,
    service: config.connections > 0,
    method: config.method,
    memory: config.memory,
    transfer: config.transfer,
    ballast: config.ballast,
    processes: config.processes,
    descriptors: config.descriptors,
    calm: config.calmCycles / CYCLES_PER_SECOND,
    patrol: patrolOf(config),
    ...(config.timing ? { patience: TIMED_PATIENCE } : {}),
    ...(at ? { fault: at } : {}),
  };
}

/** The experiment's machine at reset. */
export async function reliefMachine(config: ReliefConfig, images: GuestImages): Promise<Machine> {
  const at = config.fault === undefined ? undefined : parseFault(config.fault);
  const zoneNormal = config.zoneNormalBytes;
  const script = watchScript(watchPlan(config));
  const next = config.method === "kexec" ? restartFiles(images, watchPlan(config)) : undefined;
  return createMachine({
    harts: config.harts,
    ramBytes: config.ramBytes,
    seed: config.seed,
    quantumCycles: config.quantumCycles,
    firewall: config.firewall || at?.fault.firewall === true,
    firmware: images.firmware,
    kernel: images.kernels[config.from],
    initrd: watchFiles(images, script, at, next),
    drive: { data: watchDisk(images), readOnly: true },
    vsock: true,
    terminal: true,
    ...(zoneNormal === undefined ? {} : { zoneNormalBytes: zoneNormal }),
    ...(config.engine ? { engine: config.engine } : {}),
    ...(config.hotCycles ? { hotCycles: config.hotCycles } : {}),
    ...(config.timing ? { timing: config.timing.model } : {}),
    ...(config.parallel ? { parallel: config.parallel } : {}),
  });
}

/** Runs the experiment to its end (power-off), or until it is overdue or stopped. */
export async function runRelief(
  partial: Partial<ReliefConfig>,
  images: GuestImages,
  observer: ReliefObserver = {},
): Promise<ReliefRun> {
  const config = checkRelief(partial);
  const table = await markTable();
  const log = new ReliefLog(table);
  const marks: MarkEvent[] = [];
  const machine = await reliefMachine(config, images);
  machine.on("mark", (mark) => {
    marks.push(mark);
    log.add(mark);
  });
  const userTime = new UserTime(machine, table);
  observer.created?.(machine, table);
  if (config.timing) switchTimingOn(machine, table, config.timing.from);
  const client =
    config.connections > 0 ? startClient(machine, config, table, observer.tap) : undefined;
  if (observer.console) machine.on("console", ({ bytes }) => observer.console?.(bytes));
  const factor = config.timing ? TIMED_FACTOR : 1;
  const base = CYCLES_BASE + config.calmCycles + 10 * CYCLES_PER_TENTH * patrolOf(config);
  const limit = factor * (base + config.times * CYCLES_PER_RELIEF);
  let result: ReliefRun["result"] = { reason: "budget" };
  while (result.reason === "budget") {
    const cycles = observer.sliceCycles ?? SLICE_CYCLES;
    result = observer.run ? await observer.run(machine, cycles) : machine.run({ cycles });
    if (isReset(result) && config.method === "cold") {
      startAgain(machine, config, images);
      client?.vsock.peerReset();
      result = { reason: "budget" };
    }
    if (machine.cycle() > limit) result = { reason: "overdue" };
    if ((await observer.slice?.(machine.cycle(), log))?.stop) result = { reason: "stopped" };
  }
  await machine.close();
  log.finish(machine.cycle());
  userTime.endAll(machine.cycle());
  const kept = log.userLines.flatMap(({ text }) => /^watch (\w+) kept/.exec(text)?.[1] ?? []);
  return {
    config,
    log,
    marks,
    table,
    result,
    cycles: machine.cycle(),
    harts: machine.stats(),
    finalStateHash: machine.hash(),
    service: client ? outcomeOf(client) : null,
    kept,
    userSpans: userTime.spans,
    userInstructions: machine.stats().map((_, hart) => userTime.instructions[hart] ?? 0),
    watch: watchOf(config),
  };
}

/** Programs that have to report at the end. */
function watchOf({ connections, ballast, processes, descriptors }: ReliefConfig): string[] {
  return [
    ...(connections > 0 ? [SERVICE] : []),
    ...(ballast > 0 ? [BALLAST] : []),
    ...(processes + descriptors > 0 ? [CROWD] : []),
    ...WATCH,
  ];
}

function isReset(result: ReliefRun["result"]): boolean {
  return result.reason === "finished" && result.verdict === "reset";
}

/** What a boot loader does when the machine was reset: it loads the other kernel. */
function startAgain(machine: Machine, config: ReliefConfig, images: GuestImages): void {
  const initrd = restartFiles(images, watchPlan(config));
  machine.reset({ kernel: images.kernels[config.to], initrd });
}

/** Connects the client, and lets it go when the server says that it stands down. */
function startClient(
  machine: Machine,
  config: ReliefConfig,
  table: MarkTable,
  tap: Tap | undefined,
): ServiceClient {
  const client = new ServiceClient(machine, new VsockHost(machine), {
    connections: config.connections,
    seed: config.seed,
    port: SERVICE_PORT,
    thinkCycles: THINK_CYCLES,
    reconnects: BREAKING.includes(config.method),
    ...(config.requests === undefined ? {} : { requests: config.requests }),
  });
  client.tap = tap;
  machine.on("mark", ({ cycle, code, text }) => {
    const standsDown = table.nameOf(code) === "USER" && text === SERVICE_STANDS_DOWN;
    if (standsDown) machine.at(cycle + STOP_CYCLES, () => client.stop());
  });
  client.start();
  return client;
}

function outcomeOf(client: ServiceClient): ServiceOutcome {
  const { exchanges, failures, waiting, lost, survival } = client;
  const unanswered = Array.from({ length: waiting }, () => "a request had no reply at the end");
  return { exchanges, failures: [...failures, ...unanswered], lost, survival };
}
