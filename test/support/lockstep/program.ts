// Generated programs: plain numbers that fast-check can shrink, and the image that they mean. Each
// hart runs its loops one behind the other for ever, in one privilege mode; a run ends when the
// host has seen enough. Whatever the numbers are, nothing waits for ever but for what wakes it.
import fc from "fast-check";
import { assemble } from "../assembler.js";
import { functions, pointers } from "./calls.js";
import { innerEnd } from "./compute.js";
import { firmware, ROUNDS, type Start } from "./firmware.js";
import { GENE_NUMBERS, KINDS, type Kind, kindOf, numberOf } from "./genes.js";
import { isShortPoint, putQueue, SECTOR } from "./patch.js";
import {
  AREA_STRIDE,
  CODE_STRIDE,
  chance,
  DATA_PAGES,
  FRAME,
  FUNCTION_FRAMES,
  IO,
  ioOf,
  LOOP_STRIDE,
  MODES,
  type Mode,
  PAGE,
  PLACES,
  RAM,
  ramOf,
} from "./places.js";
import type { Gene, Point, Spot } from "./spot.js";
import { pick } from "./spot.js";
import { putTables } from "./tables.js";

export interface Loop {
  /** Turns. */
  readonly count: number;
  /** Halfwords of the loop that lie before a page's end; the rest lies behind. */
  readonly back: number;
  /** The gene at which the loop is entered. */
  readonly entry: number;
  readonly genes: readonly Gene[];
}

export interface Side {
  /** Of MODES. */
  readonly mode: number;
  /** [whether, lead, stride, span] of the timer. */
  readonly timer: readonly [number, number, number, number];
  /** 0: it runs the first hart's loops, where that sees the same addresses. */
  readonly share: number;
  readonly loops: readonly Loop[];
}

export interface Step {
  readonly cycles: number;
  readonly act: (typeof ACTS)[number];
  readonly number: number;
}

/** What the host does behind a slice. */
export const ACTS = ["run", "snapshot", "restore", "swap", "exact", "input", "poke"] as const;

export interface Program {
  readonly seed: number;
  /** One for each hart. */
  readonly sides: readonly Side[];
  readonly quantumCycles: number;
  readonly decodedPages: number;
  readonly cyclesPerTick: number;
  /** Cycles after which code is translated. */
  readonly hotCycles: number;
  /** Exceptions that go to supervisor mode: bits of medeleg, and whether SSI does. */
  readonly delegated: number;
  /** A page in which two PMP regions meet, if less than 12. */
  readonly split: number;
  /** Rounds of the first hart's loops to a reset of the machine, if less than 6. */
  readonly reset: number;
  /** Are traps observed? */
  readonly observed: boolean;
  /** With the timing model at work, if 3. */
  readonly timed: number;
  readonly steps: readonly Step[];
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const gene: fc.Arbitrary<Gene> = fc.tuple(
  ...[fc.nat(GENE_NUMBERS - 1), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), word],
) as fc.Arbitrary<Gene>;
const loop: fc.Arbitrary<Loop> = fc.record({
  count: fc.integer({ min: 300, max: 6000 }),
  back: fc.nat(300),
  entry: fc.nat(15),
  genes: fc.array(gene, { minLength: 1, maxLength: 14, size: "max" }),
});
const side: fc.Arbitrary<Side> = fc.record({
  mode: fc.nat(2),
  timer: fc.tuple(fc.nat(2), fc.nat(200), fc.nat(96), fc.nat(4000)),
  share: fc.nat(3),
  loops: fc.array(loop, { minLength: 1, maxLength: 2, size: "max" }),
});
const step: fc.Arbitrary<Step> = fc.record({
  cycles: fc.integer({ min: 1, max: 60_000 }),
  act: fc.constantFrom(...ACTS, "run" as const, "run" as const),
  number: fc.nat(0xffff),
});

/** The program with most of its genes of one kind, in one mode, and translated if anything is. */
export function mostly(kind: Kind, mode: number, program: Program): Program {
  const change = (each: Gene, n: number): Gene =>
    n % 3 < 2 ? [numberOf(kind), each[1], each[2], each[3], each[4]] : each;
  const loops = (all: readonly Loop[]) =>
    all.map((one) => ({ ...one, genes: one.genes.map(change) }));
  const sides = program.sides.map((one) => ({ ...one, mode, loops: loops(one.loops) }));
  return { ...program, sides, decodedPages: 1024, hotCycles: 100, observed: true };
}

