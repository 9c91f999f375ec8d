// What it costs to go from hart to hart: each hart runs the integer mix in memory of its own
// (bench/guest/harts.*), and the rate of all is compared with that of one hart alone, with the same
// engine and quantum. The machines are warm: what is hot is translated when the clock starts. With
// many harts their data fill the host's caches too, which is in the rate.
import { readFileSync } from "node:fs";
import { createMachine } from "../../dist/index.js";
import { summary } from "../support/compare.mjs";
import { compile } from "../support/programs.mjs";
import { ENGINES, RAM_BYTES, retired } from "./guests.mjs";
import { fasterThan } from "./sums.mjs";

const HARTS = [2, 16, 512];
const QUANTA = [64, 256, 1024];
const SPAN_INSTRUCTIONS = 40_000_000; // of all harts
const WARM_INSTRUCTIONS = 600_000; // of each hart

function go(machine, cycles) {
  const { reason } = machine.run({ cycles });
  if (reason !== "budget") throw new Error(`the harts' guest ended: ${reason}`);
}

async function warmMachine(harts, quantumCycles, engine) {
  const defines = `-DHARTS=${harts} -DROUNDS=1000000 -DSHARED=5000`;
  const firmware = readFileSync(compile(`harts${harts}`, defines, ["harts.S", "harts.c"]));
  const config = { harts, ramBytes: RAM_BYTES, firmware, quantumCycles, engine };
  const machine = await createMachine(config);
  const least = () => Math.min(...machine.stats().map(({ instret }) => instret));
  while (least() < WARM_INSTRUCTIONS) go(machine, 200_000);
  span(machine);
  return machine;
}

/** Seconds an instruction, over a span. */
function span(machine) {
  const before = retired(machine);
  const start = performance.now();
  go(machine, Math.ceil(SPAN_INSTRUCTIONS / machine.harts));
  return (performance.now() - start) / 1000 / (retired(machine) - before);
}

async function measureOne(harts, quantum, rounds) {
  const kinds = [];
  for (const engine of ENGINES) {
    const [alone, all] = [
      await warmMachine(1, quantum, engine),
      await warmMachine(harts, quantum, engine),
    ];
    kinds.push({ engine, alone, all, seconds: { alone: [], all: [] } });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { alone, all, seconds } of round % 2 === 0 ? kinds : kinds.toReversed()) {
      seconds.alone.push(span(alone));
      seconds.all.push(span(all));
    }
  }
  const engines = kinds.map(({ engine, seconds }) => {
    const millions = 1e-6 / summary(seconds.all).seconds;
    return [engine, { millions, ofOne: fasterThan(seconds.alone, seconds.all) }];
  });
  return { harts, quantum, ...Object.fromEntries(engines) };
}

/** Rows by quantum and harts, each with the rate of either engine. */
export async function measureSwitching({ rounds }, tell) {
  const rows = [];
  for (const quantum of QUANTA) {
    for (const harts of HARTS) {
      rows.push(await measureOne(harts, quantum, rounds));
      tell(rows.at(-1));
    }
  }
  return rows;
}
