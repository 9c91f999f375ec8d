// Results in files and as rows: a result is taken only if it is whole and its key fits, and what is
// collected is read back from Parquet by another library as it was.
import fc from "fast-check";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Result,
  type Row,
  readResult,
  resultText,
  rowOf,
  rowsJsonl,
  rowsParquet,
} from "../../emu/index.js";
import { resultOf } from "../support/sweep.js";

let results: Result[];

beforeAll(async () => {
  const config = { from: "larboard", to: "starboard" } as const;
  results = [await resultOf({ ...config, connections: 0 }), await resultOf({ ...config, seed: 2 })];
});

const first = () => results[0] as Result;

describe("a result's file", () => {
  test("is read as it was written", () => {
    for (const result of results) {
      expect(readResult(resultText(result), result.key)).toEqual(
        JSON.parse(JSON.stringify(result)),
      );
    }
  });

  test("is refused when it is cut off anywhere", () => {
    const text = resultText(first());
    fc.assert(
      fc.property(fc.nat(text.length - 2), (length) => {
        expect(typeof readResult(text.slice(0, length), first().key)).toBe("string");
      }),
    );
  });

  test.each([
    ["another key's name", (r: Result) => r, "0".repeat(32)],
    ["another seed", (r: Result) => ({ ...r, configuration: { ...r.configuration, seed: 9 } })],
    ["other images", (r: Result) => ({ ...r, provenance: { ...r.provenance, images: {} } })],
    ["another core", (r: Result) => ({ ...r, provenance: { ...r.provenance, core: "x" } })],
    ["another final state", (r: Result) => ({ ...r, finalStateHash: "0" })],
    ["another schema", (r: Result) => ({ ...r, schema: "quarterdeck/result/0" })],
    ["no report", (r: Result) => ({ ...r, report: undefined })],
    ["a list", () => [], undefined],
    ["nothing", () => null, undefined],
  ])("is refused with %s", (_, change, key = first().key) => {
    expect(typeof readResult(JSON.stringify(change(first())), key)).toBe("string");
  });
});

/** Rows of a Parquet file, without the cells in which nothing stands. */
async function readParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => (value ?? null) !== null)),
  );
}

function expectedCells(row: Row): Record<string, unknown> {
  const cells = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(
    cells.map(([name, value]) => [name, Array.isArray(value) ? expect.any(String) : value]),
  );
}

describe("the table", () => {
  test("has the run, its configuration, its report and where it comes from", () => {
    const row = rowOf(results[1] as Result);
    expect(row).toMatchObject({
      outcome: "relieved",
      seed: 2,
      finalStateHash: expect.stringMatching(/^[\da-f]{16}$/),
      "configuration.memory": "adopt",
      "report.service.latencyCycles.during.p99": expect.any(Number),
      "report.phases": expect.any(Array),
      "provenance.hostSeconds": 1.5,
      "provenance.images.larboard": expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(Object.keys(row).filter((name) => name.startsWith("report.configuration"))).toEqual([]);
  });

  test("as JSONL has every column in every row, in one order", () => {
    const lines = rowsJsonl(results.map(rowOf)).trim().split("\n");
    const rows = lines.map((line) => JSON.parse(line));
    expect(Object.keys(rows[0])).toEqual(Object.keys(rows[1]));
    expect(Object.keys(rows[0]).slice(0, 5)).toEqual([
      ...["key", "schema", "outcome", "seed", "finalStateHash"],
    ]);
    expect(rows[0]["report.service.done"]).toBeNull();
    expect(rows[1]).toMatchObject(JSON.parse(JSON.stringify(rowOf(results[1] as Result))));
    expect(
      rowsJsonl([...results].reverse().map(rowOf))
        .split("\n")
        .sort(),
    ).toEqual(rowsJsonl(results.map(rowOf)).split("\n").sort());
  });

  test("as Parquet is read back as it was, lists as JSON", async () => {
    const rows = results.map(rowOf);
    const back = await readParquet(rowsParquet(rows));
    expect(back).toEqual(rows.map(expectedCells));
    const [one] = back;
    expect(JSON.parse(String(one?.["report.phases"]))).toEqual(first().report.phases);
  });

  test("has a column's type from its kind, not from its values", async () => {
    const rows: Row[] = [
      { key: "a", whole: 1, part: 1, yes: true, "configuration.timing.from": 5, none: null },
      { key: "b", whole: 2 ** 53 - 1, part: 0.5, yes: false, "configuration.timing.from": "load" },
      { key: "c" },
    ];
    const bytes = rowsParquet(rows);
    const file = bytes.buffer.slice(0, bytes.length) as ArrayBuffer;
    const { schema } = await parquetMetadataAsync(file);
    const types = Object.fromEntries(schema.slice(1).map(({ name, type }) => [name, type]));
    expect(types).toEqual({
      ...{ key: "BYTE_ARRAY", whole: "DOUBLE", part: "DOUBLE", yes: "BOOLEAN" },
      "configuration.timing.from": "BYTE_ARRAY",
    });
    expect(await readParquet(bytes)).toEqual([
      { key: "a", whole: 1, part: 1, yes: true, "configuration.timing.from": "5" },
      { ...rows[1] },
      { key: "c" },
    ]);
  });
});
