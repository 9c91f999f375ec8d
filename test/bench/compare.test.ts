// What the benchmarks make of samples: medians and spreads, ratios to a saved result that do not
// see the host's speed, and refusals of files that are no result. The calibration loop is fixed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate } from "../../bench/support/calibration.mjs";
import {
  against,
  lineOf,
  readSaved,
  resultOf,
  SCHEMA,
  summary,
} from "../../bench/support/compare.mjs";

test("a summary is the median and half the distance of the quartiles", () => {
  expect(summary([4, 1, 3, 2, 5])).toEqual({ seconds: 3, spread: 1 / 3, samples: 5 });
  expect(summary([2]).spread).toBe(0);
  expect(() => summary([])).toThrow("no samples");
});

test("a host that is twice as slow gives the same calibrated result", () => {
  const samples = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 3 });
  fc.assert(
    fc.property(
      samples,
      samples,
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      (all, unit, slow) => {
        const [fast] = [resultOf("a", all, unit)];
        const times = (list: number[]) => list.map((seconds) => seconds * slow);
        const [result] = against([resultOf("a", times(all), times(unit))], { results: [fast] });
        expect(result?.faster).toBeCloseTo(1, 9);
      },
    ),
  );
});

test("what takes half the time of the saved result is twice as fast", () => {
  const saved = { results: [resultOf("a", [2], [1]), resultOf("other", [1], [1])] };
  type Compared = Record<string, unknown> & { faster?: number };
  const results: Compared[] = against([resultOf("a", [1], [1]), resultOf("new", [1], [1])], saved);
  expect(results.map(({ faster }) => faster)).toEqual([2, undefined]);
  const [line] = results.map((one) => lineOf({ ...one, qemu: 0.4 } as never));
  expect(line).toBe(
    "a                           1.00 s +-  0 %, 1.00 calibrations, 0.40 of QEMU, " +
      "2.00 of saved +-0 %",
  );
});

test("instructions give a rate", () => {
  const result = resultOf("a", [0.5], [1], { instructions: 200_000_000 });
  expect(result.millionsASecond).toBe(400);
});

describe("a saved result", () => {
  test("is read, and anything else refused in one line", () => {
    const saved = { schema: SCHEMA, results: [resultOf("a", [2], [1])] };
    expect(readSaved(JSON.stringify(saved), "x.json")).toEqual(saved);
    expect(() => readSaved("{", "x.json")).toThrow(/^x\.json: no JSON; give a file that .*$/);
    for (const wrong of [null, {}, { schema: SCHEMA }, { ...saved, schema: "other/1" }]) {
      expect(() => readSaved(JSON.stringify(wrong), "x.json")).toThrow(`x.json: no ${SCHEMA}`);
    }
    const cut = { ...saved, results: [{ name: "a", calibrated: 0, spreads: 0 }] };
    expect(() => readSaved(JSON.stringify(cut), "x.json")).toThrow("x.json: no");
  });
});

test("the calibration loop does what it says: a million steps of one stream", () => {
  let x = 0;
  for (let n = 0; n < 1_000_000; n++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  expect(calibrate()).toBe(x);
});
