// The build's own machinery: when a step runs again, what an interrupted or failed one leaves, and
// how a program that cannot start, fails or is killed is reported. Works in a folder under build/.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { flatten } from "../../scripts/make/flatten.mjs";
import { BuildError, ROOT, run, zigPath } from "../../scripts/make/run.mjs";
import { step } from "../../scripts/make/step.mjs";

const FOLDER = `build/test-steps-${process.pid}`;
const STAMPS = `build/stamps/${FOLDER.slice("build/".length)}`;
const path = (name: string) => join(ROOT, FOLDER, name);

function clean() {
  for (const folder of [FOLDER, STAMPS]) {
    rmSync(join(ROOT, folder), { recursive: true, force: true });
  }
}

beforeEach(() => {
  clean();
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  writeFileSync(path("in"), "one");
  writeFileSync(path("found"), "one");
});
afterAll(clean);

/** A step that copies `in` to `out`, and says that it also read `found`. */
const copy = (description = "copy") =>
  step({
    output: `${FOLDER}/out`,
    inputs: [`${FOLDER}/in`],
    description,
    make: async (temporary: string) => {
      writeFileSync(join(ROOT, temporary), readFileSync(path("in")));
      return [`${FOLDER}/found`];
    },
  });

test("a step runs once, and again when an input, a found one or the command changes", async () => {
  expect(await copy()).toBe(true);
  expect(await copy()).toBe(false);
  writeFileSync(path("in"), "three");
  expect(await copy()).toBe(true);
  expect(readFileSync(path("out"), "utf8")).toBe("three");
  writeFileSync(path("found"), "three");
  expect(await copy()).toBe(true);
  expect(await copy("copy differently")).toBe(true);
  expect(await copy("copy differently")).toBe(false);
});

test("a step runs again when its output is gone", async () => {
  await copy();
  rmSync(path("out"));
  expect(await copy()).toBe(true);
});

test("a step that fails keeps the old output and leaves no temporary file", async () => {
  await copy();
  const failing = step({
    output: `${FOLDER}/out`,
    inputs: [`${FOLDER}/in`],
    description: "fails",
    make: async (temporary: string) => {
      writeFileSync(join(ROOT, temporary), "half");
      throw new BuildError("no");
    },
  });
  await expect(failing).rejects.toThrow("no");
  expect(readFileSync(path("out"), "utf8")).toBe("one");
  expect(readdirSync(join(ROOT, FOLDER)).sort()).toEqual(["found", "in", "out"]);
});

test("a program that is killed counts as failed", async () => {
  const script = "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 1000)";
  const killed = run(process.execPath, ["-e", script], { what: "victim" });
  await expect(killed).rejects.toThrow("victim: killed by SIGKILL");
  const failed = run(process.execPath, ["-e", "process.exit(3)"], { what: "victim" });
  await expect(failed).rejects.toThrow("victim: failed with exit code 3");
  await expect(run("/no/such/program", [])).rejects.toThrow("cannot run");
});

test("a missing compiler is one line that says how to get it", () => {
  expect(existsSync(zigPath())).toBe(true);
  expect(() => zigPath("plan9", "pdp11")).toThrow(
    "no C compiler: package @zigc/plan9-pdp11 is missing; run `npm ci`",
  );
});

test("an unknown target is refused in one line", () => {
  const result = spawnSync(process.execPath, ["scripts/build.mjs", "rigging"], { cwd: ROOT });
  expect(result.status).toBe(1);
  expect(result.stdout.toString()).toBe("");
  expect(result.stderr.toString()).toMatch(/^build: no target "rigging"; there are .*\n$/);
});

test("what is no kernel image is refused before QEMU starts", () => {
  expect(() => flatten(Buffer.from("no ELF"), 0xc0400000, "x")).toThrow("x: not an ELF file");
});
