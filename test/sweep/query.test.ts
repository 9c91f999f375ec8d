// `quarterdeck query`: SQL over collected results, where DuckDB is installed; and the one line that
// says how to install it where it is not.
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Row, rowOf, rowsParquet } from "../../emu/index.js";
import { ROOT } from "../../scripts/make/run.mjs";
import { counted } from "../support/oracle.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";
import { resultOf } from "../support/sweep.js";

const PEER = "@duckdb/node-api";

async function hasDuckDb(): Promise<boolean> {
  try {
    await import(PEER);
    return true;
  } catch {
    if (process.env.QUARTERDECK_ORACLES === "1") throw new Error(`${PEER} is not installed`);
    console.warn(`SKIPPED: ${PEER} is not installed; its tests did not run`);
    return false;
  }
}

let rows: Row[];
let asked = 0;

beforeAll(async () => {
  const config = { from: "larboard", to: "starboard" } as const;
  rows = [await resultOf({ ...config, connections: 0 }), await resultOf({ ...config })].map(rowOf);
});

/** Asks over two files, the second of which has columns that the first has not. */
async function ask(args: readonly string[]) {
  asked += 1;
  return inFolder(async (cwd) => {
    rows.forEach((row, index) => {
      mkdirSync(join(cwd, `out/sweeps/${index}`), { recursive: true });
      writeFileSync(join(cwd, `out/sweeps/${index}/it's runs.parquet`), rowsParquet([row]));
    });
    return quarterdeck(["query", ...args], { cwd });
  });
}

describe.skipIf(!(await hasDuckDb()))("with DuckDB", () => {
  test("all files of the folder are one table, and columns that are missing are null", async () => {
    const sql =
      'SELECT seed, "configuration.connections" c, "report.service.done" done, ' +
      '"report.cycles" FROM runs ORDER BY c';
    const { code, out } = await ask([sql, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { seed: 1, c: 0, done: null, "report.cycles": rows[0]?.["report.cycles"] },
      {
        ...{ seed: 1, c: 8, done: rows[1]?.["report.service.done"] },
        "report.cycles": rows[1]?.["report.cycles"],
      },
    ]);
  });

  test("every cell is what was written", async () => {
    const { out } = await ask([
      'SELECT * FROM runs ORDER BY "configuration.connections"',
      "--json",
    ]);
    const read = JSON.parse(out) as Record<string, unknown>[];
    read.forEach((cells, index) => {
      for (const [name, value] of Object.entries(rows[index] as Row)) {
        const cell = cells[name] ?? null;
        const list = typeof value === "object" && value !== null;
        expect([name, list ? JSON.parse(String(cell)) : cell]).toEqual([name, value]);
      }
    });
    counted("DuckDB", `${read.length * Object.keys(rows[1] as Row).length} cells read back`);
  });

  test("prints a table or CSV, with counts as numbers", async () => {
    const sql = "SELECT count(*) AS n, 'a,\"b' AS t, NULL AS none FROM runs";
    expect((await ask([sql, "--csv"])).out).toBe('n,t,none\n2,"a,""b",\n');
    expect((await ask([sql])).out).toMatch(/│ n +│ t +│ none │\n.*\n?│ 2 +│ a,"b +│ +│/);
    const { out } = await ask([sql, "--json"]);
    expect(JSON.parse(out)).toEqual([{ n: 2, t: 'a,"b', none: null }]);
  });

  test.each([
    [["SELECT nothing FROM runs"], /^quarterdeck: query: Binder Error: .*nothing.*\n$/],
    [["SELEC"], /^quarterdeck: query: Parser Error: [^\n]*\n$/],
    [["SELECT 1", "--csv", "--json"], /give --csv or --json, not both\n$/],
    [["SELECT 1", "--results", "none"], /there is no none; run `sweep collect`/],
    [["SELECT 1", "--results", "."], /^$/],
  ])("%s: one line", async (args, line) => {
    const { code, err } = await ask(args);
    expect([code, asked > 0]).toEqual([err === "" ? 0 : 2, true]);
    expect(err).toMatch(line);
  });
});

test("without DuckDB one line says how to install it, with code 2", () =>
  inFolder(async (cwd) => {
    cpSync(join(ROOT, "dist"), join(cwd, "dist"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(cwd, "package.json"));
    mkdirSync(join(cwd, "node_modules"));
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (name === "@duckdb") continue;
      symlinkSync(join(ROOT, "node_modules", name), join(cwd, "node_modules", name));
    }
    writeFileSync(join(cwd, "runs.parquet"), rowsParquet(rows));
    const main = join(cwd, "dist/cli/main.js");
    const args = ["query", "SELECT 1", "--results", "runs.parquet"];
    const { code, err } = await quarterdeck(args, { cwd, main });
    expect([code, err]).toEqual([
      2,
      "quarterdeck: query: @duckdb/node-api is not installed; " +
        "run `npm install --no-save --save-optional @duckdb/node-api@1.5.6-r.1`\n",
    ]);
  }));
