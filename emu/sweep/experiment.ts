// An experiment's file: what is fixed, what varies, which combinations are left out, and over which
// seeds. It is checked against a schema and then across its parts; every refusal is one line.
import { z } from "zod";
import { check, parseToml, read, refuse, shown, table, whole } from "../schema.js";
import {
  type Combination,
  FIELD_NAMES,
  FIELDS,
  type FieldName,
  type FieldValue,
} from "./fields.js";

const SEEDS_MAX = 100_000;
const SEED_MAX = 0xffffffff;
const VALUES_MAX = 10_000;
/** A name is part of a folder's name. */
const NAME = /^[a-z\d][a-z\d-]{0,59}$/;
const NAME_HELP = "give a name of at most 60 characters a-z, 0-9 and -";

export type Conditions = readonly (readonly [FieldName, readonly FieldValue[]])[];

export interface Experiment {
  readonly name: string;
  readonly seeds: readonly number[];
  readonly fixed: Combination;
  /** In the order of the file: the last one varies fastest, but for the seed. */
  readonly vary: readonly (readonly [FieldName, readonly FieldValue[]])[];
  /** A combination that meets all conditions of one is left out. */
  readonly except: readonly Conditions[];
}

const fieldValue = (name: FieldName): z.ZodType<FieldValue> => FIELDS[name].value;

/** A table of all fields, each optional, made by `of`. */
function fields<T>(of: (name: FieldName) => z.ZodType<T>) {
  const rows = FIELD_NAMES.map((name) => [name, of(name).optional()] as const);
  return table(Object.fromEntries(rows) as Record<FieldName, z.ZodOptional<z.ZodType<T>>>);
}

function list<T>(value: z.ZodType<T>) {
  const error = `give a list of 1 to ${VALUES_MAX} values`;
  return z.array(value, { error }).min(1, { error }).max(VALUES_MAX, { error });
}

/** A value, or a list of which one has to fit. */
function oneOrMore(name: FieldName): z.ZodType<FieldValue[]> {
  return z.preprocess((given) => (Array.isArray(given) ? given : [given]), list(fieldValue(name)));
}

const SEEDS_HELP = `give a count from 1 to ${SEEDS_MAX}, or a list of seeds from 0 to ${SEED_MAX}`;

function seedsOf(value: unknown): number[] | undefined {
  const within = (n: unknown, least: number, most: number) =>
    Number.isInteger(n) && (n as number) >= least && (n as number) <= most;
  if (within(value, 1, SEEDS_MAX)) return Array.from({ length: Number(value) }, (_, i) => i + 1);
  if (!Array.isArray(value) || value.length < 1 || value.length > SEEDS_MAX) return undefined;
  return value.every((seed) => within(seed, 0, SEED_MAX)) ? value : undefined;
}

const SCHEMA = table({
  name: z.string({ error: NAME_HELP }).regex(NAME, { error: NAME_HELP }),
  description: z.string({ error: "give a text" }).optional(),
  seeds: read(SEEDS_HELP, seedsOf),
  times: whole(1, 10_000).optional(),
  fixed: fields(fieldValue).optional(),
  vary: fields((name) => list(fieldValue(name))).optional(),
  except: z.array(fields(oneOrMore), { error: "give [[except]] tables" }).optional(),
});

/** Entries of a checked table, in the order of the file. */
function inOrder<T>(
  given: unknown,
  checked: Partial<Record<FieldName, T | undefined>> | undefined,
): [FieldName, T][] {
  const names = Object.keys((given ?? {}) as object) as FieldName[];
  return names.flatMap((name): [FieldName, T][] => {
    const value = checked?.[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** The experiment in the text of a file that `where` names. Throws ConfigError. */
export function parseExperiment(toml: string, where: string): Experiment {
  const at = `sweep: ${where}`;
  const given = parseToml(toml, at);
  const { name, seeds, times, fixed, vary, except = [] } = check(SCHEMA, given, at);
  const set = inOrder(given.fixed, fixed);
  const experiment: Experiment = {
    name,
    seeds,
    fixed: Object.fromEntries([...(times === undefined ? [] : [["times", times]]), ...set]),
    vary: inOrder(given.vary, vary),
    except: except.map((one, index) => inOrder((given.except as unknown[])[index], one)),
  };
  if (times !== undefined && (fixed?.times ?? vary?.times) !== undefined) {
    throw refuse(at, ["times"], "is fixed or varied too; give it once");
  }
  checkAcross(experiment, at);
  return experiment;
}

function checkAcross({ seeds, fixed, vary, except }: Experiment, at: string): void {
  const again = (values: readonly FieldValue[]) => {
    const seen = new Set<FieldValue>();
    return values.find((value) => seen.size === seen.add(value).size);
  };
  const twice = again(seeds);
  if (twice !== undefined) throw refuse(at, ["seeds"], `${twice} is there twice; give it once`);
  for (const [name, values] of vary) {
    const value = again(values);
    if (value !== undefined) {
      throw refuse(at, ["vary", name], `${shown(value)} is there twice; give it once`);
    }
    if (Object.hasOwn(fixed, name)) throw refuse(at, ["vary", name], "is fixed too; give it once");
  }
  const known = new Set<string>([...Object.keys(fixed), ...vary.map(([name]) => name)]);
  except.forEach((conditions, index) => {
    if (conditions.length === 0) throw refuse(at, ["except", index], "has no condition; give one");
    const other = conditions.find(([name]) => !known.has(name));
    if (!other) return;
    throw refuse(at, ["except", index, other[0]], "is neither fixed nor varied; leave it out");
  });
  if (known.has("timing")) return;
  const idle = ["timing-from", "warm-up"].find((name) => known.has(name));
  if (idle !== undefined) {
    const where = Object.hasOwn(fixed, idle) ? "fixed" : "vary";
    throw refuse(at, [where, idle], "says when, not which model; give timing too");
  }
}
