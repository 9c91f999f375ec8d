// The guest's images as the build makes them: a second build does nothing, the initramfs holds what
// it should, user programs behave under qemu-riscv32 (whose answers are Linux's), and the firmware
// keeps its promises on qemu-system-riscv32. Without an emulator its tests are skipped, and say so.
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { mix32, soundings, WATCH, watchDisk } from "../../emu/experiment/watch.js";
import { initramfs } from "../../scripts/initramfs.mjs";
import { ROOT } from "../../scripts/make/run.mjs";
import { images } from "../support/images.js";
import { hasOracle } from "../support/oracle.js";

// The time of a build is the host's, which may be busy.
const RETRY = { retry: 2 };
const PARTS = ["host", "firmware", "payload", "user"];
const program = (name: string) => join(ROOT, "build/guest/bin", name);

function build(): SpawnSyncReturns<string> {
  const args = ["scripts/build.mjs", ...PARTS];
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
}

/** Runs a user program, with a folder of its own as working directory. */
function user(name: string, args: string[], input = "", cwd = ROOT) {
  const all = [program(name), ...args];
  const result = spawnSync("qemu-riscv32", all, { input, cwd, encoding: "utf8", timeout: 60_000 });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

/** Names in a newc archive, read independently of the writer: by the fields' places. */
function names(archive: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const end = at + 110 + field(11);
    const name = archive.toString("latin1", at + 110, end - 1);
    if (name === "TRAILER!!!") return found;
    found.push(name);
    at = (((end + 3) & ~3) + field(6) + 3) & ~3;
  }
}

beforeAll(() => {
  expect(build().status).toBe(0);
}, 300_000);

test("a build with nothing changed says nothing and takes less than a second", RETRY, () => {
  const begun = performance.now();
  const result = build();
  expect(result.stderr + result.stdout).toBe("");
  expect(performance.now() - begun).toBeLessThan(1000);
});

test("the initramfs holds programs, /etc/rc and empty folders, the same each time", async () => {
  const archive = Buffer.from(await initramfs(Buffer.from("echo hello\n")));
  const found = names(archive);
  expect(found).toEqual(expect.arrayContaining(["dev", "run", "tmp", "bin/init", "bin/sh"]));
  expect(found.at(-1)).toBe("etc/rc");
  expect(archive.equals(await initramfs(Buffer.from("echo hello\n")))).toBe(true);
});

test("each kernel in the initramfs has the digest beside it", () => {
  for (const name of ["larboard", "starboard"]) {
    const image = join(ROOT, "build/guest/root/boot", name);
    if (!existsSync(image)) continue;
    const digest = createHash("sha256").update(readFileSync(image)).digest("hex");
    expect(readFileSync(`${image}.sha256`, "utf8")).toBe(`${digest}\n`);
  }
});

test("the soundings follow MurmurHash3's published finalizer", () => {
  // Reference values of fmix32 (smhasher, MurmurHash3.cpp).
  expect([0, 1, 2, 0xffffffff].map(mix32)).toEqual([0, 0x514e28b7, 0x30f4c306, 0x81f16f39]);
  const disk = Buffer.from(soundings(3));
  expect(disk.length).toBe(1536);
  expect(disk.readUInt32LE(2 * 512 + 5 * 4)).toBe(mix32(2 * 128 + 5));
});

