// The timing model of one machine: sets its parameters in the core before the machine is created,
// switches it on and off, and reads what it has counted. Numbers are exact whenever they are read;
// a hart that waits has counted the cycles of its wait only when it goes on.
import { type CoreExports, constant } from "../core.js";
import { hopsOf, type TimingConfig } from "./config.js";
import { COUNTERS, type Counts, STACK } from "./counters.js";
import { parametersOf } from "./parameters.js";

/** The exports that only build/machine-timing.wasm has; see assembly/machine-timing.ts. */
export interface TimingExports {
  setParameter(index: number, value: number): void;
  setHops(a: number, b: number, hops: number): void;
  setTiming(on: number): void;
  isTiming(): number;
  settleCounters(): void;
  countersAddress(hart: number): number;
  trapCountsAddress(hart: number): number;
  buckets(): number;
  bucketsUsed(): number;
  bucketAddress(index: number): number;
  restartBuckets(): void;
  nodeTrafficAddress(node: number): number;
}

type Core = CoreExports & TimingExports;

const BUCKET_HEAD_BYTES = 16;
const TRAP_CAUSES = 16;
const MODES = ["user", "supervisor", undefined, "machine"] as const;

export const ALL_HARTS = 0xffffffff;

/** What one hart did in one privilege mode with one value of satp. */
export interface Bucket {
  /** ALL_HARTS in the one for what there was no room for. */
  readonly hart: number;
  readonly mode: "user" | "supervisor" | "machine";
  readonly satp: number;
  readonly counts: Counts;
}

/** Traps that a hart has taken, by cause (Privileged ISA 1.12, table 3.6). */
export interface TrapCounts {
  readonly exceptions: readonly number[];
  readonly interrupts: readonly number[];
}

/** What a node's port to the interconnect has carried. */
export interface NodeTraffic {
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** `cyclesFetchL2` in the core is COUNTER_CYCLES_FETCH_L2. */
const coreName = (name: string) => name.replace(/[A-Z]/g, "_$&").toUpperCase();

/** The names here are the core's, each at its place; else the build and this file differ. */
function checkNames(core: CoreExports): void {
  const found = COUNTERS.every(
    (name, place) => constant(core, `COUNTER_${coreName(name)}`) === place,
  );
  const sizes =
    constant(core, "COUNTERS") === COUNTERS.length &&
    constant(core, "STACK_COUNTERS") === STACK.length;
  if (!found || !sizes) throw new Error("core: its counters are not those of this host; build it");
}

/** Sets the parameters in a core that has not been created yet. */
export function prepareTiming(core: CoreExports, config: TimingConfig): void {
  checkNames(core);
  const timing = core as Core;
  for (const [name, value] of Object.entries(parametersOf(config))) {
    timing.setParameter(constant(core, `PARAMETER_${name}`), value);
  }
  hopsOf(config).forEach((row, a) => {
    row.forEach((hops, b) => {
      timing.setHops(a, b, hops);
    });
  });
}

export class Timing {
  private readonly core: Core;
  private readonly listeners: ((on: boolean) => void)[] = [];

  /** Use Machine.timing. `ask` lets a switch enter the machine like anything from outside. */
  constructor(
    core: CoreExports,
    private readonly harts: number,
    readonly config: TimingConfig,
    private readonly ask: (on: boolean) => void,
  ) {
    this.core = core as Core;
  }

  /**
   * From the present cycle() on instructions take the model's time; caches and TLBs are empty then,
   * and all counts are 0. From an event's listener use Machine.at().
   */
  on(): void {
    this.ask(true);
  }

  /** From now on an instruction takes a cycle again. */
  off(): void {
    this.ask(false);
  }

  get running(): boolean {
    return this.core.isTiming() !== 0;
  }

  /** Calls `listener` when the model has been switched. */
  whenSwitched(listener: (on: boolean) => void): void {
    this.listeners.push(listener);
  }

  /** For Machine: switches the core, which is between two slices. */
  enter(on: boolean): void {
    this.core.setTiming(on ? 1 : 0);
    for (const listener of this.listeners) listener(on);
  }

  private counts(address: number): Counts {
    const words = new BigUint64Array(this.core.memory.buffer, address >>> 0, COUNTERS.length);
    return Float64Array.from(words, Number);
  }

  /** Brings what the core derives up to date. */
  settle(): void {
    this.core.settleCounters();
  }

  /** What each hart has counted since the model was switched on. */
  totals(): Counts[] {
    this.settle();
    return Array.from({ length: this.harts }, (_, hart) =>
      this.counts(this.core.countersAddress(hart)),
    );
  }

  /** The same split up, as counted since clearBuckets(), or since the model was switched on. */
  buckets(): Bucket[] {
    this.settle();
    const all = Array.from({ length: this.core.buckets() }, (_, index) => this.bucket(index));
    return all.filter((bucket) => bucket !== undefined);
  }

  /** Begins to count anew in the buckets; totals() stay. */
  clearBuckets(): void {
    this.core.restartBuckets();
  }

  /** Whether buckets should be cleared soon: those for which there is no room are all in one. */
  get crowded(): boolean {
    return this.core.bucketsUsed() * 2 > this.core.buckets();
  }

  private bucket(index: number): Bucket | undefined {
    const address = this.core.bucketAddress(index) >>> 0;
    const head = new Uint32Array(this.core.memory.buffer, address, BUCKET_HEAD_BYTES / 4);
    const [hart = 0, mode = 0, satp = 0, used = 0] = head;
    if (used === 0) return undefined;
    const counts = this.counts(address + BUCKET_HEAD_BYTES);
    return { hart, mode: MODES[mode & 3] ?? "machine", satp, counts };
  }

  traps(hart: number): TrapCounts {
    const address = this.core.trapCountsAddress(hart) >>> 0;
    const words = new BigUint64Array(this.core.memory.buffer, address, 2 * TRAP_CAUSES);
    const all = Array.from(words, Number);
    return { exceptions: all.slice(0, TRAP_CAUSES), interrupts: all.slice(TRAP_CAUSES) };
  }

  /** By node. */
  traffic(): NodeTraffic[] {
    return Array.from({ length: this.config.topology.nodes }, (_, node) => {
      const address = this.core.nodeTrafficAddress(node) >>> 0;
      const words = new BigUint64Array(this.core.memory.buffer, address, 4);
      const [sent = 0, received = 0, out = 0, back = 0] = Array.from(words, Number);
      return {
        messagesSent: sent,
        messagesReceived: received,
        bytesSent: out,
        bytesReceived: back,
      };
    });
  }
}
