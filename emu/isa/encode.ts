// The encoder: an instruction word from a row's mnemonic and its fields. For the boot ROM and for
// the tests' small assembler; everything comes from the rows.
import { COMPRESSED, encodeImmediate, INSTRUCTIONS, immediate } from "./decoder.js";

export interface Fields {
  readonly rd?: number;
  readonly rs1?: number;
  readonly rs2?: number;
  readonly imm?: number;
}

const byMnemonic = new Map(INSTRUCTIONS.map((row) => [row.mnemonic, row]));

/** The word of `mnemonic` with these fields; the ones left out are zero. */
export function encode(mnemonic: string, fields: Fields = {}): number {
  const row = byMnemonic.get(mnemonic);
  if (!row) throw new Error(`encode: no instruction "${mnemonic}"`);
  const { rd = 0, rs1 = 0, rs2 = 0, imm = 0 } = fields;
  const registers = (rd << 7) | (rs1 << 15) | (rs2 << 20);
  const free = registers | encodeImmediate(imm, row.format);
  return ((free & ~row.mask) | row.match) >>> 0;
}

const byCompressed = new Map(COMPRESSED.map((row) => [row.mnemonic, row]));

/**
 * The 16 bits of a compressed instruction from the fields of the base instruction it expands to.
 * Throws when it has no place for one of them.
 */
export function encodeCompressed(mnemonic: string, fields: Fields = {}): number {
  const row = byCompressed.get(mnemonic);
  if (!row?.expansion) throw new Error(`encode: no compressed instruction "${mnemonic}"`);
  const { rd = 0, rs1 = 0, rs2 = 0, imm = 0 } = fields;
  let word = row.match | (encodeImmediate(imm, row.format) & ~row.mask);
  row.expansion.registers.forEach((place, index) => {
    const value = [rd, rs1, rs2][index] as number;
    if ("register" in place) return;
    const small = place.bits === 3;
    if (small && (value < 8 || value > 15)) throw new Error(`encode: ${mnemonic}: x${value}`);
    word |= (small ? value - 8 : value) << place.low;
  });
  if (immediate(word, row.format) !== imm) throw new Error(`encode: ${mnemonic}: ${imm}`);
  return word;
}
