// --timing and `quarterdeck timing` as a user meets them: presets and files, what a run leaves, a
// replay of what was recorded, and a line for what cannot be used.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseTiming, presetTiming } from "../../emu/index.js";
import { readTrace, slicesOf, type TraceTrack } from "../support/perfetto.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const LONG = 600_000; // ms; the model is slower than the plain machine
const RUN = "out/larboard-starboard-2h-seed1-embedded";

describe("quarterdeck timing", () => {
  test("lists the presets, each with where its numbers come from", async () => {
    const { code, out, err } = await quarterdeck(["timing"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const name of ["embedded", "server", "ccnuma-512"]) {
      expect(out).toMatch(new RegExp(`^${name} +\\S.*\\n +\\S`, "m"));
    }
  });

  test("prints one as TOML with its comments, which is a file for --timing", async () => {
    const { code, out } = await quarterdeck(["timing", "server"]);
    expect(code).toBe(0);
    expect(out).toContain("# ");
    expect(parseTiming(out, "out")).toEqual(presetTiming("server"));
  });
});

describe("what cannot be used ends with 2, and a line that says what would do", () => {
  test.each([
    [["timing", "sever"], 'timing: there is no preset "sever"; give one of embedded, server,'],
    [["relieve", "--timing", "sever"], '"sever" is no preset (embedded, server, ccnuma-512)'],
    [["relieve", "--timing", "folder"], "--timing: cannot read folder (EISDIR)"],
    [["relieve", "--timing", "/dev/zero"], "--timing: /dev/zero is a device"],
    [["relieve", "--timing", "huge.toml"], "huge.toml has 1048577 bytes; give a TOML file of at"],
    [["relieve", "--timing", "binary"], "timing: binary: line 1, column 1: "],
    [["relieve", "--timing", "bad.toml"], "timing: bad.toml: l1d.ways: 12; "],
    [["boot", "--timing", "typo.toml"], "timing: typo.toml: core.lod_cycles: there is no such key"],
    [["relieve", "--timing-from", "halt"], "--timing-from: says when, not which model; give --"],
    [["trace", "--warm-up", "5"], "--warm-up: says when, not which model; give --timing too"],
    [["relieve", "--timing", "server", "--timing-from", "noon"], "--timing-from takes a cycle, a"],
    [["relieve", "--timing", "server", "--warm-up", "-1"], "--warm-up takes a whole number"],
    [["boot", "--stats", "file"], "--stats: there are none without a model; give --timing too"],
    [["boot", "--replay", "x", "--timing-from", "halt"], "--timing-from: cannot be given with --"],
  ])("%j", (args, advice) =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, "folder"));
      writeFileSync(join(cwd, "huge.toml"), Buffer.alloc((1 << 20) + 1, "#"));
      writeFileSync(join(cwd, "binary"), Buffer.from([0, 255, 254, 1]));
      writeFileSync(join(cwd, "bad.toml"), "[l1d]\nways = 12\n");
      writeFileSync(join(cwd, "typo.toml"), "[core]\nlod_cycles = 12\n");
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(advice);
      expect(err.trim().split("\n")).toHaveLength(1);
    }),
  );
});

