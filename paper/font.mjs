// The font of all figures: Source Sans 3 (SIL Open Font License), from a package. Widths of text
// are the font's own, so that the layout needs neither a browser nor a canvas; a figure's SVG
// carries the glyphs that it uses, so that it looks alike anywhere.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as fontkit from "fontkit";
import subset from "subset-font";

const pathOf = createRequire(import.meta.url).resolve;

export const FAMILY = "Source Sans 3";
export const FILES = {
  normal: pathOf("source-sans/TTF/SourceSans3-Regular.ttf"),
  bold: pathOf("source-sans/TTF/SourceSans3-Semibold.ttf"),
};

const bytes = new Map(Object.entries(FILES).map(([weight, path]) => [weight, readFileSync(path)]));
const fonts = new Map([...bytes].map(([weight, data]) => [weight, fontkit.create(data)]));
const known = new Map();

/** Which of the two weights a `font-weight` means. */
export function weightOf(value) {
  return value === "bold" || Number(value) >= 600 ? "bold" : "normal";
}

/** The width of a text in the unit of `size`. Throws when the font has no glyph for it. */
export function widthOf(text, size, weight = "normal") {
  const key = `${weight} ${text}`;
  if (!known.has(key)) {
    const font = fonts.get(weight);
    const { glyphs, advanceWidth } = font.layout(text);
    if (glyphs.some(({ id }) => id === 0)) throw new Error(`${FAMILY} cannot write "${text}"`);
    known.set(key, advanceWidth / font.unitsPerEm);
  }
  return known.get(key) * size;
}

/** A CSS rule that brings the glyphs of `text` in a weight, as a data URI. */
export async function fontFace(text, weight) {
  const characters = [...new Set(text)].sort().join("");
  const woff2 = await subset(bytes.get(weight), characters, {
    targetFormat: "woff2",
    noLayoutClosure: true,
  });
  const uri = `data:font/woff2;base64,${woff2.toString("base64")}`;
  const rule = `font-family:"${FAMILY}";font-weight:${weight};src:url(${uri}) format("woff2")`;
  return `@font-face{${rule}}`;
}