describe.skipIf(!hasOracle("qemu-riscv32"))("user programs under qemu-riscv32", () => {
  test("echo, cat and the shell do what they are told", () => {
    expect(user("echo", ["-n", "a", "b c"]).out).toBe("a b c");
    expect(user("cat", [], "some text").out).toBe("some text");
    const line = "echo 'one  two' | cat && echo three; exit 7";
    expect(user("sh", ["-c", line])).toEqual({ status: 7, out: "one  two\nthree\n", err: "" });
  });

  test("the shell runs a script with redirections, conditions and a background job", () => {
    const folder = mkdtempSync(join(tmpdir(), "sh-"));
    const script =
      "# a comment\necho a > f; echo b >> f\ncat < f || echo no\necho c &\nwait\nnosuch\n";
    writeFileSync(join(folder, "rc"), script);
    const result = user("sh", ["rc"], "", folder);
    rmSync(folder, { recursive: true });
    expect(result.out).toBe("a\nb\nc\n");
    expect(result.err).toBe("sh: nosuch: no such file\n");
    expect(result.status).toBe(127);
  });

  test("a bad command line is refused in one line", () => {
    for (const line of ["'open", "| x", "echo >", "echo a && && b"]) {
      const result = user("sh", ["-c", line]);
      expect(result.err).toMatch(/^sh: [^\n]*\n$/);
      expect(result.status).not.toBe(0);
    }
  });

  test("kexec without an image says so and exits 1", () => {
    const result = user("kexec", ["/no/image"]);
    expect(result).toEqual({
      status: 1,
      out: "",
      err: "kexec: /no/image: open: no such file (2)\n",
    });
  });

  test("usertests get Linux's own answers", () => {
    const { out } = user("usertests", []);
    const failed = [...out.matchAll(/^usertests: (\w+): FAILED/gm)].map((match) => match[1]);
    expect(failed).toEqual([]);
    expect(out).toMatch(/usertests: \d+ passed, 0 failed\n$/);
  }, 60_000);

  test("the pipeline notices when its generator dies", async () => {
    const watch = spawn("qemu-riscv32", [program("pipeline"), "5"], { detached: true });
    let said = "";
    watch.stderr.on("data", (bytes) => {
      said += bytes;
    });
    const ended = new Promise((resolve) => watch.on("exit", resolve));
    // The generator is the first child.
    let children = "";
    while (children.split(" ").length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      children = readFileSync(`/proc/${watch.pid}/task/${watch.pid}/children`, "utf8");
    }
    process.kill(Number(children.split(" ")[0]), "SIGKILL");
    expect(await ended).toBe(1);
    expect(said).toMatch(/^invariant pipeline broken: .*\(seed 5, round \d+\)\n$/);
  }, 30_000);
});

describe.skipIf(!hasOracle("qemu-system-riscv32"))("firmware on QEMU's virt board", () => {
  test.each([3, 8])(
    "every promise is kept with %i harts",
    (harts) => {
      const args = ["scripts/qemu.mjs", "payload", "--harts", String(harts)];
      const result = spawnSync(process.execPath, args, {
        cwd: ROOT,
        encoding: "utf8",
        input: "",
        timeout: 60_000,
      });
      expect(result.stdout).not.toContain("NO:");
      expect(result.stdout).toContain("payload: all answers right");
      expect(result.status).toBe(0);
    },
    60_000,
  );

  test("larboard answers all usertests, and its standing watch is kept", async () => {
    const folder = mkdtempSync(join(tmpdir(), "watch-"));
    // On a board without a log desk only a broken watch says anything.
    const script = [
      "mount /dev/vda /disk romfs",
      ...WATCH.map((name, index) => `${name} ${index} && echo ${name} kept &`),
      "sleep 0.5; touch /run/stand-down; wait; usertests && poweroff; poweroff -f",
    ].join("\n");
    expect(
      spawnSync(process.execPath, ["scripts/build.mjs", "larboard"], { cwd: ROOT }).status,
    ).toBe(0);
    writeFileSync(join(folder, "initrd"), await initramfs(Buffer.from(`${script}\n`)));
    writeFileSync(join(folder, "disk"), watchDisk(images()));
    const files = ["--initrd", join(folder, "initrd"), "--drive", join(folder, "disk")];
    const args = ["scripts/qemu.mjs", "larboard", "--harts", "3", ...files];
    const result = spawnSync(process.execPath, args, {
      cwd: ROOT,
      encoding: "utf8",
      input: "",
      timeout: 60_000,
    });
    rmSync(folder, { recursive: true });
    for (const name of WATCH) expect(result.stdout).toContain(`${name} kept`);
    expect(result.stdout).not.toContain("invariant");
    expect(result.stdout).toMatch(/usertests: \d+ passed, 0 failed/);
    expect(result.status).toBe(0);
  }, 120_000);
});
