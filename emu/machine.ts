// The machine as a library: created from a plain object, run in budgets of cycles, observed through
// events, statistics, physical memory and a hash of its state. It reads no clock, no randomness and
// no files; the same configuration and the same input at the same cycles give the same run.
import { Agenda } from "./agenda.js";
import { type BootPlan, planBoot } from "./boot.js";
import { checkConfig, type FullConfig, type MachineConfig } from "./config.js";
import { buildFor, type CoreExports, constant, loadCore } from "./core.js";
import { Debug, modeName, type Stop } from "./debug.js";
import { ConfigError } from "./errors.js";
import { type EventNumbers, type MachineEvents, readEvents } from "./events.js";
import type { FdtNode } from "./image/fdt.js";
import { decoderTable } from "./isa/decoder.js";
import { Pool, workersFor } from "./parallel/pool.js";
import { type Snapshot, SnapshotKeeper } from "./snapshot.js";
import { prepareTiming, Timing } from "./timing/timing.js";
import { startTranslator, type Translation, translation } from "./translator.js";

const RING_BYTES = 256 * 1024;
const DRIVE_PRESENT = 1;
const DRIVE_READ_ONLY = 2;
/** Console input that the receive queue has no room for is tried again at multiples of this. */
const INPUT_CYCLES = 100_000;
const STOPS = ["budget", "idle", "finished", "events", "stopped", "failed"] as const;

/**
 * Why run() returned: the budget is spent, nothing can happen any more, the guest ended it, or
 * (exact runs only) a debugger's stop was reached.
 */
export interface RunResult {
  readonly reason: "budget" | "idle" | "finished" | "stopped";
  /** Of a run that was stopped. */
  readonly stop?: Stop;
  readonly verdict?: "pass" | "fail" | "reset";
  readonly exitCode?: number;
}

export interface HartStats {
  readonly cycle: number;
  readonly instret: number;
  readonly mode: "machine" | "supervisor" | "user";
  readonly pc: number;
  readonly waiting: boolean;
}

/** Something from outside that has entered the machine, and the cycle() at which it did. */
export interface MachineInput {
  readonly cycle: number;
  /** "timing": one byte, 1 or 0, that switches the timing model on or off. */
  readonly kind: "console" | "terminal" | "packet" | "timing";
  readonly bytes: Uint8Array;
}

type Listeners = { [K in keyof MachineEvents]: ((event: MachineEvents[K]) => void)[] };

export class Machine {
  private readonly listeners: Listeners = {
    mark: [],
    console: [],
    finish: [],
    packet: [],
    terminal: [],
    step: [],
    trap: [],
    mode: [],
    wait: [],
    ipi: [],
    access: [],
    user: [],
  };
  private readonly agenda = new Agenda();
  private readonly numbers: EventNumbers;
  /** Stops, observation, and the state of harts, for a debugger. */
  readonly debug: Debug;
  /** What instructions cost, for a machine that was configured with a timing model. */
  readonly timing: Timing | undefined;
  private readonly keeper: SnapshotKeeper;
  private inputListener: ((input: MachineInput) => void) | undefined;
  private waiting: Uint8Array[] = []; // console input, and when it is tried next
  private inputDue = Number.POSITIVE_INFINITY;
  private listening = false;
  private past: Agenda | undefined; // while what has been is run again: what entered then
  private held: (() => void)[] = []; // what came from outside meanwhile
  private stopping = 0; // how many have asked that marks end the run
  private cutOff = false; // the past was changed: peers of the socket device are of another one

  /** Use createMachine(). */
  constructor(
    private readonly core: CoreExports,
    private config: FullConfig,
    private plan: BootPlan,
    private readonly pool?: Pool,
  ) {
    this.debug = new Debug(core, config.harts);
    this.timing =
      config.timing && new Timing(core, config.harts, config.timing, (on) => this.switchTiming(on));
    this.keeper = new SnapshotKeeper(core, shapeOf(config));
    this.numbers = {
      markPhase: this.abi("MARK_PHASE"),
      textCode: this.abi("DESK_TEXT_CODE"),
      pass: this.abi("FINISHER_PASS"),
      reset: this.abi("FINISHER_RESET"),
    };
  }

  /** Writes the boot ROM and the images into memory that holds nothing yet. */
  load(): void {
    const { rom, pieces } = this.plan;
    new Uint8Array(this.core.memory.buffer).set(rom, this.core.romAddress() >>> 0);
    for (const piece of pieces) this.writePhysical(piece.address, piece.bytes);
  }

