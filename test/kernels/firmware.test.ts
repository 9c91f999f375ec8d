// The firmware asked from S-mode, by the payload that also runs on QEMU: every SBI call, and the
// errors that the specification names.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createMachine } from "../../emu/index.js";
import { MIB } from "../support/guest.js";

const guest = (name: string) =>
  readFileSync(new URL(`../../build/guest/${name}.elf`, import.meta.url));

test.each([3, 8])("every promise of the firmware is kept with %i harts", async (harts) => {
  const machine = await createMachine({
    harts,
    ramBytes: 64 * MIB,
    firmware: guest("firmware"),
    kernel: guest("payload"),
  });
  let said = "";
  machine.on("console", ({ bytes }) => {
    said += new TextDecoder().decode(bytes);
  });
  const result = machine.run({ cycles: 1_000_000_000 });
  expect(said).not.toContain("NO:");
  expect(said).toContain("payload: all answers right");
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
});
