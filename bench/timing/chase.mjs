// Suites of pointer chases: the latency of a dependent load against working set and stride, in
// local and remote memory, with and without translation, and the same for instructions. All sizes
// of a suite use the same lines, each another word of them, in growing order, so that no size finds
// caches full of lines that it does not use.
import {
  aloneIsFree,
  crowded,
  lineOf,
  operation,
  queueMost,
  readBounds,
  readStalls,
  shapeOf,
} from "./expected.mjs";
import { guestSymbols } from "./guest.mjs";
import { JUMP_BACK, jump } from "./jump.mjs";
import { FRAME, LINE, Suite, Tables } from "./suite.mjs";

const UNROLLED = 16;
const WARMS = 3;
const CODE_LINES = 3; // of op_chase
const PAGES_AT = 0x90000000;
const KIB = 1024;
export const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((k) => k * KIB);
const SPARE_WAYS = 2; // of a set under tree-PLRU, for lines of the guest itself

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

/** Whether it is exact: LRU as `readStalls` says, and tree-PLRU where every set has room. */
function isExact(model, lines, first, exact) {
  if (model.t.cache.replacement === "lru") return exact;
  return [first, "l2"].every((cache) => {
    const { sets, ways } = shapeOf(model, cache);
    const full = crowded(lines, { sets, ways: ways - SPARE_WAYS });
    return !lines.some(full);
  });
}

/** What a period of reads must cost: exactly, or within bounds; `per` makes the figure of it. */
function must(model, lines, n, first, per) {
  const { cycles, exact } = readStalls(model, lines, n, first);
  if (aloneIsFree(model) && isExact(model, lines, first, exact)) return { expected: per(cycles) };
  const { low, high } = readBounds(model, lines, n, first, SPARE_WAYS);
  return { low: per(low), high: per(high + lines.length * queueMost(model, 1)) };
}

/** Lines whose L2 set holds no code of the chase, so that it is never driven out. */
function clearOfCode(model, addresses) {
  const { sets } = shapeOf(model, "l2");
  const code = lineOf(guestSymbols().chase);
  const taken = new Set(Array.from({ length: CODE_LINES }, (_, i) => (code + i) % sets));
  return addresses.filter((address) => !taken.has(lineOf(address) % sets));
}

/** Links addresses in order into a ring through the word at `offset` of each. */
function link(pages, addresses, offset, virtual = addresses) {
  addresses.forEach((address, i) => {
    const frame = address - (address % FRAME);
    const words = pages.get(frame) ?? pages.set(frame, new Array(1024).fill(0)).get(frame);
    words[(address % FRAME) / 4 + offset] = virtual[(i + 1) % virtual.length] + offset * 4;
  });
}

/**
 * Latency over working sets. `home` is where memory is; the hart is hart 0.
 * @returns {Suite}
 */
export function chaseSuite(model, { stride, home = 0, sizes = SIZES }) {
  const suite = new Suite("chase", model);
  const { t } = model;
  const where = home === 0 ? "local" : `node ${home}, ${model.hops(0, home)} hops`;
  const pages = new Map();
  const frames = suite.frames.takeMany(home, Math.max(...sizes) / FRAME);
  sizes.forEach((size, offset) => {
    const all = frames.flatMap((frame) =>
      Array.from({ length: Math.max(1, FRAME / stride) }, (_, i) => frame + i * stride),
    );
    const lines = clearOfCode(model, all.slice(0, size / stride));
    if (lines.length === 0) return;
    link(pages, lines, offset);
    const passes = UNROLLED / gcd(lines.length, UNROLLED);
    const loads = lines.length * passes;
    const read = suite.step("chase", [0], {
      ...{ address: lines[0] + offset * 4, count: loads / UNROLLED, warms: WARMS },
    });
    const base = operation.chase(t, loads / UNROLLED) - loads * t.core.load_cycles;
    const per = (stalls) => t.core.load_cycles + stalls / lines.length;
    suite.measure(
      {
        ...{ variant: `stride ${stride}, ${where}`, size, metric: "cycles_per_load" },
        source: "core.load_cycles + L1 misses x l2.cycles + L2 misses x memory, by LRU stacks",
      },
      (result) => (read(result) - base) / loads,
      must(model, lines.map(lineOf), 0, "l1d", per),
    );
  });
  for (const [frame, words] of pages) suite.write(frame, words);
  return suite;
}

