// Rules of the house that every source file keeps, and tests of each rule on samples that break it:
// lines of at most 100 columns, an opening comment, no clock, chance or files where none belong.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["assembly", "emu", "kernels", "scripts", "test", "bench", "paper"];
const SOURCE = /\.(ts|tsx|mjs|c|h|S|ld|toml)$/;
const COLUMNS = 100;

interface Rule {
  /** Says what is wrong with a file, or nothing. */
  readonly check: (path: string, text: string) => string[];
  readonly bad: readonly [path: string, text: string][];
  readonly good: readonly [path: string, text: string][];
}

const matches = (path: string, text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([found]) => `${path}: ${found}`);

const isHost = (path: string) => /^(assembly|emu)\//.test(path) && !path.startsWith("emu/cli/");

const RULES: Readonly<Record<string, Rule>> = {
  "no line is longer than 100 columns": {
    check: (path, text) =>
      text
        .split("\n")
        .flatMap((line, index) => ([...line].length > COLUMNS ? [`${path}:${index + 1}`] : [])),
    bad: [["emu/a.ts", `// a\n${"x".repeat(101)}\n`]],
    good: [["emu/a.ts", `// a\n${"é".repeat(100)}\n`]],
  },
  "every file opens with a comment that says what it is": {
    check: (path, text) =>
      /^(#!.*\n)?(\/\/|\/\*|# ) ?\S/.test(text) ? [] : [`${path}: no opening comment`],
    bad: [
      ["emu/a.ts", "export const a = 1;\n"],
      ["scripts/a.mjs", "#!/usr/bin/env node\nimport x;\n"],
      ["emu/a.ts", "//\nexport const a = 1;\n"],
    ],
    good: [
      ["emu/a.ts", "// What it is.\n"],
      ["scripts/a.mjs", "#!/usr/bin/env node\n// What it is.\n"],
      ["kernels/a.ld", "/* What it is. */\n"],
    ],
  },
  "no file ends without a newline, and none has tabs or trailing blanks": {
    check: (path, text) =>
      matches(path, text, /\t|[ \t]+$|[^\n]$(?![\s\S])/gm).map(
        (found) => `${found.trim()} (blank)`,
      ),
    bad: [
      ["emu/a.ts", "// a"],
      ["emu/a.ts", "// a \n"],
      ["kernels/a.c", "// a\n\tb\n"],
    ],
    good: [["emu/a.ts", "// a\n\n// b\n"]],
  },
  "neither the machine nor the host library reads a clock or makes chance": {
    check: (path, text) =>
      isHost(path)
        ? matches(
            path,
            text,
            /\b(Date\.now|new Date\b|Math\.random|performance\.now|hrtime|randomBytes|randomUUID)/g,
          )
        : [],
    bad: [
      ["emu/a.ts", "const t = Date.now();"],
      ["assembly/a.ts", "const r = Math.random();"],
      ["emu/report/a.ts", "const t = performance.now();"],
    ],
    good: [["emu/cli/a.ts", "const t = performance.now();"]],
  },
  "only the command line touches files, but for the core that loads itself": {
    check: (path, text) =>
      isHost(path) && path !== "emu/core.ts"
        ? matches(path, text, /from "node:(fs|net|http|https|os|child_process|process)\b/g)
        : [],
    bad: [["emu/image/a.ts", 'import { readFileSync } from "node:fs";']],
    good: [
      ["emu/core.ts", 'import { readFile } from "node:fs/promises";'],
      ["emu/image/a.ts", 'import { createHash } from "node:crypto";'],
    ],
  },
};

const files = FOLDERS.flatMap((folder) =>
  (readdirSync(ROOT + folder, { recursive: true }) as string[])
    .filter((name) => SOURCE.test(name))
    .map((name) => `${folder}/${name}`),
).map((path) => [path, readFileSync(ROOT + path, "utf8")] as const);

test("the rules see the tree: each folder has files", () => {
  const seen = new Set(files.map(([path]) => path.split("/")[0]));
  expect([...seen].sort()).toEqual([...FOLDERS].sort());
});

describe.each(Object.entries(RULES))("%s", (_, rule) => {
  test("in the whole tree", () => {
    expect(files.flatMap(([path, text]) => rule.check(path, text))).toEqual([]);
  });

  test.each(rule.bad)("a file that breaks it is found (%s)", (path, text) => {
    expect(rule.check(path, text)).not.toEqual([]);
  });

  test.each(rule.good)("a file that keeps it is let pass (%s)", (path, text) => {
    expect(rule.check(path, text)).toEqual([]);
  });
});
