// Random programs for one hart under Sv32 whose course is known: loads, stores and atomics of few
// pages, 4 KiB and 4 MiB ones that are the same memory, multiplications, fences, flushes of the
// TLBs, and changes of satp, spread over four pages of code. The last store ends the machine.
import fc from "fast-check";
import { assemble } from "../assembler.js";
import type { Executed, PageTables } from "./reference/hart.js";

export const CODE_PA = 0x80000000;
const CODE_VA = 0xc0000000;
const DATA_PA = 0x80200000;
const ROOTS = [0x80100000, 0x80102000];
const TABLES = { data: 0x80101000, code: 0x80103000 };
const [DATA_VA, SUPER_VA, DEVICE_VA, DEVICE_PA] = [0x40000000, 0x80200000, 0x40010000, 0x100000];
const [CODE_PAGES, DATA_PAGES, SUPERPAGES] = [4, 6, 2];
const [POINTER, LEAF, AD] = [1, 1 | 2 | 4 | 8, 64 | 128];

const ACTIONS = [
  ...(["load", "load", "load", "store", "store", "atomic", "split"] as const),
  ...(["multiply", "divide", "fence", "flushAll", "flushPage", "satp"] as const),
];

export interface Action {
  readonly action: (typeof ACTIONS)[number];
  /** Which data page, small ones first, and which word of it. */
  readonly page: number;
  readonly word: number;
  readonly codePage: number;
}

export interface Script {
  readonly actions: readonly Action[];
  /** A and D of the leaves, taken in turn. */
  readonly marks: readonly number[];
  /** Machine mode with MPRV, or supervisor mode, with code in 4 KiB pages or in a superpage. */
  readonly mode: "machine" | "pages" | "superpage";
}

export const scriptArbitrary: fc.Arbitrary<Script> = fc.record({
  actions: fc.array(
    fc.record({
      action: fc.constantFrom(...ACTIONS),
      page: fc.nat({ max: DATA_PAGES + SUPERPAGES * DATA_PAGES - 1 }),
      word: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 1022 })),
      codePage: fc.nat({ max: CODE_PAGES - 1 }),
    }),
    { maxLength: 120, size: "max" },
  ),
  marks: fc.array(fc.constantFrom(0, 64, AD), { minLength: 1, maxLength: 9 }),
  mode: fc.constantFrom("machine", "pages", "superpage"),
});

export const satpOf = (root: number) => 0x80000000 + (ROOTS[root % 2] as number) / 4096;

const entry = (pa: number, flags: number) => (((pa >>> 12) << 10) | flags) >>> 0;

/** Both roots lead to the same pages; their superpages' entries are their own. */
export function pageTables({ marks }: Script): PageTables {
  const tables: PageTables = new Map();
  let leaves = 0;
  const mark = () => marks[leaves++ % marks.length] as number;
  const leaf = (table: number, va: number, pa: number) => {
    tables.set(table + ((va >>> 12) % 1024) * 4, entry(pa, LEAF | mark()));
  };
  for (let page = 0; page < DATA_PAGES; page++) {
    leaf(TABLES.data, DATA_VA + page * 4096, DATA_PA + page * 4096);
  }
  leaf(TABLES.data, DEVICE_VA, DEVICE_PA);
  for (let page = 0; page < CODE_PAGES; page++) {
    leaf(TABLES.code, CODE_VA + page * 4096, CODE_PA + page * 4096);
  }
  for (const root of ROOTS) {
    tables.set(root + (DATA_VA >>> 22) * 4, entry(TABLES.data, POINTER));
    tables.set(root + (CODE_VA >>> 22) * 4, entry(TABLES.code, POINTER));
    for (let number = 0; number < SUPERPAGES; number++) {
      tables.set(root + ((SUPER_VA >>> 22) + number) * 4, entry(CODE_PA, LEAF | mark()));
    }
  }
  return tables;
}