  /**
   * Starts a machine again that the guest has reset (verdict "reset"), with its drive, and with
   * `images` in place of those it was made from, as a boot loader may choose others. Time and the
   * harts' counts go on. Throws ConfigError or ImageError, and has then changed nothing.
   */
  reset(images: Pick<MachineConfig, "kernel" | "initrd" | "bootArgs"> = {}): void {
    if (this.core.finished() !== this.numbers.reset) {
      throw new ConfigError("reset: the guest has not asked for one; run it until it does");
    }
    const config = checkConfig({ ...this.config, ...images, successor: true });
    const plan = planBoot(config, (name) => this.abi(name));
    this.config = config;
    this.plan = plan;
    this.core.resetMachine();
    this.load();
  }

  /** A number of assembly/abi.ts, by name. */
  abi(name: string): number {
    return constant(this.core, name);
  }

  /** What the machine was created from, defaults filled in. */
  get configuration(): FullConfig {
    return this.config;
  }

  get harts(): number {
    return this.config.harts;
  }

  get ramBytes(): number {
    return this.config.ramBytes;
  }

  /** The device tree the guest was given, and where it lies. */
  get deviceTree(): { readonly tree: FdtNode; readonly address: number } {
    return { tree: this.plan.tree, address: this.plan.treeAddress };
  }

  /** Runs `cycles` cycles of every hart (rounded up to a quantum), or until the guest stops. */
  run({ cycles }: { readonly cycles: number }): RunResult {
    return this.runUntil(cycles, false);
  }

  /**
   * The same by the exact loop, which looks at the stops of `debug`: a stopped run has not spent
   * its budget, cycle() is where it was, and another run goes on as if there had been no stop.
   */
  runExact({ cycles }: { readonly cycles: number }): RunResult {
    return this.runUntil(cycles, true);
  }

  /** Ends the threads of a machine whose harts run at the same time; it can run no more. */
  async close(): Promise<void> {
    await this.pool?.close();
  }

  private runUntil(cycles: number, exact: boolean): RunResult {
    if (!(cycles >= 0)) throw new ConfigError(`run: cycles ${cycles}; give a number from 0 up`);
    const until = this.cycle() + cycles;
    while (true) {
      if (!this.past && this.inputDue <= this.cycle()) this.feed();
      (this.past ?? this.agenda).act(this.cycle());
      this.core.setExact(this.debugBits(exact)); // a listener or an action may have changed it
      const due = Math.min(until, this.next());
      const reason = STOPS[this.core.run(due)];
      const refusal = this.pool?.refusal();
      if (refusal) warnOnce(refusal);
      this.drain();
      if (reason === "finished") return this.verdict();
      if (reason === "stopped") return { reason, stop: this.debug.stop as Stop };
      if (reason === "failed") throw new Error(`a worker has failed: ${this.pool?.failure()}`);
      if (reason === "idle" && this.nothingComes()) return { reason };
      if (reason === "idle") this.core.skip(Math.min(until, this.next()));
      if (reason !== "events" && this.next() > until) return { reason: "budget" };
    }
  }

  private debugBits(exact: boolean): number {
    if (this.config.parallel && this.debug.needsOrder(exact)) {
      throw new ConfigError("run: harts that run at the same time have no order of steps or stops");
    }
    return this.debug.bits(exact);
  }

  /** The cycle of the next thing that the host does. */
  private next(): number {
    return this.past ? this.past.next() : Math.min(this.inputDue, this.agenda.next());
  }

  /** Whether a machine that is idle stays so: a full receive queue stays full. */
  private nothingComes(): boolean {
    if ((this.past ?? this.agenda).next() !== Number.POSITIVE_INFINITY) return false;
    return this.past !== undefined || this.waiting.length === 0 || this.core.consoleRoom() === 0;
  }

  /**
   * Calls `action` when the machine reaches `cycle` (at once in the next run() when it has): how
   * something outside answers the guest at a time that does not depend on the slices of run().
   * A snapshot does not hold what is still to come.
   */
  at(cycle: number, action: () => void): void {
    this.agenda.add(cycle, action);
  }

  private verdict(): RunResult {
    const code = this.core.finished();
    const verdict =
      code === this.numbers.pass ? "pass" : code === this.numbers.reset ? "reset" : "fail";
    return { reason: "finished", verdict, exitCode: this.core.exitCode() };
  }

  private drain(): void {
    const used = this.core.ringUsed();
    if (used === 0) return;
    if (this.past) {
      this.core.drain(); // told when it was new
      return;
    }
    const ring = this.core.ringAddress();
    const events = readEvents(this.core.memory.buffer, ring, used, this.numbers);
    this.core.drain();
    this.listening = true;
    try {
      for (const event of events) this.tell(event);
    } finally {
      this.listening = false;
    }
  }

