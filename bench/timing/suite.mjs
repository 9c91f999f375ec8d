// What the suites of micro-benchmarks have in common: a model from a timing configuration, a list
// of steps to which measures are tied, and page tables. A suite is a plan for one machine and, for
// each measure, how it is read from the results and what it must be: exactly `expected`, or from
// `low` to `high`.
import { Frames, OPERATIONS, WARM_CODE } from "./guest.mjs";

export const LINE = 64;
export const FRAME = 4096;
const RAM_BYTES = 64 << 20;
const PTE_LEAF = 0xcf; // V R W X A D
const PTE_CLEAN = 0x4f; // without D
const PTE_TABLE = 1;
const SV32 = 0x80000000;

/**
 * @param {any} timing by the names of its TOML file
 * @param {readonly (readonly number[])[]} hops from each node to each
 * @returns {import("./expected.mjs").Model}
 */
export function modelOf(timing, hops, harts, ramBytes = RAM_BYTES) {
  const { nodes } = timing.topology;
  return { t: timing, harts, nodes, ramBytes, hops: (a, b) => hops[a][b] };
}

export class Suite {
  constructor(name, model, options = {}) {
    this.name = name;
    this.model = model;
    this.frames = new Frames(model);
    this.options = options;
    this.steps = [];
    this.memory = [];
    this.measures = [];
    this.scratch = this.frames.take(0); // a line for each hart
  }

  /** Adds a step; returns how its result is read, by hart. */
  step(operation, harts, fields = {}) {
    if (!OPERATIONS.includes(operation)) throw new Error(`no operation ${operation}`);
    const number = this.steps.length;
    const scratch = this.scratch + (harts[0] % (FRAME / LINE)) * LINE;
    this.steps.push({ operation, harts, scratch, ...fields });
    return (result, hart = harts[0]) => result(number, hart);
  }

  /** A step for one hart whose code is in the instruction cache before. */
  warm(operation, hart, fields) {
    return this.step(operation, [hart], { flags: WARM_CODE, ...fields });
  }

  /** Adds a measure; `read` gives its value from the results. */
  measure(what, read, must) {
    const { cpuA = 0, cpuB = "", size = 0, unit = "cycles", ...rest } = what;
    this.measures.push({ test: this.name, cpuA, cpuB, size, unit, ...rest, read, ...must });
  }

  write(address, words) {
    this.memory.push([address, words]);
  }

  get plan() {
    return { steps: this.steps, memory: this.memory, ...this.options };
  }
}

/** Makes page tables of a suite: all of low memory as it is, and pages where they are wanted. */
export class Tables {
  constructor(suite, home = 0) {
    this.suite = suite;
    this.home = home;
    this.root = suite.frames.take(home);
    this.rootWords = new Array(1024).fill(0);
    this.leaves = new Map();
    for (const megapage of [0x000, 0x200, 0x201, 0x202, 0x203])
      this.rootWords[megapage] = ((megapage << 20) | PTE_LEAF) >>> 0;
  }

  get satp() {
    return (SV32 | (this.root / FRAME)) >>> 0;
  }

  map(virtual, physical, { clean = false } = {}) {
    const top = Math.floor(virtual / 0x400000);
    const leaf = this.leaves.get(top) ?? this.addLeaf(top);
    const flags = clean ? PTE_CLEAN : PTE_LEAF;
    leaf.words[Math.floor(virtual / FRAME) % 1024] = (physical / FRAME) * 1024 + flags;
  }

  mapMegapage(virtual, physical) {
    this.rootWords[virtual / 0x400000] = (physical / FRAME) * 1024 + PTE_LEAF;
  }

  addLeaf(top) {
    const leaf = { address: this.suite.frames.take(this.home), words: new Array(1024).fill(0) };
    this.rootWords[top] = (leaf.address / FRAME) * 1024 + PTE_TABLE;
    this.leaves.set(top, leaf);
    return leaf;
  }

  /** Physical addresses of the entries that a walk for this address reads. */
  walk(virtual) {
    const top = Math.floor(virtual / 0x400000);
    const leaf = this.leaves.get(top);
    const first = this.root + top * 4;
    return leaf ? [first, leaf.address + (Math.floor(virtual / FRAME) % 1024) * 4] : [first];
  }

  /** Writes them into the suite's memory. */
  finish() {
    this.suite.write(this.root, this.rootWords);
    for (const { address, words } of this.leaves.values()) this.suite.write(address, words);
  }
}
