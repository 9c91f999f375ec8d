// Where the parts of a lockstep guest lie in RAM, how each privilege mode sees them, and which
// registers belong to the guest's frame. Machine and supervisor mode see RAM and devices where they
// are; user mode sees them through superpages of its own. A window of 4 KiB pages, for page tables
// that change, is seen by both under Sv32.

export const RAM = 0x80000000;

/** Physical places; all lie in the image but for what starts as zero. */
export const PLACES = {
  firmware: RAM,
  areas: RAM + 0x8000,
  tables: RAM + 0x10000,
  queue: RAM + 0x14000,
  pointers: RAM + 0x1f000,
  logs: RAM + 0x20000,
  data: RAM + 0x40000,
  lock: RAM + 0x4c000, // out of reach of pointers into the data
  stacks: RAM + 0x51000,
  functions: RAM + 0x60000,
  code: RAM + 0x80000,
  end: RAM + 0xc0000,
} as const;

export const PAGE = 4096;
export const DATA_PAGES = 8;
/** Frames of code that is called, each with the same entries, and one more behind them. */
export const FUNCTION_FRAMES = 8;
/** Entries of a frame of functions; the last runs on into the frame behind. */
export const ENTRIES = [0x002, 0x100, 0xf80] as const;
/** Of a hart's code: its main loop, and each of its loops. */
export const CODE_STRIDE = 0x10000;
export const LOOP_STRIDE = 0x4000;
export const AREA_STRIDE = 0x100;
export const LOG_STRIDE = 0x8000;
/** The supervisor's area and log lie so far behind the machine's. */
export const SUPERVISOR_AREA = 0x80;
export const SUPERVISOR_LOG = 0x4000;

export const TABLE_SETS = 2;
export const TABLE_STRIDE = 0x2000;
/** The window of 4 KiB pages: pages of data, then of code, each for S and then for U mode. */
export const WINDOW = 0x50000000;
export const USER_RAM = 0x40000000;
export const USER_IO = 0x60000000;
/** Where there is neither memory nor a device. */
export const HOLE = 0x1a000000;

export const IO = {
  finisher: 0x100000,
  desk: 0x102000,
  msip: 0x2000000,
  mtimecmp: 0x2004000,
  mtime: 0x200bff8,
  uart: 0x10000000,
  block: 0x10001000,
} as const;

export const MODES = ["machine", "supervisor", "user"] as const;
export type Mode = (typeof MODES)[number];

/** What a mode sees at physical address `pa` of RAM. */
export function ramOf(mode: Mode, pa: number): number {
  return mode === "user" ? pa - RAM + USER_RAM : pa;
}

/** What a mode sees at a device's address. */
export function ioOf(mode: Mode, pa: number): number {
  return mode === "user" ? pa + USER_IO : pa;
}

/** Number of a page of the window: of data or code, for S mode or for U mode. */
export function windowPage(what: "data" | "code", user: boolean, page: number): number {
  return (what === "code" ? 16 : 0) + (user ? 8 : 0) + (page % 8);
}

export const windowAddress = (page: number) => WINDOW + page * PAGE;
/** Physical address of the entry of a page of the window. */
export const entryOf = (set: number, page: number) =>
  PLACES.tables + set * TABLE_STRIDE + PAGE + page * 4;

/** satp for a table set. */
export const satpOf = (set: number) =>
  (0x80000000 | (set << 22) | ((PLACES.tables + set * TABLE_STRIDE) >>> 12)) >>> 0;

/**
 * Registers that generated computation does not write: the outer and the inner counter, a pointer
 * into the data, where an exception that nothing mends goes on, the link of a loop, a stack, the
 * link of a function, and temporaries.
 */
export const FRAME = {
  outer: "s4",
  inner: "s5",
  window: "s6",
  temporary: "s7",
  resume: "s8",
  loop: "s9",
  stack: "s10",
  link: "s11",
} as const;

export const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

/** xorshift32: fillings that need no place in the generated numbers. */
export function chance(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
