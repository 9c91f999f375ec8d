// The timing model's configuration: presets, what a file may leave out, one line for each refusal,
// the shapes' distances, and random damage that must never be more than such a line.
import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import {
  ConfigError,
  checkTiming,
  DEFAULT_PRESET,
  hopsOf,
  nodeOf,
  PRESETS,
  parseTiming,
  presetTiming,
  type TimingConfig,
} from "../../emu/index.js";
import { setsOf } from "../../emu/timing/config.js";

const base = presetTiming(DEFAULT_PRESET) as TimingConfig;

/** The one line with which a file is refused. */
function refusal(toml: string): string {
  try {
    parseTiming(toml, "file.toml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`${toml}: was taken`);
}

describe.each(Object.keys(PRESETS))("preset %s", (name) => {
  const config = presetTiming(name) as TimingConfig;

  test("is whole, says where its numbers come from, and has the caches of the default", () => {
    expect(config.name).toBe(name);
    expect(config.source).not.toBe("");
    expect(parse(PRESETS[name] as string)).toEqual(config);
    expect([setsOf(config.l1i), setsOf(config.l1d), setsOf(config.l2)]).toEqual([64, 64, 1024]);
  });

  test("has a comment in every table", () => {
    const tables = (PRESETS[name] as string).split(/^\[/m).slice(1);
    for (const table of tables) expect(table).toContain("#");
  });

  test("printed and read again is the same", () => {
    expect(parseTiming(PRESETS[name] as string, "file.toml")).toEqual(config);
  });
});

test("there is no preset of another name, also not of Object's own", () => {
  expect(presetTiming("nothing")).toBeUndefined();
  expect(presetTiming("constructor")).toBeUndefined();
});

describe("a file", () => {
  test("that is empty is the default with a name of its own", () => {
    const own = { ...base, name: "mine", description: "", source: "" };
    expect(parseTiming("", "mine.toml", "mine")).toEqual(own);
  });

  test("changes what it names, and nothing else", () => {
    const config = parseTiming("[l2]\ncycles = 7\n[topology]\nnodes = 4\n", "file.toml");
    expect(config.l2).toEqual({ ...base.l2, cycles: 7 });
    expect(config.topology.nodes).toBe(4);
    expect(config.memory).toEqual(base.memory);
  });

  test("may have distances in place of a shape", () => {
    const toml = "interconnect.distances = [[0, 3], [3, 0]]\ntopology.nodes = 2\n";
    const config = parseTiming(toml, "file.toml");
    expect(config.interconnect.shape).toBeUndefined();
    expect(hopsOf(config)).toEqual([
      [0, 3],
      [3, 0],
    ]);
  });
});

describe("a refusal is one line: file, path, what was given, what to give", () => {
  test.each([
    ["[l1d]\nways = 12", /^timing: file\.toml: l1d\.ways: 12; .* give a power of two of sets$/],
    ["[l1d]\nways = 17", /: l1d\.ways: 17; give a whole number from 1 to 16$/],
    ["[l1d]\nways = 1.5", /: l1d\.ways: 1\.5; give a whole number from 1 to 16$/],
    ["[l1d]\nways = '8'", /: l1d\.ways: "8"; give a whole number from 1 to 16$/],
    [
      "[l1d]\nbytes = 100",
      /: l1d\.ways: 8; 100 bytes of 64 in 8 ways are .* power of two of sets$/,
    ],
    ["l1d = 5", /: l1d: 5; give a table with bytes, ways$/],
    ["[core]\nload_cycles = 0", /: core\.load_cycles: 0; give a whole number from 1 to 1000$/],
    [
      "[core]\nlod_cycles = 1",
      /: core\.lod_cycles: there is no such key; give one of load_cycles, /,
    ],
    ["[cores]\nload_cycles = 1", /: cores: there is no such key; give one of name, description, /],
    ["__proto__ = 1", /: __proto__: there is no such key; give one of /],
    [
      "[cache]\nreplacement = 'fifo'",
      /: cache\.replacement: "fifo"; give one of "lru", "tree-plru"$/,
    ],
    ["[memory]\nplacement = 3", /: memory\.placement: 3; give one of "contiguous", "interleaved"$/],
    ["[tlb]\ndtlb_entries = 129", /: tlb\.dtlb_entries: 129; give a whole number from 1 to 128$/],
    ["[topology]\nnodes = 33", /: topology\.nodes: 33; give a whole number from 1 to 32$/],
    ["[contention]\nwindow_cycles = 8", /: contention\.window_cycles: 8; give 0 or 16 to 4096$/],
    [
      "[memory]\noccupancy_cycles = 300",
      /: memory\.occupancy_cycles: 300; give at most contention\.window_cycles, 256$/,
    ],
    [
      "[cache]\nreplacement = 'tree-plru'\n[l2]\nways = 3\nbytes = 196608",
      /: l2\.ways: 3 is no tree for tree-plru; give a power of two, or cache\.replacement lru$/,
    ],
    [
      "interconnect.shape = 'hypercube'\ntopology.nodes = 6",
      /: interconnect\.shape: a hypercube has no 6 nodes; give a power of two of /,
    ],
    [
      "interconnect.distances = [[0]]\ninterconnect.shape = 'ring'",
      /: interconnect\.distances: shape is given too; give one of them$/,
    ],
    ["interconnect.distances = [[0, 1], [1, 0]]", /distances: 2 rows; give 1, one for each of /],
    [
      "interconnect.distances = [[0, 1], [2, 0]]\ntopology.nodes = 2",
      /distances\.0\.1: 1, and 2 the other way; give one number$/,
    ],
    [
      "interconnect.distances = [[0, 1], [1, 4]]\ntopology.nodes = 2",
      /distances\.1\.1: 4; give 0: a node is at no distance$/,
    ],
    [
      "interconnect.distances = [[0], [1, 0]]\ntopology.nodes = 2",
      /distances\.0: 1 numbers; give 2$/,
    ],
    [
      "interconnect.distances = [[0, 65], [65, 0]]\ntopology.nodes = 2",
      /distances\.0\.1: 65; give a whole number from 0 to 64$/,
    ],
    ["name = '../../etc'", /: name: "\.\.\/\.\.\/etc"; give a name of at most 40 letters/],
    ["a = ", /^timing: file\.toml: line 1, column 5: .*; give TOML$/],
    ["a = 1\na = 2", /^timing: file\.toml: line 2, column 1: .*; give TOML$/],
    ["\u0000", /^timing: file\.toml: line 1, column \d+: .*; give TOML$/],
  ])("%j", (toml, expected) => {
    const message = refusal(toml);
    expect(message).toMatch(expected);
    expect(message).not.toContain("\n");
  });

  test("what is missing from a whole configuration is named", () => {
    const { device: _, ...rest } = base;
    expect(() => checkTiming(rest)).toThrow(/: device: is missing; give a table with cycles$/);
  });
});

describe("shapes", () => {
  const hops = (shape: string, nodes: number) =>
    hopsOf(parseTiming(`interconnect.shape = "${shape}"\ntopology.nodes = ${nodes}`, "shape"));

  test.each([
    ["full", 3, [0, 1, 1]],
    ["ring", 5, [0, 1, 2, 2, 1]],
    ["mesh", 6, [0, 1, 2, 1, 2, 3]], // two rows of three
    ["mesh", 5, [0, 1, 2, 3, 4]], // 5 is no rectangle but a row
    ["hypercube", 8, [0, 1, 1, 2, 1, 2, 2, 3]],
  ])("%s of %i nodes: from the first one %j", (shape, nodes, expected) => {
    expect(hops(shape, nodes)[0]).toEqual(expected);
  });

  test("every shape is a distance: 0 to itself, as far back, no shorter by a third node", () => {
    const shapes = fc.constantFrom("full", "ring", "mesh", "hypercube");
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 32 }),
        (...a) => {
          const [shape, power, any] = a;
          const nodes = shape === "hypercube" ? 1 << power : any;
          const far = hops(shape, nodes);
          const at = (i: number, j: number) => far[i]?.[j] as number;
          expect(far).toHaveLength(nodes);
          const all = far.map((_, node) => node);
          const wrong = all.flatMap((i) =>
            all.filter((j) => {
              const detour = Math.min(...all.map((k) => at(i, k) + at(k, j)));
              return (at(i, j) === 0) !== (i === j) || at(i, j) !== at(j, i) || detour < at(i, j);
            }),
          );
          expect(wrong).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("harts are dealt to nodes in order, as evenly as they go", () => {
    const of = (nodes: number, harts: number) =>
      Array.from({ length: harts }, (_, hart) =>
        nodeOf({ ...base, topology: { nodes } }, hart, harts),
      );
    expect(of(2, 4)).toEqual([0, 0, 1, 1]);
    expect(of(4, 2)).toEqual([0, 2]);
    expect(of(2, 5)).toEqual([0, 0, 0, 1, 1]);
  });
});

test("whatever a table holds, it is taken or refused in one line", () => {
  const value = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.object());
  const tables = fc.constantFrom(...Object.keys(base), "other");
  fc.assert(
    fc.property(tables, fc.string(), value, (table, key, inner) => {
      const before = (base as Record<string, unknown>)[table];
      const damaged = { ...base, [table]: Object.assign({}, before, { [key]: inner }) };
      try {
        checkTiming(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as Error).message.split("\n")).toHaveLength(1);
      }
    }),
  );
});
