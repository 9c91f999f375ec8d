// README's table of the relief and its rivals has the medians that follow from the shipped rows.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRows } from "../../paper/rows.mjs";
import { table } from "../../paper/tables/rivals.mjs";
import { ROOT } from "../../scripts/make/run.mjs";

const THINGS = 5; // columns of what survives, behind the method

/** The rows of README's table: the method, what survives, and the numbers. */
function shownRows(): string[][] {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = text.slice(text.indexOf("## The relief and its rivals"));
  const rows = section.match(/^\| (relief|checkpoint|kexec|cold).*\|$/gm) ?? [];
  return rows.map((row) => row.slice(2, -2).split(" | "));
}

test("README's rivals are those of the shipped rows", () => {
  const { rows: methods } = readRows(join(ROOT, "paper/data/methods.jsonl"));
  const made = table({ methods }).rows;
  const shown = shownRows();
  expect(shown.map(([method]) => method)).toEqual(
    made
      .map(([method]) => method)
      .filter((method) => !method?.includes("remap") && method !== "relief, copy, groups"),
  );
  for (const [method, survives, ...numbers] of shown) {
    const row = made.find(([name]) => name === method) ?? [];
    const kept = row.slice(1, 1 + THINGS).filter((fate) => fate === "kept").length;
    expect([method, survives]).toEqual([method, kept === THINGS ? "all five" : "nothing"]);
    const medians = row.slice(1 + THINGS, -1).map((cell) => cell.split(" ")[0]);
    expect([method, ...numbers]).toEqual([method, ...medians]);
  }
});
