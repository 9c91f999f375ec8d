// The other commands, and what every command does with input it cannot use.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hasOracle } from "../support/oracle.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const LARBOARD = fileURLToPath(new URL("../../build/guest/larboard.elf", import.meta.url));
const OBJDUMP = "riscv64-unknown-elf-objdump";

describe("bad command lines end with 2, and say what would do", () => {
  test.each([
    [["relieve", "--hart", "2"], "(Did you mean --harts?)"],
    [["relive"], "(Did you mean relieve?)"],
    [["relieve", "--harts", "1"], "--harts takes a whole number from 2 to 512"],
    [["relieve", "--harts", "many"], "--harts takes a whole number from 2 to 512"],
    [["relieve", "--ram", "1M"], "--ram takes a size from 16M to 2G"],
    [["relieve", "--memory", "1M"], "Allowed choices are adopt, remap, copy"],
    [["relieve", "--zone-normal", "4M"], "--zone-normal takes a size from 8M"],
    [["relieve", "--from", "port"], "larboard, starboard"],
    [["relieve", "--fault", "hnag"], "give one of image-corrupt,"],
    [["relieve", "--fault", "hang@noon"], 'hang cannot be at "noon"; give one of boot,'],
    [["handover", "--save", "/nowhere/books"], "--save: cannot write /nowhere/books (ENOENT)"],
    [["boot", "--hvc", "/nowhere/log"], "--hvc: cannot write /nowhere/log (ENOENT)"],
    [["handover", "1000"], "no books at cycle"],
    [["handover", "no-such-file"], "handover: cannot read no-such-file (ENOENT)"],
    [["handover", "package.json"], "package.json: holds no books"],
    [["relieve", "now"], "too many arguments"],
    [["boot", "no-such-kernel"], "give a file that exists"],
    [["boot", "--forward", "6379"], "--forward takes HOST:GUEST"],
    [["boot", "--forward", "70000:1"], "--forward takes HOST:GUEST"],
    [["boot", "--rc", "no-such-file"], "--rc: cannot read no-such-file (ENOENT)"],
    [["disasm", "larboard", "--symbol", "nothing"], 'larboard has no function "nothing"'],
  ] as const)("%j", async (args, advice) => {
    const { code, out, err } = await quarterdeck(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(advice);
    expect(err.trim().split("\n").length).toBeLessThanOrEqual(2);
  });
});

describe("a file that is no kernel is refused in one line", () => {
  const whole = readFileSync(LARBOARD);
  const otherMachine = Buffer.from(whole);
  otherMachine.writeUInt16LE(62, 18); // x86-64
  test.each([
    ["a text", Buffer.from("no kernel\n")],
    ["an empty file", Buffer.alloc(0)],
    ["half a header", whole.subarray(0, 20)],
    ["a header whose segments are missing", whole.subarray(0, 300)],
    ["a kernel for another machine", otherMachine],
  ])("%s", (_, bytes) =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "bad.elf"), bytes);
      for (const command of ["boot", "disasm"]) {
        const { code, out, err } = await quarterdeck([command, "./bad.elf"], { cwd });
        expect({ code, out }).toEqual({ code: 2, out: "" });
        expect(err).toMatch(/^quarterdeck: \.\/bad\.elf: [^\n]*\n$/);
      }
    }),
  );
});

describe("boot", () => {
  test("from a pipe it runs what comes, and ends with 0 when nothing is left", async () => {
    const { code, out, err } = await quarterdeck(["boot"], { input: "ps\n" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/PID +PPID/);
    expect(out).toMatch(/ 1 +0 .* init\r?\n/);
    expect(out).toMatch(/ ps\r?\n/);
  });

  test("a relief asked for in the shell is carried out, and the shell goes on", async () => {
    const input = "kexec /boot/larboard && echo still here\npoweroff\n";
    const { code, out } = await quarterdeck(["boot", "starboard"], { input });
    expect(code).toBe(0);
    expect(out).toMatch(/I stand relieved[\s\S]*relieved\r?\nstill here/);
    expect(out).toMatch(/\[larboard\] audit: .* 0 owned by nobody, 0 claimed twice/);
  });

  test("a script that halts the machine with a failure ends with 1", () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "rc"), "poweroff -f\n");
      expect((await quarterdeck(["boot", "--rc", "rc"], { cwd })).code).toBe(1);
    }));
});

