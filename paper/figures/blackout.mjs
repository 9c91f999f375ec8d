// The longest time for which a process stood still, against what it has: resident pages of one
// process, descriptors of one, and the number of processes; each with its line of least squares.
import { byMethod, MILLION, methodChannel, methodLines } from "../chart.mjs";
import { fit as lineThrough } from "../statistics.mjs";

export const title = "Blackout against pages, descriptors and processes";
export const caption =
  "Blackout in million cycles: of the process that has the pages or descriptors, and of whoever " +
  "stood still longest where processes are many. Every point is a run; lines are least squares " +
  "a + b x, whose coefficients are in the table of work. Methods that end processes have no line.";
export const experiments = ["pages", "descriptors", "processes"];
export const width = "double";

const SHOWN = ["relief", "relief, remap", "relief, copy", "relief, groups", "relief, copy, groups"];
SHOWN.push("checkpoint", "checkpoint, copy", "kexec", "cold");

/** The process of that name that has most of `what`, which is a field of it. */
function largest(row, name, what) {
  const all = row.list("report.processes");
  const found = all.filter((process) => process.name === name);
  if (found.length === 0) throw new Error(`${row.where}: report.processes has no "${name}"`);
  return found.reduce((a, b) => (b[what] > a[what] ? b : a));
}

function sizeAndBlackout(row, name, what) {
  const process = largest(row, name, what);
  return [process[what], process.blackoutCycles];
}

/** Are the processes of a run the same after the change? */
export const keeps = (row) => ["relief", "checkpoint"].includes(row.method.method);
const longestOf = (row) => row.number("report.downtimes.processFreeze.max");

/** x and y (cycles) of a run, for each of the three panels. */
export const POINTS = {
  pages: (row) =>
    keeps(row)
      ? sizeAndBlackout(row, "ballast", "frames")
      : [row.number("configuration.ballast") / 4, longestOf(row)],
  descriptors: (row) =>
    keeps(row)
      ? sizeAndBlackout(row, "crowd", "descriptors")
      : [row.number("configuration.descriptors"), longestOf(row)],
  processes: (row) => [row.number("configuration.processes"), longestOf(row)],
};

/** The fit of each method that keeps its processes: label, a, b, r2. */
export function fitsOf(rows, panel) {
  return byMethod(rows.filter(keeps)).map(({ label, rows: runs }) => {
    return { label, runs: runs.length, ...lineThrough(runs.map(POINTS[panel])) };
  });
}

function panel(methods, rows, name, text, width) {
  const points = methods.flatMap(({ label, rows: all }) =>
    all
      .filter((row) => rows.includes(row))
      .map((row) => POINTS[name](row))
      .map(([x, y]) => ({ method: label, x, y: y / MILLION })),
  );
  const span = [0, Math.max(...points.map(({ x }) => x))];
  const lines = fitsOf(rows, name)
    .filter(({ label }) => methods.some((method) => method.label === label))
    .flatMap(({ label, a, b }) =>
      span.map((x) => ({ method: label, x, y: (a + b * x) / MILLION })),
    );
  const x = { field: "x", type: "quantitative", title: text, axis: { tickCount: 4 } };
  const y = { field: "y", type: "quantitative", axis: { title: null } };
  if (name === "pages") y.axis.title = "blackout, million cycles";
  const fitted = methods.filter(({ label }) => lines.some(({ method }) => method === label));
  const color = methodChannel(methods, "color", { columns: 6 });
  const shape = methodChannel(methods, "shape", { columns: 6 });
  return {
    width,
    height: 120,
    layer: [
      ...methodLines(fitted, { data: { values: lines }, encoding: { x, y, color } }),
      { data: { values: points }, mark: { type: "point" }, encoding: { x, y, color, shape } },
    ],
  };
}

/** The specification, from rows of the three experiments. */
export function spec({ pages, descriptors, processes }) {
  const methods = byMethod([...pages, ...descriptors, ...processes], SHOWN);
  return {
    spacing: 12,
    hconcat: [
      panel(methods, pages, "pages", "resident pages of the process", 130),
      panel(methods, descriptors, "descriptors", "descriptors of the process", 130),
      panel(methods, processes, "processes", "processes more than the watch", 130),
    ],
  };
}
