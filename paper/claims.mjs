#!/usr/bin/env node
// `npm run claims`: runs the command of every claim, or of those that are named, compares what it
// prints with what is expected, and says which hold. A command that several claims share runs once.
// `--page` writes docs/claims.md instead, and `--accept` records what exact claims give now.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { claimsPage, faultsOf, holds, toleranceText, valueText } from "./claims-check.mjs";
import { CLAIMS } from "./claims-table.mjs";
import { groups } from "./statistics.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const EXPECTED = join(ROOT, "paper/claims.json");
const PAGE = join(ROOT, "docs/claims.md");
const HELP = `Usage: npm run claims -- [options] [id ...]

runs the command of every claim, or of the named ones, and compares

  --exact     only those that are the same on every computer
  --list      say which claims there are, and run nothing
  --page      write docs/claims.md, and run nothing
  --accept    record what exact claims give now as expected, in paper/claims.json
  --json      print the results as JSON
  -h, --help  display this help

Exit codes: 0 all hold, 1 one does not, 2 unusable command line.`;

/** What a command says: its text, the text as JSON where it is, and its exit code. */
function outputOf(command) {
  const options = { cwd: ROOT, shell: true, encoding: "utf8", maxBuffer: 1 << 28 };
  const { stdout, status, error } = spawnSync(command, {
    ...options,
    stdio: ["ignore", "pipe", 2],
  });
  if (error) throw new Error(`${command}: ${error.message}`);
  return { text: stdout, json: jsonOf(stdout), code: status };
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The claim's value in an output; nothing when the output does not have it. */
function valueIn(claim, output) {
  try {
    return claim.value({ ...output, readme: readFileSync(join(ROOT, "README.md"), "utf8") });
  } catch (error) {
    if (error instanceof TypeError) return undefined; // a part of the output is missing
    throw error;
  }
}

function chosen(ids, { exact }) {
  const wrong = ids.find((id) => !CLAIMS.some((claim) => claim.id === id));
  if (wrong !== undefined) {
    throw new Error(`no claim is named "${wrong}"; \`npm run claims -- --list\` names them`);
  }
  const asked = CLAIMS.filter(({ id }) => ids.length === 0 || ids.includes(id));
  return exact ? asked.filter(({ host }) => !host) : asked;
}

function check(claims, expected, tell) {
  const results = [];
  for (const [command, sharing] of groups(claims, (claim) => claim.command)) {
    tell(`$ ${command}`);
    const output = outputOf(command);
    for (const claim of sharing) {
      const actual = valueIn(claim, output) ?? null;
      const right = holds(claim, expected[claim.id], actual);
      results.push({ id: claim.id, holds: right, actual, command, code: output.code });
      tell(lineOf(claim, expected[claim.id], actual, right));
    }
  }
  return results;
}

function lineOf(claim, expected, actual, right) {
  const must = claim.range ? toleranceText(claim) : valueText(expected);
  const word = right ? "pass" : "FAIL";
  const same = right && !claim.range;
  return `  ${word}  ${claim.id}: ${valueText(actual)}${same ? "" : ` (expected: ${must})`}`;
}

/** Records what exact claims gave; those that gave nothing stay as they were, and are named. */
function accept(results, expected) {
  const exact = results.filter(({ id }) => !CLAIMS.find((claim) => claim.id === id).range);
  const found = exact.filter(({ actual }) => actual !== null);
  const all = { ...expected, ...Object.fromEntries(found.map(({ id, actual }) => [id, actual])) };
  const ordered = CLAIMS.flatMap(({ id }) => (id in all ? [[id, all[id]]] : []));
  writeFileSync(EXPECTED, `${JSON.stringify(Object.fromEntries(ordered), null, 2)}\n`);
  console.log(`${found.length} values are recorded in paper/claims.json`);
  const lacking = exact.filter(({ actual }) => actual === null).map(({ id }) => id);
  if (lacking.length > 0) console.log(`without a value: ${lacking.join(", ")}`);
  process.exitCode = lacking.length > 0 ? 1 : 0;
}

function options() {
  const flag = { type: "boolean", default: false };
  return parseArgs({
    allowPositionals: true,
    options: {
      ...{ exact: flag, list: flag, page: flag, accept: flag, json: flag },
      help: { ...flag, short: "h" },
    },
  });
}

function main() {
  const { values, positionals } = options();
  if (values.help) return console.log(HELP);
  const expected = JSON.parse(readFileSync(EXPECTED, "utf8"));
  const [fault] = faultsOf(CLAIMS, expected);
  if (fault) throw new Error(`paper/claims-table.mjs: ${fault}`);
  if (values.page) return writeFileSync(PAGE, claimsPage(CLAIMS, expected));
  const claims = chosen(positionals, values);
  if (values.list) {
    for (const { id, claim, command } of claims) console.log(`${id}: ${claim} $ ${command}`);
    return undefined;
  }
  const results = check(claims, expected, values.json ? () => {} : console.log);
  if (values.json) console.log(JSON.stringify(results, null, 2));
  if (values.accept) return accept(results, expected);
  const failed = results.filter((result) => !result.holds);
  if (!values.json) console.log(`${results.length - failed.length} hold, ${failed.length} do not`);
  process.exitCode = failed.length > 0 ? 1 : 0;
  return undefined;
}

try {
  main();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
