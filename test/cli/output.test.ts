// What is written where a user says: devices and links stay what they are.
import { lstatSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeWhole } from "../../emu/cli/output.js";
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
