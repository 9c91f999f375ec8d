// Rows of results: nested and flattened ones say the same, and bad data is refused with the file,
// the line and the field, by the readers and by the command.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseRows, readRows } from "../../paper/rows.mjs";
import { trimmed } from "../../paper/trim.mjs";
import { ROOT } from "../../scripts/make/run.mjs";
import { flattened, invented, linesOf, rowsOf } from "../support/paper.js";
import { inFolder } from "../support/quarterdeck.js";

const only = (result: object) => {
  const [row] = rowsOf([result]);
  if (!row) throw new Error("no row");
  return row;
};

describe("fields", () => {
  const result = invented({ more: { downtimes: { processFreeze: { p50: 3, max: 7 } } } });

  test.each([
    ["nested", result],
    ["flattened", flattened(result)],
  ])("of a %s row are found by their paths", (_, given) => {
    const row = only(given);
    expect(row.number("report.downtimes.processFreeze.max")).toBe(7);
    expect(row.text("configuration.method")).toBe("relief");
    expect(row.list("report.phases")).toHaveLength(6);
    expect(row.optional("report.downtimes.processFreeze")).toEqual({ p50: 3, max: 7 });
    expect(row.optional("report.memory.booksFrames")).toBe(null);
    expect(row.method.label).toBe("relief");
  });

  test("that are missing or of another kind are refused by name", () => {
    const [, row] = rowsOf([result, { ...flattened(result), "report.change.start": null }]);
    expect(() => row?.number("report.change.start")).toThrow(
      "test.jsonl:2: report.change.start must be a number, and is nothing",
    );
    expect(() => row?.list("outcome")).toThrow('outcome must be a list, and is "relieved"');
  });
});

test("a row is of one method, or of none", () => {
  const row = (given: object) => only(invented(given)).method;
  expect(row({ method: "kexec", memory: "copy", transfer: "groups" }).label).toBe("kexec");
  expect(row({ transfer: "groups", memory: "copy" }).label).toBe("relief, copy, groups");
  expect(() => row({ memory: "borrow" })).toThrow("test.jsonl:1: no method is relief, borrow, all");
});

test("a line that is no JSON is named", () => {
  expect(() => parseRows('{"a":1}\n\n{"a":', "x.jsonl")).toThrow(/^x\.jsonl:2: not a line of JSON/);
});

test("runs that were not completed are left out and counted; none at all is refused", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    writeFileSync(path, linesOf([invented(), invented({ outcome: "aborted" })]));
    expect(readRows(path)).toMatchObject({ rows: [{ where: "a.jsonl:1" }], left: 1 });
    writeFileSync(path, linesOf([invented({ outcome: "failed" })]));
    expect(() => readRows(path)).toThrow("no run in it was completed");
    expect(() => readRows(join(folder, "b.jsonl"))).toThrow(/cannot be read \(ENOENT\)/);
  });
});

test("trimmed rows keep key, hash and provenance, and lose what no figure needs", () => {
  const more = { console: "long", service: { exchanges: [[1, 2]] }, change: { start: 1, end: 2 } };
  const seeds = [6, 5, 4, 3, 2, 1].map((seed) => flattened(invented({ seed, more })));
  const lines = trimmed("methods", rowsOf(seeds)).trim().split("\n");
  const [first, ...others] = lines.map((line: string) => JSON.parse(line));
  expect(first).toMatchObject({ seed: 1, finalStateHash: "0123456789abcdef" });
  expect(first.provenance).toEqual({ quarterdeck: "2.8.0", node: "v20" });
  expect(first.report).toMatchObject({ change: { start: 1, end: 2 } });
  expect(first.report.console).toBeUndefined();
  // requests of five seeds are kept
  expect(others.map(({ report }: { report: object }) => "service" in report)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(() => trimmed("weather", [])).toThrow("nobody has said what to keep of weather");
});

describe("npm run figures", () => {
  const figures = (...args: string[]) =>
    spawnSync(process.execPath, ["paper/run.mjs", ...args], { cwd: ROOT, encoding: "utf8" });

  test("says in one line which field of which row it lacks, with code 1", async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, "data"));
      writeFileSync(join(folder, "data/methods.jsonl"), linesOf([invented(), invented()]));
      const args = ["rivals", "--data", join(folder, "data"), "--out", join(folder, "out")];
      const { status, stderr } = figures(...args);
      expect(stderr).toBe(
        "error: methods.jsonl:1: report.survival.memory must be a text, and is nothing\n",
      );
      expect(status).toBe(1);
    });
  });

  test("knows its figures by name", () => {
    const { status, stderr } = figures("weather");
    expect(stderr).toMatch(/^error: no figure or table is named weather; there are phases, .*\n$/);
    expect(status).toBe(1);
  });
});
