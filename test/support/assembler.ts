// A small assembler for guest code in tests. Encodings come from the rows through emu/isa/encode;
// here are only operand syntax, labels, and a few pseudo-instructions.
import { CSR_NAMES, REGISTER_NAMES } from "../../emu/image/disasm.js";
import { COMPRESSED, INSTRUCTIONS } from "../../emu/isa/decoder.js";
import { encode, encodeCompressed } from "../../emu/isa/encode.js";

const CSRS = new Map([...CSR_NAMES].map(([number, name]) => [name, number]));
const FORMATS = new Map(INSTRUCTIONS.map((row) => [row.mnemonic, row.format]));

const SHORT = new Map(COMPRESSED.map((row) => [row.mnemonic, row.format]));

type Labels = Map<string, number>;

function register(name: string): number {
  const number = REGISTER_NAMES.indexOf(name);
  if (number < 0) throw new Error(`assembler: no register "${name}"`);
  return number;
}

function number(text: string, labels: Labels): number {
  if (labels.has(text)) return labels.get(text) as number;
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`assembler: "${text}" is no number and no label`);
  return value;
}

/** li and la: always two instructions, so that addresses do not depend on values. */
function loadImmediate(rd: number, value: number): number[] {
  const low = (value << 20) >> 20;
  return [
    encode("lui", { rd, imm: (value - low) >>> 0 }),
    encode("addi", { rd, rs1: rd, imm: low }),
  ];
}

const PSEUDO: Record<string, (operands: string[]) => string> = {
  nop: () => "addi zero, zero, 0",
  mv: ([rd, rs]) => `addi ${rd}, ${rs}, 0`,
  j: ([to]) => `jal zero, ${to}`,
  call: ([to]) => `jal ra, ${to}`,
  ret: () => "jalr zero, 0(ra)",
  jr: ([rs]) => `jalr zero, 0(${rs})`,
  beqz: ([rs, to]) => `beq ${rs}, zero, ${to}`,
  bnez: ([rs, to]) => `bne ${rs}, zero, ${to}`,
  csrr: ([rd, csr]) => `csrrs ${rd}, ${csr}, zero`,
  csrw: ([csr, rs]) => `csrrw zero, ${csr}, ${rs}`,
  csrs: ([csr, rs]) => `csrrs zero, ${csr}, ${rs}`,
  csrc: ([csr, rs]) => `csrrc zero, ${csr}, ${rs}`,
};

function one(mnemonic: string, operands: string[], pc: number, labels: Labels): number[] {
  const [a = "", b = "", c = ""] = operands;
  if (mnemonic === "li" || mnemonic === "la") {
    return loadImmediate(register(a), number(b, labels));
  }
  if (mnemonic === ".word") return [number(a, labels) >>> 0];
  const pseudo = PSEUDO[mnemonic];
  if (pseudo) {
    const [name = "", ...rest] = split(pseudo(operands));
    return one(name, rest, pc, labels);
  }
  const memory = /^(.*)\((\w+)\)$/.exec(operands.at(-1) ?? "");
  const base = memory ? register(memory[2] as string) : 0;
  const offset = memory ? number(memory[1] || "0", labels) : 0;
  switch (FORMATS.get(mnemonic)) {
    case "R":
      if (mnemonic === "lr.w") return [encode(mnemonic, { rd: register(a), rs1: base })];
      if (memory) {
        return [encode(mnemonic, { rd: register(a), rs1: base, rs2: register(b) })];
      }
      if (mnemonic === "sfence.vma") {
        return [encode(mnemonic, { rs1: register(a), rs2: register(b) })];
      }
      return [encode(mnemonic, { rd: register(a), rs1: register(b), rs2: register(c) })];
    case "I":
      if (memory) return [encode(mnemonic, { rd: register(a), rs1: base, imm: offset })];
      return [encode(mnemonic, { rd: register(a), rs1: register(b), imm: number(c, labels) })];
    case "SHIFT":
      return [encode(mnemonic, { rd: register(a), rs1: register(b), imm: number(c, labels) })];
    case "S":
      return [encode(mnemonic, { rs2: register(a), rs1: base, imm: offset })];
    case "B": {
      const imm = number(c, labels) - pc;
      return [encode(mnemonic, { rs1: register(a), rs2: register(b), imm })];
    }
    case "U":
      return [encode(mnemonic, { rd: register(a), imm: number(b, labels) << 12 })];
    case "J":
      return [encode(mnemonic, { rd: register(a), imm: number(b, labels) - pc })];
    case "CSR": {
      const rs1 = mnemonic.endsWith("i") ? Number(c) : register(c);
      return [encode(mnemonic, { rd: register(a), rs1, imm: CSRS.get(b) ?? Number(b) })];
    }
    case "NONE":
      return [encode(mnemonic)];
    default:
      throw new Error(`assembler: no instruction "${mnemonic}"`);
  }
}

