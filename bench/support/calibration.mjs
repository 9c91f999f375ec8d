// A fixed piece of plain WebAssembly, nothing of ours: arithmetic, a load and a store for each of a
// million steps. What it takes says how fast the host is just now, so that results of two runs can
// be compared. It is written here byte by byte, and must never change.
const I32 = 0x7f;
const [BLOCK_LOOP, END, BRANCH_IF] = [0x03, 0x0b, 0x0d];
const [GET, SET, TEE, CONST] = [0x20, 0x21, 0x22, 0x41];
const [ADD, SUB, MUL, AND, XOR, SHR_U] = [0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x76];
const [LOAD, STORE] = [0x28, 0x36];
const [N, X, ADDRESS] = [0, 1, 2]; // the locals
const STEPS = 1_000_000;

/** A signed number in LEB128. */
function leb(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    if (rest >> 7 === (low & 0x40 ? -1 : 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const constant = (value) => [CONST, ...leb(value)];
const BODY = [
  ...[BLOCK_LOOP, 0x40],
  ...[GET, X, ...constant(1664525), MUL, ...constant(1013904223), ADD, SET, X],
  ...[GET, X, ...constant(14), SHR_U, ...constant(0xfffc), AND, TEE, ADDRESS],
  ...[GET, ADDRESS, LOAD, 2, 0, GET, X, XOR, STORE, 2, 0],
  ...[GET, N, ...constant(1), SUB, TEE, N, BRANCH_IF, 0],
  ...[END, GET, X, END],
];
const section = (id, bytes) => [id, bytes.length, ...bytes];
const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 1, I32, 1, I32]), // i32 -> i32
  ...section(3, [1, 0]),
  ...section(5, [1, 0, 1]), // one page of memory
  ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]), // "run"
  ...section(10, [1, BODY.length + 3, 1, 2, I32, ...BODY]),
]);

const { run } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;

/** The loop once; gives the last number of its stream. */
export const calibrate = () => run(STEPS);