export const programs: fc.Arbitrary<Program> = fc.record({
  seed: word,
  sides: fc.array(side, { minLength: 1, maxLength: 4, size: "max" }),
  quantumCycles: fc.constantFrom(64, 64, 1000, 7, 1),
  decodedPages: fc.constantFrom(1024, 1024, 1024, 8, 5, 2),
  cyclesPerTick: fc.constantFrom(1, 10),
  hotCycles: fc.constantFrom(500, 100, 1, 2000),
  delegated: fc.nat(0xffff),
  split: fc.nat(60),
  reset: fc.nat(30),
  observed: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 12, size: "max" }),
  timed: fc.nat(3),
});

/** A piece of the program's code, as it was laid down. */
export interface Section {
  readonly name: string;
  /** Physical address. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface Image {
  /** From the start of RAM. */
  readonly bytes: Uint8Array;
  readonly drive: Uint8Array;
  readonly sections: readonly Section[];
  readonly points: readonly Point[];
}

const modeOf = (side: Side): Mode => pick(MODES, side.mode);
const isPoint = (each: Gene) => kindOf(each) === "point";

/** The points of a loop: one at its head, and its genes of that kind. */
function pointsOf({ genes }: Loop): { gene: number; short: boolean }[] {
  const found = genes.map((each, n) => ({ gene: n, short: isShortPoint(each), is: isPoint(each) }));
  return [{ gene: -1, short: false }, ...found.filter(({ is }) => is)];
}

/** How many genes an inner loop that begins here holds. */
const holds = ([, , b]: Gene) => 1 + (b % 4);

/** The genes' text with inner loops closed; an inner loop in another one is none. */
function body(genes: readonly Gene[], spotAt: (n: number) => Spot): string[] {
  let closes = -1;
  let opened = "";
  let form = 0;
  return genes.flatMap((each, n) => {
    const spot = spotAt(n);
    const kind = kindOf(each);
    const end = n === closes ? [innerEnd(opened, form)] : [];
    if (n === closes) closes = -1;
    if (kind === "inner") {
      if (closes >= 0) return [...end, `${spot.name}:`];
      [closes, opened, form] = [Math.min(n + holds(each) + 1, genes.length), spot.name, each[3]];
    }
    const lines = [...end, `${spot.name}:`, KINDS[kind][1](each, spot)];
    if (n === genes.length - 1 && closes >= 0) lines.push(innerEnd(opened, form));
    return lines;
  });
}

/** A loop's text: entered in its middle perhaps, left when its counter is at zero. */
function loopText(loop: Loop, spot: Omit<Spot, "name" | "later">): string {
  const { genes, count, entry } = loop;
  const nameOf = (n: number) => (n < genes.length ? `g${n}` : "tail");
  const spotAt = (n: number): Spot => ({
    ...spot,
    name: `g${n}`,
    later: (ahead) => nameOf(n + ahead),
  });
  return [
    `li ${FRAME.outer}, ${count}`,
    entry > 0 && entry < genes.length ? `j g${entry}` : "",
    "head:",
    "addi t3, t3, 1", // the first point
    ...body(genes, spotAt),
    "tail:",
    `addi ${FRAME.outer}, ${FRAME.outer}, -1`,
    `bge zero, ${FRAME.outer}, out`,
    "j head",
    "out:",
    `jalr zero, 0(${FRAME.loop})`,
  ].join("\n");
}

/** Whose loops a hart runs. */
function ownerOf(sides: readonly Side[], hart: number): number {
  const [first, mine] = [sides[0] as Side, sides[hart] as Side];
  const same = (modeOf(first) === "user") === (modeOf(mine) === "user");
  return mine.share === 0 && same ? 0 : hart;
}

/** Where a loop lies. */
function placeOf(hart: number, index: number, { back }: Loop): number {
  return PLACES.code + hart * CODE_STRIDE + LOOP_STRIDE * (index + 1) + PAGE - 2 * back;
}

/** The loop of a hart that calls its loops in turn, and in the end may reset the machine. */
function mainText(program: Program, hart: number): string {
  const owner = ownerOf(program.sides, hart);
  const { loops } = program.sides[owner] as Side;
  const mode = modeOf(program.sides[hart] as Side);
  const resets = hart === 0 && program.reset < 6;
  return [
    "round:",
    ...loops.map((loop, n) => `jal ${FRAME.loop}, ${ramOf(mode, placeOf(owner, n, loop)) >>> 0}`),
    `li t5, ${ramOf(mode, PLACES.areas + hart * AREA_STRIDE)}`,
    `lw t6, ${ROUNDS}(t5)`,
    "addi t6, t6, 1",
    `sw t6, ${ROUNDS}(t5)`,
    resets ? `li t5, ${program.reset + 2}\nbne t5, t6, round` : "j round",
    resets ? `li t5, ${ioOf(mode, IO.finisher)}\nli t6, 0x7777\nsw t6, 0(t5)\nj round` : "",
  ].join("\n");
}

