// Genes that change code while it runs: stores of each width to an instruction of this loop, of
// another loop or of another hart's; and a frame of functions read anew from the drive.
import { encode } from "../../../emu/isa/encode.js";
import { FRAME, FUNCTION_FRAMES, IO, PAGE, PLACES, RAM } from "./places.js";
import {
  type Gene,
  liIo,
  liRam,
  type Point,
  pick,
  resuming,
  type Spot,
  sometimes,
  text,
} from "./spot.js";

const { temporary, outer } = FRAME;
const TURNS = [0, 7, 63, 255, 1023];
const WRITTEN = [10, 11, 12, 13, 14, 28, 29];
const REQUEST = PLACES.queue + 512;
export const SECTOR = 512;

/** An instruction that patches may change: `addi`, or `c.addi` with the least immediate bit set. */
export function point([, a, b]: Gene): string {
  const rd = pick(WRITTEN, b);
  if (a & 1) return `.half ${0x0001 | (rd << 7) | (1 << 2)}`;
  return `.word ${encode("addi", { rd, rs1: rd, imm: 1 })}`;
}

export const isShortPoint = ([, a]: Gene) => (a & 1) === 1;

/** Stores to a long point: all of it, a byte of its immediate, an atomic, or two short ones. */
function patchLong([, a, b]: Gene, spot: Spot): string {
  const rd = pick(WRITTEN, b);
  const two = (0x0005 | (rd << 7)) * 0x10001;
  const forms = [
    [
      `li ${temporary}, ${encode("addi", { rd, rs1: rd })}`,
      `slli t6, ${outer}, 20`,
      `or ${temporary}, ${temporary}, t6`,
      `sw ${temporary}, 0(t5)`,
    ],
    [`sb ${outer}, 3(t5)`],
    [resuming(spot, text(`lui ${temporary}, 0x100`, `amoadd.w zero, ${temporary}, (t5)`))],
    [`li ${temporary}, ${two >>> 0}`, `sw ${temporary}, 0(t5)`],
    [`li ${temporary}, ${encode("xori", { rd, rs1: rd, imm: 0x155 })}`, `sw ${temporary}, 0(t5)`],
  ];
  return text(pick(forms, a));
}

/** Another immediate for a short point. */
const patchShort = [`lhu ${temporary}, 0(t5)`, `xori ${temporary}, ${temporary}, 8`].concat(
  `sh ${temporary}, 0(t5)`,
);

/** Stores to one of the program's points, with fence.i behind it or without. */
export function patch(gene: Gene, spot: Spot): string {
  const [, a, b, c] = gene;
  const to: Point = spot.points.length > 0 ? pick(spot.points, c) : { address: RAM, short: false };
  const change = text(
    liRam(spot, "t5", to.address),
    to.short ? patchShort : patchLong([0, a >>> 4, b, c, 0], spot),
    a % 2 ? "fence.i" : [],
  );
  return sometimes(spot, b >>> 4, change, TURNS);
}

/** Reads one of the drive's sectors over the start of a frame of functions. */
export function disk([, a, , , d]: Gene, spot: Spot): string {
  const read = text(
    liRam(spot, "t5", REQUEST),
    `srli ${temporary}, ${outer}, ${pick([3, 6, 8], d)}`,
    `andi ${temporary}, ${temporary}, 7`,
    `sw ${temporary}, 8(t5)`,
    liRam(spot, "t5", PLACES.queue),
    `lhu ${temporary}, 130(t5)`,
    `addi ${temporary}, ${temporary}, 1`,
    `sh ${temporary}, 130(t5)`,
    liIo(spot, "t5", IO.block),
    "sw zero, 0x50(t5)",
    "lw t6, 0x60(t5)",
    "sw t6, 0x64(t5)",
  );
  return sometimes(spot, a, read, [15, 63, 255]);
}

/** The queue of one request, which reads a sector into frame `n` of the functions. */
export function putQueue(view: DataView, n: number): void {
  const put = (offset: number, ...words: number[]) => {
    words.forEach((word, at) => {
      view.setUint32(PLACES.queue - RAM + offset + at * 4, word, true);
    });
  };
  const frame = PLACES.functions + (n % FUNCTION_FRAMES) * PAGE;
  put(0, REQUEST, 0, 16, 0x10001); // header, then 1
  put(16, frame, 0, SECTOR, 0x20003); // writable, then 2
  put(32, REQUEST + 32, 0, 1, 2); // the status byte
}
