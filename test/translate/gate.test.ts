// The lockstep gate can fail: what is done to the second machine, and to it alone, is reported with
// the hart and the register, event or place that differs first, and with the code around it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "../../emu/isa/encode.js";
import { kindOf, numberOf } from "../support/lockstep/genes.js";
import { Pair, runPair, type Sabotage } from "../support/lockstep/pair.js";
import { PLACES, RAM } from "../support/lockstep/places.js";
import { imageOf, type Program, programs } from "../support/lockstep/program.js";
import { describe as describeFailure, failure } from "../support/lockstep/report.js";
import type { Gene } from "../support/lockstep/spot.js";
import { stateDifference } from "../support/lockstep/state.js";

const INSTRUCTIONS = 200_000;
const POINT: Gene = [numberOf("point"), 0, 0, 0, 0]; // addi a0, a0, 1
const WALK: Gene = [numberOf("walk"), 0, 0, 0, 0];
const STORE: Gene = [numberOf("store"), 0, 1, 11, 8192]; // into memory, by the window

const side = (mode: number) => ({
  mode,
  timer: [0, 0, 0, 0] as const,
  share: 1,
  loops: [{ count: 1000, back: 8, entry: 0, genes: [WALK, POINT, STORE] }],
});

/** Two harts with a loop each, of a pointer that wanders, an addition and a store. */
const PLAIN: Program = {
  seed: 5,
  sides: [side(0), side(2)],
  quantumCycles: 64,
  decodedPages: 1024,
  cyclesPerTick: 1,
  hotCycles: 5000,
  delegated: 0,
  split: 60,
  reset: 30,
  observed: true,
  timed: 0,
  steps: [{ cycles: 20_000, act: "run", number: 0 }],
};

/** Another instruction for the addition of a hart's loop, on the second machine. */
function changed(hart: number, word: number): Sabotage {
  const image: Sabotage["image"] = (bytes, { points, sections }) => {
    const loop = sections.find(({ name }) => name === `hart ${hart} loop 0`);
    if (!loop) throw new Error("no such loop");
    const point = points[hart * 2 + 1]; // behind that at the loop's head
    if (!point) throw new Error("no such point");
    new DataView(bytes.buffer).setUint32(point.address - RAM, word, true);
  };
  return { image };
}

const differenceOf = async (sabotage: Sabotage) =>
  (await runPair(PLAIN, INSTRUCTIONS, sabotage)).difference;

test("with nothing done, nothing is reported", async () => {
  expect(await differenceOf({})).toBeUndefined();
});

describe("the first difference is named", () => {
  test.each([0, 1])("an instruction of hart %i is another one", async (hart) => {
    const sabotage = changed(hart, encode("addi", { rd: 10, rs1: 10, imm: 2 }));
    expect(await differenceOf(sabotage)).toMatchObject({ hart, what: "a0" });
  });

  test("an instruction that writes another register", async () => {
    const sabotage = changed(1, encode("addi", { rd: 29, rs1: 10, imm: 1 }));
    expect(await differenceOf(sabotage)).toMatchObject({ hart: 1, what: "a0" });
  });

  test("one register, written once in the middle", async () => {
    const slice: Sabotage["slice"] = (second, n) => {
      if (n === 2) second.debug.setRegister(1, 19, (second.registers(1)[19] as number) ^ 1);
    };
    expect(await differenceOf({ slice })).toMatchObject({ hart: 1, what: "s3" });
  });

  test("one CSR that nothing reads", async () => {
    const slice: Sabotage["slice"] = (second) => second.debug.setCsr(0, 0x106, 3);
    const values = ["0x7", "0x3"];
    expect(await differenceOf({ slice })).toEqual({ hart: 0, what: "scounteren", values });
  });

  test("one bit of memory", async () => {
    const place = PLACES.end + 0x1234;
    const slice: Sabotage["slice"] = (second) => second.writePhysical(place, Uint8Array.of(4));
    const what = `the byte at 0x${place.toString(16)}`;
    const values = ["0x0", "0x4"];
    expect(await differenceOf({ slice })).toEqual({ hart: undefined, what, values });
  });

  test("one event more, another one, and one by another hart", async () => {
    const { machines } = await Pair.of(PLAIN);
    const event = (hart: number, text: string) => ({ hart, text });
    const [a, b] = [event(0, "mark 1"), event(1, "mark 2")];
    const first = (one: (typeof a)[], two: (typeof a)[]) => stateDifference(machines, [one, two]);
    expect(first([a, b], [a, b])).toBeUndefined();
    expect(first([a], [a, b])).toMatchObject({ hart: 1, values: ["nothing", "mark 2"] });
    expect(first([a, b], [a, event(1, "mark 3")])).toMatchObject({ hart: 1 });
    expect(first([a], [event(1, "mark 1")])).toMatchObject({ hart: 0 });
  });

  test("a second machine that never leaves its first instruction", async () => {
    const stay = encode("jal", { rd: 0, imm: 0 });
    const image: Sabotage["image"] = (bytes) => new DataView(bytes.buffer).setUint32(0, stay, true);
    expect(await differenceOf({ image })).toMatchObject({ hart: 0 });
  });
});

describe("a failure says where", () => {
  test("cut down to the first turn of the loop, with the code around pc", async () => {
    const sabotage = changed(1, encode("addi", { rd: 10, rs1: 10, imm: 2 }));
    const outcome = await runPair(PLAIN, INSTRUCTIONS, sabotage);
    const trial = { program: PLAIN, instructions: INSTRUCTIONS, sabotage };
    const text = await describeFailure(trial, outcome);
    expect(text).toMatch(/^behind slice 0 of 20000 cycles: hart 1: a0 is /);
    const [, cycles] = /behind (\d+) cycles of it: hart 1: a0 is /.exec(text) ?? [];
    expect(Number(cycles)).toBeGreaterThan(100);
    expect(Number(cycles)).toBeLessThan(1000);
    expect(text).toContain("hart 1 loop 0, on the first machine:");
    expect(text).toMatch(/^>. 0x400\w+: /m);
    expect(text).toContain("addi a0,a0,1");
  });

  test("with a smaller program that still fails, and its seed", async () => {
    const [program] = fc.sample(programs, { seed: 3, numRuns: 1 });
    const slice: Sabotage["slice"] = (second) => second.debug.setRegister(0, 27, 7);
    const text = await failure(
      { program: program as Program, instructions: 1000, sabotage: { slice } },
      3,
    );
    expect(text).toMatch(/^LOCKSTEP_SEED=3: /);
    const least = JSON.parse(text.split("\n").at(-1) ?? "") as Program;
    expect(least.sides.length).toBe(1);
    expect(least.sides[0]?.loops.map(({ genes }) => genes.length)).toEqual([1]);
    expect(least.seed).toBe(0);
  });
});

test("a program's numbers mean the same each time", () => {
  for (const program of fc.sample(programs, { seed: 9, numRuns: 20 })) {
    expect(Buffer.compare(imageOf(program).bytes, imageOf(program).bytes)).toBe(0);
  }
  expect(kindOf(POINT)).toBe("point");
});