/** All code of the harts, given where its points lie. */
function sectionsOf(program: Program, points: readonly Point[]): [Section[], Point[]] {
  const found: Point[] = [];
  const { sides } = program;
  const sections = sides.flatMap((side, hart) => {
    const mode = modeOf(side);
    const at = (text: string, name: string, address: number) => {
      const { bytes, labels } = assemble(text, ramOf(mode, address));
      return { section: { name, address, bytes }, labels };
    };
    const main = PLACES.code + hart * CODE_STRIDE;
    const spot = { mode, hart, harts: sides.length, points, wakes: side.timer[0] > 0 };
    const loops = side.loops.map((loop, n) => {
      const place = placeOf(hart, n, loop);
      const { section, labels } = at(loopText(loop, spot), `hart ${hart} loop ${n}`, place);
      if (section.bytes.length > 4000) throw new Error("lockstep: a loop is too long");
      for (const { gene, short } of pointsOf(loop)) {
        const label = labels.get(gene < 0 ? "head" : `g${gene}`) as number;
        found.push({ address: place + label - ramOf(mode, place), short });
      }
      return section;
    });
    return [at(mainText(program, hart), `hart ${hart} main`, main).section, ...loops];
  });
  return [sections, found];
}

/** Exceptions that may go to supervisor mode: calls from U mode, breaks, faults of pages. */
const DELEGABLE = [8, 3, 12, 13, 15, 2, 5, 7];

function delegationOf({ delegated }: Program): { medeleg: number; mideleg: number } {
  const bits = DELEGABLE.filter((_, n) => (delegated >>> n) & 1).map((cause) => 1 << cause);
  return { medeleg: bits.reduce((all, bit) => all | bit, 0), mideleg: delegated & 0x100 ? 2 : 0 };
}

function startOf(program: Program, hart: number): Start {
  const side = program.sides[hart] as Side;
  const [on, lead, stride, span] = side.timer;
  const tick = program.cyclesPerTick;
  const ticks = (cycles: number) => Math.ceil(cycles / tick);
  const timer = { lead: ticks(150 + lead), stride: 1 + stride, span: 100 + ticks(span) };
  return { mode: modeOf(side), timer: on > 0 && timer, seed: program.seed + hart };
}

/** Physical page in which PMP regions meet: of data, functions or code. */
function splitOf({ split, sides }: Program): number | undefined {
  if (split >= 12) return undefined;
  if (split < 4) return PLACES.data + split * PAGE + 0x800;
  if (split < 8) return PLACES.functions + (split - 4) * PAGE + 0x100;
  return PLACES.code + (split % sides.length) * CODE_STRIDE + LOOP_STRIDE + 0x1000 + 0x40;
}

/** The image of a program. */
export function imageOf(program: Program): Image {
  const bytes = new Uint8Array(PLACES.end - RAM);
  const view = new DataView(bytes.buffer);
  const all = program.sides.flatMap(({ loops }) => loops.flatMap(pointsOf));
  const nowhere = all.map(({ short }) => ({ address: RAM, short }));
  const [, points] = sectionsOf(program, nowhere);
  const [sections] = sectionsOf(program, points);
  const harts = program.sides.map((_, hart) => startOf(program, hart));
  bytes.set(firmware({ harts, ...delegationOf(program), split: splitOf(program) }));
  putTables(view);
  putQueue(view, program.seed);
  pointers().forEach((pa, n) => {
    view.setUint32(PLACES.pointers - RAM + n * 4, pa, true);
  });
  const next = chance(program.seed);
  for (let at = 0; at < DATA_PAGES * PAGE; at += 4) {
    view.setUint32(PLACES.data - RAM + at, next(), true);
  }
  const frames = functions(program.seed);
  for (const [n, frame] of frames.entries()) bytes.set(frame, PLACES.functions - RAM + n * PAGE);
  for (const { address, bytes: code } of sections) bytes.set(code, address - RAM);
  const drive = new Uint8Array(FUNCTION_FRAMES * SECTOR);
  for (let n = 0; n < FUNCTION_FRAMES; n++) {
    drive.set((frames[n] as Uint8Array).subarray(0, SECTOR), n * SECTOR);
  }
  return { bytes, drive, sections, points };
}
