// Results as rows of one table. A column is a place in the result, with dots; lists stay lists in
// JSONL and are JSON texts in Parquet. Every number is a DOUBLE there: counts are exact up to 2^53,
// and a column has one type whatever values come. A column in which nothing stands is left out.
import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import { canonicalJson } from "./key.js";
import type { Result } from "./result.js";

type Cell = string | number | boolean | null | readonly unknown[];
export type Row = Readonly<Record<string, Cell>>;

/** What stands in the report a second time. */
const TWICE = ["configuration", "seed", "images", "versions", "finalStateHash", "outcome"].map(
  (name) => `report.${name}`,
);

function flatten(value: object, path: string, into: Record<string, Cell>): void {
  for (const [key, one] of Object.entries(value)) {
    const name = path === "" ? key : `${path}.${key}`;
    if (TWICE.includes(name) || one === undefined) continue;
    if (typeof one === "object" && one !== null && !Array.isArray(one)) flatten(one, name, into);
    else into[name] = one as Cell;
  }
}

/** A result as a row. */
export function rowOf(result: Result): Row {
  const row: Record<string, Cell> = {};
  flatten(result, "", row);
  return row;
}

/** The columns of rows, in an order that follows from their names: the run's, then the report's. */
export function columnsOf(rows: readonly Row[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const first = ["key", "schema", "outcome", "seed", "finalStateHash"];
  const parts = ["configuration", "report", "provenance"];
  const rank = (name: string) => {
    const place = first.indexOf(name);
    return place >= 0 ? place : first.length + parts.indexOf(name.split(".")[0] as string);
  };
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** One row a line, each with all columns. */
export function rowsJsonl(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  return rows
    .map((row) => {
      const cells = columns.map((name) => [name, row[name] ?? null]);
      return `${JSON.stringify(Object.fromEntries(cells))}\n`;
    })
    .join("");
}

/** Columns whose values may be numbers or texts. */
const TEXTS = ["configuration.timing.from"];

function typeOf(name: string, values: readonly (Cell | undefined)[]): BasicType | undefined {
  const kinds = new Set(values.filter((one) => (one ?? null) !== null).map((one) => typeof one));
  if (kinds.size === 0) return undefined;
  const [kind] = kinds;
  if (kinds.size > 1 || TEXTS.includes(name)) return "STRING";
  return kind === "number" ? "DOUBLE" : kind === "boolean" ? "BOOLEAN" : "STRING";
}

function parquetCell(value: Cell | undefined, type: BasicType): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "object") return canonicalJson(value);
  return type === "STRING" ? String(value) : value;
}

/** The bytes of a Parquet file of the rows. */
export function rowsParquet(rows: readonly Row[]): Uint8Array {
  const columnData = columnsOf(rows).flatMap((name) => {
    const values = rows.map((row) => row[name]);
    const type = typeOf(name, values);
    if (type === undefined) return [];
    return [{ name, type, nullable: true, data: values.map((value) => parquetCell(value, type)) }];
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
