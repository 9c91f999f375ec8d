// What the benchmark of the engines makes of samples: start-up is taken off, ratios are of the same
// round and do not see the host's speed, aims are judged and never by what was not measured; its
// options are refused in one line.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aimText, ratioText, rowText, translationText } from "../../bench/engines/lines.mjs";
import { OptionError, PARTS, readOptions } from "../../bench/engines/options.mjs";
import {
  aimsOf,
  fasterThan,
  geometricMean,
  isSlower,
  leastOf,
  meanFasterThan,
  rowOf,
  scaledRounds,
  trimmedMean,
  without,
} from "../../bench/engines/sums.mjs";

const seconds = fc.double({ min: 0.01, max: 10, noNaN: true });

test("the median of the idle runs is taken off each busy one", () => {
  expect(without([1, 9, 1.5], [2, 3])).toEqual([0.5, 1.5]);
  expect(without([], [2, 3])).toEqual([2, 3]);
  expect(() => without([2], [3, 2])).toThrow("no longer than its start");
});

test("a ratio is of times in the same round, so a host that slows down changes nothing", () => {
  const rounds = fc.array(fc.tuple(seconds, fc.double({ min: 0.1, max: 9, noNaN: true })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(rounds, fc.double({ min: 0.1, max: 10, noNaN: true }), (all, factor) => {
      const mine = all.map(([time, slow]) => time * slow);
      const { ratio, spread } = fasterThan(
        mine.map((time) => time * factor),
        mine,
      );
      expect(ratio).toBeCloseTo(factor, 9);
      expect(spread).toBeCloseTo(0, 9);
    }),
  );
});

test("rounds are scaled by what they take beyond the start, and are one at least", () => {
  expect(scaledRounds(1.1, 0.1, { rounds: 10, seconds: 0.6 })).toBe(20);
  expect(scaledRounds(0.05, 0.1, { rounds: 10, seconds: 0.6 })).toBe(1);
  expect(scaledRounds(0.5, 0.2, { rounds: 10, seconds: 0.2 })).toBeGreaterThan(10);
});

test("the worst run is the one with the least ratio, of those that are long enough", () => {
  const rows = [0.8, 1.2, 0.9, 1].map((ratio, n) => ({
    ...{ interpreter: n + 1, run: { ratio }, whole: { ratio: 2 - ratio } },
  }));
  expect(leastOf(rows, 2, "run")).toBe(rows[2]);
  expect(leastOf(rows, 1, "run")).toBe(rows[0]);
  expect(leastOf(rows, 1, "whole")).toBe(rows[1]);
  expect(() => leastOf(rows, 9, "run")).toThrow("no run is as long as 9 s");
});

describe("a trimmed mean", () => {
  test("leaves out a fifth at either end, and has a standard error", () => {
    const { mean, error } = trimmedMean([900, 1, 2, 3, -900]);
    expect(mean).toBe(2);
    // Winsorized: 1, 1, 2, 3, 3; the squares' sum is 4.
    expect(error).toBeCloseTo(Math.sqrt(4 / 4) / (0.6 * Math.sqrt(5)), 12);
    expect(trimmedMean([4, 6])).toEqual({ mean: 5, error: 1 });
    expect(trimmedMean([7])).toEqual({ mean: 7, error: Number.POSITIVE_INFINITY });
  });

  test("of quotients is a factor, whatever the host did in a round, or to a few of them", () => {
    const rounds = fc.array(seconds, { minLength: 10, maxLength: 40 });
    fc.assert(
      fc.property(rounds, fc.double({ min: 0.5, max: 2, noNaN: true }), (all, factor) => {
        const other = all.map((time, round) => time * factor * (round < 2 ? 50 : 1));
        const { ratio, error } = meanFasterThan(other, all);
        expect(ratio).toBeCloseTo(factor, 9);
        expect(error).toBeCloseTo(0, 9);
      }),
    );
  });
});

test("a geometric mean is of all ratios, or there is none", () => {
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  expect(geometricMean([2, undefined])).toBeUndefined();
  expect(geometricMean([])).toBeUndefined();
});

describe("a row", () => {
  const samples = {
    interpreter: { idle: [1], busy: [3] },
    translator: { idle: [1], busy: [2] },
  };
  const qemu = { idle: [0.5], busy: [2.5] };

  test("has seconds, rates and ratios of what was measured", () => {
    const row = rowOf("mix", { ...samples, qemu }, 8e6);
    expect(row.engines.translator).toEqual({ seconds: 1, spread: 0, millions: 8 });
    expect(row.engines.qemu).toEqual({ seconds: 2, spread: 0, millions: 4 });
    expect(row.ratios).toEqual({
      "translator/interpreter": { ratio: 2, spread: 0 },
      "interpreter/qemu": { ratio: 1, spread: 0 },
      "translator/qemu": { ratio: 2, spread: 0 },
    });
    expect(rowText(row)).toContain("translator/QEMU 2.00 +-0 %");
  });

  test("without QEMU has no ratio to it, and says no rate of QEMU for another number", () => {
    expect(Object.keys(rowOf("mix", samples, 8e6).ratios)).toEqual(["translator/interpreter"]);
    const { engines } = rowOf("boot", { ...samples, qemu }, 8e6, false);
    expect(engines.qemu).toEqual({ seconds: 2, spread: 0 });
    expect(engines.interpreter).toEqual({ seconds: 2, spread: 0, millions: 4 });
  });
});

test("what a translation cost is told by region, and that there is no translator", () => {
  expect(translationText({ name: "mix", translated: null })).toMatch(/^mix +no translator$/);
  const translated = {
    ...{ regions: 4, modules: 2, bytes: 99, dropped: 0, instructions: 5, entered: 3 },
    ...{ share: 0.5, compiling: 4e-4, instantiating: 2e-5, partOfRun: 0.1 },
  };
  const text = translationText({ name: "mix", translated });
  expect(text).toContain("100 us to compile and 5 us to instantiate, 10 % of the run; 50 %");
  const none = { ...translated, regions: 0, compiling: 0, instantiating: 0 };
  expect(translationText({ name: "mix", translated: none })).toContain("- to compile");
});

describe("an aim", () => {
  const names = { mean: ["a", "b"], calls: "calls", boot: "boot" };
  const row = (name: string, ratio: number) => ({
    name,
    ratios: { "translator/qemu": { ratio, spread: 0 } },
  });
  const met = (rows: unknown[], short: unknown[] = []) =>
    aimsOf(rows, names, short).map((aim) => aim.met);
  const run = (ratio: number, error: number) => ({
    run: { ratio: 0.5, error: 0 },
    whole: { ratio, error },
  });

  test("is met by what is enough", () => {
    const rows = [row("a", 0.9), row("b", 1.7), row("boot", 0.7), row("calls", 0.69)];
    expect(met(rows)).toEqual([true, true, true, false, undefined]);
    expect(met([row("a", 0.89), row("b", 1.3)]).slice(0, 2)).toEqual([false, false]);
  });

  test("that was not measured is neither met nor missed", () => {
    expect(met([row("a", 2)])).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(aimsOf([], names, []).map(aimText)[0]).toMatch(/: not measured$/);
  });

  test("of short runs is missed by what is surely slower, and by more than 2 %", () => {
    expect(met([], [run(1.5, 0), run(0.981, 0.006)]).at(-1)).toBe(true);
    expect(met([], [run(1.5, 0), run(0.979, 0.006)]).at(-1)).toBe(false);
    expect(met([], [run(0.96, 0.013), run(0.95, 0.02)]).at(-1)).toBe(false);
    expect(isSlower({ ratio: 0.979, error: 0 })).toBe(true);
    expect(isSlower({ ratio: 0.96, error: 0.014 })).toBe(false);
  });

  test("of short runs is missed by a start that is slower, too", () => {
    const start = (ratio: number) => ({ start: { ratio, error: 0.001 } });
    expect(met([], [run(1.5, 0), start(0.99)]).at(-1)).toBe(true);
    expect(met([], [run(1.5, 0), start(0.97)]).at(-1)).toBe(false);
    expect(met([], [start(1)]).at(-1)).toBeUndefined();
  });

  test("of short runs is not judged by ratios that are not known to 1 %", () => {
    const aims = aimsOf([], names, [run(1.5, 0), run(1.01, 0.011)]);
    expect(aims.at(-1)?.met).toBeUndefined();
    expect(aims.map(aimText).at(-1)).toMatch(/: 1\.01, not known well enough; more --rounds$/);
    const one = meanFasterThan([1], [1]);
    expect(met([], [run(one.ratio, one.error)]).at(-1)).toBeUndefined();
  });

  test("is a line with its number", () => {
    const lines = aimsOf([row("a", 2), row("b", 2)], names, []).map(aimText);
    expect(lines[0]).toBe("a, b: geometric mean at least 1.2 of QEMU: 2.00, met");
    expect(ratioText({ ratio: 1.234, spread: 0.021 })).toBe("1.23 +-2 %");
  });
});

describe("options", () => {
  const guests = ["integer mix", "boot"];

  test("that are left out mean everything, in the order of the table", () => {
    const all = { help: false, json: false, rounds: 5, parts: PARTS, guests };
    expect(readOptions([], guests)).toEqual(all);
    const some = readOptions(["--guests", "boot, integer mix", "--rounds", "3"], guests);
    expect(some).toEqual({ ...all, rounds: 3 });
    expect(readOptions(["--parts=short,table"], guests).parts).toEqual(["table", "short"]);
  });

  test.each([
    [["--rounds", "0"], "--rounds"],
    [["--rounds", "many"], "--rounds"],
    [["--rounds", "2.5"], "--rounds"],
    [["--parts", "tables"], "--parts"],
    [["--guests", ""], "--guests"],
    [["--guest", "boot"], "--guest"],
    [["boot"], "boot"],
    [["--rounds"], "--rounds"],
  ])("%j is refused in one line", (args, word) => {
    const refused = (() => {
      try {
        return readOptions(args, guests);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(OptionError);
    const { message } = refused as Error;
    expect(message).toContain(word);
    expect(message).not.toContain("\n");
  });
});
