// What if somebody is in a hurry: the next relief, or the power-off, is asked for while a relief is
// still under way, on either side of it.
import { describe, expect, test } from "vitest";
import { type Booted, bootScript } from "../support/boot.js";
import { WAYS } from "../support/relief.js";

function expectReliefs({ result, log, console }: Booted, count: number): void {
  expect(log.panics).toEqual([]);
  expect(log.reliefs.map(({ outcome }) => outcome)).toEqual(Array(count).fill("relieved"));
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(console).toMatch(/audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/);
}

describe.each(WAYS)("%s relieved by %s", (from, to) => {
  test.each([2, 4])("a power-off right behind waits for the end, on %i harts", async (harts) => {
    expectReliefs(await bootScript(from, harts, `kexec /boot/${to}\npoweroff\n`), 1);
  });

  test("the next relief, right behind, waits too", async () => {
    const script = [to, from, to, to, from].map((kernel) => `kexec /boot/${kernel}\n`).join("");
    expectReliefs(await bootScript(from, 2, `${script}poweroff\n`), 5);
  });

  test.each(["all", "groups"])(
    "a relief right behind one that is aborted, transfer %s",
    async (of) => {
      const aborted = `kexec /boot/${to} transfer=${of} fault=panic@verify`;
      const script = `${aborted}; kexec /boot/${to} transfer=${of} && poweroff\n`;
      const { log, result, console } = await bootScript(from, 2, script);
      expect(log.reliefs.map(({ outcome }) => outcome)).toEqual(["aborted", "relieved"]);
      expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
      expect(console).toMatch(
        /audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/,
      );
    },
  );

  // while the image is loaded, while processes stand still, and about when it is over
  test.each([0.01, 0.1, 0.2, 0.21])("a power-off %f s after its start", async (seconds) => {
    const script = `sleep ${seconds} && poweroff &\nkexec /boot/${to}\nsleep 100\n`;
    expectReliefs(await bootScript(from, 2, script), 1);
  });
});
