// The commands leave a core of the host to the guest's thread, by a flag that the host knows.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { compileThreads } from "../../emu/cli/compile-threads.js";

test("one core is not compiled on, if there is more than one", () => {
  expect([1, 2, 3, 16].map(compileThreads)).toEqual([1, 1, 2, 15]);
});

test("the host takes the flag, and says nothing", () => {
  const run = 'import("./dist/cli/compile-threads.js").then(({ leaveCore }) => leaveCore())';
  const { status, stderr } = spawnSync(process.execPath, ["-e", run], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
