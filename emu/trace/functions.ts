// The table of functions: what each function of each kernel cost in each phase, from the rows of a
// profile. Rows of a phase are in order of their cost; those under half a percent of it are one
// row, "others", unless all are asked for. Without a timing model the cost is instructions.
import { SCENE_PHASES } from "./scene.js";
import type { Row } from "./spending.js";

const OTHERS = "others";
const SHARE_LEAST = 0.005;

export interface FunctionRow {
  readonly phase: string;
  /** Empty in "others". */
  readonly kernel: string;
  readonly mode: string;
  /** In user mode the program and its function; waits in wfi have `;wfi` behind it. */
  readonly name: string;
  readonly cycles: number;
  readonly instructions: number;
  /** Of the phase's cost, 0 to 1. */
  readonly share: number;
}

/** The rows, by phase and cost. */
export function functionRows(rows: readonly Row[], hasCycles: boolean, all: boolean) {
  const costOf = ({ cycles, instructions }: Pick<Row, "cycles" | "instructions">) =>
    hasCycles ? cycles : instructions;
  return SCENE_PHASES.flatMap((phase): FunctionRow[] => {
    const own = rows.filter((row) => row.phase === phase && costOf(row) !== 0);
    const total = own.reduce((sum, row) => sum + costOf(row), 0);
    const made = own
      .map((row) => functionRow(row, costOf(row) / total))
      .sort((a, b) => costOf(b) - costOf(a) || (keyOf(a) < keyOf(b) ? -1 : 1));
    return all ? made : folded(phase, made);
  });
}

const keyOf = ({ kernel, mode, name }: FunctionRow) => `${kernel};${mode};${name}`;

function functionRow({ phase, kernel, frames, cycles, instructions }: Row, share: number) {
  const [mode = "", ...names] = frames.split(";");
  return { phase, kernel, mode, name: names.join(";"), cycles, instructions, share };
}

/** The small ones of a phase as one row, the last. */
function folded(phase: string, rows: readonly FunctionRow[]): FunctionRow[] {
  const [large, small] = [true, false].map((isLarge) =>
    rows.filter(({ share }) => share >= SHARE_LEAST === isLarge),
  ) as [FunctionRow[], FunctionRow[]];
  if (small.length < 2) return [...rows];
  const sum = (of: (row: FunctionRow) => number) => small.reduce((all, row) => all + of(row), 0);
  const others = {
    ...{ phase, kernel: "", mode: "", name: OTHERS, share: sum(({ share }) => share) },
    ...{ cycles: sum(({ cycles }) => cycles), instructions: sum((row) => row.instructions) },
  };
  return [...large, others];
}

/** Cycles for an instruction; "" of a row that has retired none. */
function cpi({ cycles, instructions }: FunctionRow): string {
  return instructions === 0 ? "" : (cycles / instructions).toFixed(2);
}

/** Cells of the table, the head first. */
function cellsOf(rows: readonly FunctionRow[], hasCycles: boolean, shareOf: (n: number) => string) {
  const head = ["phase", "kernel", "mode", "function"];
  const costs = hasCycles ? ["cycles", "share", "instructions", "CPI"] : ["instructions", "share"];
  const body = rows.map((row) => {
    const [cycles, instructions] = [String(row.cycles), String(row.instructions)];
    const share = shareOf(row.share);
    const values = hasCycles ? [cycles, share, instructions, cpi(row)] : [instructions, share];
    return [row.phase, row.kernel, row.mode, row.name, ...values];
  });
  return [[...head, ...costs], ...body];
}

/** Lines of text in columns. */
export function functionsText(rows: readonly FunctionRow[], hasCycles: boolean): string[] {
  const cells = cellsOf(rows, hasCycles, (share) => `${(100 * share).toFixed(1)} %`);
  const [head = []] = cells;
  const widths = head.map((_, i) =>
    cells.reduce((max, row) => Math.max(max, row[i]?.length ?? 0), 0),
  );
  const padded = (text: string, i: number) =>
    i < 4 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number);
  return cells.map((row) => row.map(padded).join("  ").trimEnd());
}

/** The same as CSV (RFC 4180); shares are 0 to 1. */
export function functionsCsv(rows: readonly FunctionRow[], hasCycles: boolean): string[] {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return cellsOf(rows, hasCycles, (share) => share.toFixed(6)).map((row) =>
    row.map(quoted).join(","),
  );
}
