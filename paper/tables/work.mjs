// What one more page, descriptor or process costs: lines of least squares through blackouts and
// through instructions of the kernels, for each method that keeps processes.
import { byMethod, kindOf } from "../chart.mjs";
import { fitsOf, keeps, POINTS } from "../figures/blackout.mjs";
import { fit as lineThrough } from "../statistics.mjs";
import { numberText } from "../table.mjs";

export const title = "Work per page, descriptor and process";
export const experiments = ["pages", "descriptors", "processes"];

const CAPTION =
  "Least squares a + b x through all runs, x being resident pages of one process, descriptors of " +
  "one, or processes. Blackout: simulated cycles. Instructions: retired by both kernels and the " +
  "firmware, without programs, in the phases that freeze, write, shut down, transfer and verify.";
const PER_PROCESS = ["freeze, write", "shut down", "transfer", "verify"];
const UNITS = { pages: "page", descriptors: "descriptor", processes: "process" };

/** Instructions of both kernels in the phases whose work grows with what processes have. */
function instructionsOf(row) {
  const counted = row.list("report.work").flatMap(({ phase, kernel }) => {
    if (!PER_PROCESS.includes(kindOf(phase, row.where))) return [];
    const { offgoing, oncoming } = kernel ?? {};
    if (!Number.isFinite(offgoing + oncoming)) {
      throw new Error(`${row.where}: report.work, "${phase}" has no instructions of kernels`);
    }
    return [offgoing + oncoming];
  });
  return counted.reduce((sum, n) => sum + n, 0);
}

function rowsOf(runs, panel) {
  const blackouts = fitsOf(runs, panel);
  return byMethod(runs.filter(keeps)).map(({ label, rows }, index) => {
    const work = lineThrough(rows.map((row) => [POINTS[panel](row)[0], instructionsOf(row)]));
    const cells = ({ a, b, r2 }) => [numberText(a), numberText(b, 1), numberText(r2, 3)];
    const { runs: count } = blackouts[index];
    return [UNITS[panel], label, ...cells(blackouts[index]), ...cells(work), String(count)];
  });
}

/** The table, from rows of the three experiments. */
export function table(data) {
  const columns = [
    { header: "x", align: "l" },
    { header: "method", align: "l" },
    { header: "blackout a (cycles)" },
    { header: "b (cycles/x)" },
    { header: "r²" },
    { header: "instructions a" },
    { header: "b (instructions/x)" },
    { header: "r²" },
    { header: "runs" },
  ];
  const rows = experiments.flatMap((panel) => rowsOf(data[panel], panel));
  return { caption: CAPTION, columns, rows };
}
