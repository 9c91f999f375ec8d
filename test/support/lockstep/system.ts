// Genes of the privileged kind: exceptions that the handler answers, calls, CSRs and counters,
// fences, waiting, devices in the middle of a loop, and interrupts from hart to hart.
import { CSR_NAMES } from "../../../emu/image/disasm.js";
import { compressed } from "../differential/compressed.js";
import { FRAME, IO } from "./places.js";
import { free, type Gene, liIo, pick, resuming, type Spot, sometimes, text } from "./spot.js";

const { temporary, outer } = FRAME;
const RARE = [7, 31, 63, 255];
const COUNTERS = ["cycle", "time", "instret", "cycleh", "instreth"];
/** CSRs that may hold anything while the guest runs. */
const KEPT = {
  machine: ["mtval", "mcause", "stval", "minstret", "mcycle", "mepc", "sepc", "mip"],
  supervisor: ["stval", "scause", "sepc", "sip"],
  user: ["cycle", "mtval"],
} as const;
const NUMBERS = new Map([...CSR_NAMES].map(([number, name]) => [name, number]));

/** Sixteen or 32 bits that are no instruction, or a break. */
function wrong(a: number, d: number): string {
  const place = { base: 0, interrupt: 0, mtvec: [0, 0] as const, pc: 0 };
  const none = { ...place, target: () => 0, computing: () => undefined };
  const half = compressed(199, 0, 0, 0, d, none)[0] ?? 0;
  const forms = [
    `.word ${((d & ~0x7f) | 0x0b) >>> 0}`, // custom-0
    "ebreak",
    "c.ebreak",
    `.half ${half}`,
    `csrrw ${free(d)}, ${0x5c0 + (d % 16)}, t0`,
    `.word ${((d & ~0x7f) | 0x77) >>> 0}`,
  ];
  return pick(forms, a);
}

/** An exception, at each turn or now and then. */
export const trap = ([, a, b, , d]: Gene, spot: Spot) =>
  sometimes(spot, b, resuming(spot, wrong(a, d)));

export const ecall = ([, a]: Gene, spot: Spot) => sometimes(spot, a, "ecall");

/** Counters, which must be exact wherever they are read. */
export const counter = ([, a, , c]: Gene) => `csrr ${free(c)}, ${pick(COUNTERS, a)}`;

/** Any form of CSR instruction, on one that may hold anything; only mip's SSIP is written. */
export function csr([, a, b, c, d]: Gene, spot: Spot): string {
  const name = pick(KEPT[spot.mode], a);
  const number = NUMBERS.get(name);
  const form = pick(["csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"], b);
  const pending = name === "mip" || name === "sip";
  if (form.endsWith("i")) {
    return resuming(spot, `${form} ${free(c)}, ${number}, ${pending ? 2 : d % 32}`);
  }
  const value = pending ? [`li ${temporary}, 2`] : [`li ${temporary}, ${d}`];
  return resuming(spot, text(value, `${form} ${free(c)}, ${number}, ${temporary}`));
}

/** Interrupts off for a few instructions; in user mode that is illegal. */
export function critical([, a, b, c]: Gene, spot: Spot): string {
  const [name, bit] = spot.mode === "machine" ? ["mstatus", 8] : ["sstatus", 2];
  return resuming(
    spot,
    text(
      `csrrci ${free(c)}, ${name}, ${bit}`,
      `addi ${free(a)}, ${free(b)}, 1`,
      `csrrsi ${free(c >>> 5)}, ${name}, ${bit}`,
    ),
  );
}

export function fence([, a, b]: Gene, spot: Spot): string {
  const forms = [
    "fence.i",
    ".word 0x0ff0000f",
    "sfence.vma zero, zero",
    `sfence.vma ${FRAME.window}, zero`,
  ];
  return sometimes(spot, b, resuming(spot, pick(forms, a)));
}

/** Waits for the timer, where there is one. */
export const wait = ([, , b]: Gene, spot: Spot) =>
  spot.wakes ? sometimes(spot, b, resuming(spot, "wfi"), RARE) : "nop";

export const time = ([, a, , c]: Gene, spot: Spot) =>
  text(
    liIo(spot, temporary, IO.mtime),
    `lw ${free(c)}, ${a % 4 === 0 ? 4 : 0}(${temporary})`,
    a % 3 ? [] : [`sw ${free(c)}, 0(${FRAME.window})`],
  );

/** The UART: a character now and then, its status, what it has received. */
export function uart([, a, b, c]: Gene, spot: Spot): string {
  const forms = [
    sometimes(spot, b, `sb ${free(c)}, 0(t5)`, RARE),
    `lbu ${free(c)}, 5(t5)`,
    `lbu ${free(c)}, 0(t5)`,
  ];
  return text(liIo(spot, "t5", IO.uart), pick(forms, a));
}

/** A mark now and then, with a value. */
export function desk([, , b, c, d]: Gene, spot: Spot): string {
  const mark = text(
    liIo(spot, "t5", IO.desk),
    `sw ${free(c)}, 4(t5)`,
    `li t6, ${(0x04000000 | (d & 0xffffff)) >>> 0}`,
    "sw t6, 0(t5)",
  );
  return sometimes(spot, b, mark, RARE);
}

/** A software interrupt to some hart, by the counter. */
export function interrupt([, a, b]: Gene, spot: Spot): string {
  const send = text(
    `srli ${temporary}, ${outer}, ${pick([0, 3, 4, 6], a)}`,
    `li t5, ${spot.harts}`,
    `remu ${temporary}, ${temporary}, t5`,
    `slli ${temporary}, ${temporary}, 2`,
    liIo(spot, "t5", IO.msip),
    `add t5, t5, ${temporary}`,
    "li t6, 1",
    "sw t6, 0(t5)",
  );
  return sometimes(spot, b, send, [0, 3, 7, 31]);
}
