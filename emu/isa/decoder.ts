// From the rows to tables: masks and matches from the bit pictures, immediate pieces from the
// formats' notation, the decoder table that the core reads (layout in assembly/decode.ts), and
// field access that the disassembler and the tests' encoder share.
import {
  COMPRESSED_ROWS,
  type CompressedRow,
  FORMATS,
  type Format,
  ROWS,
  type Row,
  RUNS,
} from "./rows.js";

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
  /** Of a compressed instruction. */
  readonly expansion?: Expansion;
}

/** The base instruction that a compressed one stands for, and where its registers come from. */
export interface Expansion {
  readonly mnemonic: string;
  readonly registers: readonly RegisterPlace[];
  /** Bits of which one must be set, or 0. */
  readonly nonzero: number;
}

/** A register that the encoding implies, or its field: five bits, or three for x8 to x15. */
export type RegisterPlace =
  | { readonly register: number }
  | { readonly low: number; readonly bits: 3 | 5 };

const FIELD_WIDTHS: Record<string, number> = {
  funct7: 7,
  funct3: 3,
  rs1: 5,
  rs2: 5,
  rd: 5,
  opcode: 7,
  funct4: 4,
  funct6: 6,
  funct2: 2,
  op: 2,
  "rd'": 3,
  "rs1'": 3,
  "rs2'": 3,
};

const isShort = (format: Format) => format.startsWith("C") && format !== "CSR";

/** The lowest bit of each field of a format; an immediate has its first piece's. */
function fieldsOf(format: Format): Map<string, number> {
  const found = new Map<string, number>();
  let bit = isShort(format) ? 16 : 32;
  for (const field of FORMATS[format][1].split(" ")) {
    bit -= FIELD_WIDTHS[field] ?? widthOf(field);
    found.set(field, bit);
  }
  return found;
}

/** Bits of an immediate field, such as imm[4:1|11]. */
function widthOf(field: string): number {
  const ranges = /\[(.+)\]$/.exec(field)?.[1]?.split("|") ?? [];
  const widths = ranges.map((range) => {
    const [high = 0, low = high] = range.split(":").map(Number);
    return high - low + 1;
  });
  return widths.reduce((sum, width) => sum + width, 0);
}

/** Immediate pieces of a format, and the immediate's sign bit (undefined when unsigned). */
export function immediateOf(format: Format): { pieces: Piece[]; sign: number | undefined } {
  const pieces: Piece[] = [];
  let bit = isShort(format) ? 16 : 32;
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

function compressedOf(row: CompressedRow): Instruction {
  const [mnemonic, bits, format, op, base, registers, nonzero] = row;
  const fields = fieldsOf(format);
  const places = registers.split(" ").map((name): RegisterPlace => {
    const low = fields.get(name);
    if (low === undefined) return { register: name === "-" ? 0 : Number(name.slice(1)) };
    return { low, bits: name.endsWith("'") ? 3 : 5 };
  });
  const mustHave =
    nonzero === "imm"
      ? encodeImmediate(0xffffffff, format)
      : nonzero === ""
        ? 0
        : 31 << (fields.get(nonzero) as number);
  const expansion = { mnemonic: base, registers: places, nonzero: mustHave };
  return { ...instructionOf([mnemonic, bits, format, op, "c"]), expansion };
}

/** Compressed instructions; of those that match the first counts. */
export const COMPRESSED: readonly Instruction[] = COMPRESSED_ROWS.map(compressedOf);

/** Bytes of the instruction that begins with these bits. */
export function lengthOf(word: number): 2 | 4 {
  return (word & 3) === 3 ? 4 : 2;
}

/** The instruction that `word` (its low 16 bits, if compressed) encodes; undefined: none. */
export function findInstruction(word: number): Instruction | undefined {
  if (lengthOf(word) === 4)
    return INSTRUCTIONS.find((row) => ((word & row.mask) ^ row.match) === 0);
  return COMPRESSED.find(({ mask, match, expansion }) => {
    const mustHave = expansion?.nonzero ?? 0;
    return ((word & mask) ^ match) === 0 && (mustHave === 0 || (word & mustHave) !== 0);
  });
}

/** The number of a register of the expansion in a compressed instruction. */
export function registerAt(word: number, place: RegisterPlace): number {
  if ("register" in place) return place.register;
  const field = (word >>> place.low) & (place.bits === 3 ? 7 : 31);
  return place.bits === 3 ? field + 8 : field;
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
  const table = new Uint8Array(3074 + RUNS.length * 2);
  const view = new DataView(table.buffer);
  for (const format of Object.keys(FORMATS) as Format[]) {
    const { pieces, sign } = immediateOf(format);
    const place = 160 + FORMATS[format][0] * 32;
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
    const place = 1024 + index * 12;
    view.setUint32(place, row.mask, true);
    view.setUint32(place + 4, row.match, true);
    view.setUint8(place + 8, row.op);
    view.setUint8(place + 9, FORMATS[row.format][0]);
  });
  putCompressed(table, view);
  putRuns(table);
  return table;
}

function putCompressed(table: Uint8Array, view: DataView): void {
  const bucket = ({ match }: Instruction) => ((match & 3) << 3) | (match >>> 13);
  const sorted = [...COMPRESSED].sort((a, b) => bucket(a) - bucket(b)); // keeps the rows' order
  for (let number = 0; number <= 32; number++) {
    view.setUint16(80 + number * 2, sorted.filter((row) => bucket(row) < number).length, true);
  }
  sorted.forEach((row, index) => {
    const place = 2048 + index * 12;
    const { registers = [], nonzero = 0 } = row.expansion ?? {};
    view.setUint16(place, row.mask, true);
    view.setUint16(place + 2, row.match, true);
    view.setUint16(place + 4, nonzero, true);
    const codes = registers.map((where) => {
      if ("register" in where) return where.register;
      return (where.bits === 3 ? 64 : 32) + where.low;
    });
    table.set([row.op, FORMATS[row.format][0], ...codes], place + 6);
  });
}

/** Each op's first instruction, and the longer runs that begin with it. */
function putRuns(table: Uint8Array): void {
  for (let op = 0; op < 256; op++) table[2560 + op] = op;
  const sorted = [...RUNS].sort(([a], [b]) => a - b);
  for (let op = 0; op <= 256; op++) {
    table[2816 + op] = sorted.filter(([shorter]) => shorter < op).length;
  }
  sorted.forEach(([shorter, behind, run], index) => {
    table[2560 + run] = table[2560 + shorter] as number; // shorter runs have lower numbers
    table.set([behind, run], 3074 + index * 2);
  });
}
