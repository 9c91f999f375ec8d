// What the text of a gene may refer to: its own labels, later genes, places in code that may be
// patched, and its hart's view of the machine. Also the pieces of text that many genes have in
// common: run only now and then, or with a place to resume at.
import { FRAME, ioOf, type Mode, ramOf } from "./places.js";

/** One gene: what to do, and four numbers that say with what. */
export type Gene = readonly [kind: number, a: number, b: number, c: number, d: number];

/** An instruction that may be stored over. */
export interface Point {
  /** Physical address. */
  readonly address: number;
  readonly short: boolean;
}

export interface Spot {
  readonly mode: Mode;
  readonly hart: number;
  readonly harts: number;
  /** A name that labels of this gene begin with; itself one, before the gene. */
  readonly name: string;
  /** The label of a gene `ahead` genes on, or of the loop's tail. */
  readonly later: (ahead: number) => string;
  readonly points: readonly Point[];
  /** Has the hart a timer, so that it may wait? */
  readonly wakes: boolean;
}

export const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
export const text = (...parts: readonly (string | readonly string[])[]) => parts.flat().join("\n");

/** The registers that generated code writes: neither the frame's, nor its temporaries, nor ra. */
const FREE = "zero sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 t3 t4".split(" ");
const ANY = [...FREE, "ra", ...Object.values(FRAME), "t5", "t6"];
export const free = (n: number) => pick(FREE, n);
export const any = (n: number) => pick(ANY, n);

/** Masks of the outer counter: at each turn, at every eighth, and so on. */
const MASKS = [0, 1, 7, 63, 255, 1023];

/** The text at some turns of the loop only, chosen by `a`. */
export function sometimes({ name }: Spot, a: number, what: string, masks = MASKS): string {
  const mask = pick(masks, a);
  if (mask === 0) return what;
  return text(
    `andi ${FRAME.temporary}, ${FRAME.outer}, ${mask}`,
    `bnez ${FRAME.temporary}, ${name}not`,
    what,
    `${name}not:`,
  );
}

/** The text with the place behind it for whatever traps in it. */
export function resuming({ name }: Spot, what: string, mark = "behind"): string {
  return text(`la ${FRAME.resume}, ${name}${mark}`, what, `${name}${mark}:`);
}

export const ram = (spot: Spot, pa: number) => ramOf(spot.mode, pa);
export const io = (spot: Spot, pa: number) => ioOf(spot.mode, pa);
export const isUser = ({ mode }: Spot) => mode === "user";

/** `li` of an address of RAM as the hart sees it. */
export const liRam = (spot: Spot, register: string, pa: number) =>
  `li ${register}, ${ram(spot, pa) >>> 0}`;
export const liIo = (spot: Spot, register: string, pa: number) =>
  `li ${register}, ${io(spot, pa) >>> 0}`;
