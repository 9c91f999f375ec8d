// One run in a process of its own, for short.mjs: `node --expose-gc child.mjs ELF ENGINE` prints
// the seconds of the run, and those with the machine's making. The host has compiled nothing
// before. The machine's memory makes the host collect garbage soon, which an interpreter's run puts
// off until its end, since it calls nothing of the host; so it is done before, and not counted for
// either.
import { readFileSync } from "node:fs";
import { createMachine } from "../../dist/index.js";
import { RAM_BYTES } from "./guests.mjs";

const [path, engine] = process.argv.slice(2);
const config = { harts: 1, ramBytes: RAM_BYTES, firmware: readFileSync(path), engine };
const first = performance.now();
const machine = await createMachine(config);
const making = performance.now() - first;
globalThis.gc();
const start = performance.now();
const { verdict } = machine.run({ cycles: 1e12 });
const run = performance.now() - start;
if (verdict !== "pass") throw new Error(`${path}: the guest ended with ${verdict}`);
console.log(JSON.stringify({ run: run / 1000, made: (making + run) / 1000 }));
