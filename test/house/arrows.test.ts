// Imports of the host library run one way. The table names each folder of emu/, and each file
// beside them, with all that it may import; a new arrow has to be entered here, and a cycle cannot
// be. (The core's own order, file by file, is in test/machine/imports.test.ts.)
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const EMU = fileURLToPath(new URL("../../emu/", import.meta.url));

type Table = Readonly<Record<string, readonly string[]>>;
type Sources = readonly (readonly [path: string, text: string])[];

const ARROWS: Table = {
  agenda: [],
  errors: [],
  events: ["debug"],
  isa: [],
  config: ["errors", "timing"],
  schema: ["errors"],
  timing: ["core", "errors", "schema"],
  "shared-memory": [],
  translator: [],
  core: ["errors", "shared-memory", "translator"],
  debug: ["core", "errors"],
  image: ["errors", "isa"],
  "device-tree": ["image"],
  "drive-overlay": ["errors"],
  boot: ["config", "device-tree", "errors", "image", "isa"],
  snapshot: ["core", "errors"],
  machine: [
    ...["agenda", "boot", "config", "core", "debug", "errors", "events", "image", "isa"],
    ...["parallel", "snapshot", "timing", "translator"],
  ],
  parallel: ["core", "errors", "shared-memory", "translator"],
  identity: ["config", "errors"],
  "snapshot-file": ["config", "core", "errors", "identity", "machine", "snapshot"],
  recording: ["config", "core", "errors", "identity", "machine"],
  observe: ["core", "events", "machine", "symbols"],
  handover: ["errors"],
  experiment: [
    ...["boot", "config", "errors", "events", "handover", "image", "machine"],
    ...["measure", "observe", "service", "timing", "vsock"],
  ],
  symbols: ["debug", "handover", "image", "machine"],
  trace: ["debug", "events", "handover", "image", "machine", "observe", "symbols"],
  cost: ["debug", "events", "machine", "observe", "timing", "trace"],
  gdb: ["debug", "errors", "image", "machine", "snapshot"],
  vsock: ["machine"],
  service: ["machine", "vsock"],
  measure: ["events", "machine", "observe", "service"],
  report: ["cost", "experiment", "image", "measure", "observe"],
  sweep: ["errors", "experiment", "identity", "observe", "report", "schema", "timing"],
  index: [
    ...[
      "config",
      "core",
      "cost",
      "debug",
      "device-tree",
      "drive-overlay",
      "errors",
      "events",
      "experiment",
      "gdb",
      "handover",
      "identity",
      "image",
      "machine",
    ],
    ...["measure", "observe", "recording", "report", "service", "snapshot", "snapshot-file"],
    ...["sweep", "symbols", "timing", "trace", "translator", "vsock"],
  ],
  cli: ["index"],
};

/** A file's name in the table: its folder, or itself when it is in none. */
const unitOf = (path: string) => path.replace(/\.(ts|js)$/, "").split("/")[0] as string;

/** Imports by path, as `[from, to]` names of the table. */
function arrowsOf(sources: Sources): [string, string][] {
  return sources.flatMap(([path, text]) =>
    [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)]
      .map(([, to = ""]) => [unitOf(path), unitOf(normalize(join(dirname(path), to)))])
      .filter((arrow): arrow is [string, string] => arrow[0] !== arrow[1]),
  );
}

/** Arrows that the table does not allow, and entries of the table that nothing needs. */
function compare(sources: Sources, table: Table): { added: string[]; idle: string[] } {
  const found = new Set(arrowsOf(sources).map(([from, to]) => `${from} -> ${to}`));
  const allowed = Object.entries(table).flatMap(([from, all]) =>
    all.map((to) => `${from} -> ${to}`),
  );
  return {
    added: [...found].filter((arrow) => !allowed.includes(arrow)).sort(),
    idle: allowed.filter((arrow) => !found.has(arrow)).sort(),
  };
}

/** A cycle of the table, as the names along it, or []. */
function cycleOf(table: Table): string[] {
  const done = new Set<string>();
  const walk = (name: string, path: string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const to of table[name] ?? []) {
      const cycle = walk(to, [...path, name]);
      if (cycle.length > 0) return cycle;
    }
    done.add(name);
    return [];
  };
  for (const name of Object.keys(table)) {
    const cycle = walk(name, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

const sources: Sources = (readdirSync(EMU, { recursive: true }) as string[])
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
  .map((path) => [path.replaceAll("\\", "/"), readFileSync(join(EMU, path), "utf8")]);

test("every import of emu/ is an arrow of the table, and every arrow is used", () => {
  expect(compare(sources, ARROWS)).toEqual({ added: [], idle: [] });
});

test("every folder and file of emu/ is in the table", () => {
  const units = new Set(sources.map(([path]) => unitOf(path)));
  expect([...units].sort()).toEqual(Object.keys(ARROWS).sort());
});

test("the table has no cycle", () => {
  expect(cycleOf(ARROWS)).toEqual([]);
});

test("a new arrow, an idle one, and a cycle are found", () => {
  const samples: Sources = [
    ["a/one.ts", 'import { x } from "../b.js";\nimport { y } from "./two.js";\n'],
    ["b.ts", 'export { z } from "../assembly/c.js";\n'],
  ];
  const table = { a: ["c"], b: [] };
  expect(compare(samples, table)).toEqual({ added: ["a -> b", "b -> .."], idle: ["a -> c"] });
  expect(cycleOf({ a: ["b"], b: ["c"], c: ["b"] })).toEqual(["b", "c", "b"]);
});
