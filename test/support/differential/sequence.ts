// Generated sequences: plain numbers (a setup and a list of genes), so that fast-check can shrink
// them, and what they mean in instructions. Every jump goes forward and every trap is answered, so
// a sequence always ends. Whatever the numbers are, the words are the same on every machine.
import fc from "fast-check";
import { CSR_NAMES } from "../../../emu/image/disasm.js";
import { findInstruction } from "../../../emu/isa/decoder.js";
import { encode } from "../../../emu/isa/encode.js";
import { ROWS } from "../../../emu/isa/rows.js";
import { compressed, type Halves } from "./compressed.js";
import { PLACES, RAM, STVEC } from "./harness.js";

/** One gene: what to do, and four numbers that say with what. */
export type Gene = readonly [kind: number, a: number, b: number, c: number, d: number];
export interface Sequence {
  /** Privilege, translation, and the other CSRs at the start. */
  readonly setup: readonly number[];
  readonly genes: readonly Gene[];
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const gene = fc.tuple(fc.nat(999), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), word);

/** Sequences of up to `most` genes. */
export function sequences(most: number): fc.Arbitrary<Sequence> {
  return fc.record({
    setup: fc.array(word, { minLength: 12, maxLength: 12 }),
    genes: fc.array(gene, { minLength: 1, maxLength: most, size: "max" }),
  });
}

/** What the words of a sequence may use of the harness around them. */
export interface Surroundings {
  readonly base: number;
  /** The one interrupt it may make pending: of several QEMU takes the lowest number first. */
  readonly interrupt: number;
  readonly mtvec: readonly [number, number];
}

export const TABLE_SETS = 4;
export const TABLE_STRIDE = 0x2000;
/** Virtual addresses that the page tables give another meaning than the RAM that lies there. */
export const ALIAS = 0x81000000;
/** Pages of the alias that lead to memory, whatever their permissions; those behind may not. */
export const ALIAS_MEMORY = 12;
export const ALIAS_PAGES = 16;
/** Where there is neither memory nor a device. */
export const HOLE = 0x1a000000;
export const [T1, T2] = [26, 27];
const POINTERS = [20, 21, 22, 23, 24, 25] as const;
/** What else a sequence writes: all but the temporaries, the pointers, and x30 and x31. */
const DESTINATIONS = [...Array.from({ length: 20 }, (_, n) => n), 28, 29];

export const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
export const destination = (n: number) => pick(DESTINATIONS, n);
const named = (names: string) => names.split(" ");
const rowsOf = (extension: string, formats: string) =>
  ROWS.filter(([, , format, , of]) => of === extension && named(formats).includes(format)).map(
    ([mnemonic]) => mnemonic,
  );

const COMPUTE = [
  ...rowsOf("i", "R SHIFT U"),
  ...named("addi slti sltiu xori ori andi"),
  ...rowsOf("m", "R"),
];
const LOADS = named("lb lh lw lbu lhu");
const STORES = named("sb sh sw");
const AMOS = rowsOf("a", "R").filter((name) => name.startsWith("amo"));
const BRANCHES = rowsOf("i", "B");
const CSR_FORMS = named("csrrw csrrs csrrc csrrwi csrrsi csrrci");
const CSR_NUMBERS = new Map([...CSR_NAMES].map(([number, name]) => [name, number]));
const csr = (name: string) => CSR_NUMBERS.get(name) as number;

const END = encode("ecall");

/** li: always two instructions. */
export function loadImmediate(rd: number, value: number): number[] {
  const low = (value << 20) >> 20;
  return [
    encode("lui", { rd, imm: (value - low) >>> 0 }),
    encode("addi", { rd, rs1: rd, imm: low }),
  ];
}

