// One run in a process of its own, for short.mjs: `node --expose-gc child.mjs ELF ENGINE` prints
// the seconds from the process's start to the run's, and those from there to the end of each slice.
// The host has compiled nothing before. The machine's memory makes it collect garbage soon, which
// an interpreter's run puts off until its end, since it calls nothing of the host; so both do it
// before the run.
import { readFileSync } from "node:fs";
import { leaveCore } from "../../dist/cli/compile-threads.js";
import { createMachine } from "../../dist/index.js";
import { RAM_BYTES } from "./guests.mjs";

const SLICE_CYCLES = 500_000;

leaveCore(); // as the commands do
const [path, engine] = process.argv.slice(2);
const config = { harts: 1, ramBytes: RAM_BYTES, firmware: readFileSync(path), engine };
const machine = await createMachine(config);
globalThis.gc();
const start = performance.now();
const ends = [];
let result;
do {
  result = machine.run({ cycles: SLICE_CYCLES });
  ends.push((performance.now() - start) / 1000);
} while (result.reason === "budget");
if (result.verdict !== "pass") throw new Error(`${path}: the guest ended with ${result.verdict}`);
console.log(JSON.stringify({ begun: start / 1000, ends }));
