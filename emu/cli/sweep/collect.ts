// `sweep status` and `sweep collect`: what a folder has of its plan, and the results as one table.
import { type Result, type Row, rowOf, rowsJsonl, rowsParquet } from "../../index.js";
import { UsageError } from "../exit.js";
import { writeWhole } from "../output.js";
import type { Folder, Loaded } from "./folder.js";
import { outcomesText, standingOf } from "./run.js";

export interface CollectOptions {
  readonly jsonl?: string;
  readonly parquet?: string;
  readonly all?: boolean;
}

const TABLE = "runs";

/** Keys with results that the plan does not have. */
function othersOf(folder: Folder, { plan }: Loaded): string[] {
  const keys = new Set(plan.map(({ key }) => key));
  return folder.resultKeys.filter((key) => !keys.has(key));
}

function othersLine(count: number): string {
  if (count === 0) return "";
  return `${count} results of other plans or builds (\`collect --all\` takes them too)\n`;
}

/** Prints what is done, failed and missing. */
export function printStatus(folder: Folder, loaded: Loaded): void {
  const { plan, name } = loaded;
  const { done, missing, outcomes } = standingOf(folder, plan, false);
  const failures = folder.failures();
  const failed = missing.filter(({ key }) => failures.has(key)).length;
  process.stdout.write(
    `${name}: ${plan.length} runs\n` +
      `done     ${done.length} (${outcomesText(outcomes)})\n` +
      `failed   ${failed}\n` +
      `missing  ${missing.length - failed}\n` +
      othersLine(othersOf(folder, loaded).length),
  );
}

/** Rows of a plan's results in its order, then of all others by key. */
function rowsIn(folder: Folder, loaded: Loaded, all: boolean): Row[] {
  const rows: Row[] = [];
  const add = (result: Result) => void rows.push(rowOf(result));
  standingOf(folder, loaded.plan, false, add);
  for (const key of all ? othersOf(folder, loaded) : []) {
    const result = folder.result(key, false);
    if (result) add(result);
  }
  return rows;
}

/** Writes the results as JSONL and as Parquet. Throws UsageError. */
export function collect(folder: Folder, loaded: Loaded, options: CollectOptions): void {
  const rows = rowsIn(folder, loaded, options.all === true);
  if (rows.length === 0) {
    const others = othersLine(othersOf(folder, loaded).length).trim();
    const also = others === "" ? "" : `; there are ${others}`;
    throw new UsageError(`collect: ${folder.path} has no result of its plan; sweep first${also}`);
  }
  const named = options.jsonl !== undefined || options.parquet !== undefined;
  const jsonl = options.jsonl ?? (named ? undefined : `${folder.path}/${TABLE}.jsonl`);
  const parquet = options.parquet ?? (named ? undefined : `${folder.path}/${TABLE}.parquet`);
  if (jsonl !== undefined) writeWhole(jsonl, "--jsonl", Buffer.from(rowsJsonl(rows)));
  if (parquet !== undefined) writeWhole(parquet, "--parquet", rowsParquet(rows));
  const files = [jsonl, parquet].filter((file) => file !== undefined).join(", ");
  const part = options.all ? `${rows.length}` : `${rows.length} of ${loaded.plan.length}`;
  process.stdout.write(`${loaded.name}: ${part} results in ${files}\n`);
  const left = options.all ? "" : othersLine(othersOf(folder, loaded).length);
  if (left !== "") process.stdout.write(`left out: ${left}`);
}
