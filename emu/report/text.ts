// A report as text for people: the dialogue, the tables, and one line that says how it ended.
import { styleText } from "node:util";
import Table from "cli-table3";
import { handOverLine, pathTable } from "../cost/path-summary.js";
import { causeTable, kernelTable } from "../cost/text.js";
import { downtimeTable, latencyTable, survivalLines } from "./measures-text.js";
import type { Report } from "./report.js";

export interface TextStyle {
  readonly color: boolean;
}

function number(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

const BORDERLESS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

function table(head: string[], rows: (string | number)[][], style: TextStyle): string {
  const made = new Table({
    head: head.map((text) => (style.color ? styleText("bold", text) : text)),
    chars: BORDERLESS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, i) => (i === 0 ? "left" : "right")),
  });
  made.push(
    ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : cell))),
  );
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

type Chain = Report["chain"][number];

function dialogue(relief: Chain, style: TextStyle): string {
  const paint = (side: string, text: string) =>
    style.color ? styleText(side === "offgoing" ? "cyan" : "yellow", text) : text;
  return relief.dialogue
    .map(({ cycle, hart, side, text }) => {
      const stamp = number(cycle).padStart(13);
      return `${stamp}  hart ${hart}  ${paint(side, `${side}: ${text}`)}`;
    })
    .join("\n");
}

function phaseTable(relief: Chain, style: TextStyle): string {
  const rows = relief.phases.map(({ name, cycles, instructions }) => {
    const share = relief.cycles === 0 ? 0 : (100 * cycles) / relief.cycles;
    return [name, cycles, instructions.offgoing, instructions.oncoming, `${share.toFixed(1)} %`];
  });
  const sum = (pick: (phase: Chain["phases"][number]) => number) =>
    relief.phases.reduce((total, phase) => total + pick(phase), 0);
  rows.push([
    "total",
    sum((p) => p.cycles),
    sum((p) => p.instructions.offgoing),
    sum((p) => p.instructions.oncoming),
    "100.0 %",
  ]);
  const head = ["phase", "cycles", "instructions: off-going", "on-coming", "share"];
  return table(head, rows, style);
}

function processTable(report: Report, style: TextStyle): string {
  const rows = report.processes.map((p) => [
    `${p.pid} ${p.name}`,
    p.blackoutCycles < 0 ? "lost" : p.blackoutCycles,
    p.frames,
    p.descriptors,
  ]);
  return table(["process", "blackout, cycles", "frames", "descriptors"], rows, style);
}

function chainTable(report: Report, style: TextStyle): string {
  const rows = report.chain.map((relief, i) => [
    `${i + 1}`,
    relief.outcome,
    relief.cycles,
    relief.processes.length,
    Math.max(0, ...relief.processes.map((p) => p.blackoutCycles)),
  ]);
  return table(["relief", "outcome", "cycles", "processes", "longest blackout"], rows, style);
}

/** The downtimes, and the client's latencies. */
function measureTables(report: Report, style: TextStyle): string[] {
  return [downtimeTable(report), latencyTable(report)].flatMap((cells) =>
    cells ? [table(cells.head, cells.rows, style)] : [],
  );
}

/** What the last relief cost, by a timing model; nothing without one. */
function costTables({ timing }: Report, style: TextStyle): string[] {
  if (!timing) return [];
  const { attributed, total } = timing.cycles;
  const tables = [causeTable(timing), kernelTable(timing)].map(({ head, rows }) =>
    table(head, rows, style),
  );
  const sum = `cycles attributed: ${number(attributed)} of ${number(total)}`;
  return [tables[0] as string, sum, tables[1] as string, ...pathText(timing, style)];
}

function pathText({ criticalPath }: NonNullable<Report["timing"]>, style: TextStyle): string[] {
  if (!criticalPath) return [];
  const { head, rows } = pathTable(criticalPath);
  return [`${table(head, rows, style)}\n${handOverLine(criticalPath)}`];
}

/** How the last relief's groups came across; nothing where all moved at once. */
function groupLines({ chain }: Report): string[] {
  const { groups = [], forwardedCalls = 0 } = chain.at(-1) ?? {};
  if (groups.length === 0) return [];
  const largest = Math.max(...groups);
  return [
    `groups: ${groups.length}, the largest of ${largest} processes; ` +
      `system calls forwarded: ${number(forwardedCalls)}`,
  ];
}

function hashLines({ finalStateHash, deterministic }: Report): string[] {
  if (deterministic !== false) return [`final-state hash: ${finalStateHash}`];
  return [
    "not deterministic: harts ran in parallel",
    `final-state hash, not comparable with that of another run: ${finalStateHash}`,
  ];
}

function totals(report: Report): string[] {
  const lowest = report.lowestCpusRunningUserCode;
  const { frames, unowned, doublyOwned } = report.ledger;
  return [
    ...groupLines(report),
    ...survivalLines(report),
    `CPUs open to user code, at the least: ${lowest.cpus}, for ${number(lowest.cycles)} cycles`,
    `ledger: ${number(frames)} frames, ${unowned} without owner, ${doublyOwned} with two; ` +
      `${number(report.framesUsed ?? 0)} in use at the end`,
    `processes lost: ${report.processesLost}; invariants broken: ${report.invariantsBroken}; ` +
      `requests failed: ${report.service?.failed ?? 0}`,
    ...hashLines(report),
  ];
}

/** The one line that says how it ended. */
export function verdict(report: Report, style: TextStyle): string {
  const paint = (color: "green" | "yellow" | "red", text: string) =>
    style.color ? styleText(color, text) : text;
  if (report.outcome === "failed") return paint("red", `failed: ${report.failures.join("; ")}`);
  if (report.outcome === "aborted") {
    return paint("yellow", `aborted (${report.abortReason}): the off-going kernel keeps the watch`);
  }
  if (report.outcome === "kept")
    return paint("green", "The watch is kept; no change was asked for.");
  if (report.outcome === "replaced") {
    const { programsKept = 0, programsRestarted = 0 } = report.survival ?? {};
    const what = `${programsKept} programs went on, ${programsRestarted} began again`;
    return paint("green", `The kernel is replaced (${report.method}): ${what}.`);
  }
  const moved = report.chain.reduce((sum, relief) => sum + relief.processes.length, 0);
  const what = report.reliefs === 1 ? "The watch is relieved" : `${report.reliefs} reliefs`;
  return paint("green", `${what}: ${number(moved)} processes moved, none lost.`);
}

/** The whole report. */
export function renderReport(report: Report, style: TextStyle): string {
  const { from, to, harts, seed, times } = report.configuration;
  const what = report.method === "relief" ? "relieved by" : "replaced by";
  const how = report.method === "relief" ? "" : ` (${report.method})`;
  const parts = [`${from} to be ${what} ${to}${how}, ${harts} harts, seed ${seed}`];
  const last = report.chain.at(-1);
  if (times > 1) parts.push(chainTable(report, style));
  if (last) {
    if (times > 1) parts.push(`The last of them, from cycle ${number(last.start)}:`);
    if (last.dialogue.length > 0) parts.push(dialogue(last, style));
    parts.push(phaseTable(last, style));
  }
  if (report.processes.length > 0) parts.push(processTable(report, style));
  parts.push(...measureTables(report, style), ...costTables(report, style));
  parts.push(totals(report).join("\n"), verdict(report, style));
  return `${parts.join("\n\n")}\n`;
}
