// The service's throughput through the change of kernels, a row for each method on a common axis of
// time, with the phases as bands behind. At the left replies a million cycles in the whole change,
// at the right replies in all from shortly before the new kernel is loaded (for cold: before the
// change), in which nobody answers where the line is flat.
import { byMethod, kindScale, MILLION, phasesOf } from "../chart.mjs";
import { median, medianInterval } from "../statistics.mjs";
import { COLOURS, PHASE_KINDS } from "../style.mjs";

export const title = "Throughput through the change";
export const caption =
  "Replies of the key-value server to its clients, medians with 95 % bootstrap intervals over " +
  "the seeds whose requests are kept. Left: replies a million cycles, in bins of five, since the " +
  "change began. Right: replies in all, since shortly before the new kernel is loaded. Bands: " +
  "kinds of phases (medians over all seeds). Dashes: the rate before. Clients are closed loops.";
export const experiments = ["methods"];
export const width = "double";

const SHOWN = ["relief", "relief, groups", "relief, copy", "relief, copy, groups", "checkpoint"];
SHOWN.push("checkpoint, copy", "kexec", "cold");
const BEFORE = 10; // million cycles that are shown before
const AFTER = 20; // and after the change
const MARGIN = 4; // and in the detail, on both sides
const BIN = 5; // million cycles
const STEP = 0.25; // and in the detail

/** Where the new kernel is loaded, in cycles since the change began; 0 when it is not. */
const loaded = (row) => Math.max(0, ...phasesOf(row).flatMap(isLoad));
const isLoad = ({ kind, end }) => (kind === "load" ? [end] : []);

const kept = (row) => row.optional("report.service.exchanges") !== null;

/** The moments of a run's replies in million cycles since `originOf(row)` of the change. */
function momentsOf(row, originOf) {
  const origin = row.number("report.change.start") + originOf(row);
  return row
    .list("report.service.exchanges")
    .map(([, answered]) => (answered - origin) / MILLION)
    .sort((a, b) => a - b);
}

const within = (moments, from, to) => moments.filter((at) => at >= from && at < to).length;

/** Points of a line at each of `times`: the median and its interval of what each run has there. */
function points(label, times, width, valuesAt) {
  return times.flatMap((from) => {
    const found = valuesAt(from);
    if (found.length === 0) return [];
    const { median: middle, low, high } = medianInterval(found);
    return [{ what: "line", method: label, from, to: from + width, value: middle, low, high }];
  });
}

const timesOf = ([from, to], step) =>
  Array.from({ length: Math.floor((to - from) / step) }, (_, n) => from + n * step);

/** Replies a million cycles, in the whole bins between the first reply and the last. */
function rates(label, rows, range) {
  const runs = rows.map((row) => momentsOf(row, () => 0));
  return points(label, timesOf(range, BIN), BIN, (from) =>
    runs
      .filter((moments) => from + BIN <= moments.at(-1) && from >= moments[0])
      .map((moments) => within(moments, from, from + BIN) / BIN),
  );
}

/** Replies in all since the beginning of `range`, until the last one. */
function sums(label, rows, range) {
  const runs = rows.map((row) => momentsOf(row, loaded));
  return points(label, timesOf(range, STEP), STEP, (from) =>
    runs
      .filter((moments) => from <= moments.at(-1))
      .map((moments) => within(moments, range[0], from)),
  );
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

/** Replies a million cycles before the change. */
function before(rows) {
  const perMillion = (row) =>
    (row.number("report.throughput.perBin") * MILLION) / row.number("report.throughput.binCycles");
  return median(rows.map(perMillion));
}

const dash = (label, at, value) => ({ what: "before", method: label, from: at, value });

/** What the left panel of a method has: its bands, its rate, and the rate before. */
function wholeOf({ label, rows }, range) {
  const rate = before(rows);
  return [
    ...bands(label, rows, () => 0, range),
    ...rates(label, rows.filter(kept), range),
    ...range.map((at) => dash(label, at, rate)),
  ];
}

/** And the right one: its bands, its replies in all, and what they would be at the rate before. */
function detailOf({ label, rows }, range) {
  const most = before(rows) * (range[1] - range[0]);
  return [
    ...bands(label, rows, loaded, range),
    ...sums(label, rows.filter(kept), range),
    dash(label, range[0], 0),
    dash(label, range[1], most),
  ];
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
  const dashes = { type: "line", strokeDash: [2, 2], color: COLOURS.grey, strokeWidth: 0.7 };
  return [
    { ...only("band"), mark: { type: "rect", opacity: 0.6 }, encoding: { x, x2: to, color } },
    {
      ...only("line"),
      mark: shade,
      encoding: { x, x2: to, y: { ...y, field: "low" }, y2: { field: "high" } },
    },
    { ...only("before"), mark: dashes, encoding: { x, y: { ...y, field: "value" } } },
    { ...only("line"), mark: line, encoding: { x, y: { ...y, field: "value" } } },
  ];
}
const to = { field: "to" };

function column(methods, valuesOf, range, text, named) {
  const sort = methods.map(({ label }) => label);
  const header = { labelAngle: 0, labelAlign: "left", title: null, labels: named };
  return {
    data: { values: methods.flatMap((method) => valuesOf(method, range)) },
    facet: { row: { field: "method", type: "nominal", sort, header } },
    spacing: 6,
    bounds: "flush",
    spec: { width: 185, height: 34, layer: layersOf(range, text) },
  };
}

/** The specification, from rows of the experiment `methods`, some of which keep their requests. */
export function spec({ methods: rows }) {
  const methods = byMethod(rows, SHOWN).filter((method) => method.rows.some(kept));
  if (methods.length === 0) throw new Error("methods: no run keeps report.service.exchanges");
  const last = (endOf) =>
    Math.ceil(Math.max(...methods.flatMap((method) => method.rows.map(endOf))) / MILLION);
  const whole = [-BEFORE, last((row) => phasesOf(row).at(-1).end) + AFTER];
  const detail = [-MARGIN, last((row) => phasesOf(row).at(-1).end - loaded(row)) + MARGIN];
  return {
    title: {
      text: "replies a million cycles at the left, replies in all at the right",
      ...{ anchor: "start", offset: 2, dx: 83 },
    },
    spacing: 8,
    hconcat: [
      column(methods, wholeOf, whole, "million cycles since the change began", true),
      column(methods, detailOf, detail, "million cycles since the kernel is loaded", false),
    ],
  };
}
