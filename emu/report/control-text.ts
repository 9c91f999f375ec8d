// What the ability to be relieved costs, as JSON and as text: ratios to the control, whose own are
// 1 by definition, and the counts that they are made of.
import type { ControlRow } from "../experiment/control.js";
import { type MedianInterval, medianInterval } from "../measure/bootstrap.js";

export const CONTROL_SCHEMA = "quarterdeck/control/1";

/** Of a row to its kernel's control. */
export interface ControlRatios {
  readonly answered: number | null;
  readonly userInstructions: number | null;
  /** The geometric mean over the watch's programs. */
  readonly rounds: number | null;
  readonly kernelInstructionsPerRequest: number | null;
}

export interface ControlReport {
  readonly schema: typeof CONTROL_SCHEMA;
  readonly rows: readonly (ControlRow & { readonly ratios: ControlRatios })[];
}

const over = (value: number, by: number) => (by === 0 ? null : value / by);
const perRequest = (row: ControlRow) => over(row.kernelInstructions, row.answered);

function roundsRatio(rounds: ControlRow["rounds"], by: ControlRow["rounds"]): number | null {
  const logs = Object.entries(rounds ?? {}).flatMap(([name, count]) => {
    const its = by?.[name] ?? 0;
    return count > 0 && its > 0 ? [Math.log(count / its)] : [];
  });
  const sum = logs.reduce((total, log) => total + log, 0);
  return logs.length === 0 ? null : Math.exp(sum / logs.length);
}

function ratiosOf(row: ControlRow, control: ControlRow): ControlRatios {
  const [mine, its] = [perRequest(row), perRequest(control)];
  return {
    answered: over(row.answered, control.answered),
    userInstructions: over(row.userInstructions, control.userInstructions),
    rounds: roundsRatio(row.rounds, control.rounds),
    kernelInstructionsPerRequest: mine === null || its === null ? null : over(mine, its),
  };
}

/** Each kernel's rows stand behind its control. */
export function controlReport(rows: readonly ControlRow[]): ControlReport {
  const controlOf = (row: ControlRow) =>
    rows.find(({ kernel, variant }) => kernel === row.kernel && variant === "control") ?? row;
  return {
    schema: CONTROL_SCHEMA,
    rows: rows.map((row) => ({ ...row, ratios: ratiosOf(row, controlOf(row)) })),
  };
}

/** A ratio's median over seeds, with its interval at 95 % by the bootstrap. */
export interface ControlSummary {
  readonly kernel: ControlRow["kernel"];
  readonly variant: ControlRow["variant"];
  readonly ratios: Readonly<Record<keyof ControlRatios, MedianInterval | null>>;
}

const RATIOS = ["answered", "userInstructions", "kernelInstructionsPerRequest", "rounds"] as const;

/** One report a seed, all of the same rows. */
export function summarizeControl(reports: readonly ControlReport[]): ControlSummary[] {
  const [first] = reports;
  return (first?.rows ?? []).map(({ kernel, variant }, index) => {
    const of = (name: keyof ControlRatios) => {
      const values = reports.map(({ rows }) => rows[index]?.ratios[name] ?? null);
      return medianInterval(values.filter((value): value is number => value !== null));
    };
    const ratios = Object.fromEntries(RATIOS.map((name) => [name, of(name)]));
    return { kernel, variant, ratios: ratios as ControlSummary["ratios"] };
  });
}

const SUMMARY_HEADS = ["requests answered", "instructions of programs", "of the kernel", "rounds"];

export function renderControlSummary(summary: readonly ControlSummary[], seeds: number): string {
  const cell = (found: MedianInterval | null) =>
    found === null
      ? "-"
      : `${found.median.toFixed(4)} [${found.low.toFixed(4)}, ${found.high.toFixed(4)}]`;
  const lines = summary.map(({ kernel, variant, ratios }) => {
    const cells = RATIOS.map((name) => cell(ratios[name]).padStart(26));
    return `${kernel} ${variant}`.padEnd(28) + cells.join("");
  });
  const head = " ".repeat(28) + SUMMARY_HEADS.map((text) => text.padStart(26)).join("");
  return `${[
    `ratios to the control: medians over ${seeds} seeds, with intervals at 95 %`,
    head,
    ...lines,
    "of the kernel: instructions a request; a ratio above 1 is a cost, of the others a gain",
  ].join("\n")}\n`;
}

const grouped = (value: number) => Math.round(value).toLocaleString("en-US");
const ratio = (value: number | null) => (value === null ? "-" : value.toFixed(4));

export function renderControl({ rows }: ControlReport): string {
  const lines = rows.map((row) => {
    const { answered, userInstructions, rounds, kernelInstructionsPerRequest } = row.ratios;
    const per = perRequest(row);
    return [
      `${row.kernel} ${row.variant}`.padEnd(28),
      `${ratio(answered)} (${grouped(row.answered)})`.padStart(18),
      `${ratio(userInstructions)} (${grouped(row.userInstructions)})`.padStart(24),
      `${ratio(kernelInstructionsPerRequest)} (${per === null ? "-" : grouped(per)})`.padStart(20),
      ratio(rounds).padStart(10),
    ].join("");
  });
  const [first] = rows;
  const cycles = first ? grouped(first.to - first.from) : "-";
  const heads = ["requests answered", "instructions of programs", "of the kernel"];
  const [answered = "", user = "", kernel = ""] = heads;
  const head =
    " ".repeat(28) +
    answered.padStart(18) +
    user.padStart(26) +
    kernel.padStart(18) +
    "rounds".padStart(10);
  return `${[
    `ratios to the control, and what they are made of, over ${cycles} cycles of each run`,
    head,
    ...lines,
    "of the kernel: instructions a request; a ratio above 1 is a cost, of the others a gain",
  ].join("\n")}\n`;
}
