// What the figure of blackouts and the table of work take from a run: the process that has most of
// what is varied, and the instructions of kernels in the phases that grow with it.
import { expect, test } from "vitest";
import { fitsOf, POINTS, spec } from "../../paper/figures/blackout.mjs";
import { table } from "../../paper/tables/work.mjs";
import { invented, rowsOf } from "../support/paper.js";

const KERNEL = { offgoing: 1000, oncoming: 500 };

/** A run whose process has `n` pages or descriptors; its blackout is 1,000,000 + 200 n cycles. */
function run(n: number, method = "relief") {
  const processes = [
    { pid: 5, name: "crowd", frames: 6, descriptors: 4, blackoutCycles: 9_000_000 },
    { pid: 6, name: "crowd", frames: 6, descriptors: n, blackoutCycles: 1_000_000 + 200 * n },
    { pid: 7, name: "ballast", frames: n, descriptors: 3, blackoutCycles: 1_000_000 + 200 * n },
  ];
  const work = ["load", "transfer", "verify"].map((phase) => ({
    phase,
    kernel: phase === "transfer" ? { offgoing: 0, oncoming: 40 * n } : KERNEL,
    user: { offgoing: 7, oncoming: 7 },
  }));
  const downtimes = { processFreeze: { p50: 1, max: 2_000_000 + n, name: "x" } };
  const result = invented({ method, more: { processes, work, downtimes } });
  const counts = { ballast: 4 * n, descriptors: n, processes: n };
  return { ...result, configuration: { ...result.configuration, ...counts } };
}

const rows = rowsOf([...[10, 50, 100].map((n) => run(n)), run(50, "cold")]);

test("a point is the process that has most, not the one that waits longest", () => {
  const [first] = rows;
  expect(POINTS.descriptors(first)).toEqual([10, 1_002_000]);
  expect(POINTS.pages(first)).toEqual([10, 1_002_000]);
  expect(POINTS.processes(first)).toEqual([10, 2_000_010]);
  expect(POINTS.pages(rows[3])).toEqual([50, 2_000_050]); // the watch's longest, started anew
});

test("the lines are those of the runs whose processes are kept", () => {
  const fits = fitsOf(rows, "pages");
  expect(fits.map(({ label }) => label)).toEqual(["relief"]);
  expect(fits[0]?.a).toBeCloseTo(1_000_000, 3);
  expect(fits[0]?.b).toBeCloseTo(200, 6);
});

test("the table counts instructions of kernels, without loading and programs", () => {
  const { rows: cells } = table({ pages: rows, descriptors: rows, processes: rows });
  expect(cells[0]).toEqual([
    ...["page", "relief", "1,000,000", "200.0", "1.000"],
    ...["1,500", "40.0", "1.000", "3"],
  ]);
  expect(cells.map(([unit]: string[]) => unit)).toEqual(["page", "descriptor", "process"]);
});

test("a run that lacks the process is refused by file, line and name", () => {
  const lacking = rowsOf([invented({ more: { processes: [] } })]);
  const data = { pages: lacking, descriptors: rows, processes: rows };
  expect(() => spec(data)).toThrow('test.jsonl:1: report.processes has no "ballast"');
});
