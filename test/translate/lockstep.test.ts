// The lockstep gate: generated programs on two machines, one by the interpreter and one by the
// translator, compared after slices of random length: registers, clocks, events, all state by its
// hash, and in the end every CSR. By hand, as many as wanted, from any seed:
//
//   LOCKSTEP_INSTRUCTIONS=1000000000 LOCKSTEP_SEED=7 npx vitest run test/translate/lockstep
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Census } from "../support/lockstep/census.js";
import { KINDS, type Kind } from "../support/lockstep/genes.js";
import { runPair } from "../support/lockstep/pair.js";
import { MODES } from "../support/lockstep/places.js";
import { mostly, type Program, programs } from "../support/lockstep/program.js";
import { failure } from "../support/lockstep/report.js";
import { counted } from "../support/oracle.js";

const LEAST = 30_000_000;
const INSTRUCTIONS = Math.max(LEAST, Number(process.env.LOCKSTEP_INSTRUCTIONS ?? 120_000_000));
const SEED = Number(process.env.LOCKSTEP_SEED ?? 1);
/** Of a program: some hundred thousand in few loops, so that they are hot. */
const EACH = 400_000;
const EACH_KIND = 300_000;
const BATCH = 10;
/** Every exception that the profile has, and the interrupts that harts have without a PLIC. */
const CAUSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15];
const INTERRUPTS = [1, 3, 7].map((cause) => (cause | 0x80000000) >>> 0);

/** Programs that are the same on both, or a failure that says how one is not. */
async function agree(
  all: readonly Program[],
  instructions: number,
  seed: number,
  census: Census,
): Promise<void> {
  for (const program of all) {
    const outcome = await runPair(program, instructions);
    if (outcome.difference) expect.fail(await failure({ program, instructions }, seed));
    census.add(program, outcome);
  }
}

/** Each kind of code in each mode, and then any programs, until it is enough. */
async function compare(): Promise<Census> {
  const census = new Census();
  const kinds = (Object.keys(KINDS) as Kind[]).flatMap((kind) => MODES.map((_, n) => [kind, n]));
  const plain = fc.sample(programs, { seed: SEED, numRuns: kinds.length });
  const each = kinds.map(([kind, n], at) =>
    mostly(kind as Kind, n as number, plain[at] as Program),
  );
  await agree(each, EACH_KIND, SEED, census);
  for (let seed = SEED; census.instructions < INSTRUCTIONS; seed++) {
    await agree(fc.sample(programs, { seed, numRuns: BATCH }), EACH, seed, census);
  }
  return census;
}

describe("interpreter and translator", () => {
  test("do the same with generated programs", async () => {
    const census = await compare();
    const { instructions, programs: many, causes, kinds, translated } = census;
    expect(instructions).toBeGreaterThanOrEqual(LEAST);
    expect(census.missing).toEqual([]);
    expect([...census.modes.keys()].sort()).toEqual([...MODES].sort());
    expect([...causes.keys()].sort((a, b) => a - b)).toEqual([...CAUSES, ...INTERRUPTS]);
    expect(census.resets).toBeGreaterThan(0);
    const share = translated.instructions / instructions;
    expect(share).toBeGreaterThan(0.5);
    expect(translated.dropped).toBeGreaterThan(1000);
    const hot = `, ${Math.round(100 * share)} % in ${translated.regions} translated regions`;
    const what = `${kinds.size} kinds of code, ${causes.size} causes of traps${hot}`;
    counted("lockstep", `${instructions} instructions in ${many} programs agree, ${what}`);
  }, 86_400_000);
});
