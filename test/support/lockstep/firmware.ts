// The fixed part of a lockstep guest, in machine mode at the start of RAM: each hart's state before
// its code, and the trap handlers. A handler logs every trap, mends what can be mended (a page of
// the window that is not valid), answers interrupts (and sets the timer anew, a little later each
// time), and goes on. The supervisor's handler is the same text, for traps that are delegated.
import { assemble } from "../assembler.js";
import {
  AREA_STRIDE,
  CODE_STRIDE,
  chance,
  DATA_PAGES,
  FRAME,
  IO,
  LOG_STRIDE,
  type Mode,
  PAGE,
  PLACES,
  ramOf,
  SUPERVISOR_AREA,
  SUPERVISOR_LOG,
  satpOf,
} from "./places.js";

/** Words of a hart's area, by their offset; both handlers have one. */
const AREA = { t6: 20, log: 24, step: 28, lead: 32, stride: 36, span: 40, traps: 44, mix: 48 };
const HART = 52;
/** A count of the hart's main loop; its code uses it. */
export const ROUNDS = 56;

export interface Start {
  readonly mode: Mode;
  /** Ticks of the timer, or undefined: it is not set. */
  readonly timer: { readonly lead: number; readonly stride: number; readonly span: number } | false;
  /** Fills the registers. */
  readonly seed: number;
}

export interface Plan {
  readonly harts: readonly Start[];
  readonly medeleg: number;
  readonly mideleg: number;
  /** A physical address at which two PMP regions meet, or undefined. */
  readonly split: number | undefined;
}

const EDGES = [0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 31, 32, 0xfffff800, 0x8000];
const MODE_BITS = { machine: 3, supervisor: 1, user: 0 } as const;
const SAVED = ["t0", "t1", "t2", "s0", "s1"];
const lines = (texts: readonly string[]) => texts.join("\n");

/** Log record: cause, epc, tval, instructions, cycles, status; then the mix of all of them. */
function log(x: "m" | "s"): string {
  const counter = x === "m" ? "m" : "";
  const names = ["cause", "epc", "tval"].map((name) => x + name);
  const all = [...names, `${counter}instret`, `${counter}cycle`, `${x}status`];
  return `
  lw s0, ${AREA.log}(t6)
  lw t0, ${AREA.mix}(t6)
  ${lines(
    all.map(
      (name, n) => `csrr t1, ${name}
        sw t1, ${n * 4}(s0)
        slli t2, t0, 5
        sub t0, t2, t0
        add t0, t0, t1`,
    ),
  )}
  sw t0, ${AREA.mix}(t6)
  sw t0, 24(s0)
  addi s0, s0, 32
  li t1, 0xffffdfff
  and s0, s0, t1
  sw s0, ${AREA.log}(t6)
  lw t0, ${AREA.traps}(t6)
  addi t0, t0, 1
  sw t0, ${AREA.traps}(t6)`;
}

/** Sets the hart's timer anew, by another interval than before; pends SSI at each fourth time. */
const TIMER = `
  lw t0, ${AREA.step}(t6)
  lw t1, ${AREA.stride}(t6)
  lw t2, ${AREA.span}(t6)
  add t0, t0, t1
  bltu t0, t2, within
  sub t0, t0, t2
within:
  sw t0, ${AREA.step}(t6)
  lw t1, ${AREA.lead}(t6)
  add t0, t0, t1
  li t2, ${IO.mtime}
  lw t1, 0(t2)
  add t0, t0, t1
  lw t1, ${HART}(t6)
  slli t1, t1, 3
  li t2, ${IO.mtimecmp}
  add t2, t2, t1
  sw t0, 0(t2)
  lw t0, ${AREA.step}(t6)
  andi t0, t0, 3
  bnez t0, mout
  csrrsi zero, mip, 2
  j mout`;

const MACHINE_INTERRUPTS = `
  addi t1, t0, -7
  beqz t1, timer
  addi t1, t0, -3
  bnez t1, msoft
  lw t1, ${HART}(t6)
  slli t1, t1, 2
  li t2, ${IO.msip}
  add t2, t2, t1
  sw zero, 0(t2)
  j mout
timer:
  ${TIMER}
msoft:`;

/** A handler. The resume register says where an exception that nothing mends goes on. */
function handler(x: "m" | "s"): string {
  return `
.align 64
${x}trap:
  csrrw t6, ${x}scratch, t6
  ${lines(SAVED.map((name, n) => `sw ${name}, ${n * 4}(t6)`))}
  csrr t0, ${x}scratch
  sw t0, ${AREA.t6}(t6)
  csrw ${x}scratch, t6
  ${log(x)}
  csrr t0, ${x}cause
  bge t0, zero, ${x}exception
  andi t0, t0, 15
  ${x === "m" ? MACHINE_INTERRUPTS : ""}
  csrrci zero, ${x}ip, 2
  j ${x}out
${x}exception:
  addi t1, t0, -8
  sltiu t1, t1, 4
  beqz t1, ${x}nocall
  csrr t1, ${x}epc
  addi t1, t1, 4
  csrw ${x}epc, t1
  sfence.vma zero, zero
  j ${x}out
${x}nocall:
  csrr t1, ${x}tval
  srli t2, t1, 28
  addi t2, t2, -5
  bnez t2, ${x}resume
  csrr s0, satp
  slli s0, s0, 12
  li t2, ${PAGE}
  add s0, s0, t2
  slli t2, t1, 10
  srli t2, t2, 22
  slli t2, t2, 2
  add s0, s0, t2
  lw s1, 0(s0)
  andi t2, s1, 1
  bnez t2, ${x}resume
  srli t2, s1, 10
  beqz t2, ${x}resume
  addi s1, s1, 1
  sw s1, 0(s0)
  sfence.vma t1, zero
  j ${x}out
${x}resume:
  csrw ${x}epc, ${FRAME.resume}
${x}out:
  ${lines(SAVED.map((name, n) => `lw ${name}, ${n * 4}(t6)`))}
  lw t6, ${AREA.t6}(t6)
  ${x}ret`;
}

