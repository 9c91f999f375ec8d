// The disassembler: an instruction word as binutils' objdump prints it with `-M no-aliases`, with
// ABI register names. Mnemonics and fields come from the rows; only the order of operands is here.
import {
  findInstruction,
  type Instruction,
  immediate,
  lengthOf,
  registerAt,
} from "../isa/decoder.js";

export const REGISTER_NAMES: readonly string[] = (
  "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 " +
  "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"
).split(" ");

/** The names of the counters 3 to 31, and of what belongs to them. */
const numbered = (name: string, end = "") =>
  Array.from({ length: 29 }, (_, index) => `${name}${index + 3}${end}`).join(" ");

const CSR_RANGES: readonly (readonly [number, string])[] = [
  [0x100, "sstatus"],
  [0x104, "sie stvec scounteren"],
  [0x10a, "senvcfg"],
  [0x140, "sscratch sepc scause stval sip"],
  [0x180, "satp"],
  [0x300, "mstatus misa medeleg mideleg mie mtvec mcounteren"],
  [0x30a, "menvcfg"],
  [0x310, "mstatush"],
  [0x31a, "menvcfgh"],
  [0x320, "mcountinhibit"],
  [0x323, numbered("mhpmevent")],
  [0x340, "mscratch mepc mcause mtval mip"],
  [0x3a0, "pmpcfg0 pmpcfg1 pmpcfg2 pmpcfg3"],
  [0x3b0, Array.from({ length: 16 }, (_, entry) => `pmpaddr${entry}`).join(" ")],
  [0xb00, "mcycle"],
  [0xb02, "minstret"],
  [0xb03, numbered("mhpmcounter")],
  [0xb80, "mcycleh"],
  [0xb82, "minstreth"],
  [0xb83, numbered("mhpmcounter", "h")],
  [0xc00, "cycle time instret"],
  [0xc03, numbered("hpmcounter")],
  [0xc80, "cycleh timeh instreth"],
  [0xc83, numbered("hpmcounter", "h")],
  [0xf11, "mvendorid marchid mimpid mhartid mconfigptr"],
];

/** CSR names by number. */
export const CSR_NAMES: ReadonlyMap<number, string> = new Map(
  CSR_RANGES.flatMap(([first, names]) =>
    names.split(" ").map((name, index) => [first + index, name] as const),
  ),
);

/** The name of a CSR, or its number in hexadecimal. */
export function csrName(number: number): string {
  return CSR_NAMES.get(number) ?? `0x${number.toString(16)}`;
}

function fenceSet(bits: number): string {
  const letters = ["w", "r", "o", "i"].filter((_, bit) => (bits >> bit) & 1).reverse();
  return letters.length > 0 ? letters.join("") : "unknown";
}

/** Bytes of the instruction that begins with the bits of `word`. */
export function instructionLength(word: number): 2 | 4 {
  return lengthOf(word);
}

/**
 * The text of the instruction `word` at `pc`, of which a compressed one takes the low 16 bits;
 * `.word` or `.2byte` when nothing matches.
 */
export function disassemble(word: number, pc: number): string {
  const row = findInstruction(word);
  if (lengthOf(word) === 2) return compressed(row, word & 0xffff, pc);
  if (!row) return `.word 0x${(word >>> 0).toString(16).padStart(8, "0")}`;
  const name = row.mnemonic;
  const register = (low: number) => REGISTER_NAMES[(word >>> low) & 31] as string;
  const [rd, rs1, rs2] = [register(7), register(15), register(20)];
  const value = immediate(word, row.format);
  const target = `0x${((pc + value) >>> 0).toString(16)}`;
  switch (row.format) {
    case "R":
      if ((word & 0x7f) === 0x2f) return atomic(name, word, rd, rs1, rs2);
      return name === "sfence.vma" ? `${name} ${rs1},${rs2}` : `${name} ${rd},${rs1},${rs2}`;
    case "I":
      if ((word & 0x7f) === 0x13) return `${name} ${rd},${rs1},${value}`;
      return `${name} ${rd},${value}(${rs1})`;
    case "S":
      return `${name} ${rs2},${value}(${rs1})`;
    case "B":
      return `${name} ${rs1},${rs2},${target}`;
    case "U":
      return `${name} ${rd},0x${(value >>> 12).toString(16)}`;
    case "J":
      return `${name} ${rd},${target}`;
    case "SHIFT":
      return `${name} ${rd},${rs1},0x${value.toString(16)}`;
    case "CSR":
      return `${name} ${rd},${csrName(value)},${name.endsWith("i") ? (word >>> 15) & 31 : rs1}`;
    default:
      if (name !== "fence") return name;
      return `${name} ${fenceSet((word >>> 24) & 15)},${fenceSet((word >>> 20) & 15)}`;
  }
}

function compressed(row: Instruction | undefined, word: number, pc: number): string {
  if (!row?.expansion) return `.2byte 0x${word.toString(16)}`;
  const name = row.mnemonic;
  const [rd, rs1, rs2] = row.expansion.registers.map(
    (place) => REGISTER_NAMES[registerAt(word, place)] as string,
  );
  const value = immediate(word, row.format);
  const target = `0x${((pc + value) >>> 0).toString(16)}`;
  switch (row.format) {
    case "CR":
      if (name === "c.ebreak") return name;
      return row.expansion.mnemonic === "jalr" ? `${name} ${rs1}` : `${name} ${rd},${rs2}`;
    case "CA":
      return `${name} ${rd},${rs2}`;
    case "CI_LUI":
      return `${name} ${rd},0x${((value >> 12) & 0xfffff).toString(16)}`;
    case "CI_SHIFT":
    case "CB_SHIFT":
      return value === 0 ? `${name}64 ${rd}` : `${name} ${rd},0x${value.toString(16)}`;
    case "CI_LWSP":
    case "CL":
      return `${name} ${rd},${value}(${rs1})`;
    case "CSS":
    case "CS":
      return `${name} ${rs2},${value}(${rs1})`;
    case "CIW":
      return `${name} ${rd},${rs1},${value}`;
    case "CB":
      return `${name} ${rs1},${target}`;
    case "CJ":
      return `${name} ${target}`;
    default:
      return `${name} ${rd},${value}`;
  }
}

function atomic(name: string, word: number, rd: string, rs1: string, rs2: string): string {
  const order = ["", ".rl", ".aq", ".aqrl"][(word >>> 25) & 3];
  const operands = name === "lr.w" ? `${rd},(${rs1})` : `${rd},${rs2},(${rs1})`;
  return `${name}${order} ${operands}`;
}
