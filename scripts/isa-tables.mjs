// Derives the instruction tables from the rows beside the meanings in assembly/isa/: the core's
// dense op numbers (assembly/isa/op.ts), its loops (assembly/execute.ts, execute-timed.ts), and the
// host's rows (emu/isa/rows.ts), from which decoder table, disassembler and the tests' encoder
// follow. Run by hand after a change of a row or a run; test/image/isa.test.ts fails while the
// files differ.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { emitterText } from "./isa-emitter.mjs";
import { loopText } from "./isa-loop.mjs";
import { RUNS } from "./isa-runs.mjs";

const ISA = new URL("../assembly/isa/", import.meta.url);
const EXTENSIONS = ["i", "m", "a", "zicsr", "privileged"];

function readRows(extension) {
  const text = readFileSync(new URL(`${extension}.ts`, ISA), "utf8");
  const pattern =
    /@row\("([01. ]+)", "(\w+)"\)\n(@inline\n)?export function (\w+)<B>\((.+)\): (\w+)/g;
  return [...text.matchAll(pattern)].map(([, picture, format, inline, name, takes, gives]) => {
    const bits = picture.replaceAll(" ", "");
    if (bits.length !== 32) throw new Error(`${extension}.ts: ${name}: ${bits.length} bits`);
    const mnemonic = name.toLowerCase().replace("_", ".");
    const quick = inline !== undefined; // the loop does it, not only the exact way
    const takesEntry = takes.includes("i: usize");
    return { name, mnemonic, bits, format, extension, quick, takesEntry, gives };
  });
}

/** The rows of c.ts: an encoding, and the base instruction it expands to, with its registers. */
function readCompressed() {
  const text = readFileSync(new URL("c.ts", ISA), "utf8");
  const pattern =
    /@row16\("([01. ]+)", "(\w+)", "(\w+) ([^"]+)"(?:, "(\w+)")?\)\nexport const (\w+)/g;
  return [...text.matchAll(pattern)].map((found) => {
    const [, picture, format, base, registers, nonzero, name] = found;
    const bits = picture.replaceAll(" ", "");
    if (bits.length !== 16) throw new Error(`c.ts: ${name}: ${bits.length} bits`);
    const mnemonic = name.toLowerCase().replace("_", ".");
    return { name, mnemonic, bits, format, base, registers: registers.split(" "), nonzero };
  });
}

/** Of a jump the entry holds the length, and a breakpoint traps: those need no op of their own. */
const anyLength = (base) => ["JAL", "JALR", "EBREAK"].includes(base);

function readFormats() {
  const text = readFileSync(new URL("format.ts", ISA), "utf8");
  const pattern = /@format\("(.+)"\)\nexport const (\w+): u8 = (\d+);/g;
  return [...text.matchAll(pattern)].map(([, notation, name, number]) => {
    return { name, number: Number(number), notation };
  });
}

/** Throws when the runs break what scripts/isa-runs.mjs says of them, or need too many numbers. */
function checkRuns(names) {
  if (names.length > 256) throw new Error(`${names.length} ops do not fit a byte`);
  for (const parts of RUNS) {
    const what = `run ${parts.join(" ")}`;
    if (parts.some((name) => !names.includes(name))) throw new Error(`${what}: no such op`);
    if (!names.includes(parts.slice(0, -1).join("_"))) throw new Error(`${what}: no shorter run`);
    const early = parts.slice(0, -1).find((name) => /_(NEAR|BACK)$|^JALR?$|^(C_)?B/.test(name));
    if (early) throw new Error(`${what}: ${early} is not the last`);
  }
}

const COMPRESSED_HEAD = `\
/**
 * Compressed: mnemonic, bit picture, format, op number, the instruction it expands to, that one's
 * rd, rs1 and rs2, and the field that must not be 0. The first match counts.
 */
export type CompressedRow = readonly [string, string, Format, number, string, string, string];

export const COMPRESSED_ROWS: readonly CompressedRow[] = [
`;

