// What cycles of a change went to, with the timing model: causes of cycles by kind of phase, of all
// harts, for each method; without loading the new kernel and without harts that wait.
import { byMethod, kindOf, MILLION } from "../chart.mjs";
import { groups, median } from "../statistics.mjs";
import { CAUSES, scaleOf } from "../style.mjs";

export const title = "Cost stack";
export const caption =
  "Cycles of all harts by cause, for each kind of phase, with the timing model; medians over " +
  "seeds. Each cause has what the model counted for it. Waiting in wfi and loading are left out.";
export const experiments = ["timing"];
export const width = "double";

const IN_TIME = { field: "place", op: "min" };
const LEFT_OUT = ["load"];
const SHOWN = CAUSES.filter(({ cause }) => cause !== "waiting");

/** Cycles of each cause and kind of phase in one run, as a map by `kind cause`. */
function costsOf(row) {
  const costs = new Map();
  const phases = row.list("report.timing.phases");
  const last = Math.max(...phases.map(({ relief }) => relief ?? 0));
  for (const { name, relief, counters } of phases) {
    if (relief !== last || ["before", "after"].includes(name)) continue;
    const kind = kindOf(name, row.where);
    if (LEFT_OUT.includes(kind)) continue;
    for (const { cause, counters: mine } of SHOWN) {
      const cycles = Object.entries(counters).flatMap(([key, n]) => (mine.test(key) ? [n] : []));
      const key = `${kind}/${cause}`;
      costs.set(key, (costs.get(key) ?? 0) + cycles.reduce((a, b) => a + b, 0));
    }
  }
  return costs;
}

function values(methods) {
  return methods.flatMap(({ label, rows }) => {
    const all = rows.map(costsOf);
    const kinds = [...groups(all[0].keys(), (key) => key.split("/")[0]).keys()];
    return [...all[0].keys()].map((key) => {
      const [kind, cause] = key.split("/");
      const cycles = median(all.map((one) => one.get(key) ?? 0)) / MILLION;
      const order = SHOWN.findIndex((one) => one.cause === cause);
      return { method: label, kind, place: kinds.indexOf(kind), cause, cycles, order };
    });
  });
}

/** The specification, from rows of the experiment `timing`. */
export function spec({ timing }) {
  const data = values(byMethod(timing));
  const methods = [...groups(data, ({ method }) => method).keys()];
  const used = SHOWN.filter(({ cause }) => data.some((one) => one.cause === cause));
  return {
    data: { values: data },
    facet: {
      column: {
        field: "method",
        type: "nominal",
        sort: methods,
        header: { title: null },
      },
    },
    spacing: 8,
    spec: {
      width: { step: 12 },
      height: 110,
      mark: { type: "bar", width: 8.5, stroke: "white", strokeWidth: 0.25 },
      encoding: {
        x: {
          field: "kind",
          type: "nominal",
          sort: IN_TIME,
          title: null,
          axis: { labelAngle: -60 },
        },
        y: { field: "cycles", type: "quantitative", title: "million cycles of all harts" },
        color: {
          field: "cause",
          type: "nominal",
          scale: scaleOf(
            used,
            ({ cause }) => cause,
            ({ colour }) => colour,
          ),
          legend: { title: null, orient: "bottom", columns: 6, symbolType: "square" },
        },
        order: { field: "order" },
      },
    },
    resolve: { scale: { x: "independent" } },
  };
}
