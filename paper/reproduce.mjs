#!/usr/bin/env node
// `npm run reproduce`: the paper set from nothing. Runs each experiment of paper/experiments as a
// sweep, collects its results, trims them and draws all figures and tables. What has been run is
// not run again, so it can be interrupted and started anew. `--ship` puts the rows into paper/data.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readAll } from "./rows.mjs";
import { figures } from "./run.mjs";
import { trimmed } from "./trim.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..");
const EXPERIMENTS = readdirSync(join(HERE, "experiments")).map((file) => file.slice(0, -5));
const QUICK_SEEDS = 2;
const HELP = `Usage: npm run reproduce -- [options]

runs every experiment of the paper, and makes its figures and tables from the results

  --only <names>   experiments, with commas: ${EXPERIMENTS.join(", ")}
  --quick          ${QUICK_SEEDS} seeds of each; intervals are then wide
  --jobs <n>       runs at once (default: as many as the host has cores)
  --out <folder>   where to (default: out/paper)
  --dry-run        say how many runs there are, and how long they take
  --ship           put the rows into paper/data, for \`npm run figures\`
  --trim-only      run nothing: trim and draw what has been collected
  -h, --help       display this help

Interrupted, it goes on where it was when it is started again.`;

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: EXPERIMENTS.join(",") },
      quick: { type: "boolean", default: false },
      jobs: { type: "string" },
      out: { type: "string", default: join(HERE, "../out/paper") },
      "dry-run": { type: "boolean", default: false },
      ship: { type: "boolean", default: false },
      "trim-only": { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const names = values.only.split(",");
  const wrong = names.find((name) => !EXPERIMENTS.includes(name));
  if (wrong !== undefined) {
    throw new Error(`no experiment is named "${wrong}"; there are ${EXPERIMENTS.join(", ")}`);
  }
  if (values.quick && values.ship) throw new Error("a quick run is not shipped; leave out --quick");
  return { ...values, names };
}

/** A path as seen from the top folder: provenance has no paths of this computer. */
const seen = (path) => relative(ROOT, resolve(path)) || ".";

/** Runs the command line, its output going where ours goes; throws when it fails. */
function quarterdeck(...args) {
  const options = { cwd: ROOT, stdio: "inherit" };
  const { status, signal } = spawnSync(process.execPath, ["dist/cli/main.js", ...args], options);
  if (status === 0) return;
  const how = signal ? `was ended by ${signal}` : `ended with ${status}`;
  throw new Error(`${args[0]} ${how}; the same command goes on from here`);
}

/** The experiment's file, or a copy with few seeds. */
function experimentFile(name, { quick, out }) {
  const path = join(HERE, "experiments", `${name}.toml`);
  if (!quick) return path;
  const few = join(out, "quick", `${name}.toml`);
  const text = readFileSync(path, "utf8").replace(/^seeds = .*$/m, `seeds = ${QUICK_SEEDS}`);
  mkdirSync(dirname(few), { recursive: true });
  writeFileSync(few, text);
  return few;
}

function run(name, given) {
  const sweeps = join(given.out, "sweeps");
  const jobs = given.jobs === undefined ? [] : ["--jobs", given.jobs];
  const dry = given["dry-run"] ? ["--dry-run"] : [];
  console.log(`== ${name}`);
  quarterdeck("sweep", seen(experimentFile(name, given)), "--out", seen(sweeps), ...jobs, ...dry);
}

function collect(name, { out, "trim-only": only }) {
  const rows = join(out, "rows", `${name}.jsonl`);
  mkdirSync(dirname(rows), { recursive: true });
  if (!only) {
    quarterdeck("sweep", "collect", seen(join(out, "sweeps", name)), "--jsonl", seen(rows));
  }
  mkdirSync(join(out, "data"), { recursive: true });
  writeFileSync(join(out, "data", `${name}.jsonl`), trimmed(name, readAll(rows)));
}

async function main() {
  if (process.argv.some((word) => word === "--help" || word === "-h")) return console.log(HELP);
  const given = options();
  if (!given["trim-only"]) for (const name of given.names) run(name, given);
  if (given["dry-run"]) return undefined;
  for (const name of given.names) collect(name, given);
  const data = join(given.out, "data");
  if (given.ship) {
    const shipped = join(HERE, "data");
    mkdirSync(shipped, { recursive: true });
    for (const name of given.names)
      copyFileSync(join(data, `${name}.jsonl`), join(shipped, `${name}.jsonl`));
    console.log(`${given.names.length} files of rows are in ${relative(process.cwd(), shipped)}`);
  }
  if (given.names.length < EXPERIMENTS.length) return undefined;
  await figures({ data, out: given.out });
  console.log(`figures and tables: ${relative(process.cwd(), given.out)}/index.md`);
  return undefined;
}

await main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