/** Loads of one line a page under Sv32: walks, once there are more pages than D-TLB entries. */
export function translatedSuite(model, counts = [16, 32, 64, 128, 256, 512, 1024]) {
  const suite = new Suite("chase, Sv32", model);
  const pages = new Map();
  const tables = new Tables(suite);
  const frames = suite.frames.takeMany(0, Math.max(...counts));
  frames.forEach((frame, page) => void tables.map(PAGES_AT + page * FRAME, frame));
  tables.finish();
  counts.forEach((count, offset) => {
    const inPage = (page) => (page % (FRAME / LINE)) * LINE;
    const all = frames.slice(0, count).map((frame, page) => frame + inPage(page));
    const used = clearOfCode(model, all);
    const virtual = used.map(
      (address) => PAGES_AT + all.indexOf(address) * FRAME + (address % FRAME),
    );
    link(pages, used, offset, virtual);
    addTranslated(suite, tables, { count, offset, used, virtual });
  });
  for (const [frame, words] of pages) suite.write(frame, words);
  return suite;
}

function addTranslated(suite, tables, { count, offset, used, virtual }) {
  const { model } = suite;
  const { t } = model;
  const misses = virtual.length > t.tlb.dtlb_entries;
  const lines = used.flatMap((address, i) =>
    [...(misses ? tables.walk(virtual[i]) : []), address].map(lineOf),
  );
  const loads = used.length * (UNROLLED / gcd(used.length, UNROLLED));
  const read = suite.step("chase", [0], {
    ...{ address: virtual[0] + offset * 4, count: loads / UNROLLED, warms: WARMS },
    satp: tables.satp,
  });
  const base = operation.chase(t, loads / UNROLLED) - loads * t.core.load_cycles;
  const walk = misses ? t.tlb.walk_cycles : 0;
  const per = (stalls) => t.core.load_cycles + walk + stalls / used.length;
  suite.measure(
    {
      ...{ variant: "a line a page", size: count * FRAME, metric: "cycles_per_load" },
      source: misses
        ? "as above + tlb.walk_cycles + two reads of entries (D-TLB: FIFO, too small)"
        : "as above; the D-TLB holds all",
    },
    (result) => (read(result) - base) / loads,
    must(model, lines, 0, "l1d", per),
  );
}

/** The same pages, mapped by one superpage: no walks. */
export function superpageSuite(model, count = 128) {
  const suite = new Suite("chase, Sv32", model);
  const { t } = model;
  const physical = 0x80800000;
  const tables = new Tables(suite);
  tables.mapMegapage(PAGES_AT, physical);
  tables.finish();
  const pages = new Map();
  const at = Array.from({ length: count }, (_, i) => i * FRAME + (i % (FRAME / LINE)) * LINE);
  const used = clearOfCode(
    model,
    at.map((place) => physical + place),
  );
  const virtual = used.map((address) => address - physical + PAGES_AT);
  link(pages, used, 0, virtual);
  for (const [frame, words] of pages) suite.write(frame, words);
  const loads = used.length * (UNROLLED / gcd(used.length, UNROLLED));
  const read = suite.step("chase", [0], {
    ...{ address: virtual[0], count: loads / UNROLLED, warms: WARMS, satp: tables.satp },
  });
  const base = operation.chase(t, loads / UNROLLED) - loads * t.core.load_cycles;
  suite.measure(
    {
      ...{ variant: "a line a page, one superpage", size: count * FRAME },
      ...{ metric: "cycles_per_load", source: "as above; one D-TLB entry covers 4 MiB" },
    },
    (result) => (read(result) - base) / loads,
    must(model, used.map(lineOf), 0, "l1d", (stalls) => t.core.load_cycles + stalls / used.length),
  );
  return suite;
}

