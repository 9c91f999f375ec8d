// The core's own timing model, driven without a machine that runs: build/machine-timing.wasm is
// instantiated, configured and created, and then asked for single accesses and what they leave.
import { readFile } from "node:fs/promises";
import { instantiateSync } from "@assemblyscript/loader";
import { type CoreExports, constant } from "../../../emu/core.js";
import { decoderTable } from "../../../emu/isa/decoder.js";
import type { Kind } from "./reference/access.js";
import type { Traffic } from "./reference/counters.js";
import { PARAMETER_NAMES, type ReferenceConfig } from "./reference/parameters.js";

const WASM = new URL("../../../build/machine-timing.wasm", import.meta.url);
const module = await WebAssembly.compile(await readFile(WASM));
/** The core imports what takes translated code; without startTranslator() it is not called. */
const IMPORTS = { translator: { install: () => 0 } };

const FRAME_BYTES = 4096;
const LINE_BYTES = 64;
const [QUANTUM, CYCLES_PER_TICK, SLOTS, RING_BYTES] = [1000, 10, 4, 256 * 1024];
const EVENT_ACCESS = 11;
const [EVENT_HEAD_BYTES, OBSERVE_ACCESSES] = [32, 16];

/** An access that a hart made, as the core tells of it. */
export interface ObservedAccess {
  readonly hart: number;
  readonly line: number;
  readonly kind: Kind;
  readonly stall: number;
  readonly cycle: number;
}

interface TimingExports extends CoreExports {
  setParameter(index: number, value: number): void;
  setHops(a: number, b: number, hops: number): void;
  setTiming(on: number): void;
  settleCounters(): void;
  countersAddress(hart: number): number;
  nodeTrafficAddress(node: number): number;
  modelAccess(hart: number, line: number, kind: number, cycle: number): number;
  lineState(cache: number, id: number, line: number): number;
  checkModel(): number;
}

/** The counters that the core has, by name, but for those that only name how many there are. */
function counterNames(core: TimingExports): [name: string, index: number][] {
  const names = Object.keys(core).filter((name) => name.startsWith("COUNTER_"));
  return names.map((name) => [name.slice("COUNTER_".length), constant(core, name)]);
}

export class TimingCore {
  private readonly core: TimingExports;
  private readonly names: [name: string, index: number][];

  /** With the model switched on, or not. */
  constructor(config: ReferenceConfig, isOn = true) {
    this.core = instantiateSync(module, IMPORTS).exports as unknown as TimingExports;
    const { core } = this;
    for (const name of PARAMETER_NAMES) {
      core.setParameter(constant(core, `PARAMETER_${name}`), config.parameters[name]);
    }
    for (const [a, row] of config.hops.entries()) {
      for (const [b, hops] of row.entries()) core.setHops(a, b, hops);
    }
    const ramBytes = config.ramFrames * FRAME_BYTES;
    const sizes = [SLOTS, RING_BYTES, 0, 0, 0, 0] as const;
    const end = core.create(config.harts, ramBytes, QUANTUM, CYCLES_PER_TICK, 0, ...sizes);
    if (end === 0) throw new Error("no memory for the core");
    if (isOn) core.setTiming(1);
    this.names = counterNames(core);
  }

  /** How many parameters the core has: as many as the reference knows. */
  static parameters(): string[] {
    const names = Object.keys(instantiateSync(module, IMPORTS).exports);
    const found = names.filter((name) => name.startsWith("PARAMETER_"));
    return found.map((name) => name.slice("PARAMETER_".length));
  }

  access(hart: number, line: number, kind: Kind, cycle: number): number {
    return this.core.modelAccess(hart, line, kind, cycle) >>> 0;
  }

  /** The host writes a line of RAM, as a device would. */
  dmaWrite(line: number): void {
    this.core.wrote(constant(this.core, "RAM_BASE") + line * LINE_BYTES, LINE_BYTES);
  }

  lineState(cache: number, id: number, line: number): number {
    return this.core.lineState(cache, id, line);
  }

  /** All counters of a hart that are not what they should be (0, if nothing else is said). */
  counters(hart: number, should: Readonly<Record<string, number>> = {}): Map<string, number> {
    this.core.settleCounters();
    const word = this.words(this.core.countersAddress(hart));
    const found = new Map<string, number>();
    for (const [name, index] of this.names) {
      const value = word(index);
      if (value !== (should[name] ?? 0)) found.set(name, value);
    }
    return found;
  }

  traffic(node: number): Traffic {
    const word = this.words(this.core.nodeTrafficAddress(node));
    const [messagesSent, messagesReceived] = [word(0), word(1)];
    return { messagesSent, messagesReceived, bytesSent: word(2), bytesReceived: word(3) };
  }

  /** 0, or the number of the invariant that the core says is broken. */
  check(): number {
    return this.core.checkModel();
  }

  write(address: number, bytes: Uint8Array): void {
    const { core } = this;
    const place = (core.ramAddress() >>> 0) + address - constant(core, "RAM_BASE");
    new Uint8Array(core.memory.buffer).set(bytes, place);
    core.wrote(address, bytes.length);
  }

  /** Lets a hart begin at `pc`; `csrs` by number. */
  start(hart: number, pc: number, mode: number, csrs: Readonly<Record<number, number>>): void {
    const { core } = this;
    new Uint8Array(core.memory.buffer).set(decoderTable(), constant(core, "DECODER_ADDRESS"));
    for (const [number, value] of Object.entries(csrs)) core.csrWrite(hart, Number(number), value);
    core.pcWrite(hart, pc);
    core.modeWrite(hart, mode);
  }

  observeAccesses(): void {
    this.core.setExact(OBSERVE_ACCESSES);
  }

  /** What has been observed since the last call. */
  observed(): ObservedAccess[] {
    const { core } = this;
    const place = core.ringAddress() >>> 0;
    const view = new DataView(core.memory.buffer, place, core.ringUsed() >>> 0);
    const found: ObservedAccess[] = [];
    for (let at = 0; at < view.byteLength; ) {
      const [kind, b] = [view.getUint32(at, true), view.getUint32(at + 28, true)];
      if ((kind & 0xff) === EVENT_ACCESS) {
        const [hart, line] = [(kind >>> 8) & 0xffff, view.getUint32(at + 24, true)];
        const cycle = Number(view.getBigUint64(at + 8, true));
        found.push({ hart, line, kind: (b & 0xff) as Kind, stall: b >>> 8, cycle });
      }
      at += EVENT_HEAD_BYTES + Math.ceil(view.getUint32(at + 4, true) / 8) * 8;
    }
    core.drain();
    return found;
  }

  /** The cycle that the machine has come to. */
  clock(): number {
    return this.core.clock();
  }

  /** Runs up to a cycle; whether the guest has ended the machine. */
  run(until: number): boolean {
    this.core.run(until);
    return this.core.finished() !== 0;
  }

  /** The cycle that a hart has come to. */
  cycle(hart: number): number {
    const place = this.core.hartAddress(hart) + constant(this.core, "HART_CYCLE");
    return this.words(place)(0);
  }

  /** Words of 64 bits by index, as numbers. */
  private words(address: number): (index: number) => number {
    const halves = new Uint32Array(this.core.memory.buffer);
    const first = (address >>> 0) / 4;
    const half = (at: number) => halves[first + at] as number;
    return (index) => half(2 * index) + half(2 * index + 1) * 2 ** 32;
  }
}
