// Arithmetic: every register and immediate operation of RV32IM, loads and stores of each width,
// branches, and AMOs, against formulas written with BigInt, on random and on edge values.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finish, PASS, S, word } from "../support/guest.js";

const u = (value: bigint) => BigInt.asUintN(32, value);
const s = (value: bigint) => BigInt.asIntN(32, value);
const flag = (value: boolean) => (value ? 1n : 0n);
type Formula = (a: bigint, b: bigint) => bigint;

const LEAST = -(2n ** 31n);
const FORMULAS: Record<string, Formula> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  sll: (a, b) => a << (b & 31n),
  slt: (a, b) => flag(s(a) < s(b)),
  sltu: (a, b) => flag(a < b),
  xor: (a, b) => a ^ b,
  srl: (a, b) => a >> (b & 31n),
  sra: (a, b) => s(a) >> (b & 31n),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  mul: (a, b) => a * b,
  mulh: (a, b) => (s(a) * s(b)) >> 32n,
  mulhsu: (a, b) => (s(a) * b) >> 32n,
  mulhu: (a, b) => (a * b) >> 32n,
  div: (a, b) => (b === 0n ? -1n : s(a) === LEAST && s(b) === -1n ? LEAST : s(a) / s(b)),
  divu: (a, b) => (b === 0n ? -1n : a / b),
  rem: (a, b) => (b === 0n ? a : s(a) === LEAST && s(b) === -1n ? 0n : s(a) % s(b)),
  remu: (a, b) => (b === 0n ? a : a % b),
};
const IMMEDIATE: Record<string, Formula> = {
  addi: FORMULAS.add as Formula,
  slti: FORMULAS.slt as Formula,
  sltiu: FORMULAS.sltu as Formula,
  xori: FORMULAS.xor as Formula,
  ori: FORMULAS.or as Formula,
  andi: FORMULAS.and as Formula,
};
const BRANCHES: Record<string, (a: bigint, b: bigint) => boolean> = {
  beq: (a, b) => a === b,
  bne: (a, b) => a !== b,
  blt: (a, b) => s(a) < s(b),
  bge: (a, b) => s(a) >= s(b),
  bltu: (a, b) => a < b,
  bgeu: (a, b) => a >= b,
};
const first =
  (before: (a: bigint, b: bigint) => boolean): Formula =>
  (a, b) =>
    before(a, b) ? a : b;
const ATOMICS: Record<string, Formula> = {
  "amoswap.w": (_, b) => b,
  "amoadd.w": (a, b) => a + b,
  "amoxor.w": (a, b) => a ^ b,
  "amoand.w": (a, b) => a & b,
  "amoor.w": (a, b) => a | b,
  "amomin.w": first((a, b) => s(a) < s(b)),
  "amomax.w": first((a, b) => s(a) > s(b)),
  "amominu.w": first((a, b) => a < b),
  "amomaxu.w": first((a, b) => a > b),
};

const EDGES = [0n, 1n, 2n, 31n, 32n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0xfffffffen];
const value = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: 0xffffffffn }));
const pairs = fc.array(fc.tuple(value, value), { minLength: 6, maxLength: 6 });

/** Runs one guest that does `body` for each pair, storing s2 each time; gives what was stored. */
async function each(list: [bigint, bigint][], body: (n: number) => string): Promise<bigint[]> {
  const steps = list.map(
    ([a, b], n) => `li a0, ${a}\nli a1, ${b}\n${body(n)}\nsw s2, ${n * 4}(s0)`,
  );
  const { machine } = await finish(`li s0, 0x80100000\n${steps.join("\n")}\n${PASS}`);
  return list.map((_, n) => BigInt(word(machine, 0x80100000 + n * 4)));
}

describe("RV32IM", () => {
  for (const [name, formula] of Object.entries(FORMULAS)) {
    it(`${name} computes what its formula says`, async () => {
      await fc.assert(
        fc.asyncProperty(pairs, async (list) => {
          const seen = await each(list, () => `${name} s2, a0, a1`);
          expect(seen).toEqual(list.map(([a, b]) => u(formula(a, b))));
        }),
        { numRuns: 6 },
      );
    });
  }

  it("immediates are sign-extended, and shifts take five bits", async () => {
    const values = [0, 1, -1, 2047, -2048];
    for (const [name, formula] of Object.entries(IMMEDIATE)) {
      const list = values.map((imm): [bigint, bigint] => [0x89abcdefn, u(BigInt(imm))]);
      const seen = await each(list, (n) => `${name} s2, a0, ${values[n]}`);
      expect(seen, name).toEqual(list.map(([a, b]) => u(formula(a, b))));
    }
    const list: [bigint, bigint][] = [[0x89abcdefn, 31n]];
    expect(await each(list, () => "srai s2, a0, 31")).toEqual([0xffffffffn]);
    expect(await each(list, () => "srli s2, a0, 4")).toEqual([0x089abcden]);
    expect(await each(list, () => "slli s2, a0, 31")).toEqual([0x80000000n]);
  });

  it("branches are taken exactly when their relation holds, forward and backward", async () => {
    const list = EDGES.flatMap((a) => EDGES.map((b): [bigint, bigint] => [a, b])).slice(0, 81);
    for (const [name, relation] of Object.entries(BRANCHES)) {
      const forward = (n: number) => `li s2, 1\n${name} a0, a1, over${n}\nli s2, 0\nover${n}:`;
      const backward = (n: number) =>
        `j test${n}\nback${n}:\nli s2, 1\nj done${n}\ntest${n}:\nli s2, 0\n` +
        `${name} a0, a1, back${n}\ndone${n}:`;
      const expected = list.map(([a, b]) => flag(relation(a, b)));
      expect(await each(list, forward), name).toEqual(expected);
      expect(await each(list, backward), name).toEqual(expected);
    }
  });

  it("x0 stays zero whatever is written to it", async () => {
    const body = () => "add zero, a0, a1\nlw zero, 0(s0)\nlui zero, 5\nmv s2, zero";
    expect(await each([[5n, 6n]], body)).toEqual([0n]);
  });

  it("loads extend as their names say, and stores touch their bytes alone", async () => {
    const { machine, x } = await finish(`
      li a0, 0x80010000
      li a1, 0x8182f3f4
      sw a1, 0(a0)
      lb s2, 3(a0)
      lbu s3, 3(a0)
      lh s4, 0(a0)
      lhu s5, 2(a0)
      li a1, 0x11223344
      sb a1, 4(a0)
      sh a1, 10(a0)
      ${PASS}`);
    expect([x[S.s2], x[S.s3], x[S.s4], x[S.s5]]).toEqual([0xffffff81, 0x81, 0xfffff3f4, 0x8182]);
    expect([word(machine, 0x80010004), word(machine, 0x80010008)]).toEqual([0x44, 0x33440000]);
  });
});

describe("AMOs", () => {
  it("each gives the old value and leaves the new", async () => {
    for (const [name, formula] of Object.entries(ATOMICS)) {
      await fc.assert(
        fc.asyncProperty(pairs, async (list) => {
          const at = "li a2, 0x80010000\nsw a0, 0(a2)\n";
          const old = await each(list, () => `${at}${name} s2, a1, (a2)`);
          const left = await each(list, () => `${at}${name} s3, a1, (a2)\nlw s2, 0(a2)`);
          expect(old, name).toEqual(list.map(([a]) => a));
          expect(left, name).toEqual(list.map(([a, b]) => u(formula(a, b))));
        }),
        { numRuns: 3 },
      );
    }
  });
});
