// What bench/all.mjs measures: by name, a function that prepares and gives what is done once, how
// many times it must be done at least, and how many instructions it retires. Machines are made
// beforehand and put back by a restore, so that a sample is the run.
import { readFileSync } from "node:fs";
import { readImages } from "../../dist/cli/images.js";
import {
  checkRelief,
  createMachine,
  markTable,
  presetTiming,
  reliefMachine,
  runRelief,
} from "../../dist/index.js";
import { compileWork, IN_THE_MEAN, secondsOnQemu, WORKS } from "./programs.mjs";

const RAM_BYTES = 64 << 20;
const RAM_BASE = 0x80000000;
const PAGE = 4096;
const PAGES = 450; // about what a relief dirties
const KERNELS = { from: "larboard", to: "starboard", seed: 1 };
/** Of the rounds of WORKS, so that a sample takes some tenths of a second. */
const PART = { functional: 0.25, timed: 0.1 };

/** Runs a program from reset to its end, each time. */
async function program(work, rounds, timing) {
  const firmware = readFileSync(compileWork(work, rounds));
  const model = timing ? { timing: presetTiming("embedded") } : {};
  const machine = await createMachine({ harts: 1, ramBytes: RAM_BYTES, firmware, ...model });
  machine.timing?.on();
  const start = machine.snapshot();
  const run = () => {
    machine.restore(start);
    const { verdict } = machine.run({ cycles: 1e12 });
    if (verdict !== "pass") throw new Error(`the guest ended with ${verdict}`);
  };
  run();
  return { run, instructions: machine.stats()[0].instret };
}

/** The same program on QEMU, without the time in which it starts. */
function onQemu(work, rounds) {
  const [empty, full] = [compileWork(work, 0), compileWork(work, rounds)];
  if (secondsOnQemu(empty) === undefined) return undefined;
  const starts = [0, 1, 2, 3, 4].map(() => secondsOnQemu(empty));
  return { run: () => secondsOnQemu(full), less: Math.min(...starts) };
}

async function relieved() {
  const config = checkRelief({ ...KERNELS, connections: 0 });
  const machine = await reliefMachine(config, readImages());
  const table = await markTable();
  const phases = new Set();
  machine.on("mark", ({ code, argument }) => {
    if (table.nameOf(code) === "PHASE") phases.add(table.phaseOf(argument));
  });
  const runTo = (name) => {
    while (!phases.has(name)) {
      const { reason } = machine.run({ cycles: 100_000 });
      if (reason !== "budget") throw new Error(`no phase "${name}": ${reason}`);
    }
  };
  return { machine, runTo };
}

/** Two moments of one machine, a whole relief apart: one restore there, one back. */
async function restore() {
  const { machine, runTo } = await relieved();
  runTo("halt");
  const before = machine.snapshot();
  runTo("end");
  const after = machine.snapshot();
  const run = () => {
    machine.restore(before);
    machine.restore(after);
  };
  return { run, times: 2 };
}

async function take() {
  const { machine, runTo } = await relieved();
  runTo("halt");
  const first = machine.snapshot();
  const byte = Uint8Array.of(0);
  const middle = RAM_BASE + RAM_BYTES / 2;
  const run = () => {
    for (let n = 0; n < PAGES; n++) machine.writePhysical(middle + n * PAGE, byte);
    machine.snapshot();
    machine.restore(first);
  };
  return { run };
}

/** From reset until the first program says that it begins. */
function boot() {
  const images = readImages();
  const config = checkRelief({ ...KERNELS, connections: 0 });
  const run = async () => {
    const [machine, table] = [await reliefMachine(config, images), await markTable()];
    let said = false;
    machine.on("mark", ({ code }) => {
      said ||= table.nameOf(code) === "USER";
    });
    while (!said) {
      const { reason } = machine.run({ cycles: 100_000 });
      if (reason !== "budget") throw new Error(`no program spoke: ${reason}`);
    }
  };
  return { run, defer: true };
}

function relief() {
  const images = readImages();
  const run = async () => {
    const { log } = await runRelief(KERNELS, images);
    const outcome = log.reliefs[0]?.outcome;
    if (outcome !== "relieved") throw new Error(`the relief ended as ${outcome}`);
  };
  return { run, defer: true };
}

const PROGRAMS = WORKS.slice(0, IN_THE_MEAN);
/** Names are what `--only` takes and what saved results are compared by. */
export const MEASURES = [
  ...PROGRAMS.map(({ name, work, rounds }) => ({
    name,
    prepare: () => program(work, rounds * PART.functional, false),
    qemu: () => onQemu(work, rounds * PART.functional),
  })),
  ...PROGRAMS.map(({ name, work, rounds }) => ({
    name: `${name}, timing`,
    prepare: () => program(work, rounds * PART.timed, true),
  })),
  { name: "snapshot", prepare: take },
  { name: "restore", prepare: restore },
  { name: "boot", prepare: boot },
  { name: "relief", prepare: relief },
];
