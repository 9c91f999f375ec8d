// Sums up the test runner's JSON reports: `node .ci/sum.mjs FAILED_STEPS REPORT...` prints
// `N passed, N failed`, and exits with 1 if anything failed. A test that ran twice counts once, and
// has failed if it failed once. A report that is missing, or that says failed without naming a test,
// is one failure, and so is each failed step.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/** Adds one report's tests to `outcomes`: name to whether it passed. Skipped ones are left out. */
function addReport(outcomes, path) {
  if (!existsSync(path)) {
    outcomes.set(`${path}: no report`, false);
    return;
  }
  const report = JSON.parse(readFileSync(path, "utf8"));
  let blamed = false;
  for (const file of report.testResults) {
    const name = relative(process.cwd(), file.name);
    const tests = file.assertionResults.filter(({ status }) => /^(passed|failed)$/.test(status));
    const seen = new Map();
    for (const { fullName, status } of tests) {
      const nth = (seen.get(fullName) ?? 0) + 1; // samples of one rule may share a name
      seen.set(fullName, nth);
      const key = `${name}: ${fullName}${nth > 1 ? ` (${nth})` : ""}`;
      outcomes.set(key, status === "passed" && outcomes.get(key) !== false);
    }
    const failed = tests.some(({ status }) => status === "failed");
    if (file.status === "failed" && !failed) outcomes.set(`${name}: the file itself`, false);
    blamed ||= failed || file.status === "failed";
  }
  if (!report.success && !blamed) outcomes.set(`${path}: an error outside the tests`, false);
}

const [steps = "0", ...reports] = process.argv.slice(2);
const outcomes = new Map();
for (const path of reports) addReport(outcomes, path);
const bad = [...outcomes].filter(([, passed]) => !passed).map(([name]) => name);
for (const name of bad) console.log(`failed: ${name}`);
const failed = bad.length + Number(steps);
const passed = outcomes.size - bad.length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
