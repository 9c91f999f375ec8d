// A trace as text: one line for each instruction that is about to execute, and for each trap and
// return, with symbols. A line:
//
//   cycle hart mode pc  image:symbol+offset  bytes  disassembly
import type { ModeEvent, StepEvent, TrapEvent } from "../events.js";
import { disassemble } from "../image/disasm.js";
import type { Machine } from "../machine.js";
import { causeName } from "../observe/causes.js";
import { locationText } from "../symbols/symbolizer.js";
import type { Scene } from "./scene.js";
import { Enough, Sieve, type TraceFilter } from "./sieve.js";

const LETTERS = { machine: "m", supervisor: "s", user: "u" } as const;
const TEXTS_MAX = 65_536;
const hex8 = (value: number) => (value >>> 0).toString(16).padStart(8, "0");

/** Writes lines to `write` while the machine runs; throws Enough from run() behind `limit`. */
export function traceText(
  machine: Machine,
  scene: Scene,
  filter: TraceFilter,
  write: (line: string) => void,
  limit = Number.POSITIVE_INFINITY,
): void {
  const sieve = new Sieve(machine, scene, filter, true);
  let lines = 0;
  const emit = (line: string) => {
    write(`${line}\n`);
    if (++lines >= limit) throw new Enough();
  };
  const texts = new StepTexts(scene);
  machine.on("mark", (mark) => {
    scene.add(mark);
    sieve.update();
    texts.forget();
  });
  machine.on("step", (step) => {
    if (sieve.lets(step, step.mode, step.pc)) {
      emit(head(step, LETTERS[step.mode], step.pc) + texts.of(step));
    }
  });
  machine.on("trap", (trap) => {
    if (sieve.lets(trap, trap.from, trap.epc)) emit(trapLine(scene, trap));
  });
  machine.on("mode", (mode) => {
    if (sieve.lets(mode, mode.to, mode.pc)) emit(modeLine(scene, mode));
  });
}

function head({ cycle, hart }: { cycle: number; hart: number }, letter: string, pc: number) {
  return `${String(cycle).padStart(12)} ${hart} ${letter} ${hex8(pc)}`;
}

/** What follows a step's head, kept for code that executes again. */
class StepTexts {
  private readonly known = new Map<number, { readonly bits: number; readonly text: string }>();

  constructor(private readonly scene: Scene) {}

  /** For when code may lie elsewhere. */
  forget(): void {
    this.known.clear();
  }

  of(step: StepEvent): string {
    if (step.mode === "user") return this.make(step); // another process may be there
    const before = this.known.get(step.pc);
    if (before && before.bits === step.bits) return before.text;
    if (this.known.size >= TEXTS_MAX) this.known.clear();
    const text = this.make(step);
    this.known.set(step.pc, { bits: step.bits, text });
    return text;
  }

  private make({ pc, mode, bits, satp }: StepEvent): string {
    const where = locationText(this.scene.symbolizer.locate(pc, mode, satp), pc);
    const bytes = (bits & 3) === 3 ? hex8(bits) : hex8(bits).slice(4).padEnd(8);
    return `  ${where.padEnd(36)}  ${bytes}  ${disassemble(bits, pc)}`;
  }
}

function trapLine(scene: Scene, trap: TrapEvent): string {
  const { epc, from, to, satp, cause, tval } = trap;
  const where = locationText(scene.symbolizer.locate(epc, from, satp), epc);
  const start = head(trap, LETTERS[from], epc);
  const what = `${causeName(cause)} to ${to}, value ${hex8(tval)}`;
  return `${start}  ${where.padEnd(36)}  trap      ${what}`;
}

function modeLine(scene: Scene, mode: ModeEvent): string {
  const { pc, from, to, satp } = mode;
  const where = locationText(scene.symbolizer.locate(pc, to, satp), pc);
  return `${head(mode, LETTERS[to], pc)}  ${where.padEnd(36)}  return    from ${from}`;
}
