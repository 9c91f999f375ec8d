#!/usr/bin/env node
// `npm run bench`: the machine's own speed, in one run: the interpreter, the timing model,
// snapshots, a boot and a relief, as ratios to QEMU where it is installed and to a saved result.
// Hosts differ and are noisy, so a fixed loop of plain wasm runs before and after each measurement,
// and what is compared with saved results are multiples of it.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import Benchmark from "benchmark";
import { calibrate } from "./support/calibration.mjs";
import { against, lineOf, readSaved, resultOf, SCHEMA } from "./support/compare.mjs";
import { MEASURES } from "./support/measures.mjs";

const LAST = fileURLToPath(new URL("../out/bench/last.json", import.meta.url));
const SHORT = { minSamples: 5, maxTime: 1, initCount: 1, minTime: 0.02 };
const LONG = { minSamples: 7, maxTime: 4, initCount: 1, minTime: 0.02 };
const HELP = `Usage: npm run bench -- [options]

the machine's speed, as ratios to QEMU in the same run and to a saved result

  --only <names>    some of: ${MEASURES.map(({ name }) => `"${name}"`).join(", ")};
                    separated by semicolons; a part of a name will do
  --save            keep the result in out/bench/last.json
  --against <file>  compare with a saved result (default: out/bench/last.json where there is one)
  --json            print one object
  -h, --help        display this help`;

/** Seconds of each sample of an action, by the benchmark package. */
function samplesOf(run, { defer = false, ...options }) {
  return new Promise((resolve, reject) => {
    const fn = defer
      ? (deferred) => run().then(() => deferred.resolve(), reject)
      : () => {
          run();
        };
    new Benchmark({ fn, defer, async: true, ...options })
      .on("error", ({ target }) => reject(target.error))
      .on("complete", ({ target }) => resolve(target.stats.sample))
      .run();
  });
}

const calibration = () => samplesOf(calibrate, SHORT);

async function measure({ name, prepare, qemu }) {
  const { run, defer, times = 1, instructions } = await prepare();
  const before = await calibration();
  const samples = await samplesOf(run, { ...LONG, defer });
  const around = [...before, ...(await calibration())];
  const each = samples.map((seconds) => seconds / times);
  const result = resultOf(name, each, around, { instructions });
  const other = qemu?.();
  if (!other) return result;
  const theirs = (await samplesOf(other.run, LONG)).map((seconds) => seconds - other.less);
  return { ...result, qemu: resultOf(name, theirs, around).seconds / result.seconds };
}

function chosen(only) {
  if (only === undefined) return MEASURES;
  const words = only.split(";").map((word) => word.trim());
  const wrong = words.find((word) => !MEASURES.some(({ name }) => name.includes(word)));
  if (wrong !== undefined) {
    const names = MEASURES.map(({ name }) => name).join("; ");
    throw new Error(`--only: nothing is named "${wrong}"; there are ${names}`);
  }
  return MEASURES.filter(({ name }) => words.some((word) => name.includes(word)));
}

function savedResult(path) {
  if (path === undefined && !existsSync(LAST)) return undefined;
  const where = path ?? LAST;
  try {
    return readSaved(readFileSync(where, "utf8"), where);
  } catch (error) {
    if (error.code === undefined) throw error;
    throw new Error(`--against: cannot read ${where} (${error.code})`);
  }
}

/** Written whole: an old result stays until the new one is there. */
function save(all) {
  mkdirSync(dirname(LAST), { recursive: true });
  const temporary = join(dirname(LAST), `.last-${process.pid}`);
  writeFileSync(temporary, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(temporary, LAST);
}

async function main() {
  const flag = { type: "boolean", default: false };
  const text = { type: "string" };
  const { values } = parseArgs({
    options: { only: text, save: flag, against: text, json: flag, help: { ...flag, short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const saved = savedResult(values.against);
  const results = [];
  for (const one of chosen(values.only)) {
    const [result] = against([await measure(one)], saved ?? { results: [] });
    results.push(result);
    if (!values.json) console.log(lineOf(result));
  }
  const host = { node: process.version, os: `${type()} ${release()}`, cpu: cpus()[0]?.model };
  const all = { schema: SCHEMA, host, results };
  if (values.json) console.log(JSON.stringify(all, null, 2));
  if (values.save) save(all);
  return undefined;
}

await main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
