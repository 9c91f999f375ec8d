// How a change of kernels scales with harts: what it takes without loading, and the longest time
// for which a process stood still; medians over seeds with bootstrap intervals.
import { byMethod, MILLION, methodChannel, methodLines, phasesOf } from "../chart.mjs";
import { groups, medianInterval } from "../statistics.mjs";

export const title = "Scaling with harts";
export const caption =
  "Cycles of the change without loading the new kernel, and the longest freeze of a process, " +
  "against the number of harts. Medians over seeds, 95 % bootstrap intervals.";
export const experiments = ["harts"];
export const width = "double";

/** Cycles of the change, but for those in which the new kernel is loaded. */
export function withoutLoading(row) {
  const all = phasesOf(row).filter(({ kind }) => kind !== "load");
  return all.reduce((sum, { start, end }) => sum + end - start, 0);
}

const freeze = (row) => row.number("report.downtimes.processFreeze.max");

function values(methods, measure) {
  return methods.flatMap(({ label, rows }) =>
    [...groups(rows, (row) => row.number("configuration.harts"))].map(([harts, same]) => {
      const { median, low, high } = medianInterval(same.map(measure));
      const [y, from, to] = [median, low, high].map((cycles) => cycles / MILLION);
      return { method: label, harts, y, from, to };
    }),
  );
}

function panel(methods, measure, text) {
  const data = values(methods, measure);
  const ticks = [...new Set(data.map(({ harts }) => harts))].sort((a, b) => a - b);
  const axis = { values: ticks, format: "d", grid: false };
  const scale = { type: "log", base: 2, domain: [ticks[0], ticks.at(-1)], nice: false, padding: 6 };
  const x = { field: "harts", type: "quantitative", title: "harts", axis, scale };
  const domain = [0.8 * Math.min(...data.map(({ from }) => from))];
  domain.push(1.25 * Math.max(...data.map(({ to }) => to)));
  const y = { field: "y", type: "quantitative", title: "million cycles" };
  y.scale = { type: "log", domain, nice: false };
  y.axis = { values: [0.5, 1, 2, 3, 5, 10, 15, 20, 30, 50, 100, 200, 300, 500], format: "~g" };
  const color = methodChannel(methods, "color", { columns: 6 });
  const shape = methodChannel(methods, "shape", { columns: 6 });
  return {
    width: 190,
    height: 110,
    title: text,
    data: { values: data },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 0.7 },
        encoding: { x, y: { ...y, field: "from" }, y2: { field: "to" }, color },
      },
      ...methodLines(methods, { encoding: { x, y, color } }),
      { mark: { type: "point", filled: true }, encoding: { x, y, color, shape } },
    ],
  };
}

/** The specification, from rows of the experiment `harts`. */
export function spec({ harts }) {
  const methods = byMethod(harts);
  return {
    spacing: 16,
    hconcat: [
      panel(methods, withoutLoading, "the change without loading"),
      panel(methods, freeze, "longest freeze of a process"),
    ],
  };
}
