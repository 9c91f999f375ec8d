// Genes that compute and branch: all of RV32IM and its compressed forms with any registers and
// edge values, forward branches and jumps, inner loops and small ones of compressed code.
import { encode } from "../../../emu/isa/encode.js";
import { ROWS } from "../../../emu/isa/rows.js";
import { compressed } from "../differential/compressed.js";
import { destination } from "../differential/sequence.js";
import { FRAME } from "./places.js";
import { any, free, type Gene, pick, type Spot, text } from "./spot.js";

const named = (names: string) => names.split(" ");
const rowsOf = (extension: string, formats: string) =>
  ROWS.filter(([, , format, , of]) => of === extension && named(formats).includes(format)).map(
    ([mnemonic]) => mnemonic,
  );
const COMPUTE = [
  ...rowsOf("i", "R SHIFT U"),
  ...named("addi slti sltiu xori ori andi"),
  ...rowsOf("m", "R"),
];
const BRANCHES = rowsOf("i", "B");
const EDGES = [0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 31, 32, 0xfffff800, 0xffff];
const RA = 1;

/** Which destination() is ra: generated code leaves that to calls. */
const notRa = (n: number) => (destination(n) === RA ? n + 1 : n);

/** A word that computes. */
export function computing(a: number, b: number, c: number, d: number): number {
  const mnemonic = pick(COMPUTE, a);
  const imm = mnemonic === "lui" || mnemonic === "auipc" ? d & 0xfffff000 : d & 0xfff;
  const rd = destination(notRa(b));
  return encode(mnemonic, { rd, rs1: c % 32, rs2: (c >>> 5) % 32, imm });
}

/** A compressed instruction that computes. */
function computingShort(a: number, c: number, d: number): number {
  const nowhere = { base: 0, interrupt: 0, mtvec: [0, 0] as const, pc: 0 };
  const place = { ...nowhere, target: () => 0, computing: () => undefined };
  return compressed(0, a, 0, notRa(c), d, place)[0] as number;
}

/** One to four instructions, from one gene's numbers. */
export function compute([, a, b, c, d]: Gene): string {
  const many = 1 + ((a >>> 8) % 4);
  const words = Array.from({ length: many }, (_, n) =>
    computing(a + n * 7, b + n * 5, (c + n * 0x421) & 0xffff, Math.imul(d, 2 * n + 1) >>> 0),
  );
  return text(words.map((word) => `.word ${word}`));
}

export function short([, a, b, c, d]: Gene): string {
  const many = 1 + (b % 5);
  const halves = Array.from({ length: many }, (_, n) =>
    computingShort(a + n * 3, c + n * 7, Math.imul(d, 2 * n + 1) >>> 0),
  );
  return text(halves.map((half) => `.half ${half}`));
}

/** An edge value into a register, sometimes one that changes with the loop. */
export function edge([, a, b, , d]: Gene): string {
  const rd = free(a);
  const load = `li ${rd}, ${b % 4 === 0 ? d : pick(EDGES, d)}`;
  return b % 3 === 0 ? text(load, `xor ${rd}, ${rd}, ${FRAME.outer}`) : load;
}

/** A branch to a later gene, which may lie inside an inner loop. */
export function branch([, a, b, c]: Gene, spot: Spot): string {
  return `${pick(BRANCHES, a)} ${any(b)}, ${any(c)}, ${spot.later(1 + ((a >>> 4) % 6))}`;
}

/** A jump to a later gene, by one of five forms; sometimes only under a condition. */
export function jump([, a, b, c]: Gene, spot: Spot): string {
  const to = spot.later(1 + ((a >>> 4) % 4));
  const rd = pick(["zero", "ra", "t0"], b);
  const forms = [
    [`jal ${rd}, ${to}`],
    [`la ${FRAME.temporary}, ${to}`, `jalr ${rd}, 0(${FRAME.temporary})`],
    [`la ${FRAME.temporary}, ${to}`, `c.jr ${FRAME.temporary}`],
    [`la ${FRAME.temporary}, ${to}`, `c.jalr ${FRAME.temporary}`],
  ];
  const form = pick(forms, a);
  if (b & 16) return text(form);
  return text(`bltu ${any(c)}, ${any(c >>> 5)}, ${spot.name}no`, form, `${spot.name}no:`);
}

/** A short hop over compressed code. */
export function hop(gene: Gene, { name }: Spot): string {
  const [, a, , c] = gene;
  const small = `a${c % 6}`;
  const forms = [`c.beqz ${small}, ${name}over`, `c.bnez ${small}, ${name}over`];
  return text(pick([...forms, `c.j ${name}over`], a), short(gene), `${name}over:`);
}

/** A loop of its own, of compressed code: some turns at each turn of the outer one. */
export function spin([, a, b, , d]: Gene, { name }: Spot): string {
  const rd = pick(["a0", "a1", "a2", "s0", "t3"], b);
  const body = [
    `c.add ${rd}, a5`,
    `xor ${rd}, ${rd}, ${any(d)}`,
    `mul ${rd}, ${rd}, ${any(d >>> 5)}`,
    `c.slli ${rd}, ${1 + (d % 31)}`,
  ];
  return text(
    `c.li a5, ${1 + (a % 31)}`,
    `${name}turn:`,
    body.filter((_, n) => (b >>> (4 + n)) & 1),
    "c.addi a5, -1",
    `c.bnez a5, ${name}turn`,
  );
}

/** Begins an inner loop of the next genes; `innerEnd` closes it. */
export const innerBegin = ([, a]: Gene, { name }: Spot) =>
  text(`li ${FRAME.inner}, ${1 + (a % 40)}`, `${name}inner:`);

/** The backward branch of an inner loop; whoever comes in from outside leaves at once. */
export function innerEnd(name: string, b: number): string {
  const forms = [
    `blt zero, ${FRAME.inner}, ${name}inner`,
    `addi a4, ${FRAME.inner}, 0\nbge a4, zero, ${name}on\nj ${name}off\n${name}on:\n` +
      `bne ${FRAME.inner}, zero, ${name}inner\n${name}off:`,
  ];
  return text(`addi ${FRAME.inner}, ${FRAME.inner}, -1`, pick(forms, b));
}