/** Addresses of memory, plain or through the page tables' aliases. */
export function memoryAddress(choice: number, offset: number): number {
  const bases = [
    PLACES.scratch,
    PLACES.scratch + ((offset >>> 12) % 8) * 4096,
    ALIAS + ((offset >>> 12) % (ALIAS_MEMORY - 1)) * 4096,
    ALIAS + ((offset >>> 12) % (ALIAS_MEMORY - 1)) * 4096,
    ALIAS + 0x400000 + (PLACES.scratch - RAM),
    ALIAS + 0x800000 + (PLACES.scratch - RAM),
    PLACES.locked,
  ];
  const inside = choice % 5 === 0 ? 4092 : (offset % 1024) * 4;
  return (pick(bases, choice) + inside) >>> 0;
}

/** Addresses that loads and stores try: memory, and where there is none. */
export function address(choice: number, offset: number): number {
  if (choice % 4) return memoryAddress(choice >>> 2, offset);
  const bases = [
    ALIAS + (ALIAS_MEMORY + ((offset >>> 12) % (ALIAS_PAGES - ALIAS_MEMORY))) * 4096,
    ALIAS + 0xc00000 + (offset % 2) * 0x400000,
    HOLE,
    0xfffff000,
  ];
  return (pick(bases, choice >>> 2) + (offset % 1024) * 4) >>> 0;
}

/** satp values: off, or one of the table sets with some ASID. */
export function satp(choice: number): number {
  if (choice % 4 === 0) return 0;
  const root = PLACES.tables + ((choice >>> 2) % TABLE_SETS) * TABLE_STRIDE;
  return (0x80000000 | (((choice >>> 8) % 3) << 22) | (root >>> 12)) >>> 0;
}

// Bits of mstatus that may be written one by one; MPP only as a whole, since 2 is reserved.
const STATUS_BITS = [1, 3, 5, 7, 8, 17, 18, 19, 20, 21, 22].map((bit) => 2 ** bit);
const MPP = 3 << 11;

export function statusBits(choice: number): number {
  const sum = STATUS_BITS.reduce((all, bit, n) => all + ((choice >>> n) & 1 ? bit : 0), 0);
  return sum + ((choice >>> 12) & 1 ? MPP : 0);
}

/** Traps that stay with machine mode: fetches that fail, and the handler's own call. */
const NEVER_DELEGATED = (1 << 0) | (1 << 1) | (1 << 9) | (1 << 12);
/** Exceptions that both machines can delegate; QEMU also takes those of extensions it lacks. */
const DELEGABLE = 0xb3ff;
export const delegable = (bits: number) => (bits & DELEGABLE & ~NEVER_DELEGATED) >>> 0;

type Legal = (value: number) => number;
const whole: Legal = (value) => value >>> 0;
/** Without the bits that QEMU 7.2 lets be written although it lacks what they belong to. */
export const interrupts: Legal = (value) => value & 0xaaa;
const WRITTEN: readonly (readonly [string, Legal])[] = [
  ["mstatus", statusBits],
  ["sstatus", statusBits],
  ["medeleg", delegable],
  ["mideleg", interrupts],
  ["mie", interrupts],
  ["sie", interrupts],
  ["mip", whole],
  ["sip", whole],
  ["mscratch", whole],
  ["sscratch", whole],
  ["mepc", (value) => (value & ~1) >>> 0],
  ["sepc", (value) => (value & ~1) >>> 0],
  ["mcause", (value) => (value & 0x8000001f) >>> 0],
  ["scause", (value) => (value & 0x8000001f) >>> 0],
  ["mtval", whole],
  ["stval", whole],
  ["mcounteren", whole],
  ["scounteren", whole],
  ["misa", whole],
  ["satp", satp],
  // Not 0: a set or clear of nothing writes all the same (Zicsr), but QEMU looks at the value.
  ["mhartid", (value) => (value | 1) >>> 0],
  ["menvcfg", (value) => value & 1],
  ["senvcfg", (value) => value & 1],
];