  private tell(event: MachineEvents[keyof MachineEvents]): void {
    if (this.cutOff && event.kind === "packet") return;
    for (const listener of this.listeners[event.kind]) {
      (listener as (event: MachineEvents[keyof MachineEvents]) => void)(event);
    }
  }

  /** Calls `listener` for every event of this kind, during run(). */
  on<K extends keyof MachineEvents>(kind: K, listener: (event: MachineEvents[K]) => void): void {
    this.listeners[kind].push(listener);
  }

  /**
   * Every mark of the log desk ends the run, so that its listener finds the machine as it is at the
   * mark, to take a snapshot there. The run itself is the same. Who has asked for it ends it, and
   * it goes on until all have.
   */
  stopAtMarks(on: boolean): void {
    this.stopping = Math.max(0, this.stopping + (on ? 1 : -1));
    this.core.stopAtMarks(this.stopping > 0 ? 1 : 0);
  }

  /** Calls `listener` for everything that enters from outside; undefined ends that. */
  observeInput(listener: ((input: MachineInput) => void) | undefined): void {
    this.inputListener = listener;
  }

  private entered(kind: MachineInput["kind"], bytes: Uint8Array): void {
    if (bytes.length > 0) this.inputListener?.({ cycle: this.cycle(), kind, bytes: bytes.slice() });
  }

