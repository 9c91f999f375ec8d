// Statistics where seeds vary: the library's medians, bootstrap intervals and lines of least
// squares, for rows that are there and points that determine a line; and grouping.
import { medianInterval as intervalOf } from "../dist/measure/bootstrap.js";
import { fitLine } from "../dist/measure/fit.js";
import { middleOf } from "../dist/measure/rank.js";

/** The middle of `values`, or the mean of the middle two. They must not be empty. */
export function median(values) {
  const found = middleOf(values);
  if (found === null) throw new Error("no values, and so no median");
  return found;
}

/**
 * The median and its interval at `level` (0 to 1), from `resamples` draws with `seed`.
 * @returns {{ median: number, low: number, high: number }}
 */
export function medianInterval(values, options = {}) {
  const found = intervalOf(values, options);
  if (found === null) throw new Error("no values, and so no median");
  return found;
}

/** The line y = a + b x of least squares through points [x, y], and the part r2 it explains. */
export function fit(points) {
  const line = fitLine(points);
  if (line === null) throw new Error("a line needs points with two different x");
  return { a: line.a, b: line.b, r2: line.r2 ?? 1 };
}

/** `items` by what `keyOf` says of each, in the order in which keys first come. */
export function groups(items, keyOf) {
  const all = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!all.has(key)) all.set(key, []);
    all.get(key).push(item);
  }
  return all;
}
