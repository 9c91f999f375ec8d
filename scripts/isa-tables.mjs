// Derives the instruction tables from the rows beside the meanings in assembly/isa/: the core's
// dense op numbers (assembly/isa/op.ts) and the host's rows (emu/isa/rows.ts), from which decoder
// table, disassembler and the tests' encoder follow. Run by hand after a change of a row;
// test/image/isa.test.ts fails while the files differ.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ISA = new URL("../assembly/isa/", import.meta.url);
const EXTENSIONS = ["i", "m", "a", "zicsr", "privileged"];

function readRows(extension) {
  const text = readFileSync(new URL(`${extension}.ts`, ISA), "utf8");
  const pattern = /@row\("([01. ]+)", "(\w+)"\)\n(?:@inline\n)?export function (\w+)</g;
  return [...text.matchAll(pattern)].map(([, picture, format, name]) => {
    const bits = picture.replaceAll(" ", "");
    if (bits.length !== 32) throw new Error(`${extension}.ts: ${name}: ${bits.length} bits`);
    return { name, mnemonic: name.toLowerCase().replace("_", "."), bits, format, extension };
  });
}

function readFormats() {
  const text = readFileSync(new URL("format.ts", ISA), "utf8");
  const pattern = /@format\("(.+)"\)\nexport const (\w+): u8 = (\d+);/g;
  return [...text.matchAll(pattern)].map(([, notation, name, number]) => {
    return { name, number: Number(number), notation };
  });
}

/** The texts of both files, by path from the root of the repository. */
export function isaTables() {
  const rows = EXTENSIONS.flatMap(readRows);
  const branches = rows.filter((row) => row.format === "B").map((row) => row.name);
  const names = [
    "UNDECODED",
    ...rows.map((row) => row.name),
    ...branches.map((name) => `${name}_NEAR`),
    ...branches.map((name) => `${name}_BACK`),
    "JAL_NEAR",
    "PAGE_END",
    "ILLEGAL",
  ];
  const head =
    "// Written from the rows in assembly/isa/ by scripts/isa-tables.mjs. Do not edit.\n";
  const op = names.map((name, number) => `  export const ${name}: u32 = ${number};\n`).join("");
  const opFile =
    `${head}// Dense op numbers: what the rows state, then what decoding makes of branches (taken\n` +
    "// forward or backward within the page), the page's end, and what no row matches.\n" +
    `export namespace Op {\n${op}}\n`;
  const number = (name) => names.indexOf(name);
  const rowText = rows.map(
    (row) =>
      `  ["${row.mnemonic}", "${row.bits}", "${row.format}", ${number(row.name)}, ` +
      `"${row.extension}"],\n`,
  );
  const formatText = readFormats().map(
    (format) => `  ${format.name}: [${format.number}, "${format.notation}"],\n`,
  );
  const rowsFile =
    `${head}\n/** Each format: its number in the core, and its fields in the manual's notation. */\n` +
    `export const FORMATS = {\n${formatText.join("")}} as const;\n\n` +
    "export type Format = keyof typeof FORMATS;\n\n" +
    "/** Mnemonic, bit picture (bit 31 first), format, op number in the core, extension. */\n" +
    "export type Row = readonly [string, string, Format, number, string];\n\n" +
    `export const ROWS: readonly Row[] = [\n${rowText.join("")}];\n`;
  return { "assembly/isa/op.ts": opFile, "emu/isa/rows.ts": rowsFile };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(isaTables())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), text);
  }
}