function dataVa(page: number): number {
  if (page < DATA_PAGES) return DATA_VA + page * 4096;
  const superpage = Math.floor(page / DATA_PAGES) - 1;
  return SUPER_VA + superpage * 2 ** 22 + (page % DATA_PAGES) * 4096;
}

type Line = Omit<Executed, "pc"> & { readonly text: string };

const load = (rd: string, value: number): Line[] => [
  { text: `li ${rd}, ${value}`, class: "other" }, // two instructions
];

/** The instructions of an action; the satp that is written alternates. */
function linesOf({ action, page, word }: Action, satp: number): Line[] {
  const va = dataVa(page) + word * 4;
  const address = load("a1", va);
  const access = (isStore: boolean) => ({ access: { va, bytes: 4, isStore } });
  switch (action) {
    case "load":
      return [...address, { text: "lw a0, 0(a1)", class: "load", ...access(false) }];
    case "store":
      return [...address, { text: "sw a2, 0(a1)", class: "store", ...access(true) }];
    case "atomic":
      return [...address, { text: "amoadd.w a0, a2, (a1)", class: "atomic", ...access(true) }];
    case "split": {
      const at = va - (va % 64) + 62;
      const last = at % 4096 > 4092 ? at - 64 : at;
      const lines = load("a1", last);
      return [
        ...lines,
        { text: "lw a0, 0(a1)", class: "load", access: { va: last, bytes: 4, isStore: false } },
      ];
    }
    case "multiply":
      return [{ text: "mulhu a3, a1, a2", class: "multiply" }];
    case "divide":
      return [{ text: "remu a3, a1, a2", class: "divide" }];
    case "fence":
      return [{ text: "fence", class: "fence" }];
    case "flushAll":
      return [{ text: "sfence.vma zero, zero", class: "sfence", flush: "all" }];
    case "flushPage": {
      const flush = word % 4 === 0 ? CODE_VA + (page % CODE_PAGES) * 4096 : va;
      return [...load("a1", flush), { text: "sfence.vma a1, zero", class: "sfence", flush }];
    }
    case "satp":
      return [...load("a3", satp), { text: "csrw satp, a3", class: "csr", satp }];
  }
}

/** The end: the finisher gets its word. */
const END: Line[] = [
  ...load("a1", DEVICE_VA),
  ...load("a2", 0x5555),
  {
    text: "sw a2, 0(a1)",
    class: "store",
    access: { va: DEVICE_VA, bytes: 4, isStore: true },
  },
];

const wordsOf = (line: Line) => (line.text.startsWith("li ") ? 2 : 1);

/** The code, and what it executes in order. Each action jumps to the next. */
export function program(script: Script): { bytes: Uint8Array; executed: Executed[] } {
  let root = 0;
  const blocks = script.actions.map((action, index): Line[] => {
    if (action.action === "satp") root++;
    const jump: Line = { text: `j block${index + 1}`, class: "jump" };
    return [...linesOf(action, satpOf(root)), jump];
  });
  blocks.push(END);
  const pages: string[][] = Array.from({ length: CODE_PAGES }, () => []);
  (pages[0] as string[]).push("j block0");
  for (const [index, block] of blocks.entries()) {
    const page = script.actions[index]?.codePage ?? 0;
    pages[page]?.push(`block${index}:`, ...block.map((line) => line.text));
  }
  const base = script.mode === "pages" ? CODE_VA : CODE_PA; // a superpage maps it onto itself
  const text = pages.map((lines) => lines.join("\n")).join("\n.align 4096\n");
  const { bytes, labels } = assemble(text, base);
  const executed: Executed[] = [{ pc: base, class: "jump" }];
  for (const [index, block] of blocks.entries()) {
    let pc = labels.get(`block${index}`) as number;
    for (const line of block) {
      for (let word = 0; word < wordsOf(line); word++) {
        executed.push({ ...line, pc });
        pc += 4;
      }
    }
  }
  return { bytes, executed };
}
