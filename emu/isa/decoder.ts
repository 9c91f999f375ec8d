// From the rows to tables: masks and matches from the bit pictures, immediate pieces from the
// formats' notation, the decoder table that the core reads (layout in assembly/decode.ts), and
// field access that the disassembler and the tests' encoder share.
import { FORMATS, type Format, ROWS, type Row, RUNS } from "./rows.js";

/** Bits [low, low + width) of an instruction, which are bits [to, to + width) of the immediate. */
export interface Piece {
  readonly low: number;
  readonly width: number;
  readonly to: number;
}

export interface Instruction {
  readonly mnemonic: string;
  readonly format: Format;
  readonly op: number;
  readonly mask: number;
  readonly match: number;
}

const FIELD_WIDTHS: Record<string, number> = {
  funct7: 7,
  funct3: 3,
  rs1: 5,
  rs2: 5,
  rd: 5,
  opcode: 7,
};

/** Immediate pieces of a format, and the immediate's sign bit (undefined when unsigned). */
export function immediateOf(format: Format): { pieces: Piece[]; sign: number | undefined } {
  const pieces: Piece[] = [];
  let bit = 32;
  for (const field of FORMATS[format][1].split(" ")) {
    const immediate = /^u?imm\[(.+)\]$/.exec(field);
    if (!immediate) {
      bit -= FIELD_WIDTHS[field] ?? 0;
      continue;
    }
    for (const range of (immediate[1] as string).split("|")) {
      const [high, to = high] = range.split(":").map(Number) as [number, number?];
      const width = high - to + 1;
      bit -= width;
      pieces.push({ low: bit, width, to });
    }
  }
  const signed = FORMATS[format][1].includes(" imm[") || FORMATS[format][1].startsWith("imm[");
  const top = Math.max(-1, ...pieces.map((piece) => piece.to + piece.width - 1));
  return { pieces, sign: signed ? top : undefined };
}

function instructionOf([mnemonic, bits, format, op]: Row): Instruction {
  const mask = Number.parseInt(bits.replace(/[01]/g, "1").replace(/\./g, "0"), 2);
  const match = Number.parseInt(bits.replace(/\./g, "0"), 2);
  return { mnemonic, format, op, mask, match };
}

export const INSTRUCTIONS: readonly Instruction[] = ROWS.map(instructionOf);

/** The instruction that `word` encodes, or undefined when no row matches. */
export function findInstruction(word: number): Instruction | undefined {
  return INSTRUCTIONS.find((row) => ((word & row.mask) ^ row.match) === 0);
}

/** The immediate of `word` as `format` has it, signed where the format is. */
export function immediate(word: number, format: Format): number {
  const { pieces, sign } = immediateOf(format);
  let value = 0;
  for (const { low, width, to } of pieces) {
    value |= ((word >>> low) & (0xffffffff >>> (32 - width))) << to;
  }
  if (sign === undefined || sign === 31) return sign === 31 ? value >>> 0 : value;
  return (value << (31 - sign)) >> (31 - sign);
}

/** The bits of an instruction that hold immediate `value` in `format`. */
export function encodeImmediate(value: number, format: Format): number {
  let word = 0;
  for (const { low, width, to } of immediateOf(format).pieces) {
    word |= ((value >>> to) & (0xffffffff >>> (32 - width))) << low;
  }
  return word >>> 0;
}

/** The table that the core's decoder reads. */
export function decoderTable(): Uint8Array {
  const table = new Uint8Array(2562 + RUNS.length * 2);
  const view = new DataView(table.buffer);
  for (const format of Object.keys(FORMATS) as Format[]) {
    const { pieces, sign } = immediateOf(format);
    const place = 80 + FORMATS[format][0] * 16;
    view.setUint8(place, pieces.length);
    view.setUint8(place + 1, sign ?? 255);
    pieces.forEach(({ low, width, to }, index) => {
      table.set([low, width, to], place + 2 + index * 3);
    });
  }
  const bucket = (row: Instruction) => (row.match >>> 2) & 31;
  const sorted = [...INSTRUCTIONS].sort((a, b) => bucket(a) - bucket(b));
  for (let number = 0; number <= 32; number++) {
    view.setUint16(number * 2, sorted.filter((row) => bucket(row) < number).length, true);
  }
  sorted.forEach((row, index) => {
    const place = 256 + index * 12;
    view.setUint32(place, row.mask, true);
    view.setUint32(place + 4, row.match, true);
    view.setUint8(place + 8, row.op);
    view.setUint8(place + 9, FORMATS[row.format][0]);
  });
  putRuns(table);
  return table;
}

/** Each op's first instruction, and the longer runs that begin with it. */
function putRuns(table: Uint8Array): void {
  for (let op = 0; op < 256; op++) table[2048 + op] = op;
  const sorted = [...RUNS].sort(([a], [b]) => a - b);
  for (let op = 0; op <= 256; op++) {
    table[2304 + op] = sorted.filter(([shorter]) => shorter < op).length;
  }
  sorted.forEach(([shorter, behind, run], index) => {
    table[2048 + run] = table[2048 + shorter] as number; // shorter runs have lower numbers
    table.set([behind, run], 2562 + index * 2);
  });
}