/**
 * Stores over working sets: lines that are driven out of L1 and L2 are dirty, and go down without
 * cost to the hart. The last set is in few sets of L2, none of which holds the loop's code.
 */
export function storeSuite(model) {
  const suite = new Suite("store sweep", model);
  const { t } = model;
  const base = suite.frames.take(0);
  const far = { stride: 2 * FRAME, count: 256 };
  const sweeps = [256, 1024, 4096].map((count) => ({ stride: LINE, count }));
  for (const { stride, count } of [...sweeps, far]) {
    const start = base + FRAME / 2;
    const lines = Array.from({ length: count }, (_, i) => lineOf(start + i * stride));
    const { sets } = shapeOf(model, "l2");
    const code = lineOf(guestSymbols().stores) % sets;
    const full = crowded(lines, shapeOf(model, "l2"));
    if (lines.some((line) => full(line) && line % sets === code))
      throw new Error("store sweep: the code's set is crowded; begin elsewhere");
    const read = suite.step("stores", [0], {
      ...{ address: start, count, extra: stride, warms: WARMS },
    });
    const fixed = operation.walkOver(t, 0, count);
    const per = (stalls) => t.core.store_cycles + stalls / count;
    suite.measure(
      {
        ...{ variant: `stride ${stride}`, size: count * stride, metric: "cycles_per_store" },
        source: "core.store_cycles + L1 misses x l2.cycles + L2 misses x memory; dirty victims",
      },
      (result) => (read(result) - fixed) / count,
      must(model, lines, 0, "l1d", per),
    );
  }
  return suite;
}

/** A chain of jumps, `stride` apart: the instruction cache, and with `translated` the I-TLB. */
export function codeSuite(model, { stride, counts, translated = false }) {
  const suite = new Suite(translated ? "code chase, Sv32" : "code chase", model);
  const tables = new Tables(suite);
  for (const count of counts) {
    const frames = suite.frames.takeMany(0, Math.ceil((count * stride) / FRAME));
    const inPage = (i) => (stride < FRAME ? (i * stride) % FRAME : (i % (FRAME / LINE)) * LINE);
    const pageOf = (i) => Math.floor((i * stride) / FRAME);
    const at = Array.from({ length: count }, (_, i) => frames[pageOf(i)] + inPage(i));
    const virtual = translated ? at.map((_, i) => PAGES_AT + pageOf(i) * FRAME + inPage(i)) : at;
    if (translated)
      frames.forEach((frame, page) => void tables.map(PAGES_AT + page * FRAME, frame));
    at.forEach((address, i) => {
      const word = i + 1 < count ? jump(virtual[i], virtual[i + 1]) : JUMP_BACK;
      suite.write(address, [word]);
    });
    addCode(suite, tables, { stride, count, at, virtual, translated });
    if (translated) tables.finish();
  }
  return suite;
}

function addCode(suite, tables, { stride, count, at, virtual, translated }) {
  const { model } = suite;
  const { t } = model;
  const own = guestSymbols().codeChase;
  const misses = translated && count + 1 > t.tlb.itlb_entries;
  const read = suite.step("code_chase", [0], {
    ...{ address: virtual[0], warms: WARMS, satp: translated ? tables.satp : 0 },
  });
  const walks = misses ? (count + 1) * t.tlb.walk_cycles : 0; // and this operation's own page
  const base = operation.codeChase(t, count) - count * t.core.branch_taken_cycles;
  const per = (stalls) => t.core.branch_taken_cycles + (stalls + walks) / count;
  suite.measure(
    {
      ...{ variant: `stride ${stride}`, size: count * stride, metric: "cycles_per_jump" },
      source: misses
        ? "core.branch_taken_cycles + tlb.walk_cycles (I-TLB: FIFO, too small) + misses"
        : "core.branch_taken_cycles + L1I misses x l2.cycles + L2 misses x memory",
    },
    (result) => (read(result) - base) / count,
    must(model, [own, ...at].map(lineOf), 0, "l1i", per),
  );
}
