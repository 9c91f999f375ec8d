// The programs' questions to the kernels (kernels/user/usertests), asked of each kernel on our
// machine, and again of the kernel that relieved it.
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { bootScript, MOUNT } from "../support/boot.js";
import { WAYS } from "../support/relief.js";
import { expectCleanEnd, totals } from "../support/usertests.js";

test("totals are read with the names of what failed", () => {
  const console = "usertests: a: FAILED (status 1)\nusertests: b: passed\n";
  expect(totals(`${console}usertests: 1 passed, 1 failed\n`)).toEqual([
    { passed: 1, failed: ["a"] },
  ]);
});

describe.each(KERNELS)("%s", (kernel) => {
  test.each([1, 2, 4])(
    "answers all usertests on %i harts, and its books are clean",
    async (harts) => {
      const booted = await bootScript(kernel, harts, `${MOUNT}usertests\npoweroff\n`);
      const [run, ...more] = totals(booted.console);
      expect(run?.failed).toEqual([]);
      expect(run?.passed).toBeGreaterThanOrEqual(114);
      expect(more).toEqual([]);
      expect(booted.terminal).toBe("usertests\n"); // there was a second console to ask about
      expectCleanEnd(booted);
    },
  );
});

test.each(WAYS)("%s answers all usertests, and so does %s that relieves it", async (from, to) => {
  const script = `${MOUNT}usertests\nkexec /boot/${to}\nusertests\npoweroff\n`;
  const booted = await bootScript(from, 2, script);
  const runs = totals(booted.console);
  expect(runs.map(({ failed }) => failed)).toEqual([[], []]);
  expect(runs[0]?.passed).toBe(runs[1]?.passed);
  expect(booted.log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved"]);
  expect(booted.console).toMatch(new RegExp(`^\\[${to}\\] audit:`, "m"));
  expectCleanEnd(booted);
});
