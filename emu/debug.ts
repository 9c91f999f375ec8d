// What a debugger asks of a machine: stops (breakpoints, watchpoints, one step, a position in
// time), observation of steps and traps, and a hart's registers, CSRs and mapped addresses. Stops
// are looked at by exact runs only (Machine.runExact); a run that was stopped goes on, exact or
// not, as if it had not been. Machine.debug gives the one object of a machine.
import { type CoreExports, constant } from "./core.js";
import { ConfigError } from "./errors.js";

const MODES = ["user", "supervisor", undefined, "machine"] as const;
const WHYS = [undefined, "breakpoint", "watchpoint", "step", "position"] as const;
const KINDS = { fetch: 0, load: 1, store: 2 } as const;
const ACCESSES = { read: 1, write: 2, access: 3 } as const;
const [EXACT, OBSERVE_STEPS, OBSERVE_TRAPS, LEAVE_AT_MARKS] = [1, 2, 4, 8];
const [OBSERVE_ACCESSES, OBSERVE_USER] = [16, 32];
const [ANY_HART, NO_HART] = [-1, -2];

export type Mode = "machine" | "supervisor" | "user";

/** Where a debugger's stop left the machine. */
export interface Stop {
  readonly why: "breakpoint" | "watchpoint" | "step" | "position";
  /** The hart that is about to go on, or (step, watchpoint) that has just executed. */
  readonly hart: number;
  /** The hart's pc; at a watchpoint the virtual address that was touched. */
  readonly address: number;
}

export interface Watchpoint {
  /** Virtual address of the first byte. */
  readonly address: number;
  readonly bytes: number;
  readonly on: keyof typeof ACCESSES;
}

export interface PcRange {
  readonly first: number;
  readonly last: number;
}

/** Which steps are told of: all, or those of some harts and modes, at some addresses. */
export interface StepFilter {
  readonly harts?: { readonly first: number; readonly last: number };
  readonly modes?: readonly Mode[];
  /** Ranges of pc, ends included; more than 32 count as one, from the first to the last. */
  readonly pc?: readonly PcRange[];
  /** Of each hart's instructions, only those whose number (instret) it divides; 1 is all. */
  readonly every?: number;
}

/** The name of a privilege mode by its number. */
export function modeName(mode: number): Mode {
  return MODES[mode & 3] ?? "machine";
}

/** A timer that is due centuries ahead is not set. */
const NEVER = 1n << 60n;

const modeNumber = (mode: Mode) => MODES.indexOf(mode);

const spanOf = (ranges: readonly PcRange[]): PcRange => ({
  first: Math.min(...ranges.map(({ first }) => first)),
  last: Math.max(...ranges.map(({ last }) => last)),
});

const hex = (value: number) => `0x${value.toString(16)}`;

export class Debug {
  private readonly breakpointSet = new Set<number>();
  private watchpointList: readonly Watchpoint[] = [];
  private observed = 0;
  private user = 0;

  /** Use Machine.debug. */
  constructor(
    private readonly core: CoreExports,
    private readonly harts: number,
  ) {}

  /** Bits for the core's setExact(). */
  bits(exact: boolean): number {
    return this.observed | this.user | (exact ? EXACT : 0);
  }

  /** Whether a run with what is asked for has to be one step after the other. */
  needsOrder(exact: boolean): boolean {
    return (this.bits(exact) & (EXACT | OBSERVE_STEPS | OBSERVE_TRAPS | OBSERVE_ACCESSES)) !== 0;
  }

  get breakpoints(): readonly number[] {
    return [...this.breakpointSet];
  }

  /** Stops before a hart executes the instruction at virtual address `pc`; at most 64. */
  addBreakpoint(pc: number): void {
    this.setBreakpoints([...this.breakpointSet, pc >>> 0]);
  }

  removeBreakpoint(pc: number): void {
    this.setBreakpoints([...this.breakpointSet].filter((each) => each !== pc >>> 0));
  }

  clearBreakpoints(): void {
    this.setBreakpoints([]);
  }

  private setBreakpoints(all: readonly number[]): void {
    const kept = new Set(all);
    if (kept.size > 64) throw new ConfigError("breakpoint: there are 64 already; remove one");
    this.core.clearBreakpoints();
    this.breakpointSet.clear();
    for (const pc of kept) {
      this.core.addBreakpoint(pc);
      this.breakpointSet.add(pc);
    }
  }

  get watchpoints(): readonly Watchpoint[] {
    return this.watchpointList;
  }

  /** Stops after an instruction that touched these bytes; at most 16. */
  addWatchpoint(watch: Watchpoint): void {
    if (!(watch.bytes > 0)) {
      throw new ConfigError(`watchpoint: ${watch.bytes} bytes; give a number from 1 up`);
    }
    this.setWatchpoints([...this.watchpointList, { ...watch, address: watch.address >>> 0 }]);
  }

  /** Removes the watchpoints with this address, length and kind. */
  removeWatchpoint({ address, bytes, on }: Watchpoint): void {
    const same = (each: Watchpoint) =>
      each.address === address >>> 0 && each.bytes === bytes && each.on === on;
    this.setWatchpoints(this.watchpointList.filter((each) => !same(each)));
  }

  clearWatchpoints(): void {
    this.setWatchpoints([]);
  }

