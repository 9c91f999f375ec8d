// Where the cycles of a change of kernels go, for every method: bars by kind of phase, the whole
// change at the left, and at the right without loading the kernel, during which programs run.
import { byMethod, kindScale, MILLION, phasesOf } from "../chart.mjs";
import { groups, median, medianInterval } from "../statistics.mjs";
import { PHASE_KINDS } from "../style.mjs";

export const title = "Phases of each method";
export const caption =
  "Cycles of each kind of phase, medians over seeds. Left: the whole change. Right: without " +
  "loading the new kernel, during which programs run. Bars at the ends: 95 % bootstrap interval " +
  "of the median of the total.";
export const experiments = ["methods"];
export const width = "double";

const lengths = (row) => {
  const kinds = groups(phasesOf(row), ({ kind }) => kind);
  const sum = (phases) => phases.reduce((cycles, { start, end }) => cycles + end - start, 0);
  return new Map([...kinds].map(([kind, phases]) => [kind, sum(phases)]));
};

/** Pieces of each method's bar, in the order in which its phases come. */
function values(methods, left) {
  return methods.flatMap(({ label, rows }) => {
    const all = rows.map(lengths);
    const kinds = [...all[0].keys()].filter((kind) => !left.includes(kind));
    let at = 0;
    return kinds.map((kind) => {
      const cycles = median(all.map((one) => one.get(kind) ?? 0)) / MILLION;
      at += cycles;
      return { method: label, kind, from: at - cycles, to: at };
    });
  });
}

function totals(methods, left) {
  return methods.map(({ label, rows }) => {
    const whole = rows.map((row) =>
      [...lengths(row)].reduce((sum, [kind, n]) => sum + (left.includes(kind) ? 0 : n), 0),
    );
    const { low, high } = medianInterval(whole);
    return { method: label, low: low / MILLION, high: high / MILLION };
  });
}

function panel(methods, left, text, axis) {
  const order = methods.map(({ label }) => label);
  const y = { field: "method", type: "nominal", sort: order, title: null, axis };
  const scale = kindScale(PHASE_KINDS.map(({ kind }) => kind));
  const legend = { title: null, orient: "bottom", columns: 9, symbolType: "square" };
  return {
    width: left.length > 0 ? 205 : 165,
    height: { step: 13 },
    title: text,
    layer: [
      {
        data: { values: values(methods, left) },
        mark: { type: "bar", height: 9, stroke: "white", strokeWidth: 0.25 },
        encoding: {
          y,
          x: { field: "from", type: "quantitative", title: "million cycles" },
          x2: { field: "to" },
          color: { field: "kind", type: "nominal", scale, legend },
        },
      },
      {
        data: { values: totals(methods, left) },
        mark: {
          type: "errorbar",
          ticks: { size: 5, color: "black" },
          rule: { color: "black" },
          thickness: 0.7,
        },
        encoding: {
          y,
          x: { field: "low", type: "quantitative", title: "million cycles" },
          x2: { field: "high" },
        },
      },
    ],
  };
}

/** The specification, from rows of the experiment `methods`. */
export function spec({ methods: rows }) {
  const methods = byMethod(rows);
  return {
    spacing: 12,
    hconcat: [
      panel(methods, [], "whole change", {}),
      panel(methods, ["load"], "without loading", { labels: false, ticks: false }),
    ],
  };
}
