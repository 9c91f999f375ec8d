// Medians, their intervals and lines of least squares, against what follows by hand or from the
// definition.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fit as lineThrough, median, medianInterval } from "../../paper/statistics.mjs";

const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 20 });

describe("median", () => {
  test("is the middle one, or the mean of the middle two", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 9, 1, 2])).toBe(5.5);
    expect(() => median([])).toThrow("no values");
  });
});

describe("medianInterval", () => {
  test("of two values, whose resampled medians are known: a quarter, a half, a quarter", () => {
    const wide = medianInterval([0, 10], { level: 0.95, resamples: 4000, seed: 1 });
    expect(wide).toEqual({ median: 5, low: 0, high: 10 });
    const narrow = medianInterval([0, 10], { level: 0.4, resamples: 4000, seed: 1 });
    expect(narrow).toEqual({ median: 5, low: 5, high: 5 });
  });

  test("holds the median, lies within the values, and is wider at a higher level", () => {
    fc.assert(
      fc.property(values, fc.nat(), (all, seed) => {
        const at = (level: number) => medianInterval(all, { level, resamples: 200, seed });
        const [half, most] = [at(0.5), at(0.99)];
        expect(most.low).toBeLessThanOrEqual(half.low);
        expect(most.high).toBeGreaterThanOrEqual(half.high);
        expect(most.low).toBeGreaterThanOrEqual(Math.min(...all));
        expect(most.high).toBeLessThanOrEqual(Math.max(...all));
        expect(most.median).toBe(median(all));
      }),
    );
  });

  test("repeats for a seed, and covers the true median about as often as it says", () => {
    let [state, covered] = [1, 0];
    const chance = () => {
      state = (state * 48271) % 0x7fffffff;
      return state / 0x7fffffff;
    };
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const sample = Array.from({ length: 25 }, chance); // its true median is 0.5
      const interval = medianInterval(sample, { level: 0.9, resamples: 300, seed: run });
      expect(medianInterval(sample, { level: 0.9, resamples: 300, seed: run })).toEqual(interval);
      if (interval.low <= 0.5 && interval.high >= 0.5) covered++;
    }
    expect(covered / runs).toBeGreaterThan(0.84);
    expect(covered / runs).toBeLessThan(0.97);
  });
});

describe("fit", () => {
  test("finds the line through points of a line", () => {
    const { a, b, r2 } = lineThrough([0, 1, 5].map((x) => [x, 7 + 3 * x]));
    expect([a, b, r2].map((value) => Number(value.toFixed(9)))).toEqual([7, 3, 1]);
  });

  test("leaves residuals that sum to nothing, with and without x", () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: -999, max: 999 }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 30 }), (points) => {
        fc.pre(new Set(points.map(([x]) => x)).size > 1);
        const { a, b, r2 } = lineThrough(points);
        const left = points.map(([x, y]) => [x, y - a - b * x] as const);
        expect(left.reduce((sum, [, r]) => sum + r, 0)).toBeCloseTo(0, 5);
        expect(left.reduce((sum, [x, r]) => sum + x * r, 0)).toBeCloseTo(0, 4);
        expect(r2).toBeGreaterThan(-1e-9);
        expect(r2).toBeLessThan(1 + 1e-9);
      }),
    );
  });

  test("refuses points that stand above each other", () => {
    expect(() => lineThrough([3, 3].map((x) => [x, 1]))).toThrow("two different x");
  });
});
