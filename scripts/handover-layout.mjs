// Writes emu/handover/layout.ts from kernels/abi/handover.h: what the host needs to read a log page
// and the books. Run by hand after a change of the header; test/make/layout.test.ts fails while the
// two differ, and compares the offsets with the C compiler's.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HEADER = new URL("../kernels/abi/handover.h", import.meta.url);
const LAYOUT = new URL("../emu/handover/layout.ts", import.meta.url);

const TYPES = {
  uint8_t: ["u8", 1],
  uint16_t: ["u16", 2],
  uint32_t: ["u32", 4],
  int32_t: ["s32", 4],
  char: ["text", 1],
};

/** Numbers of `#define NAME 1` and of enums whose values are written out. */
function numbersOf(text) {
  const defines = [...text.matchAll(/^#define (\w+) (0x[\da-f]+|\d+)$/gm)];
  const values = [...text.matchAll(/^\s*(?:enum \w* ?\{)?.*$/gm)].flatMap(([line]) => [
    ...line.matchAll(/\b([A-Z]\w+) = (\d+)/g),
  ]);
  return Object.fromEntries(
    [...defines, ...values].map(([, name, value]) => [name, Number(value)]),
  );
}

/** The fields that one declaration makes, as [name, length or undefined]. */
function namesOf(list, numbers) {
  return list.split(",").map((declared) => {
    const [, name, size] = /^\s*(\w+)(?:\[(\w+)\])?\s*$/.exec(declared) ?? [];
    if (!name) throw new Error(`handover.h: not a field: ${declared}`);
    const length = size === undefined ? undefined : (numbers[size] ?? Number(size));
    if (Number.isNaN(length)) throw new Error(`handover.h: what is ${size}?`);
    return [name, length];
  });
}

/** Lays a struct out as the C compiler does for RV32: each field at a multiple of its alignment. */
function structOf(body, numbers, structs) {
  const fields = [];
  let offset = 0;
  let widest = 1;
  for (const declaration of body.split(";")) {
    const match = /^\s*(struct )?(\w+) (.+)$/s.exec(declaration.replace(/\s+/g, " "));
    if (!match) continue;
    const [, isStruct, type, list] = match;
    const nested = isStruct ? structs[type] : undefined;
    const [kind, width] = nested ? [type, nested.align] : (TYPES[type] ?? []);
    if (!kind) throw new Error(`handover.h: unknown type ${type}`);
    const bytes = nested?.bytes ?? width;
    for (const [name, length] of namesOf(list, numbers)) {
      offset = Math.ceil(offset / width) * width;
      fields.push({ name, type: kind, offset, ...(length === undefined ? {} : { length }) });
      offset += bytes * (length ?? 1);
      widest = Math.max(widest, width);
    }
  }
  return { bytes: Math.ceil(offset / widest) * widest, align: widest, fields };
}

/** All structs of the header by name, in its order. */
export function handoverStructs(header) {
  const text = header.replace(/ *\/\/.*/g, "");
  const numbers = numbersOf(text);
  const structs = {};
  for (const [, name, body] of text.matchAll(/^struct (\w+) \{([^}]*)\};/gm)) {
    structs[name] = structOf(body, numbers, structs);
  }
  return { structs, numbers, text };
}

function listOf(text, name) {
  const body = new RegExp(`#define ${name}\\s*\\\\?\\s*\\{([^}]*)\\}`).exec(text)?.[1] ?? "";
  return body.replaceAll("\\", "").trim();
}

/** The text of layout.ts for the text of the header. */
export function handoverLayoutText(header) {
  const { structs, numbers, text } = handoverStructs(header);
  const versions = JSON.parse(`[${listOf(text, "RECORD_VERSIONS")}]`);
  const utterances = JSON.parse(`[${listOf(text, "UTTERANCE_TEXTS")}]`);
  const records = Array.from({ length: numbers.RECORD_TYPES }, (_, type) => {
    const symbol = Object.keys(numbers).find(
      (name) => name.startsWith("RECORD_") && name !== "RECORD_TYPES" && numbers[name] === type,
    );
    const name = symbol?.slice("RECORD_".length).toLowerCase();
    return name ? { type, name, version: versions[type] } : undefined;
  }).filter((record) => record !== undefined);
  const shown = ["record", "books_frame", "handover_need", "log_page", "queue_state"];
  shown.push(...records.map(({ name }) => `record_${name}`));
  const laidOut = Object.fromEntries(
    shown.map((name) => [
      name,
      {
        bytes: structs[name].bytes,
        fields: structs[name].fields.map(({ name, type, offset, length }) =>
          length === undefined ? [name, type, offset] : [name, type, offset, length],
        ),
      },
    ]),
  );
  const json = (value) => JSON.stringify(value).replace(/"(\w+)":/g, "$1:");
  const lines = [
    "// Written from kernels/abi/handover.h by scripts/handover-layout.mjs. Do not edit.",
    `export const HANDOVER_MAGIC = ${numbers.HANDOVER_MAGIC};`,
    `export const HANDOVER_VERSION = ${numbers.HANDOVER_VERSION};`,
    `export const BOOKS_WRITTEN = ${numbers.BOOKS_WRITTEN};`,
    `export const UTTERANCES = ${json(utterances)} as const;`,
    "",
    "/** Name, type (an integer's, text, or a struct's), offset in bytes, length of an array. */",
    "export type Field = readonly [name: string, type: string, offset: number, length?: number];",
    "export interface Layout {",
    "  readonly bytes: number;",
    "  readonly fields: readonly Field[];",
    "}",
    `export const RECORDS: readonly {
  readonly type: number;
  readonly name: string;
  readonly version: number;
}[] = ${json(records)};`,
    `export const LAYOUTS: Readonly<Record<string, Layout>> = ${json(laidOut)};`,
  ];
  return `${lines.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(LAYOUT, handoverLayoutText(readFileSync(HEADER, "utf8")));
}
