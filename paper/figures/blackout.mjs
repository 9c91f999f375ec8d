// The longest time for which a process stood still, against what it has: resident pages of one
// process, descriptors of one, and the number of processes; each with its line of least squares.
import { byMethod, MILLION, methodChannel, methodLines } from "../chart.mjs";
import { fit as lineThrough } from "../statistics.mjs";

export const title = "Blackout against pages, descriptors and processes";
export const caption =
  "Blackout in million cycles: of the process that has the pages or descriptors, and of whoever " +
  "stood still longest where processes are many. Every point is a run; lines are least squares " +
  "a + b x, whose coefficients are in the table of work; against pages both axes are logarithms. " +
  "Methods that end processes have no line: theirs are started anew, and fill their pages again.";
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

const POWERS = [1, 10, 100, 1000, 10000];
const LOG_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const CURVE = 40; // points of a line, which is a curve on axes of logarithms

/** Points of the line of a fit, from the least x of all to the most. */
function curve({ label, a, b }, points, logarithms) {
  const all = points.map(({ x }) => x);
  const [from, to] = [logarithms ? Math.min(...all) : 0, Math.max(...all)];
  return Array.from({ length: CURVE + 1 }, (_, n) => {
    const part = n / CURVE;
    const x = logarithms ? from * (to / from) ** part : from + part * (to - from);
    return { method: label, x, y: (a + b * x) / MILLION };
  });
}

function panel(methods, rows, name, text, width) {
  const points = methods.flatMap(({ label, rows: all }) =>
    all
      .filter((row) => rows.includes(row))
      .map((row) => POINTS[name](row))
      .map(([x, y]) => ({ method: label, x, y: y / MILLION })),
  );
  const lines = fitsOf(rows, name)
    .filter(({ label }) => methods.some((method) => method.label === label))
    .flatMap((line) => curve(line, points, name === "pages"));
  const scale = name === "pages" ? { type: "log", nice: false } : {};
  const axis = (values) => (name === "pages" ? { values, format: "," } : { tickCount: 4 });
  const x = { field: "x", type: "quantitative", title: text, scale, axis: axis(POWERS) };
  const y = { field: "y", type: "quantitative", scale };
  y.axis = { ...axis(LOG_TICKS), title: null };
  if (name === "pages") y.axis.title = "blackout, million cycles";
  const fitted = methods.filter(({ label }) => lines.some(({ method }) => method === label));
  const color = methodChannel(methods, "color", { columns: 7 });
  const shape = methodChannel(methods, "shape", { columns: 7 });
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
