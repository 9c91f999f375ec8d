// Checks a report.json: `node .ci/check-report.mjs FILE` exits with 1, and says why in one line,
// unless the relief was completed with nothing lost or broken.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const expected = { outcome: "relieved", processesLost: 0, invariantsBroken: 0, reliefs: 1 };
const wrong = Object.entries(expected).filter(([key, value]) => report[key] !== value);
for (const key of ["unowned", "doublyOwned"]) {
  if (report.ledger[key] !== 0) wrong.push([`ledger.${key}`, 0]);
}
// with a timing model every cycle is somebody's
const { attributed, total } = report.timing?.cycles ?? {};
if (attributed !== total) wrong.push(["timing.cycles.attributed", total]);
if (wrong.length > 0) console.error(`report: not as expected: ${JSON.stringify(wrong)}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
