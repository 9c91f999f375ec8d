// A Vega-Lite specification becomes SVG, PDF and PNG, all by the same layout: text is measured with
// the embedded font, and nothing needs a browser. The same specification gives the same bytes: no
// date, no chance, and no compression that depends on the host. A point of the specification is
// a point on paper (1/72 inch).
import { Resvg } from "@resvg/resvg-js";
import PDFDocument from "pdfkit";
import SVGtoPDF from "svg-to-pdfkit";
import * as vega from "vega";
import { compile } from "vega-lite";
import { FAMILY, FILES, fontFace, weightOf, widthOf } from "./font.mjs";
import { CONFIG } from "./style.mjs";

const PNG_SCALE = 4; // 288 pixels an inch
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"' };

vega.textMetrics.width = (item, text) =>
  widthOf(String(text ?? item.text ?? ""), item.fontSize ?? 11, weightOf(item.fontWeight));

/** Throws what Vega or Vega-Lite warns of: a figure with a warning is wrong. */
function logger(name) {
  const refuse = (...what) => {
    throw new Error(`${name}: ${what.join(" ")}`);
  };
  const quiet = { level: () => quiet, info: () => quiet, debug: () => quiet };
  return Object.assign(quiet, { warn: refuse, error: refuse });
}

function compiledOf(name, spec) {
  try {
    return compile({ ...spec, config: CONFIG }, { logger: logger(name) });
  } catch (error) {
    throw new Error(error.message.startsWith(name) ? error.message : `${name}: ${error.message}`);
  }
}

async function drawn(name, spec) {
  const compiled = compiledOf(name, spec);
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none" });
  view.logger(logger(name));
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/** The texts of an SVG by weight, as they are read. */
function textsOf(svg) {
  const texts = { normal: "", bold: "" };
  for (const [, attributes, text] of svg.matchAll(/<text([^>]*)>([^<]*)/g)) {
    const weight = weightOf(/font-weight="(\w+)"/.exec(attributes)?.[1]);
    texts[weight] += text.replace(/&(\w+);/g, (_, entity) => ENTITIES[entity] ?? "");
  }
  return texts;
}

/** The SVG with its size in points, and the glyphs of its texts. */
async function withFont(svg) {
  const faces = [];
  for (const [weight, text] of Object.entries(textsOf(svg))) {
    if (text) faces.push(await fontFace(text, weight));
  }
  const inPoints = svg.replace(/(<svg[^>]* width="[\d.]+)(" height="[\d.]+)"/, `$1pt$2pt"`);
  const style = `<defs><style>${faces.join("")}</style></defs>`;
  return inPoints.replace(/(<svg[^>]*>)/, `$1${style}`);
}

/** The SVG in the middle of a column of `column` points. Throws when it is wider. */
function placed(name, svg, column) {
  const size = /(<svg[^>]*) width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"/;
  const [width, height] = size.exec(svg).slice(2).map(Number);
  if (width > column) throw new Error(`${name}: ${width} points wide, and the column ${column}`);
  const x = -Math.floor((column - width) / 2);
  const view = `viewBox="${x} 0 ${column} ${height}"`;
  return { svg: svg.replace(size, `$1 width="${column}" height="${height}" ${view}`), height };
}

function pngOf(svg, width) {
  const options = {
    font: { fontFiles: Object.values(FILES), loadSystemFonts: false, defaultFontFamily: FAMILY },
    background: "white",
    fitTo: { mode: "width", value: Math.round(width * PNG_SCALE) },
  };
  return new Resvg(svg, options).render().asPng();
}

function pdfOf(svg, width, height, title) {
  const info = { Title: title, Producer: "Quarterdeck", CreationDate: new Date(0) };
  const document = new PDFDocument({ size: [width, height], margin: 0, compress: false, info });
  for (const [weight, path] of Object.entries(FILES)) document.registerFont(weight, path);
  const chunks = [];
  document.on("data", (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on("end", resolve));
  SVGtoPDF(document, svg, 0, 0, {
    width,
    height,
    assumePt: true,
    fontCallback: (_, bold) => (bold ? "bold" : "normal"),
    warningCallback: (text) => {
      throw new Error(`${title}: ${text}`);
    },
  });
  document.end();
  return ended.then(() => Buffer.concat(chunks));
}

/**
 * SVG, PDF and PNG of a specification, as wide as a column of `column` points; `name` is said in
 * errors, `title` is the PDF's.
 */
export async function render(name, title, column, spec) {
  const { svg, height } = placed(name, await drawn(name, spec), column);
  const pdf = await pdfOf(svg, column, height, title);
  return { svg: Buffer.from(`${await withFont(svg)}\n`), pdf, png: pngOf(svg, column) };
}
