// `quarterdeck trace` and `--stall-cycles` as a user meets them: outputs, exit codes, a reader that
// goes away, and options that do not fit.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTrace, slicesOf } from "../support/perfetto.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

describe("trace", () => {
  test("text: --limit lines of one kernel, mode and phase, and then it ends with 0", async () => {
    const args = ["trace", "--phase", "verify", "--kernel", "starboard", "--mode", "s"];
    const { code, out, err } = await quarterdeck([...args, "--limit", "200"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(200);
    for (const line of lines) expect(line).toMatch(/^ *\d+ [01] s c0[\da-f]{6} {2}starboard:\w+/);
  });

  test("a limit of no lines is refused", async () => {
    const { code, out, err } = await quarterdeck(["trace", "--limit", "0"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("--limit takes a whole number from 1");
  });

  test("a reader that goes away ends it quietly", () =>
    inFolder(async (cwd) => {
      const args = ["trace", "--phase", "load"];
      const { code, err } = await quarterdeck(args, {
        cwd,
        started: (child) => child.stdout?.once("data", () => child.stdout?.destroy()),
      });
      expect({ code, err }).toEqual({ code: 0, err: "" });
    }));

  test("perfetto: a file with phases, and a machine with four harts", () =>
    inFolder(async (cwd) => {
      const args = ["trace", "--format", "perfetto", "--out", "run.perfetto", "--harts", "4"];
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect({ code, out, err }).toEqual({ code: 0, out: "", err: "" });
      const tracks = [...readTrace(readFileSync(join(cwd, "run.perfetto"))).values()];
      const cpus = tracks.filter(({ name }) => name.startsWith("CPU "));
      expect(cpus.map(({ name }) => name)).toEqual(["CPU 0", "CPU 1", "CPU 2", "CPU 3"]);
      for (const track of tracks) slicesOf(track);
    }));

  test("folded: lines of stacks with counts", async () => {
    const { code, out } = await quarterdeck(["trace", "--format", "folded", "--every", "100000"]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      expect(line).toMatch(
        /^(larboard|starboard|firmware);[^;]+;(machine|supervisor|user);.* \d+$/,
      );
    }
  });

  test("functions: a table, with cycles of the model that is asked for", async () => {
    const args = ["trace", "--format", "functions", "--phase", "verify", "--timing", "server"];
    const { code, out, err } = await quarterdeck([...args, "--every", "1"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [head = "", ...lines] = out.trimEnd().split("\n");
    const columns = "phase kernel mode function cycles share instructions CPI";
    expect(head.split(/ +/)).toEqual(columns.split(" "));
    for (const line of lines)
      expect(line).toMatch(/^verify {2,}\S.* \d+ +\d+\.\d % +\d+( +\d+\.\d\d)?$/);
    expect(lines.at(-1)).toMatch(/^verify +others /);
    expect(out).toContain("books_add");
  });

  test.each([
    [["--hart", "x"], "--hart takes harts"],
    [["--hart", "2"], "--hart: there is no hart 2; give 0 to 1"],
    [["--mode", "h"], "--mode takes m, s and u"],
    [["--pc", "5"], "--pc takes FROM-TO"],
    [["--phase", "lunch"], "--phase takes before, halt,"],
    [["--symbol", "no_such_function"], '--symbol: no image has a function "no_such_function"'],
    [["--kernel", "port"], "larboard, starboard, firmware"],
    [["--format", "svg"], "text, perfetto, folded, functions, functions-csv"],
    [["--format", "functions", "--hart", "0"], "--hart: only a trace as text obeys it"],
    [["--format", "perfetto", "--phase", "load"], "--phase: a Perfetto trace has all phases"],
    [["--format", "folded", "--all"], "--all: only the table of functions obeys it"],
    [["--warm-up", "5"], "--warm-up: says when, not which model; give --timing too"],
    [["--timing", "toaster"], '--timing: "toaster" is no preset'],
    [["--format", "folded", "--symbol", "memcpy"], "--symbol: only a trace as text obeys it"],
    [["--format", "folded", "--from-cycle", "1"], "--from-cycle: only a trace as text obeys it"],
    [["--out", "/nowhere/trace"], "--out: cannot write /nowhere/trace (ENOENT)"],
    [["--harts", "1"], "--harts takes a whole number from 2 to 512"],
  ])("%j ends with 2, and says what would do", async (options, advice) => {
    const { code, out, err } = await quarterdeck(["trace", ...options]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(advice);
    expect(err.trim().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a file that fills the disk is one line, and 2", async () => {
    if (!statSync("/dev/full", { throwIfNoEntry: false })) return;
    const args = ["trace", "--format", "folded", "--every", "100000", "--out", "/dev/full"];
    const { code, err } = await quarterdeck(args);
    expect(code).toBe(2);
    expect(err).toBe("quarterdeck: --out: cannot write /dev/full (ENOSPC); give another file\n");
  });
});

describe("--stall-cycles", () => {
  const hung = "kexec /boot/starboard fault=hang@transfer watchdog=1000\n";

  test("a guest that wedges ends with 4, and each hart says what it does", () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "rc"), hung);
      const args = ["boot", "--rc", "rc", "--stall-cycles", "20000000"];
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect(code).toBe(4);
      expect(out).toContain("fault=hang@transfer: now");
      const [head, ...lines] = err.trimEnd().split("\n");
      expect(head).toMatch(/^stalled: no mark, no output and no packet since cycle [\d,]+; it is /);
      expect(lines.filter((line) => line.startsWith("hart "))).toHaveLength(2);
      expect(err).toMatch(/larboard:scheduler_run\+0x\w+\n +waits \(wfi\) for .*timer, in [\d,]+ /);
      expect(err).toMatch(/starboard:fault_at\+0x\w+\n +spins from 0x/);
    }));

  test("a guest that waits for its keyboard is idle, and no stall", async () => {
    const args = ["boot", "--stall-cycles", "20000000"];
    const { code, out, err } = await quarterdeck(args, { input: "echo hello\n" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("hello");
  });

  test("a relief goes through with it, and reports as without", () =>
    inFolder(async (cwd) => {
      const watched = await quarterdeck(["relieve", "--stall-cycles", "20000000"], { cwd });
      expect(watched.code).toBe(0);
      expect(watched.out).toBe((await quarterdeck(["relieve"], { cwd })).out);
    }));

  test("a relief that is silent for longer ends with 4, with its report and a line a hart", () =>
    inFolder(async (cwd) => {
      const args = ["relieve", "--connections", "0", "--stall-cycles", "4000000", "--json"];
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect(code).toBe(4); // the image is being hashed, which takes longer than that
      expect(JSON.parse(out).outcome).toBe("failed");
      expect(err).toMatch(/^stalled: [^\n]*\nhart 0: [^\n]*\n {4}\S/);
      expect(err).toContain("\nhart 1: ");
    }));

  test("a trace of a guest that wedges keeps what was traced, and says why it ended", () =>
    inFolder(async (cwd) => {
      const args = ["trace", "--format", "folded", "--out", "profile"];
      const stall = ["--connections", "0", "--stall-cycles", "4000000"];
      const { code, err } = await quarterdeck([...args, ...stall], { cwd });
      expect(code).toBe(4);
      expect(err).toMatch(/^stalled: /);
      expect(readFileSync(join(cwd, "profile"), "utf8")).toContain("larboard;");
    }));
});
