// gdb-multiarch, which we did not write, at the gdb stub: it attaches, shows threads, registers and
// memory, stops at symbols of kernels where they lie, steps and runs both ways, and leaves. What it
// was asked is printed next to what it said. Every `say` below is one check.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { counted, hasOracle } from "../support/oracle.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const SCRIPT = fileURLToPath(new URL("../../scripts/gdb/quarterdeck.gdb", import.meta.url));
let checks = 0;
afterAll(() => counted("gdb-multiarch", `${checks} checks of what it showed`));

interface Session {
  /** What gdb printed between the marks of `step`. */
  readonly of: (step: string) => string;
  readonly ended: { readonly code: number | null; readonly out: string; readonly err: string };
}

/** Runs commands in gdb; each group of them is a step of that name. */
function gdbAt(port: string, steps: Readonly<Record<string, string>>, cwd: string) {
  const lines = Object.entries(steps).flatMap(([name, text]) => [
    `echo \\n<${name}>\\n`,
    ...text.split("\n").map((line) => line.trim()),
    `echo \\n</${name}>\\n`,
  ]);
  const commands = [`target remote 127.0.0.1:${port}`, ...lines].flatMap((line) => ["-ex", line]);
  // One pipe for both of its outputs: two would be read in an order of their own.
  const both = ["-c", 'exec "$0" "$@" 2>&1', "gdb-multiarch"];
  const child = spawn("sh", [...both, "-nx", "-batch", "-x", SCRIPT, ...commands], { cwd });
  let said = "";
  child.stdout.on("data", (bytes) => {
    said += bytes;
  });
  return { child, said: new Promise<string>((done) => child.on("close", () => done(said))) };
}

/** `quarterdeck ARGUMENTS --gdb 0`, with gdb at it. */
async function session(
  args: readonly string[],
  steps: Readonly<Record<string, string>>,
  interrupt?: { readonly after: RegExp },
): Promise<Session> {
  return inFolder(async (cwd) => {
    let said: Promise<string> | undefined;
    const ended = await quarterdeck([...args, "--gdb", "0"], {
      cwd,
      started: (child) => {
        let [err, out] = ["", ""];
        let gdb: ReturnType<typeof gdbAt> | undefined;
        child.stderr?.on("data", (bytes) => {
          err += bytes;
          const port = /gdb: 127\.0\.0\.1:(\d+)\n/.exec(err)?.[1];
          if (!port || gdb) return;
          gdb = gdbAt(port, steps, cwd);
          said = gdb.said;
        });
        child.stdout?.on("data", (bytes) => {
          out += bytes;
          if (!interrupt?.after.test(out)) return;
          interrupt = undefined;
          gdb?.child.kill("SIGINT");
        });
      },
    });
    const text = (await said) ?? "";
    const of = (step: string) => {
      checks++;
      const found = new RegExp(`<${step}>\n([\\s\\S]*?)\n</${step}>`).exec(text)?.[1];
      if (found === undefined) throw new Error(`gdb did not come to "${step}":\n${text}`);
      return found;
    };
    return { of, ended };
  });
}

/** The last registers and hash that were printed, without gdb's numbers of values. */
const lastOf = (text: string) => (text.match(/= 0x\w+|^[\da-f]{16}$/gm) ?? []).slice(-4);

const words = (text: string) => text.match(/\S+/g) ?? [];

