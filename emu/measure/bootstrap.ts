// Confidence intervals of medians by the bootstrap, percentile method (Efron and Tibshirani, An
// Introduction to the Bootstrap, ch. 13). The resampling is seeded: the same values in the same
// order, level, count and seed give the same interval.
import { generator } from "../service/random.js";
import { medianOf, nearestRank, sortedOf } from "./rank.js";

export interface IntervalOptions {
  /** Share of resamples inside; 0.95 unless it is given. */
  readonly level?: number;
  readonly resamples?: number;
  readonly seed?: number;
}

export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The median with its interval; null of no values. Throws RangeError for an unusable level. */
export function medianInterval(
  values: readonly number[],
  { level = 0.95, resamples = 2000, seed = 1 }: IntervalOptions = {},
): MedianInterval | null {
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: give one between 0 and 1`);
  const median = medianOf(values);
  if (median === null) return null;
  const random = generator(seed);
  const draw = () => values[Math.floor(random() * values.length)] as number;
  const medians = sortedOf(
    Array.from({ length: resamples }, () => medianOf(values.map(draw)) as number),
  );
  const tail = (1 - level) / 2;
  const [low, high] = [nearestRank(medians, tail), nearestRank(medians, 1 - tail)];
  return { median, low: low ?? median, high: high ?? median };
}
