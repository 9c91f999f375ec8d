// One batch on both machines.
import { type Difference, differenceOf, instructionsOf } from "./compare.js";
import { imageOf } from "./image.js";
import { onOurs, onQemu } from "./machines.js";
import type { Sequence } from "./sequence.js";

export interface BatchResult {
  readonly difference: Difference | undefined;
  /** Generated instructions that were retired. */
  readonly instructions: number;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/** Runs the sequences on our machine (every fourth seed exactly) and on QEMU, and compares. */
export async function runBatch(batch: readonly Sequence[], seed: number): Promise<BatchResult> {
  const image = imageOf(batch, seed);
  const [theirs, ours] = await Promise.all([
    onQemu(image.bytes),
    onOurs(image.bytes, seed % 4 === 0),
  ]);
  return {
    difference: differenceOf(ours, theirs, batch.length),
    instructions: instructionsOf(ours, batch.length),
    ours,
    theirs,
  };
}
