// A guest that wedges says why. A machine has stalled when it has told nobody anything for a given
// time: no mark, no byte on a console, no packet. Then the report says what each hart is doing: at
// which place, waiting for what, or going round in which code.
import type { Machine } from "../machine.js";
import { locationText, type Symbolizer } from "../symbols/symbolizer.js";
import { causeName, interruptNames } from "./causes.js";

/** Cycles for which each hart is watched, to see whether it goes round in one place. */
const WATCH_CYCLES = 20_000;
const SPIN_BYTES = 256;
const CSR = {
  ...{ satp: 0x180, scause: 0x142, sepc: 0x141, sstatus: 0x100 },
  ...{ mstatus: 0x300, mie: 0x304, mcause: 0x342, mepc: 0x341, mip: 0x344 },
};
/** Code of the firmware in which a hart waits to be started. */
const STOPPED = ["hart_wait_stopped", "other_hart"];

const grouped = (value: number) => value.toLocaleString("en-US");
const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

/** Notes when the machine last said something. */
export class StallWatch {
  private last = 0;

  constructor(
    private readonly machine: Machine,
    /** Of silence, to be a stall. */
    readonly cycles: number,
  ) {
    const heard = ({ cycle }: { readonly cycle: number }) => {
      this.last = Math.max(this.last, cycle);
    };
    for (const kind of ["mark", "console", "packet", "terminal"] as const) machine.on(kind, heard);
  }

  /** Whether it has been silent for so long. */
  get stalled(): boolean {
    return this.machine.cycle() - this.last >= this.cycles;
  }

  /** Slices of run() after which to look for a silence of `cycles`. */
  static sliceFor(cycles: number): number {
    return Math.max(1000, Math.min(5_000_000, Math.floor(cycles / 4)));
  }

  /** The report's first line. */
  get headline(): string {
    const [last, now] = [grouped(this.last), grouped(this.machine.cycle())];
    return `stalled: no mark, no output and no packet since cycle ${last}; it is ${now}`;
  }
}

/**
 * Lines about each hart: place, privilege, what it waits for, and its last traps. Runs the machine
 * on by WATCH_CYCLES, to see who spins.
 */
export function hartLines(machine: Machine, symbolizer: Symbolizer): string[] {
  symbolizer.places.refresh(true);
  const before = machine.stats();
  const waiting = before.map(({ waiting }, hart) => {
    if (!waiting) return "";
    return isStopped(machine, symbolizer, hart)
      ? "halted: stands in the firmware until it is started (HSM)"
      : waitText(machine, hart);
  });
  const places = before.map((_, hart) => placeLine(machine, symbolizer, hart));
  const traps = before.map((_, hart) => trapLine(machine, symbolizer, hart));
  const paths = watch(machine, symbolizer);
  return before.flatMap((_, hart) => [
    places[hart] as string,
    `    ${waiting[hart] || spinText(paths[hart] as Path)}`,
    `    ${traps[hart]}`,
  ]);
}

const csr = (machine: Machine, hart: number, name: keyof typeof CSR) =>
  (machine.debug.csr(hart, CSR[name]) ?? 0) >>> 0;

function placeLine(machine: Machine, symbolizer: Symbolizer, hart: number): string {
  const [pc, mode] = [machine.debug.pc(hart), machine.debug.mode(hart)];
  const where = symbolizer.locate(pc, mode, csr(machine, hart, "satp"));
  const name = where ? `${hex(pc)} ${locationText(where, pc)}` : hex(pc);
  return `hart ${hart}: ${mode} mode, ${name}`;
}

function isStopped(machine: Machine, symbolizer: Symbolizer, hart: number): boolean {
  const where = symbolizer.locate(machine.debug.pc(hart), machine.debug.mode(hart));
  return where?.image === "firmware" && STOPPED.includes(where.symbol ?? "");
}

function waitText(machine: Machine, hart: number): string {
  const cycle = machine.stats()[hart]?.cycle ?? 0;
  const deadline = machine.debug.timer(hart);
  const enabled = csr(machine, hart, "mie");
  const names = interruptNames(enabled).filter((name) => name !== "machine timer");
  const timer = (enabled >>> 7) & 1;
  const waits: string[] = names.length > 0 ? [`for ${names.join(", ")}`] : [];
  if (timer && deadline !== undefined) {
    waits.push(`for the timer, in ${grouped(Math.max(0, deadline - cycle))} cycles`);
  } else if (timer) waits.push("for the timer, which is not set");
  const pending = interruptNames(csr(machine, hart, "mip"));
  const masked = pending.length > 0 ? `; pending, not enabled: ${pending.join(", ")}` : "";
  if (waits.length === 0) return `waits (wfi) for ever: no interrupt is enabled${masked}`;
  return `waits (wfi) ${waits.join("; ")}${masked}`;
}

/** Where a hart has been. */
interface Path {
  readonly pcs: Set<number>;
  first: string;
  steps: number;
}

function watch(machine: Machine, symbolizer: Symbolizer): Path[] {
  const paths = machine.stats().map((): Path => ({ pcs: new Set(), first: "", steps: 0 }));
  machine.on("step", ({ hart, pc, mode, satp }) => {
    const path = paths[hart] as Path;
    path.steps++;
    path.pcs.add(pc);
    path.first ||= locationText(symbolizer.locate(pc, mode, satp), pc);
  });
  machine.debug.observe({ steps: true });
  machine.run({ cycles: WATCH_CYCLES });
  machine.debug.observe({});
  return paths;
}

function spinText({ pcs, steps, first }: Path): string {
  if (steps === 0) return "does nothing: the machine has ended";
  const [low, high] = [Math.min(...pcs), Math.max(...pcs)];
  const many = `${grouped(steps)} instructions in ${grouped(WATCH_CYCLES)} cycles`;
  if (high - low > SPIN_BYTES) return `runs: ${many}, at ${pcs.size} places`;
  return `spins from ${hex(low)} to ${hex(high)}, ${many}, at ${first}`;
}

function trapLine(machine: Machine, symbolizer: Symbolizer, hart: number): string {
  const of = (name: keyof typeof CSR) => csr(machine, hart, name);
  // programs lie below RAM, all else above
  const from = (epc: number) =>
    locationText(
      symbolizer.locate(epc, epc < machine.abi("RAM_BASE") ? "user" : "supervisor", of("satp")),
      epc,
    );
  const supervisor = `to S ${causeName(of("scause"))} at ${from(of("sepc"))}`;
  const machineTrap = `to M ${causeName(of("mcause"))} at ${from(of("mepc"))}`;
  const [sie, mie] = [(of("sstatus") >>> 1) & 1, (of("mstatus") >>> 3) & 1];
  const on = (bit: number) => (bit ? "on" : "off");
  const taken = [
    ...(of("sepc") === 0 ? [] : [supervisor]),
    ...(of("mepc") === 0 ? [] : [machineTrap]),
  ];
  const traps = taken.join("; ") || "none";
  return `interrupts S ${on(sie)}, M ${on(mie)}; last traps: ${traps}`;
}
