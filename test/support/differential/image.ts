// The image of a batch: harness, page tables, scratch memory, the sequences' code and descriptors,
// as one piece for the start of RAM. Everything follows from the sequences and one number.
import {
  DESCRIPTOR_WORDS,
  FIELDS,
  FIRST_PREPARED,
  harness,
  PLACES,
  PREPARED,
  RAM,
  STVEC,
  supervisorHandler,
} from "./harness.js";
import {
  ALIAS,
  ALIAS_MEMORY,
  ALIAS_PAGES,
  address,
  delegable,
  HOLE,
  interruptOf,
  interrupts,
  layOut,
  type Sequence,
  satp,
  statusBits,
  TABLE_SETS,
  TABLE_STRIDE,
} from "./sequence.js";

export interface Image {
  /** From the start of RAM. */
  readonly bytes: Uint8Array;
  /** Each sequence's halfwords, in order. */
  readonly code: readonly (readonly number[])[];
}

/** xorshift32: the filling of scratch memory and tables. */
function chance(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const PTE = { valid: 1, user: 16, leaf: 0xcf }; // leaf: V R W X A D

/** A leaf's or pointer's flags: often what an access needs, sometimes anything legal. */
function flags(next: () => number): number {
  const bits = next() % 4 === 0 ? next() & 0xff : (next() & 0xd0) | 0x0f;
  const reserved = (bits & 6) === 4; // W without R
  return reserved ? bits & ~4 : bits;
}

/** One set: identity for the first 4 MiB of RAM, and the aliases of sequence.ts. */
function tables(view: DataView, set: number, next: () => number): void {
  const root = PLACES.tables + set * TABLE_STRIDE;
  const leaves = root + 0x1000;
  const put = (table: number, index: number, address: number, bits: number) =>
    view.setUint32(table - RAM + index * 4, ((address >>> 12) << 10) | bits, true);
  put(root, RAM >>> 22, RAM, PTE.leaf | (set % 2 ? PTE.user : 0));
  const alias = ALIAS >>> 22;
  put(root, alias, leaves, PTE.valid);
  for (let page = 0; page < ALIAS_PAGES; page++) {
    const memory = next() % 6 ? PLACES.scratch + (next() % 8) * 4096 : PLACES.locked;
    put(leaves, page, page < ALIAS_MEMORY ? memory : HOLE, flags(next));
  }
  put(root, alias + 1, RAM, flags(next)); // superpage
  put(root, alias + 2, RAM + 0x1000 * (next() % 4), flags(next)); // often misaligned
  put(root, alias + 3, leaves, PTE.valid | (next() & 0xf0)); // a pointer with leaf bits
  view.setUint32(root - RAM + (alias + 4) * 4, (next() << 10) | 0xcf, true); // beyond 32 bits
}

/** The words of one descriptor. */
function descriptor(
  { setup }: Sequence,
  entry: number,
  end: number,
  mtvec: readonly [number, number],
): number[] {
  const s = (n: number) => setup[n] as number;
  const words = new Array<number>(DESCRIPTOR_WORDS).fill(0);
  for (let n = 1; n < 30; n++) words[n] = register(n, s(n % 12), s((n * 5) % 12));
  words[FIELDS.entry] = entry;
  words[FIELDS.end] = end;
  const mode = [0, 1, 3, 3][s(0) % 4] as number;
  const keepMprv = mode === 3 && s(1) % 4 === 0;
  const bits = statusBits(s(1) >>> 3) & ~0x1800 & (keepMprv ? -1 : ~0x20000);
  words[FIELDS.status] = (bits & ~8) | (mode << 11);
  const values: Record<(typeof PREPARED)[number], number> = {
    medeleg: s(2) % 3 ? 0 : delegable(s(3)),
    mideleg: interrupts(s(4)),
    mie: s(5) % 2 ? 0 : interrupts(s(5)),
    mip: s(5) % 4 ? 0 : interruptOf(setup),
    mscratch: s(7),
    mcounteren: s(8) & 7,
    stvec: STVEC[s(9) % 2] as number,
    scounteren: s(9) & 7,
    sscratch: s(10),
    sepc: 0,
    scause: 0,
    stval: 0,
    satp: satp(s(11)),
    mtvec: mtvec[s(10) % 2] as number,
  };
  PREPARED.forEach((name, n) => {
    words[FIRST_PREPARED + n] = values[name];
  });
  return words;
}

/** The value a register starts with: some point into memory, some are edges, some anything. */
function register(n: number, a: number, b: number): number {
  if (n >= 20 && n <= 25) return address(a + n, b);
  const edges = [0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 31, 32, b];
  return a % 3 === 0 ? (edges[(a >>> 3) % 8] as number) : Math.imul(b + n, 0x9e3779b1) >>> 0;
}

/** The image of these sequences. */
export function imageOf(batch: readonly Sequence[], seed: number): Image {
  const bytes = new Uint8Array(PLACES.records - RAM);
  const view = new DataView(bytes.buffer);
  const next = chance(seed);
  const { bytes: program, mtvec } = harness();
  bytes.set(program, PLACES.harness - RAM);
  bytes.set(supervisorHandler(), PLACES.supervisor - RAM);
  for (let set = 0; set < TABLE_SETS; set++) tables(view, set, next);
  for (let at = 0; at < 0x8000; at += 4) view.setUint32(PLACES.scratch - RAM + at, next(), true);
  let base: number = PLACES.code;
  const code = batch.map((sequence, index) => {
    const { code, end } = layOut(sequence, { base, mtvec });
    if (end + 4 > PLACES.codeEnd) throw new Error("differential: the batch is too long");
    code.forEach((half, n) => {
      view.setUint16(base - RAM + n * 2, half, true);
    });
    const fields = descriptor(sequence, base, end, mtvec);
    const at = PLACES.descriptors - RAM + index * DESCRIPTOR_WORDS * 4;
    fields.forEach((word, n) => {
      view.setUint32(at + n * 4, word >>> 0, true);
    });
    base = (end + 4 + 63) & ~63;
    base >>>= 0;
    return code;
  });
  return { bytes, code };
}
