// Imports of paper/ run one way, and but for statistics none leads to the library: figures are
// drawn from rows alone. The order below is the table of arrows: a file may import only from files
// that stand before it; the figures and the tables stand in it by their folders.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/make/run.mjs";

const PAPER = join(ROOT, "paper");
const ORDER = [
  ...["font", "style", "statistics", "rows", "chart", "table", "figures", "tables", "render"],
  ...["trim", "run", "reproduce", "claims-check", "claims-table", "claims"],
];

/** A file's name in the order: its folder, or itself. */
const unitOf = (path: string) => path.replace(/\.mjs$/, "").split("/")[0] as string;

/** Files of the library that one file may use: functions of numbers alone. */
const STATISTICS = /^\.\.\/dist\/measure\/(bootstrap|fit|rank)\.js$/;

/** The arrows of a file that go forward, out of paper/, or to a file of the same folder. */
function wrongArrows(path: string, text: string, order: readonly string[]): string[] {
  const place = order.indexOf(unitOf(path));
  return [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)]
    .map(([, to]) => normalize(join(dirname(path), to as string)))
    .filter((to) => !(path === "statistics.mjs" && STATISTICS.test(to)))
    .filter((to) => !order.includes(unitOf(to)) || order.indexOf(unitOf(to)) >= place)
    .map((to) => `${path} -> ${to}`);
}

test("every file of paper/ is in the order, and imports only from files before it", () => {
  const files = (readdirSync(PAPER, { recursive: true }) as string[])
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".mjs"));
  expect(new Set(files.map(unitOf))).toEqual(new Set(ORDER));
  const wrong = files.flatMap((path) =>
    wrongArrows(path, readFileSync(join(PAPER, path), "utf8"), ORDER),
  );
  expect(wrong).toEqual([]);
});

test("an arrow that goes forward, and one to the emulator, are found", () => {
  const text = 'import { a } from "./b.mjs";\nimport { c } from "../dist/index.js";\n';
  expect(wrongArrows("a.mjs", text, ["a", "b"])).toEqual([
    "a.mjs -> b.mjs",
    "a.mjs -> ../dist/index.js",
  ]);
  expect(wrongArrows("b.mjs", 'import { x } from "./a.mjs";\n', ["a", "b"])).toEqual([]);
});