/** A CSR instruction on one that may be written; a set or clear of medeleg stays legal too. */
function csrWrite(a: number, b: number, c: number, d: number, interrupt: number): number[] {
  const [name, any] = pick(WRITTEN, a);
  const legal: Legal = /^[ms]ip$/.test(name) ? (value) => value & interrupt : any;
  const form = pick(name === "satp" ? ["csrrw"] : CSR_FORMS, b);
  const rd = destination(c);
  if (!form.endsWith("i")) {
    const load = loadImmediate(T1, legal(d));
    return [...load, encode(form, { rd, rs1: (b >>> 4) % 8 ? T1 : 0, imm: csr(name) })];
  }
  return [encode(form, { rd, rs1: legal(d) & 31, imm: csr(name) })];
}

/** CSRs whose values are not the same on two machines, or that only one of them has. */
export function isComparable(number: number): boolean {
  const counter = (number & 0xf60) === 0xc00 || (number & 0xf60) === 0xb00;
  const event = number >= 0x320 && number < 0x340;
  const identity = number >= 0xf11 && number <= 0xf13;
  return !counter && !event && !identity;
}

function csrRead(a: number, c: number): number[] {
  const number = a & 0xfff;
  if (!isComparable(number)) return [];
  return [encode(a & 0x1000 ? "csrrs" : "csrrc", { rd: destination(c), imm: number })];
}

/** mtvec or stvec to anything and back, with no trap possible in between. */
function vectorProbe(a: number, c: number, d: number, mtvec: number): number[] {
  const [number, value] = a & 1 ? [csr("mtvec"), mtvec] : [csr("stvec"), pick(STVEC, a >>> 1)];
  return [
    ...loadImmediate(T1, d),
    ...loadImmediate(T2, value),
    encode("csrrw", { rd: destination(c), rs1: T1, imm: number }),
    encode("csrrw", { rd: destination(c >>> 5), rs1: T2, imm: number }),
  ];
}

const PERMISSIONS = [0, 1, 3, 4, 5, 7]; // W without R is reserved
function pmpWrite(a: number, b: number, c: number, d: number): number[] {
  const entry = a % 15;
  const locked = b % 12 === 0;
  const place = locked ? PLACES.locked : pick([PLACES.scratch, PLACES.locked, PLACES.code], b);
  // No region ends where a page does: a misaligned access there is two for us, and one for QEMU.
  const low = (place + (d % 2048)) >>> 2;
  const high = low + ((d >>> 12) % 64);
  const mode = (c >>> 4) % 4;
  const ones = 2 ** ((d >>> 18) % 8) - 1;
  const napot = locked ? (low & ~15) | 7 : ((low & ~ones) | (ones >> 1)) >>> 0;
  const config = pick(PERMISSIONS, c) | (mode << 3) | (locked ? 0x80 : 0);
  const keep = entry >= 12 ? 0x1f000000 : 0;
  const tor = mode === 1 && entry > 0;
  return [
    ...(tor ? [...loadImmediate(T1, low)] : []),
    ...(tor ? [encode("csrrw", { rs1: T1, imm: 0x3b0 + entry - 1 })] : []),
    ...loadImmediate(T1, mode === 3 ? napot : mode === 1 ? high : low),
    encode("csrrw", { rd: destination(c), rs1: T1, imm: 0x3b0 + entry }),
    ...(mode === 1 && entry === 0 && locked
      ? []
      : [
          ...loadImmediate(T1, ((config << ((entry % 4) * 8)) | keep) >>> 0),
          encode("csrrw", { rd: destination(c >>> 5), rs1: T1, imm: 0x3a0 + (entry >> 2) }),
        ]),
  ];
}

/** Clears MPRV, where machine mode may. */
const CLEAR_MPRV = [
  encode("lui", { rd: T1, imm: 0x20000 }),
  encode("csrrc", { rs1: T1, imm: csr("mstatus") }),
];

/**
 * mret or sret to the instruction behind it, in the mode that mstatus says. MPRV is cleared first:
 * the returns do so themselves since version 1.12 of the manual (3.1.6.3), but QEMU since 8.0 only.
 */
