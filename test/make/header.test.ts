// The C header of the machine is written from assembly/abi.ts; a change of one without the other is
// caught here.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { machineHeader } from "../../scripts/machine-header.mjs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("machine.h is what machine-header.mjs writes from abi.ts", () => {
  expect(read("kernels/abi/machine.h")).toBe(machineHeader(read("assembly/abi.ts")));
});

test("a line of abi.ts that is no constant is refused", () => {
  expect(() => machineHeader("let x = 1;\n")).toThrow("not a constant");
});
