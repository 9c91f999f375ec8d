// Recordings, snapshots and reports on the command line: a session with a real TCP client is
// replayed to the same hash, several times; what cannot be used is refused in a line.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { assemble } from "../support/assembler.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const REPLAYED = /^replayed: hash ([\da-f]{16}), as recorded\n$/;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Sends a command to kvd and gives the first bytes that come back. */
async function ask(socket: Socket, ...words: string[]): Promise<string> {
  const text = words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
  socket.write(`*${words.length}\r\n${text}`);
  const [reply] = await once(socket, "data");
  return String(reply);
}

/** Connects until the server in the guest takes it. */
async function client(port: number): Promise<Socket> {
  while (true) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    const reply = await Promise.race([
      ask(socket, "PING"),
      once(socket, "close").then(() => undefined),
    ]).catch(() => undefined);
    if (reply === "+PONG\r\n") return socket;
    socket.destroy();
  }
}

/** `quarterdeck boot ...`, to type into while it runs. */
function running(cwd: string, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, "boot", ...args], { cwd });
  const said = { out: "", err: "" };
  child.stdout.on("data", (bytes) => {
    said.out += bytes;
  });
  child.stderr.on("data", (bytes) => {
    said.err += bytes;
  });
  return { child, said, type: (text: string) => void child.stdin.write(text) };
}

/** A kernel as an ELF file: says "A", then resets at an "r", and powers off at a "q". */
function resetter(): Buffer {
  const virtual = 0; // position-independent
  const { bytes } = assemble(
    `
    li a0, 0x10000000
    li a1, 0x100000
    li t0, 65
    sb t0, 0(a0)
wait:
    lbu t0, 5(a0)
    andi t0, t0, 1
    beqz t0, wait
    lbu t0, 0(a0)
    li t1, 114
    li t2, 0x7777
    beq t0, t1, end
    li t1, 113
    li t2, 0x5555
    bne t0, t1, wait
end:
    sw t2, 0(a1)
    j wait`,
    virtual,
  );
  const head = Buffer.alloc(84 + 12);
  head.write("\u007fELF\u0001\u0001\u0001", "latin1");
  const [shared, riscv, entry] = [3, 243, virtual];
  head.writeUInt16LE(shared, 16);
  head.writeUInt16LE(riscv, 18);
  [1, entry, 52].forEach((word, n) => void head.writeUInt32LE(word, 20 + n * 4));
  [52, 32, 1].forEach((half, n) => void head.writeUInt16LE(half, 40 + n * 2));
  const size = bytes.length;
  [1, 96, virtual, virtual, size, size, 5, 4].forEach(
    (word, n) => void head.writeUInt32LE(word, 52 + n * 4),
  );
  return Buffer.concat([head, bytes]);
}

/** Types and talks to kvd while the kernel below it is relieved; all is recorded in `file`. */
async function session(cwd: string, file: string): Promise<string> {
  const { child, said } = running(cwd, ["--forward", "0:6379", "--record", file]);
  await until(() => /127\.0\.0\.1:\d+ leads/.test(said.err));
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(said.err)?.[1]);
  child.stdin.write("kvd &\n");
  const socket = await client(port);
  expect(await ask(socket, "SET", "watch", "kept")).toBe("+OK\r\n");
  child.stdin.write("kexec /boot/starboard\n");
  for (let n = 1; n <= 40; n++) expect(await ask(socket, "INCR", "n")).toBe(`:${n}\r\n`);
  await until(() => said.out.includes("I stand relieved"));
  expect(await ask(socket, "GET", "watch")).toBe("$4\r\nkept\r\n");
  socket.end();
  child.stdin.end("echo the end\npoweroff\n");
  await once(child, "close");
  return said.out;
}

