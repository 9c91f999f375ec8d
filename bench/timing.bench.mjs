// How fast is the machine with the timing model? Millions of simulated instructions for each second
// of the host: functional, in lockstep only (a quantum of one cycle, no model), and with the full
// model; one hart on the programs of the interpreter's benchmark, and 1, 2, 16 and 512 harts that
// all run, each in memory of its own, with a sum and a neighbour's word shared. The machines are
// warm; the three are measured in turn, and of each the best of four spans counts, so that ratios
// are of one run. Published figures of others stand below, for their order of magnitude. `--json`
// prints one object instead of lines.
import { readFileSync } from "node:fs";
import { createMachine, presetTiming } from "../dist/index.js";
import { compile, IN_THE_MEAN, WORKS } from "./support/programs.mjs";

const SPANS = 4;
const SPAN_INSTRUCTIONS = 60_000_000; // of all harts
const WARM_INSTRUCTIONS = 600_000; // of each hart
const PROGRAMS = WORKS.slice(0, IN_THE_MEAN);
const CROWDS = [
  { harts: 1, preset: "embedded" },
  { harts: 2, preset: "embedded" },
  { harts: 16, preset: "server" },
  { harts: 512, preset: "ccnuma-512" },
];
const MODES = ["functional", "lockstep", "full"];

const build = (...what) => readFileSync(compile(...what));

async function warmMachine(firmware, harts, preset, mode) {
  const machine = await createMachine({
    harts,
    ramBytes: 64 * 1024 * 1024,
    firmware,
    ...(mode === "lockstep" ? { quantumCycles: 1 } : {}),
    ...(mode === "full" ? { timing: presetTiming(preset) } : {}),
  });
  machine.timing?.on();
  const least = () => Math.min(...machine.stats().map(({ instret }) => instret));
  while (least() < WARM_INSTRUCTIONS) go(machine, 200_000);
  return machine;
}

function go(machine, cycles) {
  const { reason } = machine.run({ cycles });
  if (reason !== "budget") throw new Error(`the guest ended: ${reason}`);
}

const retired = (machine) => machine.stats().reduce((sum, { instret }) => sum + instret, 0);

/** Millions of instructions a second of a span of about SPAN_INSTRUCTIONS. */
function spanOf(machine) {
  const cycles = Math.ceil(SPAN_INSTRUCTIONS / machine.harts);
  const before = retired(machine);
  const start = performance.now();
  go(machine, cycles);
  return (retired(machine) - before) / (performance.now() - start) / 1000;
}

async function measure({ name, firmware, harts, preset }) {
  const machines = {};
  for (const mode of MODES) machines[mode] = await warmMachine(firmware, harts, preset, mode);
  const rates = Object.fromEntries(MODES.map((mode) => [mode, 0]));
  for (let span = 0; span < SPANS; span++) {
    for (const mode of MODES) rates[mode] = Math.max(rates[mode], spanOf(machines[mode]));
  }
  const { timing } = machines.full;
  const bytesPerHart = Math.round(timing.bytes / harts);
  return { name, harts, preset, ...rates, ratio: rates.full / rates.functional, bytesPerHart };
}

function lineOf({ name, harts, preset, functional, lockstep, full, bytesPerHart }) {
  const part = (rate) => `${rate.toFixed(0)} (${(rate / functional).toFixed(2)})`;
  return (
    `${name}, ${harts} hart${harts > 1 ? "s" : ""}, ${preset}: functional ` +
    `${functional.toFixed(0)}, lockstep ${part(lockstep)}, full model ${part(full)} M instr/s; ` +
    `${(bytesPerHart / 1024).toFixed(0)} KiB of state a hart`
  );
}

const json = process.argv.includes("--json");
const results = [];
async function add(work) {
  results.push(await measure(work));
  if (!json) console.log(lineOf(results.at(-1)));
}
for (const { name, work } of PROGRAMS) {
  const sources = ["start.S", "work.c"];
  const firmware = build(`work${work}`, `-DWORK=${work} -DROUNDS=1000000`, sources);
  await add({ name, firmware, harts: 1, preset: "embedded" });
}
for (const { harts, preset } of CROWDS) {
  const defines = `-DHARTS=${harts} -DROUNDS=1000000 -DSHARED=100`;
  const firmware = build(`harts${harts}`, defines, ["harts.S", "harts.c"]);
  await add({ name: "all run", firmware, harts, preset });
}
const [two, most] = [2, 512].map((n) => results.findLast(({ harts }) => harts === n));
const growth = two.full / most.full;
if (json) console.log(JSON.stringify({ results, costAt512OverCostAt2: growth }, undefined, 2));
else {
  console.log(`an instruction costs ${growth.toFixed(2)} times as much with 512 harts as with 2`);
  console.log(
    "published, on other machines: R2VM (Guo and Mullins, 2020) 33 in lockstep, 26 with MESI,",
  );
  console.log("on 4 cores; gem5 about 3 (atomic) and 0.3 (timing, in order)");
}
