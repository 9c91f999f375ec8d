#!/usr/bin/env node
// `npm run figures`: the paper set from rows of results. Every module of paper/figures becomes SVG,
// PDF and PNG, every one of paper/tables LaTeX and Markdown; index.md shows them all, and
// SHA256SUMS says which bytes they are, which are the same on every run. Needs no network and no
// build.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { render } from "./render.mjs";
import { readRows } from "./rows.mjs";
import { WIDTH } from "./style.mjs";
import { latexTable, markdownTable } from "./table.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const HELP = `Usage: npm run figures -- [options] [name ...]

the paper's figures and tables from shipped data, or those that are named

  --data <folder>  rows of results, a file for each experiment (default: paper/data)
  --out <folder>   where to (default: out/paper); figures/ and tables/ in it are written anew
  -h, --help       display this help`;
const ORDER = ["phases", "throughput", "latency", "blackout", "scaling", "costs"];
ORDER.push("rivals", "work", "memory");

/** Modules of a folder by name, in the paper's order. */
async function modules(folder) {
  const names = readdirSync(join(HERE, folder)).map((file) => file.replace(/\.mjs$/, ""));
  names.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const load = (name) => import(pathToFileURL(join(HERE, folder, `${name}.mjs`)).href);
  return Promise.all(names.map(async (name) => ({ name, ...(await load(name)) })));
}

/** A reader of experiments' rows that reads each file once, and says which runs are left out. */
function reader(folder) {
  const read = new Map();
  return (experiment) => {
    if (!read.has(experiment)) {
      const { rows, left } = readRows(join(folder, `${experiment}.jsonl`));
      if (left > 0) console.log(`${experiment}: ${left} runs were not completed, and are left out`);
      read.set(experiment, rows);
    }
    return read.get(experiment);
  };
}

const sumOf = (data) => createHash("sha256").update(data).digest("hex");

/** Writes files, all at once when all have been made; gives what SHA256SUMS holds. */
function writeAll(out, files, whole) {
  for (const folder of ["figures", "tables"]) {
    if (whole) rmSync(join(out, folder), { recursive: true, force: true });
    mkdirSync(join(out, folder), { recursive: true });
  }
  for (const [path, data] of files) writeFileSync(join(out, path), data);
  const list = [...files].map(([path, data]) => `${sumOf(data)}  ${path}\n`).join("");
  if (whole) writeFileSync(join(out, "SHA256SUMS"), list);
  return list;
}

const dataOf = (rowsOf, { experiments }) =>
  Object.fromEntries(experiments.map((experiment) => [experiment, rowsOf(experiment)]));

/** Puts a figure's files into `files`; gives what the page says of it. */
async function drawFigure(figure, rowsOf, files) {
  const { name, title, caption, width } = figure;
  const spec = figure.spec(dataOf(rowsOf, figure));
  const drawn = await render(name, title, WIDTH[width], spec);
  for (const kind of ["svg", "pdf", "png"]) files.set(`figures/${name}.${kind}`, drawn[kind]);
  return `![${title}](figures/${name}.svg)\n\n**${title}.** ${caption}\n`;
}

function makeTable(one, rowsOf, files) {
  const { name, title } = one;
  const table = one.table(dataOf(rowsOf, one));
  files.set(`tables/${name}.tex`, latexTable(name, title, table));
  const text = markdownTable(name, title, table);
  files.set(`tables/${name}.md`, text);
  return text;
}

/** Makes all figures and tables, or the named ones; gives what SHA256SUMS holds. */
export async function figures({ data, out, names = [] }) {
  const [drawings, tables] = [await modules("figures"), await modules("tables")];
  const all = [...drawings, ...tables].map(({ name }) => name);
  const wrong = names.find((name) => !all.includes(name));
  if (wrong) throw new Error(`no figure or table is named ${wrong}; there are ${all.join(", ")}`);
  const whole = names.length === 0;
  const asked = ({ name }) => whole || names.includes(name);
  const rowsOf = reader(data);
  const files = new Map();
  const page = [];
  for (const figure of drawings.filter(asked)) page.push(await drawFigure(figure, rowsOf, files));
  for (const table of tables.filter(asked)) page.push(makeTable(table, rowsOf, files));
  if (whole) files.set("index.md", page.join("\n"));
  return writeAll(out, files, whole);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: "string", default: join(HERE, "data") },
      out: { type: "string", default: join(HERE, "../out/paper") },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const list = await figures({ ...values, names: positionals });
  console.log(`${list.trim().split("\n").length} files in ${relative(process.cwd(), values.out)}`);
  console.log(`SHA-256 of all: ${sumOf(list)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