test(
  "a relief prints what it cost, leaves stats.txt and counter tracks, and can be replayed",
  () =>
    inFolder(async (cwd) => {
      const { code, out, err } = await quarterdeck(["relieve", "--timing", "embedded"], { cwd });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const [, attributed, total] = /cycles attributed: ([\d,]+) of ([\d,]+)\n/.exec(out) ?? [];
      expect(attributed).toBe(total);
      expect(out).toMatch(/^phase, cycles of all harts +base +core +fetch +load +store +walk /m);
      expect(out).toMatch(/^off-going +[\d,]+ +\d+\.\d\d /m);
      const made = "report.json, events.jsonl, timeline.svg, stats.txt, counters.perfetto";
      expect(out).toContain(`${RUN}: ${made}\n`);
      expect(readdirSync(join(cwd, RUN)).sort().join(", ")).toBe(
        made.split(", ").sort().join(", "),
      );
      expect(readFileSync(join(cwd, RUN, "stats.txt"), "utf8")).toMatch(/^system\.cpu1\.ipc /m);
      const report = JSON.parse(readFileSync(join(cwd, RUN, "report.json"), "utf8"));
      const { segments, handOvers, start, end } = report.timing.criticalPath;
      const tracks = [...readTrace(readFileSync(join(cwd, RUN, "counters.perfetto"))).values()];
      const slices = slicesOf(tracks.find(({ name }) => name === "critical path") as TraceTrack);
      const nanoseconds = ({ from, to }: { from: number; to: number }) => [10 * from, 10 * to];
      expect(slices.map((slice) => [slice.start, slice.end])).toEqual(segments.map(nanoseconds));
      const length = (end - start).toString().replace(/\B(?=(\d{3})+$)/g, ",");
      expect(out).toMatch(
        new RegExp(`^critical path, cycles +off-going[^]*^total .* ${length}$`, "m"),
      );
      expect(out).toContain(`hand-overs between the kernels, by doorbell: ${handOvers.length}\n`);
      const picture = readFileSync(join(cwd, RUN, "timeline.svg"), "utf8");
      expect(picture.match(/<title>critical path: /g)?.length).toBeGreaterThan(segments.length);
      expect(report.timing.configuration).toEqual(presetTiming("embedded"));
      const again = await quarterdeck(["replay", `${RUN}/report.json`], { cwd });
      expect(again).toEqual({
        code: 0,
        out: `replayed: relieved, hash ${report.finalStateHash}, as reported\n`,
        err: "",
      });
    }),
  LONG,
);

test(
  "a moment that does not come ends with 1, and says so; the report is there",
  () =>
    inFolder(async (cwd) => {
      const args = ["relieve", "--timing", "embedded", "--timing-from", "aborted", "--json"];
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect(code).toBe(1);
      expect(err).toBe('quarterdeck: --timing-from: the run did not come to "aborted"\n');
      expect(JSON.parse(out)).toMatchObject({ outcome: "relieved" });
      expect(JSON.parse(out).timing).toBeUndefined();
    }),
  LONG,
);

test(
  "a boot writes its statistics, and what was recorded comes out the same",
  () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "mine.toml"), 'name = "mine"\n[memory]\ncycles = 300\n');
      const args = ["boot", "--timing", "mine.toml", "--stats", "stats", "--record", "session"];
      const booted = await quarterdeck(args, { cwd, input: "echo hello\npoweroff\n" });
      expect(booted.code).toBe(0);
      expect(booted.out).toContain("hello");
      expect(booted.err).toMatch(/^stats: what \d+ cycles were spent on\n$/);
      const stats = readFileSync(join(cwd, "stats"), "utf8");
      expect(stats).toMatch(/^system\.cpu0\.icache\.overallMisses::total +[1-9]/m);
      const again = await quarterdeck(["replay", "session"], { cwd });
      expect(again.code).toBe(0);
      expect(again.err).toMatch(/^replayed: hash [\da-f]{16}, as recorded\n$/);
    }),
  LONG,
);

test(
  "a machine that is restored with its model goes on counting",
  () =>
    inFolder(async (cwd) => {
      const taken = ["--snapshot-at", "6000000", "--snapshot", "taken", "--stats", "first"];
      const input = "poweroff\n";
      const whole = await quarterdeck(["boot", "--timing", "embedded", ...taken], { cwd, input });
      expect(whole.code).toBe(0);
      const args = ["boot", "--restore", "taken", "--stats", "second"];
      expect(await quarterdeck(args, { cwd, input })).toMatchObject({ code: 0 });
      const instructions = (file: string) =>
        Number(/^simInsts +(\d+)/m.exec(readFileSync(join(cwd, file), "utf8"))?.[1]);
      expect(instructions("second")).toBeGreaterThan(0);
      expect(instructions("second")).toBeLessThan(instructions("first"));
    }),
  LONG,
);

test("a boot that never comes to the moment says so, and fails", async () => {
  const config = ["--timing", "embedded", "--timing-from", "99999999999", "--smp", "1"];
  const { code, err } = await quarterdeck(["boot", ...config], { input: "poweroff\n" });
  expect(code).toBe(1);
  expect(err).toContain("--timing-from: the run did not come to it; no statistics");
}, 600_000);
