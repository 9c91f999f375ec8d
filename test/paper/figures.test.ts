// A figure from a tiny data set: its marks are counted, its font is in it and has the glyphs of
// its texts, the PDF has text and vectors, the PNG the size of the column, and a second drawing the
// same bytes.
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { spec as latencySpec } from "../../paper/figures/latency.mjs";
import { spec, title } from "../../paper/figures/phases.mjs";
import { spec as throughputSpec } from "../../paper/figures/throughput.mjs";
import { widthOf } from "../../paper/font.mjs";
import { render } from "../../paper/render.mjs";
import { METHODS, PHASE_KINDS, WIDTH } from "../../paper/style.mjs";
import { COLD, invented, rowsOf } from "../support/paper.js";

interface Font {
  hasGlyphForCodePoint(codePoint: number | undefined): boolean;
}
const fontkit: { create(data: Buffer): Font } = createRequire(import.meta.url)("fontkit");

const RESULTS = [1, 2].flatMap((seed) => [
  invented({ seed }),
  invented({ seed, method: "cold", outcome: "replaced", phases: COLD }),
]);
const draw = () => render("phases", title, WIDTH.double, spec({ methods: rowsOf(RESULTS) }));

describe("the figure of phases", () => {
  let drawn: Awaited<ReturnType<typeof render>>;
  let svg: string;
  beforeAll(async () => {
    drawn = await draw();
    svg = drawn.svg.toString();
  });

  test("has a bar for each kind of phase of each method, in both panels", () => {
    const bars = svg.match(/<path[^>]*stroke="white"[^>]*stroke-width="0.25"/g) ?? [];
    const [relief, cold] = [6, 3]; // kinds: firmware and boot are one
    expect(bars).toHaveLength(relief + cold + (relief - 1) + cold);
  });

  test("says what is on its axes, with the unit, and names methods and kinds", () => {
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
    expect(texts.filter((text) => text === "million cycles")).toHaveLength(2);
    const kinds = PHASE_KINDS.map(({ kind }) => kind);
    expect(texts).toEqual(expect.arrayContaining(["relief", "cold", ...kinds]));
  });

  test("carries a font with the glyphs of its texts", () => {
    const [, data] =
      /font-weight:normal;src:url\(data:font\/woff2;base64,([^)]*)\)/.exec(svg) ?? [];
    const font = fontkit.create(Buffer.from(data as string, "base64"));
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text).join("");
    const missing = [...texts].filter((one) => !font.hasGlyphForCodePoint(one.codePointAt(0)));
    expect(missing).toEqual([]);
    expect(font.hasGlyphForCodePoint("Ω".codePointAt(0))).toBe(false);
  });

  test("is a PDF with an embedded font, text that can be searched, and no picture", () => {
    const pdf = drawn.pdf.toString("latin1");
    expect(pdf).toMatch(/^%PDF-/);
    expect(pdf).toMatch(/\/FontFile2 /);
    expect(pdf).toMatch(/\/ToUnicode /);
    expect(pdf).toMatch(/\/MediaBox \[0 0 504 \d+(\.\d+)?\]/);
    expect(pdf).not.toMatch(/\/Subtype \/Image/);
  });

  test("is a PNG of 288 pixels an inch", () => {
    expect(drawn.png.subarray(1, 4).toString()).toBe("PNG");
    expect(drawn.png.readUInt32BE(16)).toBe(7 * 288);
  });

  test("is the same bytes when it is drawn again", async () => {
    const again = await draw();
    for (const kind of ["svg", "pdf", "png"] as const) {
      expect(again[kind].equals(drawn[kind])).toBe(true);
    }
  });
});

describe("figures of requests", () => {
  const MILLION = 1e6;
  const START = 30 * MILLION;
  /** A reply each million cycles, but for three in which nobody answers; loading takes 90. */
  const times = Array.from({ length: 130 }, (_, n) => START + (n - 10) * MILLION);
  const gap = (at: number) => at > START + 91 * MILLION && at <= START + 94 * MILLION;
  const answered = times.filter((at) => !gap(at));
  const more = {
    change: { start: START, end: START + 92.3 * MILLION },
    throughput: { binCycles: 5 * MILLION, perBin: 5 },
    service: { exchanges: answered.map((at) => [at - 200_000, at]) },
  };
  const results = [1, 2, 3].map((seed) => invented({ seed, more }));
  interface Panel {
    readonly data: { readonly values: readonly Readonly<Record<string, unknown>>[] };
  }
  type Figure = (data: { methods: unknown }) => { readonly hconcat: readonly Panel[] };
  const panels = (figure: Figure, column: number) =>
    figure({ methods: rowsOf(results) }).hconcat[column]?.data.values ?? [];

  test("count replies in bins, and in all: the line is flat where nobody answers", () => {
    const bins = panels(throughputSpec, 0).filter(({ what }) => what === "line");
    const rateAt = (from: number) => bins.find((bin) => bin.from === from)?.value;
    expect([rateAt(-5), rateAt(40), rateAt(90), rateAt(95)]).toEqual([1, 1, 2 / 5, 1]);
    const sums = panels(throughputSpec, 1).filter(({ what }) => what === "line");
    const sumAt = (from: number) => sums.find((point) => point.from === from)?.value;
    // loaded 90 million cycles after the start; from four million before that one
    expect([-4, 0, 1.25, 4, 4.25, 5.25].map(sumAt)).toEqual([0, 4, 6, 6, 6, 7]);
  });

  test("say before, during and after by what was in flight, and leave nothing out", () => {
    const steps = panels(latencySpec, 0);
    expect(new Set(steps.map(({ when }) => when))).toEqual(new Set(["before", "during", "after"]));
    expect(steps.every(({ latency }) => latency === 0.2)).toBe(true);
    const dots = panels(latencySpec, 1).filter(({ latency }) => latency !== undefined);
    expect(dots).toHaveLength(answered.length);
    const before = dots.filter(({ when }) => when === "before");
    expect(before.map(({ at }) => at)).toEqual([...Array(10).keys()].map((n) => n - 10));
  });

  test("refuse rows none of which keeps its requests", () => {
    const rows = rowsOf([invented()]);
    expect(() => latencySpec({ methods: rows })).toThrow("no run keeps report.service.exchanges");
    expect(() => throughputSpec({ methods: rows })).toThrow("no run keeps");
  });
});

test("a figure that is wider than its column, or with a warning, is refused", async () => {
  const values = [{ a: "x", b: 1 }];
  const bars = {
    data: { values },
    mark: "bar",
    encoding: {
      x: { field: "b", type: "quantitative" },
      y: { field: "a", type: "nominal" },
    },
  };
  await expect(render("wide", "", WIDTH.single, { ...bars, width: 300 })).rejects.toThrow(
    /^wide: 3\d\d points wide, and the column 240$/,
  );
  const wrong = { ...bars, encoding: { ...bars.encoding, size: { field: "b", type: "wrong" } } };
  await expect(render("bad", "", WIDTH.single, wrong)).rejects.toThrow(/^bad: /);
});

test("text is as wide as the font says, and what it cannot write is refused", () => {
  expect(widthOf("mm", 10)).toBeCloseTo(2 * widthOf("m", 10), 6);
  expect(widthOf("m", 20, "bold")).toBeGreaterThan(widthOf("m", 20, "normal"));
  expect(() => widthOf("\u{1f600}", 10)).toThrow("Source Sans 3 cannot write");
});

test("no two methods look alike in grey: shape and dash together differ", () => {
  const looks = METHODS.map(({ shape, dash }) => JSON.stringify([shape, dash]));
  expect(new Set(looks).size).toBe(METHODS.length);
});
