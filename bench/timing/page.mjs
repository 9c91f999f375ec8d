// The validation page: what was run, tables of measured against expected values, and figures.
import { chartSvg } from "./chart.mjs";
import { expectedText, shown } from "./run.mjs";

const KIB = 1024;
const bytes = (size) =>
  size >= KIB * KIB ? `${size / KIB / KIB} MiB` : size >= KIB ? `${size / KIB} KiB` : `${size} B`;
const SIZED = ["chase", "code chase", "store sweep"]; // whose size is bytes

/** A table of Markdown. */
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const harts = ({ cpuA, cpuB }) => (cpuB === "" ? `${cpuA}` : `${cpuA}, ${cpuB}`);
const sizeOf = ({ test, size }) => (SIZED.includes(test.split(",")[0]) ? bytes(size) : size || "");

function tableOf(rows) {
  const head = ["what", "size", "harts", "measured", "expected", "from"];
  const cells = rows.map((row) => [
    row.variant,
    sizeOf(row),
    harts(row),
    `${shown(row.values[0])}${row.failure ? ` **${row.failure}**` : ""}`,
    expectedText(row),
    row.source,
  ]);
  return table(head, cells);
}

const groups = (rows, key) => {
  const all = new Map();
  for (const row of rows) all.set(key(row), [...(all.get(key(row)) ?? []), row]);
  return [...all];
};

const pointsOf = (rows) => rows.map(({ size, values }) => [size, values[0]]);
const exactOf = (rows) =>
  rows.every(({ expected }) => expected !== undefined)
    ? rows.map(({ size, expected }) => [size, expected])
    : [];

/** Latency against working set, one line a tier and variant. */
function staircase(rows) {
  const used = rows.filter(({ test, variant }) => test === "chase" && /^stride 64/.test(variant));
  return chartSvg({
    title: "A dependent load: cycles against working set (lines: analytic where exact)",
    ...{ xName: "working set, stride 64", yName: "cycles per load", xLabel: bytes },
    lines: groups(
      used,
      ({ tier, variant }) => `${tier}: ${variant.replace("stride 64, ", "")}`,
    ).map(([name, all]) => ({ name, points: pointsOf(all), analytic: exactOf(all) })),
  });
}

/** One figure of contention against the number of harts. */
function contention(rows, tests, metrics, title) {
  const used = rows
    .filter(
      ({ test, metric, tier }) =>
        tests.includes(test) && metrics.includes(metric) && tier.includes("quantum 1"),
    )
    .filter(({ tier }) => tier.endsWith("quantum 1"));
  return chartSvg({
    ...{ title, xName: "harts", yName: "cycles" },
    lines: groups(used, ({ tier, test }) => `${tier.replace(", quantum 1", "")}: ${test}`).map(
      ([name, all]) => ({ name, points: pointsOf(all) }),
    ),
  });
}

/** Figures by file name. */
export function figuresOf(rows) {
  return {
    "staircase.svg": staircase(rows),
    "fetch-add.svg": contention(
      ...[rows, ["fetch-add"], ["cycles_per_addition"]],
      "Additions to one word: cycles of each, against harts",
    ),
    "locks.svg": contention(
      ...[rows, ["test-and-set", "ticket"], ["cycles_per_acquisition"]],
      "Locks: cycles from one acquisition to the next, against harts",
    ),
  };
}

const CAPTIONS = {
  "staircase.svg": "Dots are measured. A line is what LRU stacks say; dashes only join dots.",
  "fetch-add.svg": "Every hart adds without pause. Quantum 1.",
  "locks.svg": "A lock is held for a short loop. Quantum 1.",
};

function configuration(tiers) {
  const rows = tiers.map(({ tier, timing: t }) => [
    ...[tier, t.core.load_cycles, `${bytes(t.l1d.bytes)}, ${t.l1d.ways}`],
    ...[`${bytes(t.l2.bytes)}, ${t.l2.ways}, ${t.l2.cycles}`, t.cache.replacement],
    ...[t.memory.cycles, `${t.topology.nodes}, ${t.interconnect.hop_cycles}`],
    t.contention.window_cycles,
  ]);
  const head = ["preset", "load", "L1: bytes, ways", "L2: bytes, ways, cycles", "replacement"];
  return table([...head, "memory", "nodes, hop", "window"], rows);
}

function kernelTable(rows) {
  const body = groups(rows, ({ test, size }) => `${test.replace("kernel ", "")}, ${size} CPUs`);
  const kernels = [...new Set(rows.map(({ variant }) => variant))];
  const cells = body.map(([name, all]) => {
    const of = (kernel) => all.find(({ variant }) => variant === kernel);
    const first = all[0];
    const low = first.low === undefined ? "" : `${shown(first.low)}: ${first.source}`;
    return [name, ...kernels.map((kernel) => shown(of(kernel)?.values[0])), low];
  });
  return table(["call", ...kernels, "at least"], cells);
}

const LIMITS = [
  "What the figures say about the model itself:",
  "",
  "- A line that changes hands is in flight until it arrives, and who wants it next waits for " +
    "that. So an addition to a word that all harts want costs each of them in proportion to " +
    "their number. Without contention (`window_cycles = 0`) all would get it at the same time.",
  "- A store takes effect when it begins, so what two harts do for each other overlaps: a round " +
    "trip costs less than its four transfers in turn.",
  "- A hart runs a quantum before others do. With the default of 64 cycles it adds several times " +
    "for each transfer; a quantum of 1 is the finest interleaving that there is.",
].join("\n");

/** How many of the rows are exact, bounded, and wrong. */
export function countsOf(rows) {
  const exact = rows.filter(({ expected }) => expected !== undefined).length;
  const failed = rows.filter(({ failure }) => failure !== "").length;
  return { exact, bounded: rows.length - exact, failed, repeats: rows[0]?.values.length ?? 0 };
}

/**
 * The page. `rows` are of bare metal, `kernelRows` of the program measure.
 * @returns {string} Markdown
 */
export function pageOf({ rows, kernelRows, tiers, command, folder }) {
  const { exact, bounded, failed, repeats } = countsOf([...rows, ...kernelRows]);
  const sections = groups(rows, ({ tier }) => tier).flatMap(([tier, ofTier]) => [
    `## ${tier}`,
    ...groups(ofTier, ({ test, metric }) => `${test}, ${metric.replaceAll("_", " ")}`).map(
      ([name, ofTest]) => `### ${name}\n\n${tableOf(ofTest)}`,
    ),
  ]);
  return `${[
    "# Validation of the timing model",
    `Written by \`${command}\`; do not edit. Guests (\`bench/guest/timing\`) measure with ` +
      "the cycle counter, and each figure stands beside what follows from the parameters alone " +
      "(`bench/timing/expected.mjs`). Exact ones must be equal; others have a lower and an upper " +
      "bound, because they depend on how harts interleave.",
    `${exact} figures are exact and ${bounded} have bounds; ${failed} are not as they must be. ` +
      `Each was measured on ${repeats} fresh machines, which must agree, and do where nothing ` +
      "is said. A quantum is how far a hart runs before others do, in cycles.",
    configuration(tiers),
    ...Object.entries(CAPTIONS).map(
      ([name, caption]) => `![${caption}](${folder}/${name})\n\n${caption}`,
    ),
    LIMITS,
    "## Kernels",
    "The program `measure` under both kernels; cycles each, without an analytic expectation.",
    ...groups(kernelRows, ({ tier }) => tier).map(
      ([tier, all]) => `### ${tier}\n\n${kernelTable(all)}`,
    ),
    ...sections,
  ].join("\n\n")}\n`;
}
