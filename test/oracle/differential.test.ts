// Generated instruction sequences on our machine and on QEMU: after each, all registers, all CSRs
// and memory must be the same. By hand, as many as wanted, from any seed:
//
//   FUZZ_INSTRUCTIONS=100000000 FUZZ_SEED=7 npx vitest run test/oracle/differential
//
// What QEMU 7.2 does otherwise than the manual is left out where it is generated
// (test/support/differential/sequence.ts says at each what it is).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causesOf, listing, logsOf } from "../support/differential/compare.js";
import { imageOf } from "../support/differential/image.js";
import { runBatch } from "../support/differential/run.js";
import { type Sequence, sequences } from "../support/differential/sequence.js";
import { counted, hasOracle } from "../support/oracle.js";

const IN_CI = process.env.QUARTERDECK_ORACLES === "1";
const INSTRUCTIONS = Number(process.env.FUZZ_INSTRUCTIONS ?? (IN_CI ? 1_000_000 : 150_000));
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const BATCH = 3000;
const GENES = 60;
const SHRINKING = { interruptAfterTimeLimit: 60_000, numRuns: 1, endOnFailure: false };
/** Every exception that the profile has; the interrupts that software can make pending. */
const EXCEPTIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15];
const INTERRUPTS = [1, 5, 9];

const agrees = async (one: Sequence, seed: number) =>
  (await runBatch([one], seed)).difference === undefined;

/** The sequence without the genes that it does not need to differ. */
async function fewer(bad: Sequence, seed: number): Promise<Sequence> {
  let kept = bad;
  for (let at = 0; at < kept.genes.length; ) {
    const less = { ...kept, genes: kept.genes.filter((_, n) => n !== at) };
    if (less.genes.length > 0 && !(await agrees(less, seed))) kept = less;
    else at++;
  }
  return kept;
}

/** The smallest sequence that still differs, in words. */
async function smallest(bad: Sequence, seed: number): Promise<string> {
  const property = fc.asyncProperty(sequences(GENES), (one) => agrees(one, seed));
  const examples: [Sequence][] = [[await fewer(bad, seed)]];
  const run = await fc.check(property, { ...SHRINKING, examples });
  const [found] = run.counterexample ?? [];
  if (!found) return "not alone: it depends on the sequences before it";
  const { difference, ours, theirs } = await runBatch([found], seed);
  return [
    JSON.stringify(found),
    ...listing(imageOf([found], seed)),
    ...(difference?.what ?? []),
    "traps on our machine (mstatus, mcause, mepc, mtval, scause, sepc, stval):",
    ...logsOf(ours),
    "on QEMU:",
    ...logsOf(theirs),
  ].join("\n");
}

describe.skipIf(!hasOracle("qemu-system-riscv32"))("against QEMU", () => {
  test("generated sequences leave the same registers, CSRs and memory", async () => {
    const causes = new Set<number>();
    let [instructions, count, seed] = [0, 0, SEED];
    for (; instructions < INSTRUCTIONS; seed++) {
      const batch = fc.sample(sequences(GENES), { seed, numRuns: BATCH });
      const result = await runBatch(batch, seed);
      const { difference } = result;
      if (difference) {
        const bad = batch[difference.index];
        const least = bad ? await smallest(bad, seed) : "in no one sequence's record";
        expect.fail(`FUZZ_SEED=${seed}: ${difference.what.join("; ")}\n${least}`);
      }
      instructions += result.instructions;
      count += batch.length;
      for (const cause of causesOf(result.ours)) causes.add(cause);
    }
    const interrupts = INTERRUPTS.map((cause) => (cause | 0x80000000) >>> 0);
    expect([...causes].sort((a, b) => a - b)).toEqual([...EXCEPTIONS, ...interrupts]);
    const range = `seeds ${SEED} to ${seed - 1}, ${causes.size} causes of traps`;
    counted("QEMU", `${instructions} instructions in ${count} sequences agree, ${range}`);
  }, 86_400_000);
});