describe("handover", () => {
  test("every record is shown, each field as what it is", async () => {
    const { code, out, err } = await quarterdeck(["handover"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^ +\d+ +process +pid=1 parent_pid=0 .* name="init"$/m);
    expect(out).toMatch(/^ +\d+ +console_device .* queues=\[\{physical=0x\w+ available_index=16 /m);
    expect(out).toMatch(/^ +\d+ +mount +directory=\d+ .* type="romfs"$/m);
    expect(out).not.toMatch(/object Object|NaN|undefined/);
    expect(out).toMatch(/\nall are in order\n$/);
  });

  test("the first books of groups have processes that come later, without memory", async () => {
    const { code, out } = await quarterdeck(["handover", "--transfer", "groups"]);
    expect(code).toBe(0);
    const processes = [...out.matchAll(/^ +\d+ +process +.*$/gm)].map(([line]) => line);
    const absent = processes.filter((line) => line.includes(" state=2 "));
    expect(absent.length).toBeGreaterThan(10);
    for (const line of absent) expect(line).toContain(" root_physical=0x0 ");
    expect(processes.length).toBeGreaterThan(absent.length); // who maps a file comes at once
    expect(out).toMatch(/\nall are in order\n$/);
  });
});

test("help and version end with 0, and help names the exit codes", async () => {
  const help = await quarterdeck(["--help"]);
  expect(help.code).toBe(0);
  expect(help.out).toMatch(/Exit codes:\n.*0 .*\n.*1 .*\n.*2 .*\n.*3 .*\n.*4 .*\n.*130 /);
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(await quarterdeck(["--version"])).toMatchObject({ code: 0, out: `${version}\n` });
});

describe("NO_COLOR and pipes", () => {
  test.each([{}, { NO_COLOR: "1" }, { TERM: "dumb" }])("no escape codes with %o", async (env) => {
    for (const args of [["--help"], ["relieve", "--fault", "list"], ["relieve", "--nothing"]]) {
      const { out, err } = await quarterdeck(args, { env });
      expect(out + err).not.toContain("\u001b");
    }
  });
});

describe.skipIf(!hasOracle("dtc"))("fdt", () => {
  test.each([1, 4])("dtc takes the tree of %i harts without a complaint", async (harts) => {
    const { code, out } = await quarterdeck(["fdt", "--harts", `${harts}`, "--append", "a=b"]);
    expect(code).toBe(0);
    const args = ["-I", "dts", "-O", "dts", "-"];
    const dtc = spawnSync("dtc", args, { input: out, encoding: "utf8" });
    expect(dtc.status).toBe(0);
    expect(dtc.stdout.match(/device_type = "cpu"/g)).toHaveLength(harts);
    expect(dtc.stdout).toContain('bootargs = "a=b"');
  });
});

describe.skipIf(!hasOracle(OBJDUMP))("disasm", () => {
  /** Each line's address, word and mnemonic. */
  const rows = (text: string) =>
    [...text.matchAll(/^ *([\da-f]+):\s+([\da-f]{8})\s+([\w.]+)/gm)].map(
      ([, address = "", word, mnemonic]) => `${Number.parseInt(address, 16)} ${word} ${mnemonic}`,
    );

  test("it prints the instructions of larboard that objdump prints", async () => {
    const { code, out } = await quarterdeck(["disasm", "larboard"]);
    expect(code).toBe(0);
    const args = ["-d", "-M", "no-aliases,numeric", LARBOARD];
    const { stdout } = spawnSync(OBJDUMP, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    const ours = new Set(rows(out));
    const theirs = rows(stdout);
    expect(theirs.length).toBeGreaterThan(10_000);
    expect(theirs.filter((row) => !ours.has(row))).toEqual([]);
  });
});