/** A compressed instruction, with the operands that objdump prints. */
function short(mnemonic: string, operands: string[], pc: number, labels: Labels): number {
  const [a = "zero", b = "0", c = "0"] = operands;
  const memory = /^(.*)\((\w+)\)$/.exec(b);
  const base = memory ? register(memory[2] as string) : 0;
  const offset = memory ? number(memory[1] || "0", labels) : 0;
  switch (SHORT.get(mnemonic)) {
    case "CR": {
      if (mnemonic === "c.ebreak") return encodeCompressed(mnemonic);
      if (operands.length === 1) return encodeCompressed(mnemonic, { rs1: register(a) });
      return encodeCompressed(mnemonic, { rd: register(a), rs2: register(b) });
    }
    case "CA":
      return encodeCompressed(mnemonic, { rd: register(a), rs1: register(a), rs2: register(b) });
    case "CI_LWSP":
    case "CL":
      return encodeCompressed(mnemonic, { rd: register(a), rs1: base, imm: offset });
    case "CSS":
    case "CS":
      return encodeCompressed(mnemonic, { rs2: register(a), rs1: base, imm: offset });
    case "CIW":
      return encodeCompressed(mnemonic, { rd: register(a), imm: number(c, labels) });
    case "CB":
      return encodeCompressed(mnemonic, { rs1: register(a), imm: number(b, labels) - pc });
    case "CJ":
      return encodeCompressed(mnemonic, { imm: number(a, labels) - pc });
    case "CI_LUI":
      return encodeCompressed(mnemonic, { rd: register(a), imm: number(b, labels) << 12 });
    case undefined:
      throw new Error(`assembler: no instruction "${mnemonic}"`);
    default: {
      const rd = register(a);
      return encodeCompressed(mnemonic, { rd, rs1: rd, imm: number(b, labels) });
    }
  }
}

/** The halfwords of one line. */
function halves(mnemonic: string, operands: string[], pc: number, labels: Labels): number[] {
  if (mnemonic === ".half") return [number(operands[0] ?? "", labels) & 0xffff];
  if (mnemonic.startsWith("c.")) return [short(mnemonic, operands, pc, labels)];
  return one(mnemonic, operands, pc, labels).flatMap((word) => [word & 0xffff, word >>> 16]);
}

function split(line: string): string[] {
  return line.trim().split(/[\s,]+/);
}

/** Assembles text for address `base`; `.align N` pads with zeros. Gives bytes and labels. */
export function assemble(text: string, base = 0x80000000): { bytes: Uint8Array; labels: Labels } {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  let labels: Labels = new Map();
  let code: number[] = []; // halfwords
  for (const pass of [1, 2]) {
    const found: Labels = new Map();
    code = [];
    const lookup = pass === 1 ? labelsOf(lines) : labels;
    for (const line of lines) {
      const pc = base + code.length * 2;
      const label = /^(\w+):$/.exec(line);
      const [mnemonic = "", ...operands] = split(line);
      if (label) found.set(label[1] as string, pc);
      else if (mnemonic === ".align") {
        while ((base + code.length * 2) % Number(operands[0]) !== 0) code.push(0);
      } else if (pass === 1 && mnemonic.startsWith("c.")) code.push(0);
      else code.push(...halves(mnemonic, operands, pc, lookup));
    }
    labels = found;
  }
  return { bytes: new Uint8Array(Uint16Array.from(code).buffer), labels };
}

function labelsOf(lines: string[]): Labels {
  const names = lines.filter((line) => line.endsWith(":")).map((line) => line.slice(0, -1));
  return new Map(names.map((name) => [name, 0x80000000]));
}
