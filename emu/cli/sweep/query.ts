// `quarterdeck query`: SQL over collected results, by DuckDB. It is an optional peer: whoever does
// not ask for it need not install it.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import type { Command } from "commander";
import { UsageError } from "../exit.js";

interface Options {
  readonly results: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

type Value = string | number | boolean | null | object;

/** Of DuckDB, what is used here. */
interface DuckDb {
  readonly DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Connection> }> };
}
interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<Reader>;
}
interface Reader {
  columnNames(): string[];
  getRows(): unknown[][];
  getRowsJson(): Value[][];
}

const PEER = "@duckdb/node-api";
const PACKAGE = fileURLToPath(new URL("../../../package.json", import.meta.url));
const DEPTH_MAX = 4;
const HELP = `
The table \`runs\` has all rows of the folder's Parquet files (\`sweep collect\` makes them). The
name of a column has dots, so it stands in double quotes.

Examples:
  quarterdeck query "SELECT outcome, count(*) FROM runs GROUP BY ALL"
  quarterdeck query --results out/sweeps/memory-modes --csv \\
    'SELECT "configuration.memory", median("report.cycles") FROM runs GROUP BY ALL ORDER BY ALL'
  quarterdeck query "DESCRIBE runs"`;

/** Adds the command to the program. */
export function addQuery(program: Command): void {
  program
    .command("query")
    .description("ask collected results in SQL (needs the optional package @duckdb/node-api)")
    .argument("<sql>", "of the table `runs`")
    .option("--results <path>", "a Parquet file, or a folder with such files", "out/sweeps")
    .option("--csv", "print CSV")
    .option("--json", "print JSON: a list of objects")
    .addHelpText("after", HELP)
    .action(query);
}

async function duckDb(): Promise<DuckDb> {
  try {
    return (await import(PEER as string)) as DuckDb;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const version = JSON.parse(readFileSync(PACKAGE, "utf8")).peerDependencies[PEER];
    const command = `npm install --no-save --save-optional ${PEER}@${version}`;
    throw new UsageError(`query: ${PEER} is not installed; run \`${command}\``);
  }
}

/** Parquet files in a folder, in order. */
function parquetIn(folder: string, depth = 0): string[] {
  if (depth > DEPTH_MAX) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return parquetIn(path, depth + 1);
      return entry.isFile() && entry.name.endsWith(".parquet") ? [path] : [];
    });
}

function filesOf(path: string): string[] {
  const stat = existsSync(path) ? statSync(path) : undefined;
  const files = stat?.isDirectory() ? parquetIn(path) : stat?.isFile() ? [path] : [];
  if (files.length > 0) return files;
  const what = stat === undefined ? "there is no" : "there is no Parquet file in";
  throw new UsageError(`query: ${what} ${path}; run \`sweep collect\`, or give --results`);
}

/** A row's values; a count of 64 bits is a number where that is exact. */
function rowsOf(reader: Reader): Value[][] {
  const raw = reader.getRows();
  const exact = (one: unknown) => typeof one === "bigint" && BigInt(Number(one)) === one;
  return reader
    .getRowsJson()
    .map((row, r) =>
      row.map((value, c) => (exact(raw[r]?.[c]) ? Number(raw[r]?.[c] as bigint) : value)),
    );
}

async function query(sql: string, options: Options): Promise<void> {
  if (options.csv && options.json) throw new UsageError("query: give --csv or --json, not both");
  const files = filesOf(options.results).map((file) => `'${file.replaceAll("'", "''")}'`);
  const { DuckDBInstance } = await duckDb();
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const ask = async <T>(run: () => Promise<T>) => {
    try {
      return await run();
    } catch (error) {
      const [line] = (error as Error).message.split("\n");
      throw new UsageError(`query: ${line}`);
    }
  };
  const source = `read_parquet([${files.join(", ")}], union_by_name = true)`;
  await ask(() => connection.run(`CREATE VIEW runs AS SELECT * FROM ${source}`));
  const reader = await ask(() => connection.runAndReadAll(sql));
  process.stdout.write(textOf(reader.columnNames(), rowsOf(reader), options));
}

function textOf(names: readonly string[], rows: readonly Value[][], { csv, json }: Options) {
  const shown = (value: Value) =>
    value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  if (json) {
    const objects = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
    return `${JSON.stringify(objects, null, 2)}\n`;
  }
  if (csv) {
    const cell = (text: string) =>
      /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    return [names, ...rows.map((row) => row.map(shown))]
      .map((row) => `${row.map(cell).join(",")}\n`)
      .join("");
  }
  const table = new Table({ head: [...names], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => row.map(shown)));
  return `${table.toString()}\n`;
}
