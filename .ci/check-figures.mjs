// Checks what `npm run figures` has made: `node .ci/check-figures.mjs FOLDER` exits with 1, and says
// why, unless each module of paper/ has all of its files there, none is empty, and SHA256SUMS is
// right.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const namesIn = (path) => readdirSync(path).map((file) => file.replace(/\.mjs$/, ""));
const expected = [
  ...namesIn("paper/figures").flatMap((name) =>
    ["svg", "pdf", "png"].map((kind) => `figures/${name}.${kind}`),
  ),
  ...namesIn("paper/tables").flatMap((name) => [`tables/${name}.tex`, `tables/${name}.md`]),
  "index.md",
];
const sums = new Map(
  readFileSync(join(folder, "SHA256SUMS"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("  ").reverse()),
);

function fault(path) {
  if (!sums.has(path)) return "is not in SHA256SUMS";
  const data = readFileSync(join(folder, path));
  if (data.length === 0) return "is empty";
  return createHash("sha256").update(data).digest("hex") === sums.get(path) ? "" : "is another";
}

const wrong = expected.map((path) => [path, fault(path)]).filter(([, what]) => what !== "");
for (const [path, what] of wrong) console.error(`figures: ${path} ${what}`);
if (sums.size !== expected.length)
  console.error(`figures: ${sums.size} files, not as many as named`);
process.exitCode = wrong.length > 0 || sums.size !== expected.length ? 1 : 0;