  private setWatchpoints(all: readonly Watchpoint[]): void {
    if (all.length > 16) throw new ConfigError("watchpoint: there are 16 already; remove one");
    this.core.clearWatchpoints();
    for (const { address, bytes, on } of all) {
      this.core.addWatchpoint(address, bytes, ACCESSES[on]);
    }
    this.watchpointList = all;
  }

  /** The next exact run stops after one instruction or trap of `hart`, or of whichever is next. */
  stopAfterStep(hart?: number): void {
    if (hart !== undefined) this.check(hart);
    this.core.stopAfter(hart ?? ANY_HART);
  }

  /** The next exact run stops before `hart` goes on at `cycle` (its own clock) or later. */
  stopAt({ hart, cycle }: { readonly hart: number; readonly cycle: number }): void {
    this.check(hart);
    if (!(cycle >= 0)) throw new ConfigError(`cycle ${cycle}: give a number from 0 up`);
    this.core.stopBefore(hart, cycle);
  }

  /** Forgets a step or position that no run has reached. */
  cancel(): void {
    this.core.stopAfter(NO_HART);
    this.core.stopBefore(NO_HART, 0);
  }

  /** Where the last run was stopped; undefined when it was not. */
  get stop(): Stop | undefined {
    const why = WHYS[this.core.stopWhy()];
    if (!why) return undefined;
    return { why, hart: this.core.stopHart(), address: this.core.stopAddress() >>> 0 };
  }

  /**
   * Makes events of kind `step` (before each instruction that the filter lets through; such runs
   * are exact) and of kinds `trap`, `mode`, `wait` and `ipi` (at each trap, return, end of a wfi,
   * and software interrupt to a hart), for Machine.on; with `accesses` also each access that the
   * timing model sees, as `access` (such runs are exact). With `marks` a listener of marks sees the
   * machine as it is right behind each; what such a listener changes here binds at once.
   */
  observe({
    steps = false,
    traps = false,
    marks = false,
    accesses = false,
  }: {
    steps?: boolean | StepFilter;
    traps?: boolean;
    marks?: boolean;
    accesses?: boolean;
  }): void {
    this.observed =
      (steps ? OBSERVE_STEPS : 0) |
      (traps ? OBSERVE_TRAPS : 0) |
      (marks ? LEAVE_AT_MARKS : 0) |
      (accesses ? OBSERVE_ACCESSES : 0);
    const { harts, modes, pc, every }: StepFilter = typeof steps === "object" ? steps : {};
    const bits = (modes ?? ["machine", "supervisor", "user"])
      .map((mode) => 1 << modeNumber(mode))
      .reduce((all, bit) => all | bit, 0);
    this.core.observeOnly(harts?.first ?? 0, harts?.last ?? this.harts, bits, every ?? 1);
    const all = pc ?? [];
    const ranges = all.length > 32 ? [spanOf(all)] : all;
    for (const { first, last } of ranges) this.core.observeRange(first, last);
  }

  /**
   * Makes events of kind `user`, at each entry of a hart to user mode and at what ends it, beside
   * all that observe() asks for; at full speed.
   */
  observeUser(on: boolean): void {
    this.user = on ? OBSERVE_USER : 0;
  }

  private check(hart: number): void {
    if (Number.isInteger(hart) && hart >= 0 && hart < this.harts) return;
    throw new ConfigError(`hart ${hart}: there are 0 to ${this.harts - 1}`);
  }

  private view(hart: number): DataView {
    this.check(hart);
    return new DataView(this.core.memory.buffer, this.core.hartAddress(hart) >>> 0);
  }

  pc(hart: number): number {
    return this.view(hart).getUint32(constant(this.core, "HART_PC"), true);
  }

  setPc(hart: number, pc: number): void {
    this.check(hart);
    this.core.pcWrite(hart, pc);
  }

  /** Writes one of x1 to x31; x0 stays 0. */
  setRegister(hart: number, register: number, value: number): void {
    this.check(hart);
    this.core.registerWrite(hart, register, value);
  }

  mode(hart: number): Mode {
    return modeName(this.view(hart).getUint32(constant(this.core, "HART_MODE"), true));
  }

  setMode(hart: number, mode: Mode): void {
    this.check(hart);
    this.core.modeWrite(hart, modeNumber(mode));
  }

  /** Cycle at which the hart's timer (mtimecmp) is due; undefined when that is never. */
  timer(hart: number): number | undefined {
    const cycle = this.view(hart).getBigUint64(constant(this.core, "HART_DEADLINE"), true);
    return cycle >= NEVER ? undefined : Number(cycle);
  }

  /** A CSR by number, whatever the hart's mode may access; undefined when there is none. */
  csr(hart: number, number: number): number | undefined {
    this.check(hart);
    const value = this.core.csrRead(hart, number);
    return value < 0 ? undefined : value;
  }

  /** Writes a CSR by its WARL rules. */
  setCsr(hart: number, number: number, value: number): void {
    this.check(hart);
    if (!this.core.csrWrite(hart, number, value)) {
      throw new ConfigError(`csr ${hex(number)}: this machine has none of that number`);
    }
  }

  /**
   * The physical address behind a virtual one, at the hart's present privilege (loads and stores
   * with MPRV); undefined where no page is mapped. Judges no permissions, and marks nothing.
   */
  translate(hart: number, va: number, kind: keyof typeof KINDS = "load"): number | undefined {
    this.check(hart);
    const address = this.core.translate(hart, va, KINDS[kind]);
    return address < 0 ? undefined : address;
  }
}
