// Do harts on cores of the host run as many times as fast as there are cores? Two harts run the
// integer mix of bench/guest, each in memory of its own: with one worker, then with two, in turn.
// And the same with a word that both add to every so often. The best of each counts. On a host that
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

async function here(firmware, workers) {
  const config = { harts: HARTS, ramBytes: 64 << 20, firmware, parallel: { workers } };
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
  const [one, two] = [[], []];
  await here(firmware, 2); // lets the host compile the core well
  for (let turn = 0; turn < TURNS; turn++) {
    one.push(await here(firmware, 1));
    two.push(await here(firmware, 2));
  }
  const [alone, both] = [best(one), best(two)];
  return { shared, alone: alone.millions, both: both.millions, cores: both.cores };
}

function lineOf({ shared, alone, both, cores }) {
  const what = shared === NEVER ? "nothing shared" : `a word shared every ${shared} look-ups`;
  return (
    `${HARTS} harts, ${what}: ${alone.toFixed(0)} M instr/s by one worker, ${both.toFixed(0)} by ` +
    `two: ${(both / alone).toFixed(2)} times, with ${cores.toFixed(2)} cores`
  );
}

const json = process.argv.includes("--json");
const results = [];
for (const shared of SHARED) {
  results.push(await measure(shared));
  if (!json) console.log(lineOf(results.at(-1)));
}
if (json) console.log(JSON.stringify({ hostCores: availableParallelism(), results }, undefined, 2));