function trapReturn(a: number): number[] {
  const [name, number] =
    a & 1 ? (["mret", csr("mepc")] as const) : (["sret", csr("sepc")] as const);
  return [
    ...CLEAR_MPRV,
    encode("auipc", { rd: T1, imm: 0 }),
    encode("addi", { rd: T1, rs1: T1, imm: 16 }),
    encode("csrrw", { rs1: T1, imm: number }),
    encode(name),
  ];
}

/** Aligned through a pointer, or misaligned on memory; QEMU cuts misaligned ones elsewhere up. */
function memoryAccess(name: string, a: number, b: number, c: number, d: number): number[] {
  const register = STORES.includes(name) ? { rs2: c % 32 } : { rd: destination(c) };
  const word = (rs1: number, imm: number) => encode(name, { ...register, rs1, imm });
  if (a % 3) return [word(pick(POINTERS, a), ((b << 20) >> 20) & ~3)];
  return [...loadImmediate(T1, memoryAddress(b, d)), word(T1, (a >>> 2) % 4)];
}

/**
 * Atomics on memory only: where there is none QEMU reports them as loads. LR and SC stand together,
 * as QEMU compares the value where we know the reservation; and an SC is left out when its LR has
 * trapped (so that T2 kept its value), since QEMU then fails it without a look at the address.
 */
function atomic(a: number, b: number, c: number, d: number): number[] {
  const order = (b >>> 8) & 3;
  const word = (name: string, rd: number) =>
    (encode(name, { rd, rs1: T1, rs2: c % 32 }) | (order << 25)) >>> 0;
  const aligned = (b >>> 10) % 16 > 0;
  const load = loadImmediate(T1, memoryAddress(a, d) + (aligned ? 0 : 1 + (d % 3)));
  if (b % 4) return [...load, word(pick(AMOS, b >>> 2), destination(c >>> 5))];
  return [
    ...load,
    encode("addi", { rd: T2, imm: 0x7a5 }),
    word("lr.w", T2),
    encode("addi", { rd: 28, imm: 0x7a5 }),
    encode("beq", { rs1: T2, rs2: 28, imm: 8 }),
    word("sc.w", (c >>> 10) % 20),
  ];
}

function compute(a: number, b: number, c: number, d: number): number[] {
  const mnemonic = pick(COMPUTE, a);
  const imm = mnemonic === "lui" || mnemonic === "auipc" ? d & 0xfffff000 : d & 0xfff;
  return [encode(mnemonic, { rd: destination(b), rs1: c % 32, rs2: (c >>> 5) % 32, imm })];
}

/** A word that no row matches: it must be illegal on both machines. */
function nothing(d: number, c: number): number[] {
  const opcode = pick([0x3b, 0x07, 0x27, 0x53, 0x73, 0x33, 0x13, 0x2f, 0x67, 0x0b, 0x77], c);
  const words = [(d | 3) >>> 0, ((d & ~0x7f) | opcode) >>> 0];
  const word = pick(words, c >>> 4);
  const known = findInstruction(word) !== undefined || (word & 0x7f) === 0x0f;
  // Longer encodings (bits 4..2 all set) and loads to x0 of other extensions are left alone.
  return known ? [] : [word];
}

export interface Place extends Surroundings {
  /** The address of gene `ahead` genes on (or of the end), once sizes are known. */
  readonly target: (ahead: number) => number;
  /** The address of the first gene from there on that is one instruction and only computes. */
  readonly computing: (ahead: number) => number | undefined;
  readonly pc: number;
}

function control(a: number, b: number, c: number, place: Place): number[] {
  const target = place.target(1 + ((a >>> 4) % 6));
  const distance = target - place.pc;
  const rd = pick([0, 1, 5, c % 20], b);
  if (a % 128 === 5) return [...loadImmediate(T1, HOLE), encode("jalr", { rd, rs1: T1 })];
  if (a % 4 === 0) return [encode("jal", { rd, imm: distance })];
  if (a % 4 === 1) {
    return [
      encode("auipc", { rd: T1, imm: 0 }),
      encode("jalr", { rd, rs1: T1, imm: distance + ((b >>> 2) & 1) }),
    ];
  }
  return [encode(pick(BRANCHES, b), { rs1: c % 32, rs2: (c >>> 5) % 32, imm: distance })];
}

