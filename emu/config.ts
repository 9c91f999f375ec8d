// The machine's configuration: what may be asked for, its defaults, and one-line refusals.
import { ConfigError } from "./errors.js";
import { checkTiming, type TimingConfig } from "./timing/config.js";

export interface DriveConfig {
  readonly data: Uint8Array;
  readonly readOnly?: boolean;
}

/** Harts that run at the same time, on threads of the host. */
export interface ParallelConfig {
  /** Threads, 1 to 64; default: one a hart, but no more than the host has cores. */
  readonly workers?: number;
}

/** By the interpreter alone, or with hot code translated to WebAssembly as it runs. */
export type Engine = "interpreter" | "translator";
export const ENGINES: readonly Engine[] = ["translator", "interpreter"];

export interface MachineConfig {
  /** 1 to 512. */
  readonly harts: number;
  /** 16 MiB to 2 GiB, a multiple of 4 KiB. */
  readonly ramBytes: number;
  /** The quantum of the interleaving; default 64. */
  readonly quantumCycles?: number;
  /** Cycles per tick of mtime (10 MHz); default 10. */
  readonly cyclesPerTick?: number;
  /** Perturbs the harts' starting cycles, and fills rng-seed; default 0: no perturbation. */
  readonly seed?: number;
  /** An ELF for 0x80000000, or raw bytes. */
  readonly firmware?: Uint8Array;
  /** An ELF (static PIE or executable), or raw bytes for 0x80400000. */
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly drive?: DriveConfig;
  readonly bootArgs?: string;
  readonly zoneNormalBytes?: number;
  /** A firewall that enforces the frame ledger, for guests that use it; default false. */
  readonly firewall?: boolean;
  /** A socket device (virtio-vsock), the guest's context id 3; default false. */
  readonly vsock?: boolean;
  /** A second console (virtio-console); default false. */
  readonly terminal?: boolean;
  /** An entropy device (virtio-entropy), whose bytes follow from the seed; default false. */
  readonly entropy?: boolean;
  /** Virtio transport version 1 instead of 2, for all slots; default false. */
  readonly legacyVirtio?: boolean;
  /** The kernel takes another's place: it marks the phases of its boot; default false. */
  readonly successor?: boolean;
  /** What the real-time clock reads at reset, in seconds since 1970; default 0. */
  readonly rtcSeconds?: number;
  /** Pages of code held in decoded form; default 1024. */
  readonly decodedPages?: number;
  /** How instructions are executed; the run is the same by either. Default "translator". */
  readonly engine?: Engine;
  /** Cycles that the interpreter spends on code before it is translated; default 1,000,000. */
  readonly hotCycles?: number;
  /**
   * Cycles that all harts together run before such code is looked for: a run that ends sooner is
   * the interpreter's. Default 20 * hotCycles.
   */
  readonly coldCycles?: number;
  /**
   * Harts run at the same time, each at its own pace: two runs are not the same, so nothing that
   * repeats or observes a run exactly can be asked of it. Default: they take turns.
   */
  readonly parallel?: boolean | ParallelConfig;
  /** Caches, coherence and memory with costs (Machine.timing); without it there are none. */
  readonly timing?: TimingConfig;
}

export type FullConfig = MachineConfig &
  Required<
    Pick<
      MachineConfig,
      | "quantumCycles"
      | "cyclesPerTick"
      | "seed"
      | "bootArgs"
      | "firewall"
      | "vsock"
      | "terminal"
      | "entropy"
      | "legacyVirtio"
      | "successor"
      | "rtcSeconds"
      | "decodedPages"
      | "engine"
      | "hotCycles"
      | "coldCycles"
    >
  >;

const MIB = 1024 * 1024;
const HOT_CYCLES = 1_000_000;
const COLD = 20; // times hotCycles

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ConfigError(`${name}: ${value} is no whole number in ${least}..${most}; give one`);
}

/** Fills in the defaults and checks everything. Throws ConfigError. */
export function checkConfig(config: MachineConfig): FullConfig {
  const full = {
    quantumCycles: 64,
    cyclesPerTick: 10,
    seed: 0,
    bootArgs: "",
    firewall: false,
    vsock: false,
    terminal: false,
    entropy: false,
    legacyVirtio: false,
    successor: false,
    rtcSeconds: 0,
    decodedPages: 1024,
    engine: "translator" as const,
    hotCycles: HOT_CYCLES,
    coldCycles: COLD * (config.hotCycles ?? HOT_CYCLES),
    ...config,
  };
  whole("harts", full.harts, 1, 512);
  whole("ramBytes", full.ramBytes, 16 * MIB, 2048 * MIB);
  if (full.ramBytes % 4096 !== 0) {
    throw new ConfigError(`ramBytes: ${full.ramBytes} is no multiple of 4096; round it up`);
  }
  whole("quantumCycles", full.quantumCycles, 1, 1_000_000);
  whole("cyclesPerTick", full.cyclesPerTick, 1, 1_000_000);
  whole("seed", full.seed, 0, 0xffffffff);
  whole("rtcSeconds", full.rtcSeconds, 0, 2 ** 33);
  whole("hotCycles", full.hotCycles, 1, 2_000_000);
  whole("coldCycles", full.coldCycles, 0, 0xffffffff);
  if (!ENGINES.includes(full.engine)) {
    throw new ConfigError(`engine: ${full.engine} is unknown; give ${ENGINES.join(" or ")}`);
  }
  whole("decodedPages", full.decodedPages, 1, 65534);
  if (full.zoneNormalBytes !== undefined) {
    whole("zoneNormalBytes", full.zoneNormalBytes, MIB, full.ramBytes);
  }
  if (full.timing !== undefined) checkTiming(full.timing);
  if (full.timing !== undefined && full.parallel) {
    throw new ConfigError(
      "parallel: not with a timing model, which orders accesses; leave one out",
    );
  }
  if (full.bootArgs.length > 1023) {
    throw new ConfigError(`bootArgs: ${full.bootArgs.length} characters; give at most 1023`);
  }
  if (full.drive && (full.drive.data.length % 512 !== 0 || full.drive.data.length > 1024 * MIB)) {
    throw new ConfigError(
      `drive: ${full.drive.data.length} bytes; give a multiple of 512, at most 1 GiB`,
    );
  }
  return full;
}
