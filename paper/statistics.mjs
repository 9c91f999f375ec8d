// Statistics where seeds vary: medians with bootstrap intervals (Efron, 1979; percentiles of
// resampled medians), and lines of least squares. Chance is a counted stream from a seed, so the
// same values give the same interval on every computer.

/** Numbers in [0, 1) from a seed (mulberry32). */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The middle of `values`, or the mean of the middle two. They must not be empty. */
export function median(values) {
  if (values.length === 0) throw new Error("no values, and so no median");
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * The median and its interval at `level` (0 to 1), from `resamples` draws with `seed`.
 * @returns {{ median: number, low: number, high: number }}
 */
export function medianInterval(values, { level = 0.95, resamples = 1000, seed = 1 } = {}) {
  const middle = median(values);
  if (values.length === 1) return { median: middle, low: middle, high: middle };
  const next = chance(seed);
  const drawn = () => values[Math.floor(next() * values.length)];
  const medians = new Float64Array(resamples);
  for (let n = 0; n < resamples; n++) medians[n] = median(values.map(drawn));
  medians.sort();
  const at = (part) => medians.at(Math.min(resamples - 1, Math.floor(part * resamples)));
  return { median: middle, low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

/** The line y = a + b x of least squares through points [x, y], and the part r2 it explains. */
export function fit(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean((point) => point[0]), mean((point) => point[1])];
  const spread = mean((point) => (point[0] - x) ** 2);
  if (!(spread > 0)) throw new Error("a line needs points with two different x");
  const b = mean((point) => (point[0] - x) * (point[1] - y)) / spread;
  const total = mean((point) => (point[1] - y) ** 2);
  const left = mean((point) => (point[1] - y - b * (point[0] - x)) ** 2);
  return { a: y - b * x, b, r2: total === 0 ? 1 : 1 - left / total };
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