/** Initial registers: edges and anything. */
function registers(seed: number): string {
  const next = chance(seed);
  const value = () => (next() % 3 === 0 ? EDGES[next() % EDGES.length] : next());
  const free = Array.from({ length: 29 }, (_, n) => n + 1).filter((n) => n < 20 || n > 27);
  const names = (n: number) =>
    (
      "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 " +
      "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4"
    ).split(" ")[n];
  return lines(free.map((n) => `li ${names(n)}, ${value()}`));
}

const put = (offset: number, value: number) => `li t0, ${value}\nsw t0, ${offset}(t6)`;

function area(hart: number, { timer }: Start): string {
  const { lead, stride, span } = timer || { lead: 0, stride: 0, span: 0 };
  const where = PLACES.logs + hart * LOG_STRIDE;
  const both = [0, SUPERVISOR_AREA].map((at) =>
    [
      put(at + AREA.log, where + (at ? SUPERVISOR_LOG : 0)),
      put(at + AREA.lead, lead),
      put(at + AREA.stride, stride),
      put(at + AREA.span, span),
      put(at + HART, hart),
    ].join("\n"),
  );
  return both.join("\n");
}

/** The hart's first deadline: soon, or never. */
function deadline(hart: number, { timer }: Start): string {
  return `
  li t0, ${IO.mtimecmp + 8 * hart}
  li t1, -1
  sw t1, 0(t0)
  sw ${timer ? "zero" : "t1"}, 4(t0)
  ${timer ? `li t2, ${IO.mtime}\nlw t1, 0(t2)\naddi t1, t1, 200\nsw t1, 0(t0)` : ""}`;
}

function startOf(hart: number, start: Start): string {
  const main = ramOf(start.mode, PLACES.code + hart * CODE_STRIDE);
  return `
start${hart}:
  li t6, ${PLACES.areas + hart * AREA_STRIDE}
  csrw mscratch, t6
  addi t0, t6, ${SUPERVISOR_AREA}
  csrw sscratch, t0
  ${area(hart, start)}
  ${deadline(hart, start)}
  li t0, ${(MODE_BITS[start.mode] << 11) | 0x80}
  csrw mstatus, t0
  li t0, ${main}
  csrw mepc, t0
  li ${FRAME.window}, ${ramOf(start.mode, PLACES.data + ((hart % DATA_PAGES) + 1) * PAGE)}
  li ${FRAME.resume}, ${main}
  li ${FRAME.loop}, ${main}
  li ${FRAME.link}, ${main}
  li ${FRAME.stack}, ${ramOf(start.mode, PLACES.stacks + hart * PAGE)}
  ${registers(start.seed)}
  li t5, 0
  li t6, 0
  mret`;
}

function protection(split: number | undefined): string {
  if (split === undefined) return "li t0, -1\ncsrw pmpaddr0, t0\nli t0, 0x1f\ncsrw pmpcfg0, t0";
  return `li t0, ${split >>> 2}\ncsrw pmpaddr0, t0\nli t0, -1\ncsrw pmpaddr1, t0
    li t0, 0x1f0f\ncsrw pmpcfg0, t0`;
}

/** Names a queue of three descriptors to the block device. */
const DISK = `
  li t0, ${IO.block}
  ${(
    [
      [0x30, 0],
      [0x38, 8],
      [0x80, PLACES.queue],
      [0x90, PLACES.queue + 128],
      [0xa0, PLACES.queue + 4096],
      [0x44, 1],
      [0x70, 4],
    ] as const
  )
    .map(([offset, value]) => `li t1, ${value}\nsw t1, ${offset}(t0)`)
    .join("\n")}`;

/** The firmware, for the start of RAM. */
export function firmware({ harts, medeleg, mideleg, split }: Plan): Uint8Array {
  const text = `
  la t0, mtrap
  csrw mtvec, t0
  la t0, strap
  csrw stvec, t0
  ${protection(split)}
  li t0, ${satpOf(0)}
  csrw satp, t0
  li t0, ${medeleg}
  csrw medeleg, t0
  li t0, ${mideleg}
  csrw mideleg, t0
  li t0, 7
  csrw mcounteren, t0
  csrw scounteren, t0
  li t0, 0x8a
  csrw mie, t0
  csrr a0, mhartid
  ${harts.map((_, n) => `li a1, ${n}\nbeq a0, a1, go${n}`).join("\n")}
  ${harts.map((_, n) => `go${n}:\n${n === 0 ? DISK : ""}\nj start${n}`).join("\n")}
  ${harts.map((start, n) => startOf(n, start)).join("\n")}
  ${handler("m")}
  ${handler("s")}`;
  const { bytes } = assemble(text, PLACES.firmware);
  if (bytes.length > PLACES.areas - PLACES.firmware) throw new Error("lockstep: firmware too long");
  return bytes;
}
