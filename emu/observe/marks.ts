// The log desk's marks by name, as events of a relief: what the guests' numbers mean to the host.
// The numbers come from the core (assembly/abi.ts); a name here without a number there is an error.
import { constant, loadCore } from "../core.js";
import type { MarkEvent } from "../events.js";

export const PHASES = [
  "halt",
  "load",
  "relieving boot",
  "qualification",
  "I am ready to relieve you",
  "I am ready to be relieved",
  "I relieve you",
  "transfer",
  "verify",
  "groups",
  "I stand relieved",
  "assimilate",
  "checkpoint",
  "shutdown",
  "firmware",
  "boot",
  "restore",
  "restart",
] as const;
export type PhaseName = (typeof PHASES)[number];
/** Those of a relief in which all processes move at once. */
export const PHASES_AT_ONCE: readonly PhaseName[] = PHASES.slice(
  0,
  PHASES.indexOf("assimilate") + 1,
).filter((name) => name !== "groups");

/**
 * Whether a phase begins a change of kernels, and is not one of a change under way: a relief begins
 * by halting a CPU, a cold boot with the shutdown, the others by loading.
 */
export function beginsChange(phase: string | undefined, underWay: boolean): boolean {
  return phase === "halt" || (!underWay && (phase === "load" || phase === "shutdown"));
}

/** From these on it is the other kernel that runs, even where it has the same node number. */
export function isSuccessors(phase: string | undefined): boolean {
  return phase === "firmware" || phase === "boot";
}

const PHASE_SYMBOLS = [
  "HALT",
  "LOAD",
  "RELIEVING_BOOT",
  "QUALIFICATION",
  "READY_TO_RELIEVE",
  "READY_TO_BE_RELIEVED",
  "I_RELIEVE_YOU",
  "TRANSFER",
  "VERIFY",
  "GROUPS",
  "I_STAND_RELIEVED",
  "ASSIMILATE",
  "CHECKPOINT",
  "SHUTDOWN",
  "FIRMWARE",
  "BOOT",
  "RESTORE",
  "RESTART",
];

export const MARK_NAMES = [
  "KERNEL",
  "PHASE",
  "PROCESS_FROZEN",
  "PROCESS_THAWED",
  "PROCESS_EXIT",
  "CPU_OPEN",
  "CPU_CLOSED",
  "ABORT",
  "PROCESS_FRAMES",
  "PROCESS_DESCRIPTORS",
  "LEDGER_FRAMES",
  "LEDGER_UNOWNED",
  "LEDGER_DOUBLY",
  "FRAMES_USED",
  "PROCESSES",
  "GROUP",
  "FORWARDED",
  "PROCESS_LOST",
  "DEVICE_RELEASED",
  "DEVICE_OWNED",
  "FRAMES_RESERVED",
  "FRAMES_BOOKS",
  "FRAMES_GIVEN",
  "FRAMES_COPIED",
  "SAY",
  "PROCESS_NAME",
  "USER",
  "PANIC",
] as const;
export type MarkName = (typeof MARK_NAMES)[number];

/** The kernel of a release, as MARK_KERNEL tells it. */
export function kernelName(release: number): "larboard" | "starboard" {
  return release === 281 ? "larboard" : "starboard";
}

/** Translates codes to names. */
export interface MarkTable {
  readonly nameOf: (code: number) => MarkName | undefined;
  /** The phase that a MARK_PHASE argument begins; "end" and "aborted" end the last one. */
  readonly phaseOf: (argument: number) => PhaseName | "end" | "aborted" | undefined;
}

/** The table for this build of the core. */
export async function markTable(): Promise<MarkTable> {
  const core = await loadCore();
  const names = new Map(MARK_NAMES.map((name) => [constant(core, `MARK_${name}`), name]));
  const phases = new Map<number, PhaseName | "end" | "aborted">(
    PHASE_SYMBOLS.map((symbol, i) => [constant(core, `PHASE_${symbol}`), PHASES[i] as PhaseName]),
  );
  phases.set(constant(core, "PHASE_END"), "end");
  phases.set(constant(core, "PHASE_ABORTED"), "aborted");
  return { nameOf: (code) => names.get(code), phaseOf: (argument) => phases.get(argument) };
}

/** A mark as one JSON object, for events.jsonl: names for numbers, and only what it carries. */
export function markRecord(table: MarkTable, mark: MarkEvent): Record<string, unknown> {
  const name = table.nameOf(mark.code);
  const { cycle, hart, instret, argument, value, text } = mark;
  const record: Record<string, unknown> = { cycle, hart, instret, mark: name ?? mark.code };
  if (name === "PHASE") record.phase = table.phaseOf(argument) ?? argument;
  else record.argument = argument;
  if (text !== undefined) record.text = text;
  else if (value !== 0) record.value = value;
  return record;
}
