// The service's throughput through the change of kernels, a row for each method on a common axis of
// time: replies a million cycles, with the phases as bands behind. At the left the whole change, at
// the right what comes when the new kernel is loaded (for cold: from the beginning).
import { byMethod, kindScale, MILLION, phasesOf } from "../chart.mjs";
import { median, medianInterval } from "../statistics.mjs";
import { COLOURS, PHASE_KINDS } from "../style.mjs";

export const title = "Throughput through the change";
export const caption =
  "Replies of the key-value server to its clients in each million cycles, medians with 95 % " +
  "bootstrap intervals over the seeds whose requests are kept. Left: since the change began. " +
  "Right: since the new kernel is loaded. Bands: kinds of phases (medians over all seeds). " +
  "Dashes: the rate before. Clients are closed loops.";
export const experiments = ["methods"];
export const width = "double";

const SHOWN = ["relief", "relief, groups", "relief, copy", "relief, copy, groups", "checkpoint"];
SHOWN.push("checkpoint, copy", "kexec", "cold");
const BEFORE = 10; // million cycles that are shown before
const AFTER = 20; // and after the change
const MARGIN = 4; // and in the detail, on both sides

/** Where the new kernel is loaded, in cycles since the change began; 0 when it is not. */
const loaded = (row) => Math.max(0, ...phasesOf(row).flatMap(isLoad));
const isLoad = ({ kind, end }) => (kind === "load" ? [end] : []);

const kept = (row) => row.optional("report.service.exchanges") !== null;

/**
 * Replies of a run by the million cycles from `origin` in which they came; the whole millions
 * between the first reply and the last.
 */
function repliesOf(row, origin) {
  const exchanges = row.list("report.service.exchanges");
  const bins = exchanges.map(([, answered]) => Math.floor((answered - origin) / MILLION));
  const counts = new Map();
  for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1);
  const [first, last] = [Math.min(...bins) + 1, Math.max(...bins)];
  return (bin) => (bin >= first && bin < last ? [counts.get(bin) ?? 0] : []);
}

/** Replies a million cycles: the median and its interval of all runs whose requests are kept. */
function rates(label, rows, originOf, [from, to]) {
  const all = rows
    .filter(kept)
    .map((row) => repliesOf(row, row.number("report.change.start") + originOf(row)));
  const bins = Array.from({ length: to - from }, (_, n) => from + n);
  return bins.flatMap((bin) => {
    const found = all.flatMap((replies) => replies(bin));
    if (found.length === 0) return [];
    const { median: middle, low, high } = medianInterval(found);
    return [{ what: "rate", method: label, from: bin, to: bin + 1, rate: middle, low, high }];
  });
}

/** The bands of a method: medians over seeds of where each phase begins and ends. */
function bands(label, rows, originOf, [first, last]) {
  const all = rows.map((row) => ({ phases: phasesOf(row), origin: originOf(row) }));
  return all[0].phases.flatMap(({ kind, name }) => {
    const at = (pick) =>
      median(
        all.flatMap(({ phases, origin }) =>
          phases.filter((phase) => phase.name === name).map((phase) => pick(phase) - origin),
        ),
      ) / MILLION;
    const from = Math.max(
      first,
      at(({ start }) => start),
    );
    const to = Math.min(
      last,
      at(({ end }) => end),
    );
    return to > from ? [{ what: "band", method: label, kind, from, to }] : [];
  });
}

function before(label, rows) {
  const perMillion = (row) =>
    (row.number("report.throughput.perBin") * MILLION) / row.number("report.throughput.binCycles");
  return { what: "before", method: label, rate: median(rows.map(perMillion)) };
}

function layersOf(range, text) {
  const scale = kindScale(PHASE_KINDS.map(({ kind }) => kind));
  const legend = { title: null, orient: "bottom", columns: 9, symbolType: "square" };
  const axis = { type: "quantitative", title: text, scale: { domain: range, nice: false } };
  const x = { ...axis, field: "from" };
  const y = { type: "quantitative", title: null, axis: { tickCount: 3, grid: false } };
  const only = (what) => ({ transform: [{ filter: `datum.what === '${what}'` }] });
  const color = { field: "kind", type: "nominal", scale, legend };
  const shade = { type: "rect", opacity: 0.25, color: "black" };
  const line = { type: "line", interpolate: "step-after", color: "black", strokeWidth: 0.8 };
  const dashes = { type: "rule", strokeDash: [2, 2], color: COLOURS.grey, strokeWidth: 0.7 };
  return [
    { ...only("band"), mark: { type: "rect", opacity: 0.6 }, encoding: { x, x2: to, color } },
    {
      ...only("rate"),
      mark: shade,
      encoding: { x, x2: to, y: { ...y, field: "low" }, y2: { field: "high" } },
    },
    { ...only("rate"), mark: line, encoding: { x, y: { ...y, field: "rate" } } },
    { ...only("before"), mark: dashes, encoding: { y: { ...y, field: "rate" } } },
  ];
}
const to = { field: "to" };

function column(methods, width, originOf, range, text, named) {
  const values = methods.flatMap(({ label, rows }) => [
    ...bands(label, rows, originOf, range),
    ...rates(label, rows, originOf, range),
    before(label, rows),
  ]);
  const sort = methods.map(({ label }) => label);
  const header = { labelAngle: 0, labelAlign: "left", title: null, labels: named };
  return {
    data: { values },
    facet: { row: { field: "method", type: "nominal", sort, header } },
    spacing: 6,
    bounds: "flush",
    spec: { width, height: 34, layer: layersOf(range, text) },
  };
}

/** The specification, from rows of the experiment `methods`. */
export function spec({ methods: rows }) {
  const methods = byMethod(rows, SHOWN);
  const last = (endOf) =>
    Math.ceil(Math.max(...methods.flatMap((method) => method.rows.map(endOf))) / MILLION);
  const whole = [-BEFORE, last((row) => phasesOf(row).at(-1).end) + AFTER];
  const detail = [-MARGIN, last((row) => phasesOf(row).at(-1).end - loaded(row)) + MARGIN];
  const sinceBegin = column(methods, 185, () => 0, whole, "million cycles, whole change", true);
  const sinceLoad = column(methods, 185, loaded, detail, "million cycles since loaded", false);
  return {
    title: { text: "replies a million cycles", anchor: "start", offset: 2, dx: 83 },
    spacing: 8,
    hconcat: [sinceBegin, sinceLoad],
  };
}
