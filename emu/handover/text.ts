// The books as text: the log page's numbers, then a line for each record.
import type { Books, FieldValue } from "./books.js";
import { UTTERANCES } from "./layout.js";

const HEX_ENDINGS = /(physical|checksum|start|end)$/;
const HEX_NAMES = ["registers", "mask", "signals", "handler", "flags", "mode", "base"];
const WIDTH = 15;

function isList(value: FieldValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}

/** A number of two words, low first. */
function wide([low = 0, high = 0]: readonly number[]): number {
  return high * 2 ** 32 + low;
}

function valueText(name: string, value: FieldValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    const hex = HEX_ENDINGS.test(name) || HEX_NAMES.includes(name);
    return hex ? `0x${value.toString(16)}` : String(value);
  }
  if (!isList(value)) {
    const fields = Object.entries(value).map(([field, v]) => `${field}=${valueText(field, v)}`);
    return `{${fields.join(" ")}}`;
  }
  const isWide = value.length === 2 && value.every((item) => typeof item === "number");
  if (isWide) return valueText(name, wide(value as readonly number[]));
  const shown = value.reduce((last: number, item, index) => (item === 0 ? last : index + 1), 0);
  const items = value.slice(0, shown).map((item) => valueText(name, item));
  return `[${items.join(" ")}${shown < value.length ? " ..." : ""}]`;
}

function logLines({ log, address }: Books): string[] {
  const plain = Object.entries(log).filter(([, value]) => typeof value !== "object");
  const word = (side: "offgoing" | "oncoming") => {
    const said = log[`${side}_word`] as number;
    return `${side}: ${said === 15 ? "aborted" : (UTTERANCES[said] ?? said)}`;
  };
  return [
    `log page at 0x${address.toString(16)}; ${word("offgoing")}; ${word("oncoming")}`,
    ...plain.map(([name, value]) => `  ${name} ${valueText(name, value)}`),
  ];
}

/** All of it, a line each; what is wrong stands behind `!`. */
export function renderBooks(books: Books): string {
  const counts = new Map<string, number>();
  const lines = books.records.map(({ name, fields, problem }, index) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const values = Object.entries(fields).map(([field, v]) => `${field}=${valueText(field, v)}`);
    const bad = problem === undefined ? "" : `  ! ${problem}`;
    return `${String(index).padStart(5)}  ${name.padEnd(WIDTH)}${values.join(" ")}${bad}`;
  });
  const bad = books.records.filter(({ problem }) => problem !== undefined).length;
  const sums = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  const verdict = [...books.problems, ...(bad > 0 ? [`${bad} records are bad`] : [])];
  return [
    ...logLines(books),
    "",
    ...lines,
    "",
    `${books.records.length} records: ${sums}`,
    verdict.length === 0 ? "all are in order" : `NOT in order: ${verdict.join("; ")}`,
    "",
  ].join("\n");
}
