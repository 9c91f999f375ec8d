// Parts of schemas for files that a user writes, and their one-line refusals: the file, the TOML
// path, what was given, and what may be given. Each schema's message says the last of these.
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { ConfigError } from "./errors.js";

export type Path = readonly PropertyKey[];

/** A whole number in a range. */
export function whole(least: number, most: number) {
  const error = `give a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

export function choice<const T extends readonly string[]>(values: T) {
  const error = `give one of ${values.map((value) => `"${value}"`).join(", ")}`;
  return z.enum(values, { error });
}

/** A table with these keys and no others. */
export function table<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `there is no such key; give one of ${Object.keys(shape).join(", ")}`
        : `give a table with ${Object.keys(shape).join(", ")}`,
  });
}

/** What `read` makes of a value; where it makes nothing, `error` says what to give. */
export function read<T>(error: string, of: (value: unknown) => T | undefined) {
  return z.any().transform((value, context): T => {
    const made = of(value);
    if (made !== undefined) return made;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
}

export const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

/** A value as a refusal shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return "is missing";
  const said = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return said.length > 40 ? `${said.slice(0, 39)}…` : said;
}

/** The refusal of what stands at a path; `where` names subject and file. */
export function refuse(where: string, path: Path, what: string): ConfigError {
  return new ConfigError(`${where}: ${path.map(String).join(".") || "the file"}: ${what}`);
}

/** The value as the schema reads it. Throws ConfigError. */
export function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  if (issue?.code === "unrecognized_keys") {
    throw refuse(where, [...path, issue.keys[0] ?? ""], issue.message);
  }
  throw refuse(where, path, `${shown(valueAt(value, path))}; ${issue?.message}`);
}

/** The table in the text of a file. Throws ConfigError. */
export function parseToml(toml: string, where: string): Record<string, unknown> {
  try {
    return parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    throw new ConfigError(
      `${where}: line ${error.line}, column ${error.column}: ${why}; give TOML`,
    );
  }
}
