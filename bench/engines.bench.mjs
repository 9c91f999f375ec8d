#!/usr/bin/env node
// How fast are the engines, against each other and against QEMU? Everything is measured in one run,
// in turn, and of each the median counts, with half the distance of the quartiles as its spread.
// The table is of one process, after one warm-up run of each; short runs and translation have a
// process each. There are more of short runs, and of them trimmed means count, with their standard
// errors. `--help` says what there is; the build has to come first. QEMU is left out with a message
// where it is not installed.
import { cpus, release, type } from "node:os";
import { caseOf, NAMES } from "./engines/cases.mjs";
import { CALLING, MEAN, PATCH, programCase } from "./engines/guests.mjs";
import { BOOT } from "./engines/kernels.mjs";
import {
  aimText,
  meanText,
  rowText,
  shortText,
  switchingText,
  translationText,
} from "./engines/lines.mjs";
import { helpText, OptionError, readOptions } from "./engines/options.mjs";
import { measureShort } from "./engines/short.mjs";
import { aimsOf, geometricMean } from "./engines/sums.mjs";
import { measureSwitching } from "./engines/switching.mjs";
import { measureRow } from "./engines/table.mjs";
import { measureTranslation } from "./engines/translation.mjs";
import { QEMU } from "./support/programs.mjs";

/** The parts: each gives what was measured, and says it as it goes. */
const MEASURES = {
  async table({ guests, rounds }, say) {
    const rows = [];
    for (const name of guests) {
      rows.push(await measureRow(caseOf(name), rounds));
      say(rowText(rows.at(-1)));
    }
    if (rows.some(({ engines }) => !engines.qemu)) say(`${QEMU} is not installed: no ratios to it`);
    return rows;
  },
  translation({ guests }, say) {
    const rows = [];
    for (const name of guests) {
      rows.push(measureTranslation(name));
      say(translationText(rows.at(-1)));
    }
    return rows;
  },
  switching: (options, say) => measureSwitching(options, (row) => say(switchingText(row))),
  short: (options, say) => measureShort(options, (row) => say(shortText(row))),
  async modified({ rounds }, say) {
    const row = await measureRow({ ...programCase(PATCH), qemu: undefined }, rounds);
    say(rowText(row));
    return [row];
  },
};

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
  const results = {};
  for (const part of options.parts) {
    say(`${part}:`);
    results[part] = await MEASURES[part](options, say);
  }
  const means = meansOf(results.table ?? []);
  const names = { mean: MEAN, calls: CALLING, boot: BOOT };
  const aims = aimsOf(results.table ?? [], names, results.short ?? []);
  say("aims:");
  for (const [engine, mean] of Object.entries(means)) if (mean) say(meanText(engine, mean));
  for (const aim of aims) say(aimText(aim));
  const host = { node: process.version, os: `${type()} ${release()}`, cpu: cpus()[0]?.model };
  const all = { host, rounds: options.rounds, ...results, means, aims };
  const nothing = (_, value) => (value === undefined ? null : value); // it was not measured
  if (options.json) console.log(JSON.stringify(all, nothing, 2));
  return undefined;
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = error instanceof OptionError ? 2 : 1;
});