describe("boot --record and --replay", () => {
  test("a session with a TCP client and a relief is the same again, several times", () =>
    inFolder(async (cwd) => {
      const out = await session(cwd, "session");
      const hashes = [];
      for (const args of [
        ["boot", "--replay", "session"],
        ["replay", "session"],
        ["boot", "--replay", "session"],
      ]) {
        const again = await quarterdeck(args, { cwd });
        expect(again).toMatchObject({ code: 0, out });
        hashes.push(REPLAYED.exec(again.err)?.[1]);
      }
      expect(new Set(hashes).size).toBe(1);
      expect(hashes[0]).toBeDefined();
      const lines = readFileSync(join(cwd, "session"), "utf8").split("\n");
      expect(lines.filter((line) => line.includes('"packet"')).length).toBeGreaterThan(40);
    }));

  test("cut off it is replayed so far; altered it differs or is refused", () =>
    inFolder(async (cwd) => {
      const input = "ps\npoweroff\n";
      await quarterdeck(["boot", "--record", "whole"], { cwd, input });
      const lines = readFileSync(join(cwd, "whole"), "utf8").split("\n");
      const cut = lines.slice(0, 3);
      writeFileSync(join(cwd, "cut"), `${cut.join("\n")}\n{"cyc`);
      const unfinished = await quarterdeck(["replay", "cut"], { cwd });
      expect(unfinished.code).toBe(1);
      expect(unfinished.err).toMatch(/^replayed to cycle \d+: the recording is unfinished/);

      const other = lines.slice(0, -2).map((line) => line.replace(/"hash":"./, '"hash":"x'));
      writeFileSync(join(cwd, "other"), `${other.join("\n")}\n`);
      const differs = await quarterdeck(["replay", "other"], { cwd });
      expect(differs.code).toBe(1);
      expect(differs.err).toMatch(/^replayed, but differs: final-state hash [^\n]*\n$/);

      writeFileSync(join(cwd, "bare"), `${lines.slice(0, -2).join("\n")}\n`);
      const bare = await quarterdeck(["replay", "bare"], { cwd });
      expect(bare.code).toBe(1);
      expect(bare.err).toMatch(/^replayed: hash \w+, as recorded\nbare: has no seal, [^\n]*\n$/);

      const image = lines
        .slice(0, -2)
        .map((line) => line.replace(/"kernel":"[\da-f]/, '"kernel":"'));
      writeFileSync(join(cwd, "image"), `${image.join("\n")}\n`);
      expect(await quarterdeck(["replay", "image"], { cwd })).toMatchObject({ code: 2, out: "" });
      const kernel = lines
        .slice(0, -2)
        .map((line) => line.replace('"kernel":"larboard"', '"kernel":"starboard"'));
      writeFileSync(join(cwd, "kernel"), `${kernel.join("\n")}\n`);
      const foreign = await quarterdeck(["replay", "kernel"], { cwd });
      expect(foreign.err).toMatch(/^quarterdeck: replay: kernel \(starboard\) is not the one/);
      expect(foreign.code).toBe(2);

      const core = lines.slice(0, -2).map((line) => line.replace(/"core":"...../, '"core":"00000'));
      writeFileSync(join(cwd, "core"), `${core.join("\n")}\n`);
      const build = await quarterdeck(["replay", "core"], { cwd });
      expect(build.err).toMatch(/^not the same build: core 00000.*\nreplayed: hash/);
    }));
});

describe("what ends a recorded session", () => {
  test("a machine that cannot be made leaves an older recording as it was", () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "log"), "older");
      const bad = await quarterdeck(["boot", "./no-such-kernel", "--record", "log"], { cwd });
      expect(bad.code).toBe(2);
      expect(readFileSync(join(cwd, "log"), "utf8")).toBe("older");
      const nowhere = await quarterdeck(["boot", "--record", "log/log"], { cwd });
      expect(nowhere).toMatchObject({ code: 2, out: "" });
      expect(nowhere.err).toMatch(/^quarterdeck: --record: cannot write log\/log \(\w+\)[^\n]*\n$/);
    }));

  test("a guest that resets itself is as many machines, and each is replayed", () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "kernel.elf"), resetter());
      const { child, said, type } = running(cwd, ["./kernel.elf", "--record", "log"]);
      for (const boots of [1, 2, 3]) {
        await until(() => said.out.split("A").length > boots);
        type(boots < 3 ? "r" : "q");
      }
      await once(child, "close");
      expect(child.exitCode).toBe(0);
      const again = await quarterdeck(["replay", "log"], { cwd });
      expect(again).toMatchObject({ code: 0, out: said.out });
      expect(
        again.err.match(/^machine [123] of 3: replayed: hash \w+, as recorded$/gm),
      ).toHaveLength(3);
    }));

  test.each(["SIGINT", "SIGKILL"] as const)("%s leaves what was recorded so far", (signal) =>
    inFolder(async (cwd) => {
      const { child, said, type } = running(cwd, ["--record", "log"]);
      type("echo hello\n");
      await until(() => said.out.includes("hello\r\n") || said.out.includes("hello\n"));
      child.kill(signal);
      await once(child, "close");
      const again = await quarterdeck(["replay", "log"], { cwd });
      if (signal === "SIGINT") {
        expect(child.exitCode).toBe(130);
        expect(again).toMatchObject({ code: 0, out: said.out });
        expect(again.err).toMatch(REPLAYED);
      } else {
        expect(again.code).toBe(1);
        expect(again.err).toContain("the recording is unfinished");
      }
    }),
  );
});

