// The plan of an experiment: every combination with every seed, as runs with their keys, in an
// order that follows from the file alone.
import { ConfigError } from "../errors.js";
import { checkRelief, type ReliefConfig } from "../experiment/relief.js";
import { refuse } from "../schema.js";
import type { Conditions, Experiment } from "./experiment.js";
import {
  type Combination,
  type FieldName,
  type FieldValue,
  type Models,
  reliefOf,
} from "./fields.js";
import { type BuildIdentity, runKey } from "./key.js";

const RUNS_MAX = 100_000;

export interface PlannedRun {
  readonly key: string;
  readonly configuration: ReliefConfig;
  /** What the file varies, and the seed. */
  readonly varied: Combination;
  readonly seed: number;
}

/** Builds of the core differ with and without a timing model. */
export type BuildOf = (configuration: ReliefConfig) => BuildIdentity;

const meets = (combination: Combination, conditions: Conditions) =>
  conditions.every(([name, values]) => {
    const value = combination[name];
    return value !== undefined && values.includes(value);
  });

/** The varied fields of each combination that is not left out. */
function* combinations(
  { fixed, vary, except }: Experiment,
  met: Set<number>,
): Generator<Combination> {
  const isLeftOut = (so: Combination) => {
    const index = except.findIndex((one) => meets({ ...fixed, ...so }, one));
    if (index >= 0) met.add(index);
    return index >= 0;
  };
  const walk = function* (index: number, so: Combination): Generator<Combination> {
    const row: readonly [FieldName, readonly FieldValue[]] | undefined = vary[index];
    if (!row) {
      if (!isLeftOut(so)) yield so;
      return;
    }
    for (const value of row[1]) yield* walk(index + 1, { ...so, [row[0]]: value });
  };
  yield* walk(0, {});
}

/** A combination in words. */
export function variedText(varied: Combination): string {
  return Object.entries(varied)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** The relief of a combination. Throws ConfigError, which names the combination's values. */
function configurationOf(
  { fixed }: Experiment,
  varied: Combination,
  seed: number,
  models: Models,
): ReliefConfig {
  try {
    return checkRelief(reliefOf({ ...fixed, ...varied }, seed, models));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const which = variedText({ ...fixed, ...varied }) || "the defaults";
    throw new ConfigError(`${which}: ${error.message}`);
  }
}

/**
 * The runs of an experiment that `where` names; equal ones are there once. Throws ConfigError.
 */
export function planOf(
  experiment: Experiment,
  where: string,
  models: Models,
  buildOf: BuildOf,
): PlannedRun[] {
  const at = `sweep: ${where}`;
  const sizes = [...experiment.vary.map(([, values]) => values.length), experiment.seeds.length];
  const all = sizes.reduce((product, size) => product * size, 1);
  if (all > RUNS_MAX) throw refuse(at, ["vary"], `${all} runs; give at most ${RUNS_MAX}`);
  const runs = new Map<string, PlannedRun>();
  const met = new Set<number>();
  for (const varied of combinations(experiment, met)) {
    for (const seed of experiment.seeds) {
      const configuration = inFile(at, () => configurationOf(experiment, varied, seed, models));
      const key = runKey(configuration, buildOf(configuration));
      if (!runs.has(key)) runs.set(key, { key, configuration, varied, seed });
    }
  }
  const idle = experiment.except.findIndex((_, index) => !met.has(index));
  if (idle >= 0) {
    throw refuse(at, ["except", idle], "leaves nothing out that is not already; leave it out");
  }
  if (runs.size === 0) throw refuse(at, ["except"], "leaves nothing to run; give fewer");
  return [...runs.values()];
}

function inFile<T>(at: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${at}: ${error.message}`);
    throw error;
  }
}
