// Claims: how a value is compared with what is expected, that the table is whole, that docs/ shows
// it as it is, and that what README.md links to is there; and what the command does with them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimsPage, faultsOf, holds, valueText } from "../../paper/claims-check.mjs";
import { CLAIMS } from "../../paper/claims-table.mjs";
import { ROOT } from "../../scripts/make/run.mjs";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const EXPECTED = JSON.parse(read("paper/claims.json"));

describe("an exact claim", () => {
  test.each([
    ["a hash", "a59ad3ed4941dfcf", "a59ad3ed4941dfcf", true],
    ["another hash", "a59ad3ed4941dfcf", "a59ad3ed4941dfce", false],
    ["a number", 95218691, 95218691, true],
    ["a cycle more", 95218691, 95218692, false],
    ["a list", [25, 0, "x"], [25, 0, "x"], true],
    ["a list with one wrong", [25, 0, "x"], [25, 1, "x"], false],
    ["a longer list", [25, 0], [25, 0, 0], false],
    ["a number as a text", 3, "3", false],
    ["nothing expected", undefined, 3, false],
    ["nothing found", 3, undefined, false],
    ["nothing found and expected", undefined, undefined, false],
    ["no number", Number.NaN, null, false],
  ])("with %s", (_, expected, actual, right) => {
    expect(holds({}, expected, actual)).toBe(right);
  });
});

test("a range holds exactly the numbers in it, and lists of those", () => {
  const number = fc.double({ noNaN: true, min: -100, max: 100 });
  fc.assert(
    fc.property(number, number, fc.array(number, { minLength: 1 }), (a, b, all) => {
      const range = [Math.min(a, b), Math.max(a, b)];
      const inside = all.every((one) => one >= (range[0] ?? 0) && one <= (range[1] ?? 0));
      expect(holds({ range }, undefined, all)).toBe(inside);
      expect(holds({ range }, undefined, all[0])).toBe(holds({ range }, undefined, [all[0]]));
    }),
  );
  expect(holds({ range: [0, 1] }, undefined, [])).toBe(false);
  expect(holds({ range: [0, 1] }, undefined, ["0.5"])).toBe(false);
  expect(holds({ range: [0, 1] }, undefined, [0.5, null])).toBe(false);
});

describe("the table", () => {
  test("is whole, and a table that is not is found", () => {
    expect(faultsOf(CLAIMS, EXPECTED)).toEqual([]);
    const bad = [{ id: "a", claim: "x", command: "y", what: "z", value: () => 1 }, { id: "a" }];
    expect(faultsOf(bad, { b: 1 })).toEqual([
      "a is there twice",
      "b has an expected value and no claim",
      "a lacks a part",
    ]);
  });

  test("says what it takes from an output: a changed output gives another value", () => {
    const hash = CLAIMS.find(({ id }) => id === "relief-hash");
    expect(hash?.value({ json: { finalStateHash: "x" } } as never)).toBe("x");
    const validation = CLAIMS.find(({ id }) => id === "validation");
    const text = "491 exact, 263 with bounds, 1 not as they must be; 2 repeats";
    expect(validation?.value({ text, code: 1 } as never)).toEqual([491, 263, 1, 1]);
    expect(validation?.value({ text: "", code: 1 } as never)).toBeUndefined();
  });
});

test("docs/claims.md shows the table as it is (npm run claims -- --page)", () => {
  expect(read("docs/claims.md")).toBe(claimsPage(CLAIMS, EXPECTED));
});

test("every link of the documents to a claim leads to one", () => {
  const page = read("docs/claims.md");
  const links = ["README.md", "docs/artifact.md"].flatMap((path) =>
    [...read(path).matchAll(/claims\.md#([a-z\d-]+)/g)].map(([, id]) => id),
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((id) => !page.includes(`<a id="${id}"></a>`))).toEqual([]);
});

test("every claim is linked from README.md or from the artifact's page", () => {
  const text = read("README.md") + read("docs/artifact.md");
  expect(CLAIMS.filter(({ id }) => !text.includes(`claims.md#${id})`))).toEqual([]);
});

test("long numbers are shown without noise", () => {
  expect(valueText(0.1 + 0.2)).toBe("0.3");
  expect(valueText([1, "a"])).toBe('[1,"a"]');
  expect(valueText(null)).toBe("nothing");
});

describe("npm run claims", () => {
  const claims = (...args: string[]) =>
    spawnSync(process.execPath, ["paper/claims.mjs", ...args], { cwd: ROOT, encoding: "utf8" });

  test("refuses a name that is none in one line, with code 2", () => {
    const { status, stderr } = claims("weather");
    expect(stderr).toBe(
      'error: no claim is named "weather"; `npm run claims -- --list` names them\n',
    );
    expect(status).toBe(2);
  });

  test("lists them; with --exact those of the host are left out", () => {
    expect(claims("--list").stdout.trim().split("\n")).toHaveLength(CLAIMS.length);
    const { stdout } = claims("--list", "--exact");
    expect(stdout).toContain("relief-hash: ");
    expect(stdout).not.toContain("interpreter-speed: ");
  });
});