describe("snapshots", () => {
  test("boot goes on from a file to the same end, and the file is checked", () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "rc"), "kexec /boot/starboard\necho the end\npoweroff\n");
      const at = ["--snapshot-at", "I relieve you", "--snapshot", "commit"];
      const whole = await quarterdeck(["boot", "--rc", "rc", ...at], { cwd });
      expect(whole.code).toBe(0);
      expect(whole.err).toMatch(/^commit: the machine at cycle \d+\n$/);
      const rest = await quarterdeck(["boot", "--restore", "commit"], { cwd });
      expect(rest).toMatchObject({ code: 0, err: "" });
      expect(whole.out.endsWith(rest.out)).toBe(true);
      expect(rest.out).toContain("the end");
      expect(rest.out).not.toContain("I am ready to be relieved");

      const bytes = readFileSync(join(cwd, "commit"));
      writeFileSync(join(cwd, "cut"), bytes.subarray(0, -1000));
      for (const [args, advice] of [
        [["cut"], "cut: the snapshot is damaged or cut off"],
        [["rc"], "rc: is no snapshot"],
        [["none"], "--restore: cannot read none (ENOENT)"],
        [["commit", "--harts", "2"], "--harts: cannot be given with --restore"],
        [["commit", "--forward", "0:1"], "has no socket device"],
        [["commit", "--snapshot-at", "5"], "--snapshot-at: the machine is at cycle"],
      ] as const) {
        const { code, out, err } = await quarterdeck(["boot", "--restore", ...args], { cwd });
        expect({ code, out }).toEqual({ code: 2, out: "" });
        expect(err).toMatch(/^quarterdeck: [^\n]*\n$/);
        expect(err).toContain(advice);
      }
    }));

  test("a moment that never comes ends with 1, a cycle is met exactly", () =>
    inFolder(async (cwd) => {
      const input = "poweroff\n";
      const never = await quarterdeck(["boot", "--snapshot-at", "PANIC"], { cwd, input });
      expect(never.code).toBe(1);
      expect(never.err).toContain('--snapshot-at: the run did not come to "PANIC"');
      const early = await quarterdeck(["boot", "--snapshot-at", "123456"], { cwd, input });
      expect(early.err).toBe("out/cycle-123456.snapshot: the machine at cycle 123456\n");
    }));
});

describe("relieve", () => {
  test("a report, and a recording of it, come to the same again", () =>
    inFolder(async (cwd) => {
      const args = ["relieve", "--json", "--record", "log"];
      const { out } = await quarterdeck([...args, "--snapshot-at", "transfer"], { cwd });
      const report = JSON.parse(out);
      writeFileSync(join(cwd, "report.json"), out);
      const again = await quarterdeck(["replay", "report.json"], { cwd });
      const { finalStateHash: hash } = report;
      expect(again).toMatchObject({
        code: 0,
        err: "",
        out: `replayed: relieved, hash ${hash}, as reported\n`,
      });
      const log = await quarterdeck(["replay", "log"], { cwd });
      expect(log).toMatchObject({ code: 0, err: `replayed: hash ${hash}, as recorded\n` });

      const old = { ...report, finalStateHash: "0", versions: { quarterdeck: "1", core: "2" } };
      writeFileSync(join(cwd, "old.json"), JSON.stringify(old));
      const differs = await quarterdeck(["replay", "old.json"], { cwd });
      expect(differs.code).toBe(1);
      expect(differs.err).toMatch(/^not the same build: quarterdeck 1, now .*; core 2, now /);
      expect(differs.out).toBe(
        `replayed, but differs: final-state hash ${hash}, the report has 0\n`,
      );
    }));

  test.each([
    ["no JSON", "{", "is neither a report nor a recording"],
    ["another schema", '{"schema":"quarterdeck/report/9"}', "has schema quarterdeck/report/9"],
    ["nothing", "null", "is no report"],
    ["half a report", '{"schema":"quarterdeck/report/2"}', "lacks what a replay needs"],
    ["a recording of nothing", '{"recording":1,"core":"0"}\n', "does not say what was run"],
    ["another format", '{"recording":2,"core":"0"}\n', "has recording format 2, not 1"],
  ])("%s is refused in a line", (_, text, advice) =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, "file"), text);
      const { code, out, err } = await quarterdeck(["replay", "file"], { cwd });
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(/^quarterdeck: file: [^\n]*\n$/);
      expect(err).toContain(advice);
    }),
  );
});
