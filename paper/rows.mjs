// Rows of results: one JSON object a line, as `sweep collect` writes them, nested or flattened with
// dotted names. Fields are asked for by dotted path, and what is missing or of another kind is
// refused with the file, the line and the field.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { METHODS } from "./style.mjs";

/** What stands at a dotted path, whether its parts are nested or joined; undefined if nothing. */
function at(object, parts) {
  if (parts.length === 0) return object;
  if (object === null || typeof object !== "object") return undefined;
  for (let n = parts.length; n > 0; n--) {
    const name = parts.slice(0, n).join(".");
    const found = Object.hasOwn(object, name) ? at(object[name], parts.slice(n)) : undefined;
    if (found !== undefined && found !== null) return found;
  }
  return below(object, `${parts.join(".")}.`);
}

/** An object of what is flattened behind a prefix; undefined if nothing is. */
function below(object, prefix) {
  const names = Object.keys(object).filter((name) => name.startsWith(prefix));
  const values = names.flatMap((name) =>
    object[name] === null ? [] : [[name.slice(prefix.length), object[name]]],
  );
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

const KINDS = {
  number: (value) => typeof value === "number" && Number.isFinite(value),
  text: (value) => typeof value === "string",
  list: Array.isArray,
};

/** One result: where it stands, and what it says. */
export class Row {
  constructor(where, fields) {
    this.where = where;
    this.fields = fields;
  }

  /** The value at a path, or null. */
  optional(path) {
    return at(this.fields, path.split(".")) ?? null;
  }

  #kind(path, kind) {
    const value = this.optional(path);
    if (KINDS[kind](value)) return value;
    const given = value === null ? "nothing" : JSON.stringify(value).slice(0, 40);
    throw new Error(`${this.where}: ${path} must be a ${kind}, and is ${given}`);
  }

  number(path) {
    return this.#kind(path, "number");
  }

  text(path) {
    return this.#kind(path, "text");
  }

  list(path) {
    return this.#kind(path, "list");
  }

  /** The row of METHODS that this result is one of. */
  get method() {
    const method = this.text("configuration.method");
    const moved = method === "relief" || method === "checkpoint";
    const memory = moved ? this.text("configuration.memory") : "adopt";
    const transfer = method === "relief" ? this.text("configuration.transfer") : "all";
    const all = METHODS.find(
      (one) => one.method === method && one.memory === memory && one.transfer === transfer,
    );
    if (!all) throw new Error(`${this.where}: no method is ${method}, ${memory}, ${transfer}`);
    return all;
  }

  /** Did the change of kernels end as it should? */
  get completed() {
    return ["relieved", "replaced"].includes(this.text("outcome"));
  }
}

/** Rows of JSON Lines; `file` is said in errors. */
export function parseRows(text, file) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const where = `${file}:${index + 1}`;
    let fields;
    try {
      fields = JSON.parse(line);
    } catch (error) {
      throw new Error(`${where}: not a line of JSON: ${error.message}`);
    }
    return new Row(where, fields);
  });
}

/** All rows of a file. */
export function readAll(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${path}: cannot be read (${error.code}); \`npm run reproduce\` makes it`);
  }
  return parseRows(text, basename(path));
}

/** The completed rows of a file, and how many others it has. Throws when there is none. */
export function readRows(path) {
  const all = readAll(path);
  const rows = all.filter((row) => row.completed);
  if (rows.length === 0) throw new Error(`${path}: no run in it was completed`);
  return { rows, left: all.length - rows.length };
}
