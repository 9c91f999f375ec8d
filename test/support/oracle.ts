// Programs of others that tests compare with: binutils, dtc, QEMU. Without one its tests are
// skipped, and say so; with QUARTERDECK_ORACLES=1 in the environment a missing one is an error.
import { spawnSync } from "node:child_process";

/** Prints what an oracle has compared; `.ci/run` gathers these lines at its end. */
export function counted(oracle: string, text: string): void {
  console.log(`oracle: ${oracle}: ${text}`);
}

/** Whether the program can be run: `flag` makes it print something and end. */
export function hasOracle(name: string, flag = "--version"): boolean {
  if (spawnSync(name, [flag]).error === undefined) return true;
  if (process.env.QUARTERDECK_ORACLES === "1") throw new Error(`${name} is not installed`);
  console.warn(`SKIPPED: ${name} is not installed; its tests did not run`);
  return false;
}
