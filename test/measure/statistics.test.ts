// Ranks, fits and intervals: worked-out answers, and properties over random values.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { medianInterval } from "../../emu/measure/bootstrap.js";
import { fitLine, fitPlane } from "../../emu/measure/fit.js";
import { medianOf, nearestRank, sortedOf } from "../../emu/measure/rank.js";

describe("ranks", () => {
  test("by nearest rank, of 15, 20, 35, 40, 50", () => {
    const values = sortedOf([50, 15, 40, 20, 35]);
    const shares = [0, 0.05, 0.3, 0.4, 0.5, 1];
    expect(shares.map((share) => nearestRank(values, share))).toEqual([15, 15, 20, 20, 35, 50]);
  });

  test("of nothing there is none", () => {
    expect(medianOf([])).toBeNull();
    expect(nearestRank([], 0.99)).toBeNull();
  });
});

describe("a line", () => {
  test("through points on it is exact", () => {
    const points = [1, 2, 5, 9].map((x) => [x, 3 + 2 * x] as const);
    const { a, b, r2 } = fitLine(points) ?? {};
    expect(a).toBeCloseTo(3, 9);
    expect(b).toBeCloseTo(2, 9);
    expect(r2).toBeCloseTo(1, 12);
  });

  test("through (0,0) (1,1) (2,1) is 1/6 + x/2, with R² 3/4", () => {
    const fit = fitLine([
      [0, 0],
      [1, 1],
      [2, 1],
    ]);
    expect(fit?.a).toBeCloseTo(1 / 6, 12);
    expect(fit?.b).toBeCloseTo(1 / 2, 12);
    expect(fit?.r2).toBeCloseTo(3 / 4, 12);
  });

  test("there is none where x does not vary, and no R² where y does not", () => {
    expect(
      fitLine([
        [2, 1],
        [2, 5],
      ]),
    ).toBeNull();
    expect(
      fitLine([
        [1, 4],
        [2, 4],
        [3, 4],
      ]),
    ).toEqual({ a: 4, b: 0, r2: null });
  });
});

describe("a plane", () => {
  const numbers = fc.integer({ min: -1000, max: 1000 });
  const place = fc.integer({ min: 0, max: 100_000 });

  test("comes back from points on it", () => {
    const places = fc.array(fc.tuple(place, place), { minLength: 8, maxLength: 20 });
    fc.assert(
      fc.property(numbers, numbers, numbers, places, (a, b, c, xs) => {
        const fit = fitPlane(xs.map((x) => ({ x, y: a + b * x[0] + c * x[1] })));
        if (!fit) return; // the points lie on a line
        const error = (x: readonly number[], y: number) =>
          Math.abs(fit.a + (fit.b[0] ?? 0) * (x[0] ?? 0) + (fit.b[1] ?? 0) * (x[1] ?? 0) - y);
        for (const x of xs) expect(error(x, a + b * x[0] + c * x[1])).toBeLessThan(1e-3);
      }),
    );
  });

  test("with no slope below 0 leaves out what would have one", () => {
    const points = [0, 1, 2, 3].flatMap((x) => [0, 1].map((z) => ({ x: [x, z], y: 5 * x - z })));
    expect(fitPlane(points)?.b[1]).toBeCloseTo(-1, 9);
    const held = fitPlane(points, true);
    expect(held?.b[1]).toBe(0);
    expect(held?.b[0]).toBeCloseTo(5, 9);
  });
});

describe("the interval of a median", () => {
  const options = { level: 0.9, resamples: 500, seed: 3 };

  test("is the value itself where all are equal, and nothing of nothing", () => {
    expect(medianInterval([7, 7, 7], options)).toEqual({ median: 7, low: 7, high: 7 });
    expect(medianInterval([], options)).toBeNull();
    expect(() => medianInterval([1], { level: 1 })).toThrow(/level 1/);
  });

  test("holds the median, is made of the values, and is the same for the same seed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (values) => {
        const found = medianInterval(values, options);
        expect(found).toEqual(medianInterval(values, options));
        expect(found?.low).toBeLessThanOrEqual(found?.median ?? 0);
        expect(found?.high).toBeGreaterThanOrEqual(found?.median ?? 0);
        for (const value of Object.values(found ?? {})) expect(values).toContain(value);
      }),
      { numRuns: 30 },
    );
  });

  test("of 1 to 5 resamples to all of them", () => {
    // 3 of 5 draws at 1: the median is 1 in 181 of 3125 resamples, 5.8 %
    expect(medianInterval([1, 2, 3, 4, 5], { level: 0.9, resamples: 20_000 })).toEqual({
      median: 3,
      low: 1,
      high: 5,
    });
    expect(medianInterval([1, 2, 3, 4, 5], { level: 0.8, resamples: 20_000 })).toEqual({
      median: 3,
      low: 2,
      high: 4,
    });
  });
});
