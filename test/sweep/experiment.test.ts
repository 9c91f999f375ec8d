// The experiment's file and its plan: what may be said, one line for each refusal, the order of the
// runs, and keys that tell runs apart by all that their results follow from, and by nothing else.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BuildIdentity,
  ConfigError,
  checkRelief,
  DEFAULT_PRESET,
  type Models,
  type PlannedRun,
  parseExperiment,
  planOf,
  presetTiming,
  runKey,
  type TimingConfig,
} from "../../emu/index.js";

const BUILD: BuildIdentity = {
  quarterdeck: "1",
  host: "h",
  core: "c",
  images: { firmware: "f", kernel: "k" },
};
const model = presetTiming(DEFAULT_PRESET) as TimingConfig;
const models: Models = (name) => {
  const found = presetTiming(name);
  if (!found) throw new ConfigError(`timing: "${name}" is no preset`);
  return found;
};

function plan(toml: string, build = BUILD): PlannedRun[] {
  const read = parseExperiment(toml, "exp.toml");
  return planOf(read, "exp.toml", models, () => build);
}

function refusal(toml: string): string {
  try {
    plan(toml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`${toml}: was taken`);
}

const HEAD = 'name = "one"\nseeds = 1\n';

describe("what a file says", () => {
  test("every value with every other, in the order of the file, and the seeds fastest", () => {
    const runs = plan(
      'name = "one"\nseeds = [7, 3]\n[vary]\nmemory = ["copy", "adopt"]\nharts = [4, 2]\n',
    );
    expect(runs.map(({ varied, seed }) => [varied.memory, varied.harts, seed])).toEqual([
      ["copy", 4, 7],
      ["copy", 4, 3],
      ["copy", 2, 7],
      ["copy", 2, 3],
      ["adopt", 4, 7],
      ["adopt", 4, 3],
      ["adopt", 2, 7],
      ["adopt", 2, 3],
    ]);
    expect(new Set(runs.map(({ key }) => key)).size).toBe(8);
  });

  test("a count of seeds counts from 1, and without vary there is one run a seed", () => {
    expect(plan('name = "one"\nseeds = 3\n').map(({ seed }) => seed)).toEqual([1, 2, 3]);
  });

  test("each field comes to the relief's configuration, as its option does", () => {
    const [run] = plan(`${HEAD}[fixed]
from = "starboard"
method = "checkpoint"
harts = 8
times = 1
ram = "128M"
zone-normal = 33554432
quantum = 32
memory = "remap"
transfer = "all"
connections = 3
ballast = 64
processes = 10
descriptors = 20
firewall = true
timing = "server"
timing-from = "load"
warm-up = 1000
`);
    expect(run?.configuration).toEqual(
      checkRelief({
        ...{ from: "starboard", to: "larboard", method: "checkpoint", harts: 8, times: 1 },
        ...{ ramBytes: 128 << 20, zoneNormalBytes: 32 << 20, quantumCycles: 32, seed: 1 },
        ...{ memory: "remap", transfer: "all", connections: 3, ballast: 64, firewall: true },
        ...{ processes: 10, descriptors: 20 },
        timing: { model: models("server"), from: "load", warmUpCycles: 1000 },
      }),
    );
  });

  test("none is without a fault and without a model", () => {
    const runs = plan(`${HEAD}[vary]\nfault = ["none", "hang"]\ntiming = ["none", "embedded"]\n`);
    expect(runs.map(({ configuration: c }) => [c.fault, c.timing?.model.name])).toEqual([
      [undefined, undefined],
      [undefined, "embedded"],
      ["hang", undefined],
      ["hang", "embedded"],
    ]);
  });

  test("a combination that meets all conditions of one exception is left out", () => {
    const runs = plan(`${HEAD}[vary]
memory = ["adopt", "copy"]
ballast = [0, 16, 32]
[[except]]
memory = "adopt"
ballast = [16, 32]
[[except]]
memory = "copy"
ballast = 0
`);
    expect(runs.map(({ varied }) => [varied.memory, varied.ballast])).toEqual([
      ["adopt", 0],
      ["copy", 16],
      ["copy", 32],
    ]);
  });

  test("runs that are the same are there once", () => {
    const same = plan(`${HEAD}[vary]\ntiming = ["none", "embedded"]\nwarm-up = [0, 5]\n`);
    expect(same).toHaveLength(3);
  });
});

describe("what is refused, in one line with place, value and fix", () => {
  test.each([
    ["", /^sweep: exp.toml: name: is missing; give a name of at most 60/],
    ["name = 3", /^sweep: exp.toml: name: 3; give a name/],
    ['name = "Ab"\nseeds = 1', /name: "Ab"; give a name/],
    ['name = "../up"\nseeds = 1', /name: "..\/up"; give a name/],
    ['name = "a"', /seeds: is missing; give a count from 1 to 100000, or a list/],
    ['name = "a"\nseeds = 0', /seeds: 0; give a count/],
    ['name = "a"\nseeds = [1, 2, 1]', /seeds: 1 is there twice; give it once/],
    ['name = "a"\nseeds = [-1]', /seeds: \[-1\]; give a count/],
    ['name = "a"\nseeds = [4294967296]', /seeds: \[4294967296\]; give/],
    [`${HEAD}sedes = 1`, /exp.toml: sedes: there is no such key; give one of name, /],
    [`${HEAD}[fixed]\nhart = 2`, /fixed.hart: there is no such key; give one of from, to, method/],
    [`${HEAD}[fixed]\nharts = 1`, /fixed.harts: 1; give a whole number from 2 to 512/],
    [`${HEAD}[vary]\nharts = 2`, /vary.harts: 2; give a list of 1 to/],
    [`${HEAD}[vary]\nharts = []`, /vary.harts: \[\]; give a list of 1 to/],
    [`${HEAD}[vary]\nharts = [2, 2.5]`, /vary.harts.1: 2.5; give a whole number/],
    [`${HEAD}[vary]\nharts = [2, 4, 2]`, /vary.harts: 2 is there twice/],
    [`${HEAD}[vary]\nmemory = ["adopt", "steal"]`, /vary.memory.1: "steal"; give one of "adopt",/],
    [`${HEAD}[fixed]\nmethod = "warm"`, /fixed.method: "warm"; give one of "relief"/],
    [`${HEAD}[fixed]\nram = "8M"`, /fixed.ram: "8M"; give a size from 16M to 2G/],
    [`${HEAD}[fixed]\nram = true`, /fixed.ram: true; give a size/],
    [`${HEAD}[fixed]\nfault = "fire"`, /fixed.fault: "fire"; give "none" or NAME or NAME@PHASE/],
    [`${HEAD}[fixed]\nfirewall = "yes"`, /fixed.firewall: "yes"; give true or false/],
    [`${HEAD}[fixed]\ntiming = 3`, /fixed.timing: 3; give "none", a preset/],
    [`${HEAD}[fixed]\ntiming = "fast"`, /exp.toml: timing fast: timing: "fast" is no preset/],
    [`${HEAD}[fixed]\nwarm-up = 3`, /fixed.warm-up: says when, not which model; give timing too/],
    [
      `${HEAD}[fixed]\ntiming = "server"\ntiming-from = "noon"`,
      /timing-from: "noon"; give "reset"/,
    ],
    [`${HEAD}[fixed]\nharts = 2\n[vary]\nharts = [2]`, /vary.harts: is fixed too; give it once/],
    [`${HEAD}times = 2\n[fixed]\ntimes = 2`, /exp.toml: times: is fixed or varied too/],
    [`${HEAD}[[except]]\nharts = 2`, /except.0.harts: is neither fixed nor varied; leave it out/],
    [
      `${HEAD}[fixed]\nharts = 2\n[[except]]\nharts = 3`,
      /except.0: leaves nothing out that is not already; leave it out/,
    ],
    [`${HEAD}[[except]]`, /except.0: has no condition; give one/],
    [`${HEAD}[vary]\nharts = [2]\n[[except]]\nharts = 2`, /except: leaves nothing to run/],
    [`${HEAD}except = 3`, /except: 3; give \[\[except\]\] tables/],
    [`${HEAD}[fixed`, /^sweep: exp.toml: line 3, column \d+: .*; give TOML$/],
    [
      `${HEAD}[vary]\nmethod = ["relief", "kexec"]\nmemory = ["adopt", "copy"]`,
      /^sweep: exp.toml: method kexec, memory copy: memory: with method kexec none is taken over/,
    ],
    [`${HEAD}[fixed]\nballast = 99999`, /exp.toml: ballast 99999: ballast: 99999 KiB; give/],
    [
      `name = "a"\nseeds = 100000\n[vary]\nharts = [2, 3]`,
      /vary: 200000 runs; give at most 100000/,
    ],
  ])("%s", (toml, line) => {
    expect(refusal(toml)).toMatch(line);
    expect(refusal(toml)).not.toContain("\n");
  });

  test("random damage is one line of refusal, or a plan", () => {
    const vary = '[vary]\nmemory = ["adopt", "copy"]\nballast = [0, 8]\n';
    const good = `${HEAD}[fixed]\nharts = 4\n${vary}`;
    const damage = fc.tuple(fc.nat(good.length), fc.nat(12), fc.string({ maxLength: 6 }));
    fc.assert(
      fc.property(damage, ([at, length, text]) => {
        const toml = good.slice(0, at) + text + good.slice(at + length);
        try {
          expect(plan(toml).length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.message).toMatch(/^sweep: exp.toml: [^\n]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a key", () => {
  const config = checkRelief({ from: "larboard", to: "starboard", seed: 5 });

  test("does not depend on the order in which a configuration was put together", () => {
    const entries = Object.entries(config);
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (order) => {
        const again = Object.fromEntries(order) as unknown as typeof config;
        expect(runKey(again, BUILD)).toBe(runKey(config, BUILD));
      }),
    );
  });

  test("changes with everything that a result follows from", () => {
    const timed = (memory: number) => ({
      ...config,
      timing: {
        model: { ...model, memory: { ...model.memory, cycles: memory } },
        from: "load",
        warmUpCycles: 0,
      },
    });
    const keys = [
      runKey(config, BUILD),
      runKey({ ...config, seed: 6 }, BUILD),
      runKey({ ...config, memory: "copy" }, BUILD),
      runKey({ ...config, firewall: true }, BUILD),
      runKey(timed(50), BUILD),
      runKey(timed(51), BUILD),
      runKey(config, { ...BUILD, quarterdeck: "2" }),
      runKey(config, { ...BUILD, host: "i" }),
      runKey(config, { ...BUILD, core: "d" }),
      runKey(config, { ...BUILD, images: { ...BUILD.images, kernel: "l" } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[\da-f]{32}$/);
  });
});
