// The compressed part of generated sequences: computation in every form, loads and stores on
// memory, forward jumps, and encodings that no row has, which must be illegal.
import { COMPRESSED, encodeImmediate, findInstruction } from "../../../emu/isa/decoder.js";
import { encodeCompressed } from "../../../emu/isa/encode.js";
import { destination, loadImmediate, memoryAddress, type Place, pick, T1 } from "./sequence.js";

/** Code in halfwords. */
export type Halves = number[];

const BASES = ["addi", "lui", "srli", "srai", "andi", "sub", "xor", "or", "and", "slli", "add"];
const COMPUTE = COMPRESSED.filter(({ expansion }) => BASES.includes(expansion?.mnemonic ?? ""));
const halves = (words: readonly number[]) => words.flatMap((word) => [word & 0xffff, word >>> 16]);

const NOP = 0x0001;

/** A row's encoding with any operands: reserved ones and HINTs too, but none that is a jump. */
function compute(a: number, c: number, d: number): number {
  const row = pick(COMPUTE, a);
  const wide = row.expansion?.registers.some((place) => "low" in place && place.bits === 5);
  const free = wide ? (d & ~(31 << 7)) | (destination(c) << 7) : d;
  const word = ((free & ~row.mask) | row.match) & 0xffff;
  const found = findInstruction(word);
  return found === undefined || COMPUTE.includes(found) ? word : NOP;
}

/** A load or store of a word, through one of x8 to x15 or through x2. */
function memoryAccess(a: number, b: number, c: number, d: number): Halves {
  const imm = (c % 32) * 4;
  const small = (n: number) => 8 + (n % 8);
  const base = a % 4 < 2 ? small(b) : 2;
  const names = ["c.lw", "c.sw", "c.lwsp", "c.swsp"] as const;
  const fields = [
    { rd: small(c >>> 5), rs1: base, imm },
    { rs2: small(c >>> 5), rs1: base, imm },
    { rd: destination(c >>> 5) || 1, rs1: 2, imm },
    { rs2: c % 30, rs1: 2, imm },
  ][a % 4];
  const word = encodeCompressed(pick(names, a), fields);
  return [...halves(loadImmediate(base, memoryAddress(b >>> 3, d))), word];
}

function control(a: number, b: number, place: Place): Halves {
  const target = place.target(1 + ((a >>> 4) % 6));
  const distance = target - place.pc;
  const row = (name: string) => COMPRESSED.find(({ mnemonic }) => mnemonic === name);
  const jump = (name: string, register = 0) => {
    const { match, format } = row(name) as (typeof COMPRESSED)[number];
    return match | encodeImmediate(distance, format) | (register << 7);
  };
  switch (a % 6) {
    case 0:
      return [jump("c.j")];
    case 1:
      return [jump("c.jal")];
    case 2:
      return [jump("c.beqz", b % 8)];
    case 3:
      return [jump("c.bnez", b % 8)];
    default: {
      const name = a % 6 === 4 ? "c.jr" : "c.jalr";
      return [...halves(loadImmediate(T1, target)), encodeCompressed(name, fieldsOf(name))];
    }
  }
}

function fieldsOf(name: string) {
  return name === "c.jr" ? { rd: 0, rs1: T1 } : { rd: 1, rs1: T1 };
}

/** Sixteen bits that are no instruction: reserved, of another extension, or all zero. */
function nothing(d: number): Halves {
  const word = d % 16 === 0 ? 0 : d & 0xffff;
  const known = (word & 3) === 3 || findInstruction(word) !== undefined;
  return known ? [] : [word];
}

/** The code of a compressed gene. */
export function compressed(
  kind: number,
  a: number,
  b: number,
  c: number,
  d: number,
  place: Place,
): Halves {
  if (kind < 100) return [compute(a, c, d)];
  if (kind < 150) return memoryAccess(a, b, c, d);
  if (kind < 180) return control(a, b, place);
  return kind < 190 ? [0x9002] : nothing(d); // c.ebreak
}
