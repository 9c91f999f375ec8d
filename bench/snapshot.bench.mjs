#!/usr/bin/env node
// What a snapshot and a restore cost: a 64 MiB machine with the standing watch, a snapshot where
// the relief begins, the whole relief, and a restore of the pages that changed; against a copy of
// all of RAM in the same run. Medians of many. `node bench/snapshot.bench.mjs [--json]`; the build
// has to come first.
import { readImages } from "../dist/cli/images.js";
import { checkRelief, markTable, reliefMachine } from "../dist/index.js";

const TIMES = 15;
const RAM_BASE = 0x80000000;

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function milliseconds(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const config = checkRelief({ from: "larboard", to: "starboard", connections: 0 });
const machine = await reliefMachine(config, readImages());
const table = await markTable();
const phases = new Set();
machine.on("mark", ({ code, argument }) => {
  if (table.nameOf(code) === "PHASE") phases.add(table.phaseOf(argument));
});
const runTo = (name) => {
  while (!phases.has(name)) {
    if (machine.run({ cycles: 100_000 }).reason !== "budget") throw new Error(`no phase ${name}`);
  }
};

const first = [];
first.push(milliseconds(() => machine.snapshot()));
runTo("halt");
const start = machine.snapshot();
const results = { dirty: 0, restore: [], snapshot: [], small: [], copy: [] };
const { ramBytes } = config;
for (let time = 0; time < TIMES; time++) {
  phases.clear();
  runTo("end");
  results.dirty = machine.dirtyPages();
  results.snapshot.push(milliseconds(() => machine.snapshot()));
  results.restore.push(milliseconds(() => machine.restore(start)));
  machine.run({ cycles: 10_000 });
  results.small.push(milliseconds(() => machine.restore(start)));
  const all = machine.readPhysical(RAM_BASE, ramBytes);
  results.copy.push(milliseconds(() => machine.writePhysical(RAM_BASE, all)));
  machine.restore(start);
}
const figures = {
  ramBytes,
  dirtyPages: results.dirty,
  restoreMilliseconds: median(results.restore),
  snapshotMilliseconds: median(results.snapshot),
  restoreAfter10000CyclesMilliseconds: median(results.small),
  copyMilliseconds: median(results.copy),
  restoreToCopy: median(results.restore) / median(results.copy),
};
if (process.argv.includes("--json")) console.log(JSON.stringify(figures, null, 2));
else {
  const ms = (value) => `${value.toFixed(2)} ms`;
  console.log(`a relief of a ${ramBytes >> 20} MiB machine dirties ${figures.dirtyPages} pages`);
  console.log(`  restore        ${ms(figures.restoreMilliseconds)}`);
  console.log(`  snapshot       ${ms(figures.snapshotMilliseconds)}`);
  console.log(`  restore, 10k   ${ms(figures.restoreAfter10000CyclesMilliseconds)}`);
  console.log(`  copy of RAM    ${ms(figures.copyMilliseconds)}`);
  console.log(`  restore / copy ${figures.restoreToCopy.toFixed(3)}`);
}
