// The programs of the engines' benchmarks. All run in S- or U-mode with Sv32 paging on and pages of
// 4 KiB (bench/guest/paged.*). A program is compiled for a number of rounds; with none it only
// starts, which is subtracted. Sizes are such that the interpreter takes half a second to three.
import { readFileSync } from "node:fs";
import { createMachine } from "../../dist/index.js";
import { compile, PLAIN, secondsOnQemu } from "../support/programs.mjs";

export const RAM_BYTES = 64 << 20;
export const ENGINES = ["interpreter", "translator"];
/** The engines in the order in which they are measured in a round: the first one changes. */
export const enginesOf = (round) => (round % 2 === 0 ? ENGINES : ENGINES.toReversed());
const CYCLES_MAX = 1e12;

const MIX = { name: "integer mix", defines: "-DWORK=3", sources: ["work.c"], rounds: 1000 };
const CHASE = { name: "pointer chase", defines: "", sources: ["chase.c"], rounds: 60 };
const BOTH = { name: "sort/sieve", defines: "-DWORK=4", sources: ["work.c"], rounds: 60 };
const CALLS = {
  name: "calls",
  defines: "-DLINES=2 -DYIELDS=1",
  sources: ["calls.S", "calls.c"],
  rounds: 120_000,
};
const ONLY = {
  name: "bare calls",
  defines: "-DLINES=0 -DYIELDS=0",
  sources: CALLS.sources,
  rounds: 200_000,
};
export const PATCH = { name: "writes code", defines: "", sources: ["patch.c"], rounds: 1_000_000 };
export const PROGRAMS = [MIX, CHASE, BOTH, CALLS, ONLY];
// "calls" changes satp and SUM, at which an emulator may drop its TLB; "bare calls" neither.
/** Those whose ratios to QEMU have a mean, and the one that calls the kernel all the time. */
export const MEAN = [MIX, CHASE, BOTH].map(({ name }) => name);
export const CALLING = CALLS.name;

/** Path of the ELF file. */
export function buildGuest({ name, defines, sources }, rounds) {
  const file = `${name.replaceAll(/\W/g, "-")}-${rounds}`;
  const all = `${defines} -DROUNDS=${rounds}`.trim();
  return compile(file, all, ["paged.S", "paged.c", ...sources], PLAIN, "paged.ld");
}

/** Runs a machine that is made before the clock starts from reset to its end. */
export async function runHere(config, engine, listen = () => {}) {
  const machine = await createMachine({ ...config, engine });
  listen(machine);
  const start = performance.now();
  const result = machine.run({ cycles: CYCLES_MAX });
  const seconds = (performance.now() - start) / 1000;
  if (result.verdict !== "pass") throw new Error(`the guest ended as ${JSON.stringify(result)}`);
  return { machine, seconds };
}

export const retired = (machine) => machine.stats().reduce((sum, { instret }) => sum + instret, 0);

/** As the table wants it: seconds idle and busy by an engine, and the machine of a run here. */
export function programCase(guest) {
  const [empty, full] = [0, guest.rounds].map((rounds) => buildGuest(guest, rounds));
  const configOf = (path) => ({ harts: 1, ramBytes: RAM_BYTES, firmware: readFileSync(path) });
  const [idle, busy] = [empty, full].map(configOf);
  return {
    name: guest.name,
    idle: (engine) => runHere(idle, engine),
    busy: (engine) => runHere(busy, engine),
    qemu: () => ({ idle: secondsOnQemu(empty), busy: secondsOnQemu(full) }),
  };
}