  /**
   * Sends bytes to the console's receiver. They enter at the present cycle(); what finds no room,
   * and what an event's listener sends, enters at the next multiple of 100,000 cycles, if there is
   * room then.
   */
  consoleInput(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.holds(() => this.consoleInput(bytes))) return;
    this.waiting.push(bytes.slice());
    if (this.listening) this.inputDue = Math.min(this.inputDue, nextInput(this.reached()));
    else if (this.inputDue === Number.POSITIVE_INFINITY) this.feed();
  }

  /** In the past, nothing new enters: it waits for endPast(). */
  private holds(action: () => void): boolean {
    if (this.past) this.held.push(action);
    return this.past !== undefined;
  }

  /** The furthest that any hart has come. */
  private reached(): number {
    return Math.max(this.cycle(), ...this.stats().map(({ cycle }) => cycle));
  }

  /** Sends bytes to the virtio console; false when it has no room for all of them. */
  terminalInput(bytes: Uint8Array): boolean {
    if (this.holds(() => void this.terminalInput(bytes))) return true;
    const taken = this.offer(bytes, (byte) => this.core.terminalByte(byte));
    this.entered("terminal", bytes.subarray(0, taken));
    return taken === bytes.length;
  }

  private offer(bytes: Uint8Array, take: (byte: number) => number): number {
    let taken = 0;
    while (taken < bytes.length && take(bytes[taken] as number)) taken++;
    return taken;
  }

  /**
   * Sends a packet (header and data) to the socket device; it enters at the present cycle(). From
   * an event's listener use at(): the machine is then ahead of cycle(), by how it was run. False:
   * the guest takes no packets, and there is no room for one more to wait.
   */
  sendPacket(bytes: Uint8Array): boolean {
    if (this.cutOff) return true;
    const copy = bytes.slice();
    if (this.holds(() => void this.sendPacket(copy))) return true;
    if (this.core.paused()) {
      // nothing comes into the middle of a slice
      this.at(nextInput(this.reached()), () => void this.sendPacket(copy));
      return true;
    }
    if (!this.putPacket(bytes)) return false;
    this.entered("packet", bytes);
    return true;
  }

  private putPacket(bytes: Uint8Array): boolean {
    const address = this.core.packetAddress(bytes.length) >>> 0;
    if (address === 0) return false;
    new Uint8Array(this.core.memory.buffer, address).set(bytes);
    this.core.packetSent(bytes.length);
    return true;
  }

  private feed(): void {
    if (this.core.paused()) {
      this.inputDue = nextInput(this.reached()); // nothing comes into the middle of a slice
      return;
    }
    this.inputDue = Number.POSITIVE_INFINITY;
    for (let bytes = this.waiting[0]; bytes; bytes = this.waiting[0]) {
      const taken = this.offer(bytes, (byte) => this.core.consoleByte(byte));
      this.entered("console", bytes.subarray(0, taken));
      if (taken < bytes.length) {
        this.waiting[0] = bytes.subarray(taken);
        this.inputDue = nextInput(this.cycle());
        return;
      }
      this.waiting.shift();
    }
  }

  /** Switches the timing model, between two slices, and for a replay like anything from outside. */
  private switchTiming(on: boolean): void {
    if (this.holds(() => this.switchTiming(on))) return;
    if (this.listening || this.core.paused()) {
      this.at(nextInput(this.reached()), () => this.switchTiming(on));
      return;
    }
    this.timing?.enter(on);
    this.entered("timing", Uint8Array.of(on ? 1 : 0));
  }

  /** What has been translated; undefined: the engine is the interpreter. */
  translation(): Translation | undefined {
    if (this.config.engine !== "translator") return undefined;
    return translation(this.core);
  }

  /** The cycle that run() has reached. */
  cycle(): number {
    return this.core.clock();
  }

  stats(): HartStats[] {
    this.timing?.settle();
    return Array.from({ length: this.harts }, (_, id) => this.hartStats(id));
  }

  private hartStats(id: number): HartStats {
    const view = new DataView(this.core.memory.buffer, this.core.hartAddress(id) >>> 0);
    const offset = (name: string) => constant(this.core, `HART_${name}`);
    const cycle = Number(view.getBigUint64(offset("CYCLE"), true));
    const mode = view.getUint32(offset("MODE"), true);
    return {
      cycle,
      instret: cycle - Number(view.getBigUint64(offset("SKEW"), true)),
      mode: modeName(mode),
      pc: view.getUint32(offset("PC"), true),
      waiting: view.getUint32(offset("WAITING"), true) !== 0,
    };
  }

  /** x0 to x31 of a hart. */
  registers(id: number): Uint32Array {
    return new Uint32Array(this.core.memory.buffer, this.core.hartAddress(id) >>> 0, 32).slice();
  }

  /** The hash of all architectural state, as 16 hexadecimal digits. */
  hash(): string {
    return BigInt.asUintN(64, this.core.hash()).toString(16).padStart(16, "0");
  }

  /** The machine at this moment, pending console input included. Costs the pages that changed. */
  snapshot(): Snapshot {
    const input = Uint8Array.from(Buffer.concat(this.waiting));
    return { ...this.keeper.take(), input, inputDue: this.inputDue, cycle: this.cycle() };
  }

  /** Whether a snapshot whose regions have these sizes can be of this machine. */
  snapshotFits(regions: readonly number[]): boolean {
    return this.keeper.fits(regions);
  }

  /**
   * Puts back a snapshot of a machine of the same configuration; what at() was told stays as it is.
   * One from outside is checked against `fresh`, a snapshot at reset; after a refusal the machine
   * is of no more use. Throws ConfigError.
   */
  restore(snapshot: Snapshot, fresh?: Snapshot): void {
    this.keeper.restore(snapshot, fresh);
    this.waiting = snapshot.input.length > 0 ? [snapshot.input.slice()] : [];
    this.inputDue = snapshot.inputDue;
  }

  /**
   * Goes back to a snapshot of this machine's own past, to run from there again what has been: only
   * `inputs` (as observeInput told them, from there on) enter, listeners are told nothing, and what
   * at() was told waits, as does what comes from outside. May be called again in the past.
   */
  beginPast(snapshot: Snapshot, inputs: readonly MachineInput[]): void {
    this.keeper.restore(snapshot);
    const past = new Agenda();
    for (const { cycle, kind, bytes } of inputs)
      past.add(cycle, () => this.enterAgain(kind, bytes));
    this.past = past;
  }

  /** Inputs given to beginPast() that have not entered again yet. */
  get pastInputs(): number {
    return this.past?.size ?? 0;
  }

  private enterAgain(kind: MachineInput["kind"], bytes: Uint8Array): void {
    if (kind === "packet") this.putPacket(bytes);
    else if (kind === "console") this.offer(bytes, (byte) => this.core.consoleByte(byte));
    else if (kind === "timing") this.timing?.enter(bytes[0] === 1);
    else this.offer(bytes, (byte) => this.core.terminalByte(byte));
  }

  /** Comes back to where beginPast() was first called, given its snapshot: all is as it was. */
  endPast(present: Snapshot): void {
    this.keeper.restore(present);
    this.past = undefined;
    const { held } = this;
    this.held = [];
    for (const action of held) action();
  }

  /**
   * Makes this moment of the past the present. What at() was told is dropped, and peers of the
   * socket device are cut off, for they know of a future that will not be.
   */
  forkPast(): void {
    this.past = undefined;
    this.cutOff = true;
    this.agenda.clear();
    this.inputDue = this.waiting.length > 0 ? nextInput(this.reached()) : Number.POSITIVE_INFINITY;
    const { held } = this;
    this.held = [];
    for (const action of held) action();
  }

  /** Pages of 4 KiB that may have changed since the last snapshot() or restore(). */
  dirtyPages(): number {
    return this.keeper.dirtyPages();
  }

  private ram(address: number, bytes: number): Uint8Array {
    const offset = address - this.abi("RAM_BASE");
    if (!(offset >= 0 && offset + bytes <= this.config.ramBytes)) {
      throw new ConfigError(
        `memory: 0x${address.toString(16)} + ${bytes} is not in RAM; give a range inside it`,
      );
    }
    return new Uint8Array(this.core.memory.buffer, (this.core.ramAddress() >>> 0) + offset, bytes);
  }

  /** A copy of guest RAM. */
  readPhysical(address: number, bytes: number): Uint8Array {
    return this.ram(address, bytes).slice();
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.ram(address, bytes.length).set(bytes);
    this.core.wrote(address, bytes.length);
  }

  /** The boot ROM, which lies at BOOT_ROM_BASE. */
  readRom(): Uint8Array {
    const bytes = this.abi("BOOT_ROM_SIZE");
    return new Uint8Array(this.core.memory.buffer, this.core.romAddress() >>> 0, bytes).slice();
  }

  /** The drive's present content. */
  readDrive(): Uint8Array {
    const bytes = this.config.drive?.data.length ?? 0;
    return new Uint8Array(this.core.memory.buffer, this.core.driveAddress() >>> 0, bytes).slice();
  }
}

