// Tables: what LaTeX and Markdown have a meaning for is escaped, numbers are written in one way,
// and the two forms come from the same rows.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  latexTable,
  latexText,
  markdownTable,
  markdownText,
  medianText,
  numberText,
} from "../../paper/table.mjs";

/** What LaTeX prints for an escaped text. */
function printed(latex: string): string {
  return latex
    .replace(/\\textbackslash\{\}/g, "\0")
    .replace(/\\textasciitilde\{\}/g, "~")
    .replace(/\\textasciicircum\{\}/g, "^")
    .replace(/\\([&%$#_{}])/g, "$1")
    .replace(/\0/g, "\\");
}

test("every sign with a meaning in LaTeX is escaped, and is printed as itself", () => {
  expect(latexText("5 % of a_b & #1 {x} ~ ^ \\ $")).toBe(
    "5 \\% of a\\_b \\& \\#1 \\{x\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} \\$",
  );
  const signs = fc.string({ unit: fc.constantFrom(..."\\~^&%$#_{}ab ") });
  fc.assert(fc.property(signs, (text) => printed(latexText(text)) === text));
});

test("a cell of Markdown stays one cell", () => {
  expect(markdownText("a|b\nc [1, 2]")).toBe("a\\|b c \\[1, 2\\]");
});

test("numbers have thousands apart and a fixed number of digits", () => {
  expect(numberText(1234567.891, 2)).toBe("1,234,567.89");
  expect([numberText(-1234.6), numberText(999), numberText(-0.2)]).toEqual(["-1,235", "999", "0"]);
  expect(numberText(0.0004, 3)).toBe("0.000");
});

test("a median has an interval only where values differ", () => {
  expect(medianText([2e6, 2e6, 2e6], 2, 1e-6)).toBe("2.00");
  expect(medianText([1, 2, 3, 4, 5])).toMatch(/^3 \[[12], [45]\]$/);
});

const TABLE = {
  caption: "50 % & more",
  columns: [{ header: "method", align: "l" }, { header: "cycles (10^6)" }],
  rows: [
    ["relief, groups", "1.5 [1.2, 1.9]"],
    ["cold", "90"],
  ],
};

test("LaTeX has booktabs' rules, and Markdown the same cells", () => {
  const latex = latexTable("rivals", "Rivals", TABLE);
  expect(latex.match(/\\(top|mid|bottom)rule/g)).toEqual([
    "\\toprule",
    "\\midrule",
    "\\bottomrule",
  ]);
  expect(latex).toContain("\\begin{tabular}{lr}");
  expect(latex).toContain("    relief, groups & 1.5 [1.2, 1.9] \\\\\n    cold & 90 \\\\");
  expect(latex).toContain("\\caption{50 \\% \\& more}");
  const markdown = markdownTable("rivals", "Rivals", TABLE);
  expect(markdown).toContain(
    "| :-- | --: |\n| relief, groups | 1.5 \\[1.2, 1.9\\] |\n| cold | 90 |",
  );
});

test("a row that lacks a cell is refused", () => {
  const short = { ...TABLE, rows: [["cold"]] };
  expect(() => latexTable("rivals", "Rivals", short)).toThrow("rivals: a row must be 2 texts");
});