/**
 * Stores another instruction over one that computes further on, and fences. Without MPRV, with
 * which QEMU 7.2 lets stores to pages that were fetched from pass by the fetch's permissions.
 */
function patch(a: number, b: number, c: number, d: number, place: Place): number[] {
  const over = place.computing(1 + (a % 4));
  return [
    ...CLEAR_MPRV,
    ...loadImmediate(T1, over ?? place.target(9999)),
    ...loadImmediate(T2, over === undefined ? END : (compute(a, b, c, d)[0] as number)),
    encode("sw", { rs1: T1, rs2: T2 }),
    encode("fence.i"),
  ];
}

function system(a: number, b: number, c: number): number[] {
  switch (a % 8) {
    case 0:
      return [encode("ecall")];
    case 1:
      return [encode("ebreak")];
    case 2:
      return [encode("fence.i")];
    case 3:
      return [0x0ff0000f];
    case 4:
      return [encode("sfence.vma", { rs1: pick(POINTERS, b) })];
    case 5:
      return [encode("sfence.vma", { rs1: b % 2 ? 0 : pick(POINTERS, b), rs2: c % 20 })];
    default:
      return trapReturn(b);
  }
}

const COMPUTING = 280;

const COMPRESSED = 200;

/** The code of one gene at `place`, in halfwords; their number does not depend on targets. */
function codeOf(gene: Gene, place: Place): Halves {
  const [kind, a, b, c, d] = gene;
  if (kind >= 1000 - COMPRESSED) return compressed(kind % COMPRESSED, a, b, c, d, place);
  return wordsOf(gene, place).flatMap((word) => [word & 0xffff, word >>> 16]);
}

/** The words of a gene that is not compressed. */
function wordsOf([kind, a, b, c, d]: Gene, place: Place): number[] {
  if (kind < COMPUTING) return compute(a, b, c, d);
  if (kind < 352) return loadImmediate(pick(POINTERS, a), address(b, d));
  if (kind < 432) return memoryAccess(pick(LOADS, d), a, b, c, d >>> 4);
  if (kind < 512) return memoryAccess(pick(STORES, d), a, b, c, d >>> 4);
  if (kind < 560) return atomic(a, b, c, d);
  if (kind < 616) return control(a, b, c, place);
  if (kind < 680) return csrWrite(a, b, c, d, place.interrupt);
  if (kind < 704) return csrRead(a, c);
  if (kind < 728) return pmpWrite(a, b, c, d);
  if (kind < 760) return system(a, b, c);
  if (kind < 768) return vectorProbe(a, c, d, pick(place.mtvec, b));
  if (kind < 784) return patch(a, b, c, d, place);
  return nothing(d, c);
}

/** SSIP, STIP or SEIP, by the setup. */
export const interruptOf = (setup: readonly number[]) => 2 << (((setup[6] as number) % 3) * 4);

/** The whole sequence at `base`, in halfwords, and the address of its last instruction. */
export function layOut(
  { setup, genes }: Sequence,
  where: Omit<Surroundings, "interrupt">,
): { code: Halves; end: number } {
  const around = { ...where, interrupt: interruptOf(setup) };
  const starts: number[] = [];
  let pc = around.base;
  for (const each of genes) {
    starts.push(pc);
    const nowhere = { target: () => pc + 8, computing: () => pc + 8 };
    pc += codeOf(each, { ...around, ...nowhere, pc }).length * 2;
  }
  const end = pc;
  const code = genes.flatMap((each, n) => {
    const target = (ahead: number) => starts[n + ahead] ?? end;
    const computing = (ahead: number) =>
      starts[genes.findIndex(([kind], at) => at >= n + ahead && kind < COMPUTING)];
    return codeOf(each, { ...around, pc: starts[n] as number, target, computing });
  });
  return { code: [...code, END & 0xffff, END >>> 16], end };
}