function nextInput(cycle: number): number {
  return (Math.floor(cycle / INPUT_CYCLES) + 1) * INPUT_CYCLES;
}

/** What machines must have in common to exchange snapshots: all but what is in memory anyway. */
function shapeOf(config: FullConfig): string {
  const { harts, ramBytes, quantumCycles, cyclesPerTick, decodedPages, rtcSeconds } = config;
  const drive = [config.drive?.data.length ?? 0, driveFlags(config), parts(config)];
  const timing = config.timing === undefined ? [] : [JSON.stringify(config.timing)];
  if (config.parallel) timing.push("parallel");
  const numbers = [harts, ramBytes, quantumCycles, cyclesPerTick, decodedPages, rtcSeconds];
  return [...numbers, ...drive, ...timing].join();
}

function driveFlags(config: FullConfig): number {
  if (!config.drive) return 0;
  const readOnly = config.drive.readOnly ? DRIVE_READ_ONLY : 0;
  return DRIVE_PRESENT | readOnly;
}

/** The bits of assembly/machine.ts, create(). */
function parts(config: FullConfig): number {
  const { legacyVirtio, firewall, vsock, terminal, entropy } = config;
  const bits = [legacyVirtio, firewall, vsock, terminal, entropy];
  return bits.reduce((sum, bit, index) => sum + (bit ? 1 << index : 0), 0);
}

let warned = false;
/** Says once that hot code is not translated. */
function warnOnce(why: string): void {
  if (warned) return;
  warned = true;
  console.warn(`warning: hot code is not translated: ${why}; the interpreter runs it`);
}

/** Creates a machine at reset, with its images loaded. Throws ConfigError or ImageError. */
export async function createMachine(config: MachineConfig): Promise<Machine> {
  const full = checkConfig(config);
  const core = await loadCore(buildFor(full), warnOnce);
  if (full.timing) prepareTiming(core, full.timing);
  const plan = planBoot(full, (name) => constant(core, name));
  const end = core.create(
    full.harts,
    full.ramBytes,
    full.quantumCycles,
    full.cyclesPerTick,
    full.seed,
    full.decodedPages,
    RING_BYTES,
    full.drive?.data.length ?? 0,
    driveFlags(full),
    parts(full),
    full.rtcSeconds,
  );
  if (end === 0) {
    throw new ConfigError(`ramBytes: no memory for ${full.ramBytes} bytes of RAM; give fewer`);
  }
  const { parallel } = full;
  if (full.engine === "translator" && !startTranslator(core, full)) {
    warnOnce("no memory for it");
  }
  const memory = new Uint8Array(core.memory.buffer);
  memory.set(decoderTable(), constant(core, "DECODER_ADDRESS"));
  if (full.drive) memory.set(full.drive.data, core.driveAddress() >>> 0);
  const asked = typeof parallel === "object" ? parallel.workers : undefined;
  const pool = parallel ? await Pool.open(core, workersFor(full.harts, asked)) : undefined;
  const machine = new Machine(core, full, plan, pool);
  machine.load();
  return machine;
}
