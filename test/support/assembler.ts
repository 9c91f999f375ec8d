// A small assembler for guest code in tests. Encodings come from the rows through emu/isa/encode;
// here are only operand syntax, labels, and a few pseudo-instructions.
import { CSR_NAMES, REGISTER_NAMES } from "../../emu/image/disasm.js";
import { INSTRUCTIONS } from "../../emu/isa/decoder.js";
import { encode } from "../../emu/isa/encode.js";

const CSRS = new Map([...CSR_NAMES].map(([number, name]) => [name, number]));
const FORMATS = new Map(INSTRUCTIONS.map((row) => [row.mnemonic, row.format]));

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
  let words: number[] = [];
  for (const pass of [1, 2]) {
    const found: Labels = new Map();
    words = [];
    const lookup = pass === 1 ? labelsOf(lines) : labels;
    for (const line of lines) {
      const pc = base + words.length * 4;
      const label = /^(\w+):$/.exec(line);
      const [mnemonic = "", ...operands] = split(line);
      if (label) found.set(label[1] as string, pc);
      else if (mnemonic === ".align") {
        while ((base + words.length * 4) % Number(operands[0]) !== 0) words.push(0);
      } else words.push(...one(mnemonic, operands, pc, lookup));
    }
    labels = found;
  }
  return { bytes: new Uint8Array(Uint32Array.from(words).buffer), labels };
}

function labelsOf(lines: string[]): Labels {
  const names = lines.filter((line) => line.endsWith(":")).map((line) => line.slice(0, -1));
  return new Map(names.map((name) => [name, 0x80000000]));
}
