// Functions and the genes that call them: directly, through a table in memory, by themselves, and
// through the window, where the page decides which function is called. Each frame of functions has
// the same entries, so the frame behind a page can change; the last entry runs over the end of its
// page, with a 32-bit instruction across.

import { encode } from "../../../emu/isa/encode.js";
import { assemble } from "../assembler.js";
import { computing } from "./compute.js";
import {
  chance,
  ENTRIES,
  FRAME,
  FUNCTION_FRAMES,
  PAGE,
  PLACES,
  windowAddress,
  windowPage,
} from "./places.js";
import { type Gene, isUser, liRam, pick, ram, resuming, type Spot, text } from "./spot.js";

const RETURN = `jalr zero, 0(${FRAME.link})`;
const { link, temporary, stack, inner } = FRAME;

/** Words that compute, from a number alone. */
function some(next: () => number, many: number): string {
  return text(
    Array.from({ length: many }, () => {
      const word = computing(next() & 0xffff, next() & 0xffff, next() & 0xffff, next());
      return `.word ${word}`;
    }),
  );
}

/** An instruction that may be cut: any first half with any second one is an `addi`. */
const cut = (rd: number, imm: number) => encode("addi", { rd, rs1: rd, imm });

/** The bytes of one frame; those of the frame behind begin with the second half of `cut`. */
function frame(seed: number): Uint8Array {
  const next = chance(seed);
  const bytes = new Uint8Array(new Uint16Array(PAGE / 2).fill(1).buffer); // c.nop
  const view = new DataView(bytes.buffer);
  const [first, second, third] = ENTRIES;
  const put = (at: number, ...parts: string[]) => bytes.set(assemble(text(parts)).bytes, at);
  const rd = 10 + (next() % 6);
  view.setUint16(0, cut(rd, next() % 2048) >>> 16, true);
  put(first, some(next, 2 + (next() % 6)), RETURN);
  put(second, some(next, 2 + (next() % 8)), RETURN);
  put(third, some(next, 3), "c.addi a0, 1"); // from here to the cut, in halfwords
  view.setUint16(PAGE - 2, cut(rd, 0) & 0xffff, true);
  return bytes;
}

/** All frames of functions, one more behind them, for PLACES.functions. */
export function functions(seed: number): Uint8Array[] {
  return Array.from({ length: FUNCTION_FRAMES + 1 }, (_, n) => frame(seed + n));
}

/** Physical address of an entry; the last frame is not entered, for nothing lies behind it. */
const entryAt = (n: number, which: number) =>
  PLACES.functions + (n % FUNCTION_FRAMES) * PAGE + pick(ENTRIES, which);

/** What the table in memory holds: 8 addresses for S and M mode, then 8 for U mode. */
export function pointers(): number[] {
  const all = Array.from({ length: 8 }, (_, n) => entryAt(n * 3, n));
  return [...all, ...all.map((pa) => pa - 0x40000000)];
}

/** A direct call, near or through a register. */
export function call([, a, b, c]: Gene, spot: Spot): string {
  const to = ram(spot, entryAt(b, c)) >>> 0;
  if (a % 3 === 0) return `jal ${link}, ${to}`;
  if (a % 3 === 1) return text(`li ${temporary}, ${to}`, `jalr ${link}, 0(${temporary})`);
  return text(`li ${link}, ${to}`, `jalr ${link}, 0(${link})`);
}

/** A call through the table, by the counter: another function at each turn. */
export function indirect([, a, b]: Gene, spot: Spot): string {
  const table = PLACES.pointers + (isUser(spot) ? 32 : 0);
  return text(
    `andi t5, ${FRAME.outer}, ${pick([7, 3, 1, 6], a)}`,
    "slli t5, t5, 2",
    liRam(spot, temporary, table),
    `add ${temporary}, ${temporary}, t5`,
    `lw ${temporary}, 0(${temporary})`,
    b % 2 ? `jalr ${link}, 0(${temporary})` : `mv t6, ${temporary}\njalr ${link}, 0(t6)`,
  );
}

/** A function that calls itself, linked by ra on a stack, jumped over by who runs past it. */
export function recursion([, a, b, c, d]: Gene, { name }: Spot): string {
  return text(
    `li ${inner}, ${1 + (a % 12)}`,
    `jal ra, ${name}deep`,
    `j ${name}done`,
    `${name}deep:`,
    `addi ${stack}, ${stack}, -16`,
    `sw ra, 0(${stack})`,
    `.word ${computing(a, b, c, d)}`,
    `addi ${inner}, ${inner}, -1`,
    `bge zero, ${inner}, ${name}base`,
    `jal ra, ${name}deep`,
    `.word ${computing(b, c, a, d)}`,
    `${name}base:`,
    `lw ra, 0(${stack})`,
    `addi ${stack}, ${stack}, 16`,
    "ret",
    `${name}done:`,
  );
}

/** A call of a page of the window (in machine mode, of the frame itself). */
export function windowCall([, a, b, c]: Gene, spot: Spot): string {
  const page = windowAddress(windowPage("code", isUser(spot), b)) + pick(ENTRIES, c);
  const to = spot.mode === "machine" ? entryAt(b, c) : page;
  const jump = a % 2 ? [`jalr ${link}, 0(t5)`] : [`mv ${temporary}, t5`, `jalr ${link}, 0(t5)`];
  return resuming(spot, text(`li t5, ${to >>> 0}`, jump), "back");
}
