// The encoder: an instruction word from a row's mnemonic and its fields. For the boot ROM and for
// the tests' small assembler; everything comes from the rows.
import { encodeImmediate, INSTRUCTIONS } from "./decoder.js";

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