/** The texts of the files, by path from the root of the repository. */
export function isaTables() {
  const rows = EXTENSIONS.flatMap(readRows);
  const branches = rows.filter((row) => row.format === "B").map((row) => row.name);
  const near = [
    ...branches.map((name) => `${name}_NEAR`),
    ...branches.map((name) => `${name}_BACK`),
    "JAL_NEAR",
  ];
  const compressed = readCompressed();
  const own = [...new Set(compressed.map(({ base }) => base))].filter((name) => !anyLength(name));
  const plain = own.filter((name) => !branches.includes(name)).map((name) => `C_${name}`);
  const short = own.filter((name) => branches.includes(name)).map((name) => `C_${name}`);
  const shortNear = ["NEAR", "BACK"].flatMap((reach) => short.map((name) => `${name}_${reach}`));
  const names = [
    "UNDECODED",
    ...rows.map((row) => row.name),
    ...plain,
    ...short,
    ...shortNear,
    ...near,
    "PAGE_END",
    "CROSS",
    "ILLEGAL",
    "REGION",
    ...RUNS.map((parts) => parts.join("_")),
  ];
  checkRuns(names);
  const head =
    "// Written from the rows in assembly/isa/ by scripts/isa-tables.mjs. Do not edit.\n";
  const op = names.map((name, number) => `  export const ${name}: u32 = ${number};\n`).join("");
  const opFile =
    head +
    "// Dense op numbers: what the rows state, compressed instructions by what they expand to,\n" +
    "// what decoding makes of branches (taken forward or backward within the page), the page's\n" +
    "// end, an instruction that crosses it, what no row matches, and runs.\n" +
    `export namespace Op {\n${op}` +
    `  export const FIRST_COMPRESSED: u32 = ${names.indexOf(plain[0])};\n` +
    `  export const LAST_COMPRESSED: u32 = ${names.indexOf(shortNear.at(-1))};\n` +
    `  export const FIRST_NEAR: u32 = ${names.indexOf(shortNear[0])};\n}\n`;
  const number = (name) => names.indexOf(name);
  const compressedText = compressed.map(({ mnemonic, bits, format, base, registers, nonzero }) => {
    const op = number(anyLength(base) ? base : `C_${base}`);
    const expansion = `"${base.toLowerCase()}", "${registers.join(" ")}", "${nonzero ?? ""}"`;
    return `  ["${mnemonic}", "${bits}", "${format}", ${op}, ${expansion}],\n`;
  });
  const rowText = rows.map(
    (row) =>
      `  ["${row.mnemonic}", "${row.bits}", "${row.format}", ${number(row.name)}, ` +
      `"${row.extension}"],\n`,
  );
  const runText = RUNS.map((parts) => {
    const shorter = number(parts.slice(0, -1).join("_"));
    return `  [${shorter}, ${number(parts.at(-1))}, ${number(parts.join("_"))}],\n`;
  });
  const formatText = readFormats().map(
    (format) => `  ${format.name}: [${format.number}, "${format.notation}"],\n`,
  );
  const rowsFile =
    head +
    "\n/** Each format: its number in the core, and its fields in the manual's notation. */\n" +
    `export const FORMATS = {\n${formatText.join("")}} as const;\n\n` +
    "export type Format = keyof typeof FORMATS;\n\n" +
    "/** Mnemonic, bit picture (bit 31 first), format, op number in the core, extension. */\n" +
    "export type Row = readonly [string, string, Format, number, string];\n\n" +
    `export const ROWS: readonly Row[] = [\n${rowText.join("")}];\n\n` +
    COMPRESSED_HEAD +
    `${compressedText.join("")}];\n\n` +
    "/** Runs by op number: an instruction or shorter run, the instruction behind it, both. */\n" +
    "export const RUNS: readonly (readonly [number, number, number])[] = [\n" +
    `${runText.join("")}];\n`;
  const alone = [...plain, ...short, ...shortNear, ...near];
  return {
    "assembly/isa/op.ts": opFile,
    "assembly/execute.ts": loopText(rows, alone, RUNS),
    "assembly/execute-timed.ts": loopText(rows, alone, RUNS, true),
    "assembly/translate/instruction.ts": emitterText(rows, alone),
    "emu/isa/rows.ts": rowsFile,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(isaTables())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), text);
  }
}
