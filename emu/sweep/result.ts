// A run's result as its file has it: the report, and where it comes from. What depends on the host
// or on the time of day stands in the provenance and nowhere else.
import type { ReliefConfig } from "../experiment/relief.js";
import { isRecord } from "../identity.js";
import type { Report } from "../report/report.js";
import { type BuildIdentity, RESULT_SCHEMA, runKey } from "./key.js";

export interface Provenance extends BuildIdentity {
  /** Of the source's repository; null where there is none. */
  readonly commit: string | null;
  readonly dirty: boolean | null;
  readonly compiler: { readonly zig: string; readonly assemblyscript: string };
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  /** The command that the run belongs to. */
  readonly argv: readonly string[];
  /** Time of the host, from the run's beginning to its report. */
  readonly hostSeconds: number;
  readonly peakRssBytes: number;
  /** ISO 8601. */
  readonly started: string;
  /** Why the machine stopped: "finished", "idle", "overdue". */
  readonly exitReason: string;
}

export interface Result {
  readonly schema: typeof RESULT_SCHEMA;
  readonly key: string;
  readonly provenance: Provenance;
  readonly configuration: ReliefConfig;
  readonly seed: number;
  readonly finalStateHash: string;
  readonly outcome: Report["outcome"];
  readonly report: Report;
}

/** The result of a report. */
export function makeResult(report: Report, provenance: Provenance): Result {
  const { configuration, seed, finalStateHash, outcome } = report;
  const key = runKey(configuration, provenance);
  const schema = RESULT_SCHEMA;
  return { schema, key, provenance, configuration, seed, finalStateHash, outcome, report };
}

/** The text of a result's file. */
export function resultText(result: Result): string {
  return `${JSON.stringify(result)}\n`;
}

/** The result in a file's text, or in a few words what is wrong with it. */
export function readResult(text: string, key: string): Result | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is cut off or no JSON";
  }
  if (!isRecord(value) || value.schema !== RESULT_SCHEMA) return `is no ${RESULT_SCHEMA}`;
  const { provenance, configuration, report } = value;
  const whole = isRecord(provenance) && isRecord(configuration) && isRecord(report);
  if (!whole) return "lacks provenance, configuration or report";
  const result = value as unknown as Result;
  if (result.key !== key) return `has the key ${result.key}`;
  if (runKey(result.configuration, result.provenance) !== key) return "has contents of another key";
  const same = report.finalStateHash === result.finalStateHash && result.seed === report.seed;
  return same ? result : "contradicts its own report";
}
