#!/usr/bin/env node
// How fast are the engines, against each other and against QEMU? Everything is measured in one run,
// in turn, and of each the median counts, with half the distance of the quartiles as its spread.
// `--help` says what there is; the build has to come first. QEMU is left out with a message where
// it is not installed.
import { cpus, release, type } from "node:os";
import { CALLING, MEAN, PROGRAMS, programCase } from "./engines/guests.mjs";
import { BOOT, KERNEL_NAMES, kernelCase } from "./engines/kernels.mjs";
import { aimText, meanText, rowText } from "./engines/lines.mjs";
import { helpText, OptionError, readOptions } from "./engines/options.mjs";
import { aimsOf, geometricMean } from "./engines/sums.mjs";
import { measureRow } from "./engines/table.mjs";
import { QEMU } from "./support/programs.mjs";

const NAMES = [...PROGRAMS.map(({ name }) => name), ...KERNEL_NAMES];

const caseOf = (name) => {
  const program = PROGRAMS.find((one) => one.name === name);
  return program ? programCase(program) : kernelCase(name);
};

async function table({ guests, rounds }, say) {
  const rows = [];
  for (const name of guests) {
    rows.push(await measureRow(caseOf(name), rounds));
    say(rowText(rows.at(-1)));
  }
  if (rows.some(({ engines }) => !engines.qemu)) say(`${QEMU} is not installed: no ratios to it`);
  return rows;
}

function meansOf(rows) {
  const of = (engine) =>
    geometricMean(
      MEAN.map((name) => rows.find((row) => row.name === name)?.ratios[`${engine}/qemu`]?.ratio),
    );
  return { interpreter: of("interpreter"), translator: of("translator") };
}

async function main(args) {
  const options = readOptions(args, NAMES);
  if (options.help) return console.log(helpText(NAMES));
  const say = options.json ? () => {} : (text) => console.log(text);
  const rows = options.parts.includes("table") ? await table(options, say) : [];
  const means = meansOf(rows);
  for (const [engine, mean] of Object.entries(means)) if (mean) say(meanText(engine, mean));
  const aims = aimsOf(rows, { mean: MEAN, calls: CALLING, boot: BOOT }, []);
  for (const aim of aims) say(aimText(aim));
  const host = { node: process.version, os: `${type()} ${release()}`, cpu: cpus()[0]?.model };
  if (options.json) {
    const all = { host, rounds: options.rounds, table: rows, means, aims };
    console.log(JSON.stringify(all, null, 2));
  }
  return undefined;
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = error instanceof OptionError ? 2 : 1;
});
