// Results of an experiment that nobody has run, in the form of `sweep collect`: small, and with
// numbers of which a test can tell what a figure or a table must say.
import { parseRows } from "../../paper/rows.mjs";

export interface Invented {
  readonly method?: string;
  readonly memory?: string;
  readonly transfer?: string;
  readonly seed?: number;
  readonly outcome?: string;
  readonly phases?: readonly (readonly [name: string, cycles: number])[];
  readonly more?: Readonly<Record<string, unknown>>;
}

const RELIEF = [
  ["load", 90_000_000],
  ["relieving boot", 300_000],
  ["I am ready to be relieved", 800_000],
  ["transfer", 600_000],
  ["verify", 200_000],
  ["assimilate", 400_000],
] as const;
export const COLD = [
  ["shutdown", 500_000],
  ["firmware", 1_000_000],
  ["boot", 5_000_000],
  ["restart", 9_000_000],
] as const;

/** One result, nested as its file has it. */
export function invented(given: Invented = {}) {
  const { method = "relief", memory = "adopt", transfer = "all", seed = 1 } = given;
  const phases = (given.phases ?? RELIEF).map(([name, cycles]) => ({
    name,
    cycles,
    instructions: { offgoing: 1, oncoming: 2 },
  }));
  return {
    schema: "quarterdeck/result/1",
    key: `${method}-${memory}-${transfer}-${seed}`,
    outcome: given.outcome ?? "relieved",
    seed,
    finalStateHash: "0123456789abcdef",
    configuration: { method, memory, transfer, harts: 2, seed },
    provenance: { quarterdeck: "2.8.0", node: "v20" },
    report: { method, phases, ...given.more },
  };
}

type Nested = { readonly [name: string]: unknown };

/** The same with dotted names. */
export function flattened(value: Nested, prefix = ""): Record<string, unknown> {
  const cells = Object.entries(value).flatMap(([name, one]): [string, unknown][] =>
    one !== null && typeof one === "object" && !Array.isArray(one)
      ? Object.entries(flattened(one as Nested, `${prefix}${name}.`))
      : [[prefix + name, one]],
  );
  return Object.fromEntries(cells);
}

export const linesOf = (results: readonly object[]): string =>
  results.map((result) => `${JSON.stringify(result)}\n`).join("");

export const rowsOf = (results: readonly object[]) => parseRows(linesOf(results), "test.jsonl");
