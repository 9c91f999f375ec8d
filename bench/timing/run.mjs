// Runs suites and makes rows of them: what was measured, what it must be, and whether it is so. A
// suite runs on as many fresh machines as there are repeats; the machine is deterministic, so a
// repeat that differs is a failure too.
import { runPlan } from "./guest.mjs";

/**
 * @typedef {object} Row
 * @property {string} test
 * @property {string} variant
 * @property {string} tier the preset, with what was changed in it
 * @property {number} cpuA
 * @property {number | ""} cpuB
 * @property {number} size bytes, harts or times, as the test says
 * @property {string} metric
 * @property {string} unit
 * @property {number[]} values one for each repeat
 * @property {number} [expected] exactly
 * @property {number} [low]
 * @property {number} [high]
 * @property {string} source
 * @property {string} failure "" when all is as it must be
 */

const CLOSE = 1e-9; // quotients of the same whole numbers

/**
 * What is wrong with a row, or "".
 * @param {{ values: number[], expected?: number, low?: number, high?: number }} row
 */
export function failureOf({ values, expected, low, high }) {
  const [value] = values;
  if (values.some((one) => one !== value)) return "repeats differ";
  if (!Number.isFinite(value)) return "no number";
  if (expected !== undefined) return Math.abs(value - expected) > CLOSE ? "not as expected" : "";
  if (low !== undefined && value < low - CLOSE) return "below its bound";
  if (high !== undefined && value > high + CLOSE) return "above its bound";
  return "";
}

/**
 * @param {import("./suite.mjs").Suite} suite
 * @returns {Promise<Row[]>}
 */
export async function runSuite(suite, { tier, timed = true, repeats = 2 }) {
  const timing = timed ? suite.model.t : undefined;
  const columns = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { machine, result } = await runPlan(suite.model, { ...suite.plan, timing });
    columns.push(suite.measures.map(({ read }) => read(result, machine)));
  }
  return suite.measures.map(({ read, ...what }, i) => {
    const row = { ...what, tier, values: columns.map((column) => column[i]) };
    return { ...row, failure: failureOf(row) };
  });
}

const HEADER = "test,variant,tier,cpu_a,cpu_b,size,repeat,metric,value,unit";
const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** All rows, a line for each repeat. @param {readonly Row[]} rows */
export function csvOf(rows) {
  const lines = rows.flatMap((row) =>
    row.values.map((value, repeat) =>
      [
        ...[row.test, row.variant, row.tier, row.cpuA, row.cpuB, row.size, repeat],
        ...[row.metric, value, row.unit],
      ]
        .map((cell) => quoted(String(cell)))
        .join(","),
    ),
  );
  return `${[HEADER, ...lines].join("\n")}\n`;
}

/** Three decimals where it is no whole number. */
export const shown = (value) =>
  value === undefined ? "" : Number.isInteger(value) ? String(value) : value.toFixed(3);

/** Expected: one number, or the bounds. */
export const expectedText = ({ expected, low, high }) =>
  expected !== undefined
    ? shown(expected)
    : low === undefined && high === undefined
      ? "none"
      : `${shown(low)} to ${high === undefined ? "any" : shown(high)}`;
