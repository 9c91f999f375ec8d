// One run in a process of its own, for short.mjs: `node child.mjs ELF ENGINE` prints the seconds of
// the run, and those with the machine's making. The host has compiled nothing before.
import { readFileSync } from "node:fs";
import { createMachine } from "../../dist/index.js";
import { RAM_BYTES } from "./guests.mjs";

const [path, engine] = process.argv.slice(2);
const config = { harts: 1, ramBytes: RAM_BYTES, firmware: readFileSync(path), engine };
const first = performance.now();
const machine = await createMachine(config);
const start = performance.now();
const { verdict } = machine.run({ cycles: 1e12 });
const end = performance.now();
if (verdict !== "pass") throw new Error(`${path}: the guest ended with ${verdict}`);
console.log(JSON.stringify({ run: (end - start) / 1000, made: (end - first) / 1000 }));