describe.runIf(hasOracle("gdb-multiarch"))("gdb-multiarch", () => {
  test("at a boot: threads, registers, memory, breakpoints, watchpoints, both ways", async () => {
    const state = "p/x $pc\np/x $sp\np/x $a0\nmonitor hash";
    const { of, ended } = await session(["boot"], {
      threads: "info threads",
      reset: "x/2i $pc\np/x $mhartid\np $priv",
      symbols: "kernels",
      stop: "break thread_ready\ncontinue",
      trace: "bt 3",
      csrs: "info registers satp mstatus stvec\np $priv",
      memory: "x/2xw $pc\np next_pid\nmonitor phys on\nx/2xw $pc-0x40000000\nmonitor phys off",
      before: state,
      step: "delete\nstepi\nstepi\np/x $pc",
      back: `reverse-stepi\nreverse-stepi\n${state}`,
      watch: "watch next_pid\ncontinue",
      again: "continue",
      unwatch: `reverse-continue\np next_pid\nreverse-continue\np next_pid`,
      forward: "continue\np next_pid",
      hard: "delete\nhbreak thread_ready\nreverse-continue\nmonitor cycle",
      first: `reverse-continue\nreverse-continue\nreverse-continue\nmonitor cycle`,
      changed: "set $s11 = 77\np $s11\nstepi\nreverse-stepi\np $s11",
      killed: "kill",
    });
    expect(of("threads")).toMatch(/Thread 1 .*hart 0, machine.*\n.*Thread 2 .*hart 1, machine/);
    expect(of("reset")).toMatch(/=> 0x1000:[\s\S]*= 0x0\n.*= 3/);
    expect(of("symbols")).toMatch(/firmware\.elf.* offset by 0x0\n.*larboard.*0xc0400000/);
    expect(of("stop")).toMatch(/hit Breakpoint 1.*thread_ready/);
    expect(of("trace")).toMatch(/#0 .*thread_ready[\s\S]*#1 .* in \w+[\s\S]*#2 .* in \w+/);
    expect(of("csrs")).toMatch(/satp +0x80\w+[\s\S]*mstatus +0x[\s\S]*stvec +0xc04\w+[\s\S]*= 1/);
    const memory = of("memory").split("\n");
    expect(words(memory[0] as string).slice(-2)).toEqual(words(memory[3] as string).slice(-2));
    const before = of("before");
    expect(before).toMatch(/= 0xc04[\s\S]*[\da-f]{16}/);
    expect(of("step")).not.toContain(words(before)[2]);
    expect(lastOf(before)).toHaveLength(4);
    expect(lastOf(of("back"))).toEqual(lastOf(before));
    expect(of("watch")).toMatch(/Hardware watchpoint[\s\S]*Old value = \d+\nNew value = \d+/);
    const values = of("again").match(/\w+ value = \d+/g) as string[];
    const [older, newer] = values.map((text) => Number(words(text).at(-1))) as [number, number];
    expect(newer).toBeGreaterThan(older);
    expect(of("unwatch")).toMatch(new RegExp(`= ${older}[\\s\\S]*= ${older - 1}`));
    expect(of("forward")).toMatch(new RegExp(`= ${older}`));
    expect(of("hard")).toMatch(/hit Breakpoint \d+[\s\S]*in the past of/);
    expect(of("first")).toMatch(/No more reverse-execution history[\s\S]*cycle 0, in the past/);
    expect(of("changed")).toMatch(/= 77[\s\S]*= 77\s*$/);
    expect(of("killed")).toBeDefined();
    expect(ended.code).toBe(130);
    expect(ended.err).toMatch(/the past was changed[\s\S]*killed by gdb/);
  });

  test("a relief that is looked at, on both harts, ends as one that is not", async () => {
    const args = ["relieve", "--json"];
    const alone = inFolder((cwd) => quarterdeck(args, { cwd }));
    const where = "p/x $pc\np/x $sp\np/x $ra\nmonitor hash";
    const { of, ended } = await session(args, {
      symbols: "kernels",
      freeze: "break relief_freeze\ncontinue",
      both: "kernels\ndelete",
      coming: "break relief_import\ncontinue",
      trace: "bt 3",
      threads: "info threads",
      here: where,
      back: "reverse-stepi\nreverse-stepi\nreverse-stepi",
      forward: `continue\n${where}`,
      going: "delete\nbreak relief_freeze\nreverse-continue",
      other: "bt 2",
      snapshots: "monitor snapshots",
      detached: "delete\ndetach",
    });
    expect(of("symbols")).toContain("larboard.elf");
    const threadOf = (text: string) => /Thread (\d) .*hit Breakpoint/.exec(text)?.[1];
    expect(of("freeze")).toMatch(/hit Breakpoint 1.*relief_freeze/);
    expect(of("both")).toMatch(/larboard.* 0xc0400000\n.*starboard.* offset by 0xc0\w+/);
    expect(of("coming")).toMatch(/hit Breakpoint.*relief_import.*starboard/);
    expect(of("trace")).toMatch(/relief_import[\s\S]*transfer[\s\S]*oncoming_relief/);
    expect(of("threads")).toMatch(/Thread 1[\s\S]*Thread 2/);
    expect(of("back")).toContain("0x");
    const here = of("here");
    expect(lastOf(here)).toHaveLength(4);
    expect(lastOf(of("forward"))).toEqual(lastOf(here));
    expect(of("going")).toMatch(/hit Breakpoint.*relief_freeze.*larboard/);
    expect(threadOf(of("going"))).toBe(threadOf(of("freeze")));
    expect(threadOf(of("going"))).not.toBe(threadOf(of("coming")));
    expect(of("other")).toMatch(/#0 .*relief_freeze[\s\S]*#1/);
    expect(of("snapshots")).toMatch(/\d\d snapshots/);
    expect(of("detached")).toContain("detached");
    expect(ended.code).toBe(0);
    const hash = JSON.parse((await alone).out).finalStateHash;
    expect(JSON.parse(ended.out).finalStateHash).toBe(hash);
  });

  test("an interrupt stops a machine that runs, and its end is told", async () => {
    const { of, ended } = await inFolder(async (folder) => {
      const { writeFileSync } = await import("node:fs");
      const rc = `${folder}/rc`;
      writeFileSync(rc, "echo ready\nsleep 60\npoweroff\n");
      return session(
        ["boot", "--rc", rc],
        { interrupted: "continue", where: "info threads", end: "continue" },
        { after: /ready/ },
      );
    });
    expect(of("interrupted")).toContain("SIGINT");
    expect(of("where")).toMatch(/Thread 1[\s\S]*Thread 2/);
    expect(of("end")).toContain("exited normally");
    expect(ended.code).toBe(0);
  });
});
