// What is written where a user says: devices and links stay what they are, and a full one is said.
import { spawnSync } from "node:child_process";
import { lstatSync, openSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeWhole } from "../../emu/cli/output.js";
import { ROOT } from "../../scripts/make/run.mjs";
import { inFolder } from "../support/quarterdeck.js";

describe("writeWhole", () => {
  test("writes to a device, and puts no file in its place", async () => {
    await inFolder(async (folder) => {
      const link = join(folder, "link");
      symlinkSync("/dev/full", link); // the link would be lost, not the device
      expect(() => writeWhole(link, "--snapshot", Buffer.from("x"))).toThrow(/link \(ENOSPC\)/);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readdirSync(folder)).toEqual(["link"]);
    });
  });

  test("replaces the file that a link leads to, and keeps the link", async () => {
    await inFolder(async (folder) => {
      const [file, link] = [join(folder, "file"), join(folder, "link")];
      writeFileSync(file, "old content");
      symlinkSync(file, link);
      writeWhole(link, "--snapshot", Buffer.from("new"));
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(lstatSync(file).size).toBe(3);
    });
  });
});

test("a standard output that is full is said in one line, with code 2", () => {
  const args = [join(ROOT, "dist/cli/main.js"), "fdt"];
  const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: [...stdio] });
  expect(stderr.toString()).toBe("quarterdeck: cannot write standard output (ENOSPC)\n");
  expect(status).toBe(2);
});
