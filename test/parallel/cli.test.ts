// The command line with --parallel: a relief and a session, what their output says of the order
// that nobody knows, and what is refused beside it, in one line each.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, checkRelief, checkTwin } from "../../emu/index.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const run = (args: readonly string[], cwd: string) => quarterdeck(args, { cwd });

test("a relief says that it is not deterministic, and its report is not replayed", () =>
  inFolder(async (cwd) => {
    const { code, out, err } = await run(["relieve", "--parallel", "--threads", "2"], cwd);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("\nnot deterministic: harts ran in parallel\n");
    expect(out).toMatch(
      /\nfinal-state hash, not comparable with that of another run: [\da-f]{16}\n/,
    );
    expect(out).toContain("The watch is relieved:");
    const file = "out/larboard-starboard-2h-seed1-parallel/report.json";
    const report = JSON.parse(readFileSync(join(cwd, file), "utf8"));
    expect(report).toMatchObject({ outcome: "relieved", deterministic: false });
    const again = await run(["replay", file], cwd);
    expect(again).toMatchObject({ code: 2, out: "" });
    expect(again.err).toMatch(/harts ran in parallel, in an order that is not known; no replay\n$/);
  }));

test("another run says nothing of it", async () => {
  const { out } = await quarterdeck(["relieve", "--times", "1", "--json", "--connections", "0"]);
  expect(JSON.parse(out)).not.toHaveProperty("deterministic");
});

test("a cold reboot: the machine is reset, and goes on", () =>
  inFolder(async (cwd) => {
    const { code, out } = await run(["relieve", "--parallel", "--method", "cold"], cwd);
    expect(code).toBe(0);
    expect(out).toContain("not deterministic");
  }));

test("a session ends when its input does", () =>
  inFolder(async (cwd) => {
    const options = { cwd, input: "ps\npoweroff\n" };
    const { code, out } = await quarterdeck(["boot", "--parallel", "starboard"], options);
    expect(code).toBe(0);
    expect(out).toContain("[starboard] audit:");
  }));

describe("refused in one line", () => {
  const parallel = "--parallel";
  test.each([
    [["relieve", parallel, "--timing", "server"], "--timing: not with --parallel"],
    [["relieve", parallel, "--gdb", "0"], "--gdb: not with --parallel"],
    [["relieve", parallel, "--record", "file"], "--record: not with --parallel"],
    [["relieve", parallel, "--snapshot-at", "1000"], "--snapshot-at: not with --parallel"],
    [["relieve", parallel, "--stall-cycles", "5000"], "--stall-cycles: not with --parallel"],
    [["relieve", parallel, "--threads", "0"], "--threads takes a whole number from 1 to 64"],
    [["relieve", "--threads", "2"], "--threads: harts take turns on one; give --parallel too"],
    [["boot", parallel, "--restore", "file"], "--restore: not with --parallel"],
    [["boot", parallel, "--replay", "file"], "--replay: not with --parallel"],
    [["boot", parallel, "--stats", "file"], "--stats: not with --parallel"],
    [["trace", parallel], "unknown option '--parallel'"],
    [["twin", parallel], "unknown option '--parallel'"],
    [["control", parallel], "unknown option '--parallel'"],
    [["sweep", "exp.toml"], "vary.parallel"],
  ] as const)("%j", (args, text) =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "exp.toml"), 'name = "x"\nseeds = [1]\n[vary]\nparallel = [true]\n');
      const { code, out, err } = await run(args, cwd);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(text);
      expect(err.trim().split("\n").length).toBeLessThanOrEqual(2);
    }),
  );

  test("in the library too", () => {
    expect(() => checkTwin({ parallel: true })).toThrow(ConfigError);
    const timing = { model: {}, from: "reset", coldCycles: 0 } as never;
    expect(() => checkRelief({ parallel: true, timing })).toThrow(ConfigError);
  });
});
