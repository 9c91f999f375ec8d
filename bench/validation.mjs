#!/usr/bin/env node
// Validates the timing model by guest programs: `node bench/validation.mjs [--quick] [--csv FILE]
// [--page FILE]`; the build has to come first. Prints a table of measured and expected values; the
// rows as CSV go to FILE or, with --csv alone, to standard output instead of the table. --page
// writes a page, and its figures beside it. Exit code 1 when an exact value differs, one with
// bounds lies outside, or a repeat differs. The figures are counted by the machine, so they are the
// same on every computer.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { measureAll, tiers } from "./timing/all.mjs";
import { measureKernels } from "./timing/kernels.mjs";
import { countsOf, figuresOf, pageOf } from "./timing/page.mjs";
import { csvOf, expectedText, shown } from "./timing/run.mjs";

function readArguments(list) {
  const filled = list.flatMap((one, i) =>
    one === "--csv" && (list[i + 1] ?? "--").startsWith("--") ? ["--csv", "-"] : [one],
  );
  try {
    return parseArgs({
      args: filled,
      options: {
        quick: { type: "boolean", default: false },
        csv: { type: "string" },
        page: { type: "string" },
      },
    }).values;
  } catch (error) {
    const [why] = error.message.split("\n");
    console.error(`validation: ${why}; there are --quick, --csv FILE and --page FILE`);
    process.exit(2);
  }
}

function printTable(rows) {
  let last = "";
  for (const row of rows) {
    const title = `${row.tier}: ${row.test}, ${row.metric}`;
    if (title !== last) console.log(`\n${title}`);
    last = title;
    const harts = row.cpuB === "" ? `hart ${row.cpuA}` : `harts ${row.cpuA}, ${row.cpuB}`;
    console.log(
      `  ${row.variant.padEnd(44)} ${String(row.size).padStart(8)} ${harts.padEnd(12)}` +
        ` ${shown(row.values[0]).padStart(12)}  ${expectedText(row).padEnd(22)} ${row.source}` +
        `${row.failure && `  <- ${row.failure}`}`,
    );
  }
}

function writePage(path, input) {
  const name = basename(path).replace(/\.[^.]*$/, "");
  const figures = join(dirname(path), name);
  mkdirSync(figures, { recursive: true });
  for (const [file, svg] of Object.entries(figuresOf(input.rows)))
    writeFileSync(join(figures, file), svg);
  writeFileSync(path, pageOf({ ...input, folder: name }));
}

async function main({ quick, csv, page }) {
  const tell = (what) => process.stderr.isTTY && process.stderr.write(`\x1b[2K\r${what}`);
  const all = tiers(quick);
  const rows = await measureAll({ quick, tell });
  const [embedded] = all;
  const kernelRows = await measureKernels({ ...embedded, tell });
  tell("");
  const both = [...rows, ...kernelRows];
  if (csv === "-") process.stdout.write(csvOf(both));
  else printTable(both);
  if (csv !== undefined && csv !== "-") writeFileSync(csv, csvOf(both));
  const command = `npm run validate -- --page ${page}`;
  if (page !== undefined) writePage(page, { rows, kernelRows, tiers: all, command });
  const { exact, bounded, failed, repeats } = countsOf(both);
  console.error(
    `${exact} exact, ${bounded} with bounds, ${failed} not as they must be; ` +
      `${repeats} repeats of each are equal where nothing is said`,
  );
  return failed;
}

try {
  process.exitCode = (await main(readArguments(process.argv.slice(2)))) > 0 ? 1 : 0;
} catch (error) {
  console.error(`validation: ${error.message}`);
  process.exitCode = 1;
}
