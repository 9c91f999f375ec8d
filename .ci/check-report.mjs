// Checks a report.json: `node .ci/check-report.mjs FILE` exits with 1, and says why in one line,
// unless the relief was completed with nothing lost or broken.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const expected = {
  schema: "quarterdeck/report/2",
  method: "relief",
  outcome: "relieved",
  processesLost: 0,
  invariantsBroken: 0,
  reliefs: 1,
};
const wrong = Object.entries(expected).filter(([key, value]) => report[key] !== value);
for (const key of ["unowned", "doublyOwned"]) {
  if (report.ledger[key] !== 0) wrong.push([`ledger.${key}`, 0]);
}
// all that is measured is there, and nothing of the watch was lost on the way
for (const [key, value] of Object.entries(report.survival ?? { survival: "missing" })) {
  if (value === "lost" || value === "missing") wrong.push([`survival.${key}`, "kept"]);
}
const measured = ["processFreeze", "clientSilence", "noUserCode", "commitToUser"];
for (const key of measured) if (!report.downtimes?.[key]) wrong.push([`downtimes.${key}`, "some"]);
// with a timing model every cycle is somebody's
const { attributed, total } = report.timing?.cycles ?? {};
if (attributed !== total) wrong.push(["timing.cycles.attributed", total]);
if (wrong.length > 0) console.error(`report: not as expected: ${JSON.stringify(wrong)}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
