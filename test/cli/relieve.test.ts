// `quarterdeck relieve` as a user meets it: exit codes, report, files, and what an interruption or
// a folder that cannot be written leaves behind.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PHASES_AT_ONCE } from "../../emu/observe/marks.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const RUN = "out/larboard-starboard-2h-seed1";
const ESCAPE = "\u001b";

/** Whether every tag of an XML text is closed, in order, and its attributes are quoted. */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  const tag = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g;
  for (const [, close, name = "", , alone] of xml.matchAll(tag)) {
    if (close) {
      if (open.pop() !== name) return false;
    } else if (!alone) open.push(name);
  }
  return open.length === 0 && !/[<>]|&(?!(amp|lt|gt|quot|apos);)/.test(xml.replace(tag, ""));
}

test.each([
  ['<a><b c="d"/>e &amp; f</a>', true],
  ["<a><b></a></b>", false],
  ["<a>", false],
  ["<a>1 & 2</a>", false],
  ["<a>1 < 2</a>", false],
])("%s: well-formed is %s", (xml, expected) => {
  expect(isWellFormed(xml)).toBe(expected);
});

describe("a relief", () => {
  test("ends with 0, prints its report without escape codes, and leaves three files", () =>
    inFolder(async (cwd) => {
      const { code, out, err } = await quarterdeck(["relieve"], { cwd });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).not.toContain(ESCAPE);
      for (const phase of PHASES_AT_ONCE) expect(out).toContain(phase);
      expect(out).toContain(`${RUN}: report.json, events.jsonl, timeline.svg`);
      expect(readdirSync(join(cwd, "out"))).toEqual(["larboard-starboard-2h-seed1"]);
      const files = readdirSync(join(cwd, RUN)).sort();
      expect(files).toEqual(["events.jsonl", "report.json", "timeline.svg"]);
      for (const line of readFileSync(join(cwd, RUN, "events.jsonl"), "utf8")
        .trim()
        .split("\n")) {
        expect(JSON.parse(line)).toMatchObject({
          cycle: expect.any(Number),
          mark: expect.anything(),
        });
      }
      const svg = readFileSync(join(cwd, RUN, "timeline.svg"), "utf8");
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg.replace(/xmlns="[^"]*"/, "")).not.toMatch(/http|href|url\(|@import|<script/);
    }));

  test("--json prints report.json, with everything a paper needs", () =>
    inFolder(async (cwd) => {
      const args = ["relieve", "--from", "starboard", "--seed", "3", "--json"];
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const file = join(cwd, "out/starboard-larboard-2h-seed3/report.json");
      expect(out).toBe(readFileSync(file, "utf8"));
      const count = expect.any(Number);
      const report = JSON.parse(out);
      expect(report).toMatchObject({
        schema: "quarterdeck/report/2",
        outcome: "relieved",
        abortReason: null,
        processesLost: 0,
        invariantsBroken: 0,
        ledger: { frames: 16384, unowned: 0, doublyOwned: 0 },
        reliefs: 1,
        seed: 3,
        finalStateHash: expect.stringMatching(/^[\da-f]{16}$/),
      });
      expect(report.phases).toHaveLength(PHASES_AT_ONCE.length);
      for (const phase of report.phases) {
        const instructions = { offgoing: count, oncoming: count };
        expect(phase).toMatchObject({ name: expect.any(String), cycles: count, instructions });
      }
      expect(report.processes.length).toBeGreaterThan(6);
      for (const process of report.processes) {
        const counts = { pid: count, blackoutCycles: count, frames: count, descriptors: count };
        expect(process).toMatchObject({ name: expect.any(String), ...counts });
      }
    }));

  test("a second run replaces the first one's folder, whole", () =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, RUN), { recursive: true });
      writeFileSync(join(cwd, RUN, "report.json"), "old");
      writeFileSync(join(cwd, RUN, "left-over"), "old");
      expect((await quarterdeck(["relieve"], { cwd })).code).toBe(0);
      expect(readdirSync(join(cwd, "out"))).toEqual(["larboard-starboard-2h-seed1"]);
      expect(readdirSync(join(cwd, RUN)).sort()).toEqual([
        "events.jsonl",
        "report.json",
        "timeline.svg",
      ]);
      JSON.parse(readFileSync(join(cwd, RUN, "report.json"), "utf8"));
    }));
});

test("an aborted relief ends with 3, and its report says why", () =>
  inFolder(async (cwd) => {
    const args = ["relieve", "--fault", "missing-driver", "--json"];
    const { code, out } = await quarterdeck(args, { cwd });
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      outcome: "aborted",
      abortReason: "missing-driver",
      reliefs: 0,
      processesLost: 0,
    });
  }));

test("--fault list names every fault, and runs nothing", () =>
  inFolder(async (cwd) => {
    const { code, out } = await quarterdeck(["relieve", "--fault", "list"], { cwd });
    expect(code).toBe(0);
    expect(out.trim().split("\n").length).toBeGreaterThanOrEqual(8);
    expect(existsSync(join(cwd, "out"))).toBe(false);
  }));

test("Ctrl-C ends with 130 and leaves no folder behind", () =>
  inFolder(async (cwd) => {
    const args = ["relieve", "--times", "500", "--console"];
    let interrupted = false;
    const ended = await quarterdeck(args, {
      cwd,
      // once the guest speaks, the run is well under way
      started: (child) =>
        child.stderr?.once("data", () => {
          interrupted = child.kill("SIGINT");
        }),
    });
    expect(interrupted).toBe(true);
    expect(ended.code).toBe(130);
    expect(ended.err).toContain("interrupted: no report is written\n");
    expect(ended.out).toBe("");
    expect(readdirSync(cwd)).toEqual([]);
  }));

describe("a folder that cannot be written", () => {
  test.each(["file", "file/below", "/proc/quarterdeck/out", "/dev/null"])(
    "--out %s: one line, exit code 2, and nothing half done",
    (out) =>
      inFolder(async (cwd) => {
        writeFileSync(join(cwd, "file"), "kept");
        const ended = await quarterdeck(["relieve", "--out", out], { cwd });
        expect(ended.err).toMatch(/^quarterdeck: out: cannot write .*; give another with --out\n$/);
        expect(ended.code).toBe(2);
        expect(readdirSync(cwd)).toEqual(["file"]);
        expect(readFileSync(join(cwd, "file"), "utf8")).toBe("kept");
      }),
  );
});
