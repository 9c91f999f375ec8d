// Latency of the service's requests, a row for each method: at the left how it is distributed
// before, during and after the change; at the right each request of one run, when it was answered.
import { byMethod, MILLION } from "../chart.mjs";
import { COLOURS } from "../style.mjs";

export const title = "Latency before, during and after";
export const caption =
  "Left: distribution of the latency of requests that were in flight before, during and after " +
  "the change, of all seeds whose requests are kept. Right: each request of the first seed, when " +
  "it was answered; the band is the change.";
export const experiments = ["methods"];
export const width = "double";

const SHOWN = ["relief", "relief, groups", "relief, copy", "relief, copy, groups", "checkpoint"];
SHOWN.push("checkpoint, copy", "kexec", "cold");
const WHEN = ["before", "during", "after"];
const STEPS = 200; // of a distribution, at most

const kept = (row) => row.optional("report.service.exchanges") !== null;

/** Latencies in million cycles of each part of a run, and of each request its answer's moment. */
function requestsOf(row) {
  const [start, end] = [row.number("report.change.start"), row.number("report.change.end")];
  return row.list("report.service.exchanges").map(([sent, answered]) => {
    const when = answered < start ? "before" : sent >= end ? "after" : "during";
    const at = (answered - start) / MILLION;
    return { when, at, latency: (answered - sent) / MILLION };
  });
}

function distribution(label, rows) {
  const all = rows.flatMap(requestsOf);
  return WHEN.flatMap((when) => {
    const sorted = all.flatMap((one) => (one.when === when ? [one.latency] : []));
    sorted.sort((a, b) => a - b);
    const steps = Math.min(STEPS, sorted.length);
    return Array.from({ length: steps }, (_, n) => {
      const rank = Math.ceil(((n + 1) * sorted.length) / steps);
      return { method: label, when, latency: sorted[rank - 1], part: rank / sorted.length };
    });
  });
}

const LATENCY = { field: "latency", type: "quantitative", scale: { type: "log", nice: false } };
const COLOUR = {
  field: "when",
  type: "nominal",
  scale: { domain: WHEN, range: [COLOURS.blue, COLOURS.red, COLOURS.green] },
  legend: { title: null, orient: "bottom", symbolType: "stroke", symbolStrokeWidth: 2 },
};
const LOG_AXIS = { values: [0.001, 0.01, 0.1, 1, 10, 100, 1000], format: "~g" };

function left(methods, row) {
  return {
    data: { values: methods.flatMap(({ label, rows }) => distribution(label, rows)) },
    facet: { row },
    spacing: 8,
    bounds: "flush",
    spec: {
      width: 170,
      height: 40,
      mark: { type: "line", interpolate: "step-before", strokeWidth: 1 },
      encoding: {
        x: { ...LATENCY, axis: { ...LOG_AXIS, title: "latency, million cycles" } },
        y: { field: "part", type: "quantitative", title: null, axis: { values: [0, 0.5, 1] } },
        color: COLOUR,
        strokeDash: {
          field: "when",
          type: "nominal",
          scale: { domain: WHEN, range: [[], [4, 1], [1, 1]] },
          legend: COLOUR.legend,
        },
      },
    },
  };
}

function right(methods, row) {
  const requests = methods.flatMap(({ label, rows: [first] }) =>
    requestsOf(first).map((one) => ({ method: label, ...one })),
  );
  const changes = methods.map(({ label, rows: [first] }) => {
    const cycles = first.number("report.change.end") - first.number("report.change.start");
    return { method: label, from: 0, to: cycles / MILLION };
  });
  const time = { type: "quantitative", title: "answered, million cycles since the change began" };
  const band = { type: "rect", color: "#DDDDDD", opacity: 0.6 };
  return {
    data: { values: [...changes, ...requests] },
    facet: { row: { ...row, header: { ...row.header, labels: false } } },
    spacing: 8,
    bounds: "flush",
    spec: {
      width: 205,
      height: 40,
      layer: [
        {
          transform: [{ filter: "isValid(datum.to)" }],
          mark: band,
          encoding: { x: { ...time, field: "from" }, x2: { field: "to" } },
        },
        {
          transform: [{ filter: "isValid(datum.latency)" }],
          mark: { type: "square", size: 2.5, opacity: 0.9 },
          encoding: {
            x: { ...time, field: "at" },
            y: { ...LATENCY, title: null, axis: LOG_AXIS },
            color: COLOUR,
          },
        },
      ],
    },
  };
}

/** The specification, from rows of the experiment `methods`, some of which keep their requests. */
export function spec({ methods: all }) {
  const methods = byMethod(all.filter(kept), SHOWN);
  if (methods.length === 0) throw new Error("methods: no run keeps report.service.exchanges");
  const sort = methods.map(({ label }) => label);
  const header = { labelAngle: 0, labelAlign: "left", title: null };
  const row = { field: "method", type: "nominal", sort, header };
  return {
    title: {
      text: "part of requests at the left, latency in million cycles at the right",
      anchor: "start",
      dx: 83,
      offset: 2,
    },
    spacing: 10,
    hconcat: [left(methods, row), right(methods, row)],
  };
}
