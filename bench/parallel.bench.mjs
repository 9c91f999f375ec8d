// Do harts on cores of the host run as many times as fast as there are cores? Two harts run the
// integer mix of bench/guest, each in memory of its own: with one worker, then with two, by either
// engine, and taking turns as ever, one after the other. And the same with a word that both add to
// every so often. The best of each counts. On a host that
// has other things to do the second core is not ours, so the cores that were used are given too: by
// the processor time of the whole process. Needs dist/ and build/. `--json` prints one object.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createMachine } from "../dist/index.js";
import { compile } from "./support/programs.mjs";

const HARTS = 2;
const ROUNDS = 1500;
const TURNS = 5;
const NEVER = 1_000_000;
/** Look-ups of each hart between two additions to the word that both have. */
const SHARED = [NEVER, 100, 10];

/** How the harts run, by name; without `parallel` they take turns. */
const WAYS = {
  turns: { engine: "translator" },
  one: { engine: "translator", parallel: { workers: 1 } },
  two: { engine: "translator", parallel: { workers: 2 } },
  interpretedByOne: { engine: "interpreter", parallel: { workers: 1 } },
  interpretedByTwo: { engine: "interpreter", parallel: { workers: 2 } },
};

async function here(firmware, way) {
  const config = { harts: HARTS, ramBytes: 64 << 20, firmware, ...WAYS[way] };
  const machine = await createMachine(config);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { verdict } = machine.run({ cycles: 1e12 });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const instructions = machine.stats().reduce((sum, { instret }) => sum + instret, 0);
  await machine.close();
  if (verdict !== "pass") throw new Error(`the guest ended as ${verdict}`);
  return { millions: instructions / seconds / 1e6, cores: (user + system) / 1e6 / seconds };
}

const best = (runs) => runs.reduce((a, b) => (b.millions > a.millions ? b : a));

async function measure(shared) {
  const defines = `-DHARTS=${HARTS} -DROUNDS=${ROUNDS} -DSHARED=${shared}`;
  const firmware = readFileSync(compile(`shared${shared}`, defines, ["harts.S", "harts.c"]));
  const runs = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
  for (const way of Object.keys(WAYS)) await here(firmware, way); // the host compiles the cores
  for (let turn = 0; turn < TURNS; turn++) {
    for (const way of Object.keys(WAYS)) runs[way].push(await here(firmware, way));
  }
  const ways = Object.fromEntries(Object.entries(runs).map(([way, all]) => [way, best(all)]));
  return { shared, ways };
}

function linesOf({ shared, ways }) {
  const { turns, one, two, interpretedByOne, interpretedByTwo } = ways;
  const what = shared === NEVER ? "nothing shared" : `a word shared every ${shared} look-ups`;
  const pair = (name, a, b) =>
    `  ${name}: ${a.millions.toFixed(0)} M instr/s by one worker, ${b.millions.toFixed(0)} by ` +
    `two: ${(b.millions / a.millions).toFixed(2)} times, with ${b.cores.toFixed(2)} cores`;
  return [
    `${HARTS} harts, ${what}`,
    pair("interpreter", interpretedByOne, interpretedByTwo),
    pair("translator", one, two),
    `  in turns, translated: ${turns.millions.toFixed(0)}; two workers are ` +
      `${(two.millions / turns.millions).toFixed(2)} times as fast`,
  ].join("\n");
}

const json = process.argv.includes("--json");
const results = [];
for (const shared of SHARED) {
  results.push(await measure(shared));
  if (!json) console.log(linesOf(results.at(-1)));
}
if (json) console.log(JSON.stringify({ hostCores: availableParallelism(), results }, undefined, 2));
