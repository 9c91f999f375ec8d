// Tables as LaTeX (booktabs) and as Markdown, from the same rows: a table is columns, each with a
// header, and rows of texts. Numbers are written here, in one way: thousands apart, a fixed number
// of digits, an interval in brackets.
import { medianInterval } from "./statistics.mjs";

const LATEX = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
};

/** A text as LaTeX prints it: what has a meaning there is escaped. */
export function latexText(text) {
  return text
    .replace(/[\\~^&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`)
    .replace(/²/g, "\\textsuperscript{2}")
    .replace(/×/g, "\\texttimes{}");
}

/** A text as one cell of a Markdown table. */
export function markdownText(text) {
  return text.replace(/[\\|*_`<[\]]/g, "\\$&").replace(/\n/g, " ");
}

/** A number with `digits` behind the point, thousands apart. */
export function numberText(value, digits = 0) {
  const [whole, part] = Math.abs(value).toFixed(digits).split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? "-" : "";
  return sign + (part === undefined ? apart : `${apart}.${part}`);
}

/** The median of values and its interval, each times `scale`; no interval when all are equal. */
export function medianText(values, digits = 0, scale = 1) {
  const { median, low, high } = medianInterval(values);
  const text = (value) => numberText(value * scale, digits);
  if (values.every((value) => value === values[0])) return text(median);
  return `${text(median)} [${text(low)}, ${text(high)}]`;
}

function checked({ columns, rows }, name) {
  for (const row of rows) {
    if (row.length !== columns.length || row.some((cell) => typeof cell !== "string")) {
      throw new Error(`${name}: a row must be ${columns.length} texts, and is ${row}`);
    }
  }
}

/** The table as LaTeX; needs \usepackage{booktabs}. `name` is its label. */
export function latexTable(name, title, table) {
  checked(table, name);
  const { columns, rows } = table;
  const line = (cells) => `    ${cells.map(latexText).join(" & ")} \\\\`;
  return [
    `% ${title}. Needs \\usepackage{booktabs}.`,
    "\\begin{table*}",
    "  \\centering\\footnotesize",
    `  \\caption{${latexText(table.caption)}}`,
    `  \\label{tab:${name}}`,
    `  \\begin{tabular}{${columns.map(({ align }) => align ?? "r").join("")}}`,
    "    \\toprule",
    line(columns.map(({ header }) => header)),
    "    \\midrule",
    ...rows.map(line),
    "    \\bottomrule",
    "  \\end{tabular}",
    "\\end{table*}",
    "",
  ].join("\n");
}

/** The table as Markdown, with its title and caption. */
export function markdownTable(name, title, table) {
  checked(table, name);
  const { columns, rows } = table;
  const line = (cells) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [
    `**${markdownText(title)}.** ${markdownText(table.caption)}`,
    "",
    line(columns.map(({ header }) => header)),
    `| ${columns.map(({ align }) => (align === "l" ? ":--" : "--:")).join(" | ")} |`,
    ...rows.map(line),
    "",
  ].join("\n");
}
