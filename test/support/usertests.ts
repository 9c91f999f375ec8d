// What usertests says on the console, and what a run of it must end with.
import { expect } from "vitest";
import type { Booted } from "./boot.js";

/** Each total that usertests printed, and the names of what failed. */
export function totals(console: string): { passed: number; failed: string[] }[] {
  const runs: { passed: number; failed: string[] }[] = [];
  let failed: string[] = [];
  for (const line of console.split("\n")) {
    const name = /^usertests: (\w+): FAILED/.exec(line)?.[1];
    if (name !== undefined) failed.push(name);
    const end = /^usertests: (\d+) passed, (\d+) failed/.exec(line);
    if (!end) continue;
    expect(failed).toHaveLength(Number(end[2]));
    runs.push({ passed: Number(end[1]), failed });
    failed = [];
  }
  return runs;
}

export function expectCleanEnd({ result, console, log }: Booted): void {
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(log.panics).toEqual([]);
  expect(log.finalLedger).toEqual({ frames: 16384, unowned: 0, doublyOwned: 0 });
  expect(console).toMatch(/audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/);
}
