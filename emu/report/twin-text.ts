// A twin run as JSON and as text: which streams were compared, whether they are the same, and by
// how much the change moved the replies.
import type { TwinOutcome } from "../experiment/twin.js";
import type { Difference, Shift } from "../measure/twin.js";

export const TWIN_SCHEMA = "quarterdeck/twin/1";

/** What a twin run found. */
export interface TwinReport {
  readonly schema: typeof TWIN_SCHEMA;
  readonly configuration: TwinOutcome["changed"]["config"];
  readonly identical: boolean;
  readonly streams: number;
  readonly bytes: number;
  readonly difference: Difference | null;
  /** In cycles; a positive one is later in the run with the change. */
  readonly largestShift: Shift | null;
  readonly lastShift: Shift | null;
  readonly requests: number;
  /** Why the comparison does not count; empty otherwise. */
  readonly failures: readonly string[];
  readonly finalStateHashes: { readonly alone: string; readonly changed: string };
}

export function twinReport(twin: TwinOutcome): TwinReport {
  const { alone, changed, streams, bytes, difference, shifts, failures } = twin;
  return {
    schema: TWIN_SCHEMA,
    configuration: changed.config,
    identical: difference === null && failures.length === 0,
    ...{ streams, bytes, difference },
    largestShift: shifts?.largest ?? null,
    lastShift: shifts?.last ?? null,
    requests: alone.service?.exchanges.length ?? 0,
    failures,
    finalStateHashes: { alone: alone.finalStateHash, changed: changed.finalStateHash },
  };
}

const grouped = (value: number) => value.toLocaleString("en-US");

function shiftText(name: string, shift: Shift | null): string {
  if (!shift) return `${name}: -`;
  const { cycles, connection, request } = shift;
  return `${name}: ${grouped(cycles)} cycles (connection ${connection}, request ${request})`;
}

function verdict({ identical, difference, failures }: TwinReport): string {
  if (identical) return "identical: the world outside cannot tell them apart but by the time.";
  if (!difference) return `failed: ${failures.join("; ")}`;
  const { stream, offset, bytes } = difference;
  const [alone, changed] = bytes.map((byte) => byte ?? "the end");
  return `different: ${stream}, offset ${offset}: ${alone} without the change, ${changed} with it`;
}

export function renderTwin(report: TwinReport): string {
  const { from, to, harts, seed, method, connections } = report.configuration;
  return `${[
    `${from} with and without a change to ${to} (${method}), ${harts} harts, seed ${seed}`,
    `streams: ${report.streams} (each of ${connections} connections both ways, the terminal, the ` +
      `drive), ${grouped(report.bytes)} bytes; ${grouped(report.requests)} requests`,
    "not compared: the console, on which kernels say what they do",
    shiftText("largest shift of a reply", report.largestShift),
    shiftText("shift of the last reply", report.lastShift),
    `final-state hashes: ${Object.values(report.finalStateHashes).join(", ")}`,
    verdict(report),
  ].join("\n")}\n`;
}
