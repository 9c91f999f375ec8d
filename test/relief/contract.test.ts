// Facts that stand in C and in TypeScript, compared: reasons to abort, and the rule of the disk.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mix32 } from "../../emu/experiment/watch.js";
import { ABORT_REASONS } from "../../emu/report/report.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** Names and numbers of an enum of a C header, whose values are all written out. */
function enumOf(header: string, name: string): [string, number][] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? "";
  return [...body.matchAll(/(\w+) = (\d+)/g)].map(([, symbol = "", value]) => [
    symbol,
    Number(value),
  ]);
}

test("an enum of a header is read whole", () => {
  const header = "enum a { X = 3 };\nenum b {\n  Y = 0, // no Q = 7 here\n  Z = 1,\n};";
  expect(enumOf(header.replace(/\/\/.*/g, ""), "b")).toEqual([
    ["Y", 0],
    ["Z", 1],
  ]);
});

test("the report's abort reasons are those of the contract, in its order", () => {
  const header = read("kernels/abi/handover.h").replace(/\/\/.*/g, "");
  const reasons = enumOf(header, "abort_reason");
  const end = reasons.pop();
  expect(end).toEqual(["ABORT_REASONS", ABORT_REASONS.length]);
  const named = reasons.map(([symbol, value]) => [
    symbol
      .replace(/^ABORT_/, "")
      .toLowerCase()
      .replaceAll("_", "-"),
    value,
  ]);
  expect(named).toEqual(ABORT_REASONS.map((reason, value) => [reason, value]));
});

test("host and guest fill the disk by one rule", () => {
  const body = /mix32\(uint32_t x\) \{([^}]*)\}/.exec(read("kernels/user/include/pattern.h"))?.[1];
  const steps = [...(body ?? "").matchAll(/>> (\d+)|\*= (0x[\da-f]+)u/g)];
  const numbers = steps.map(([, shift, factor]) => Number(shift ?? factor));
  expect(numbers).toHaveLength(5);
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = numbers;
  const guest = (value: number) => {
    const x = Math.imul(value ^ (value >>> a), b);
    const y = Math.imul(x ^ (x >>> c), d);
    return (y ^ (y >>> e)) >>> 0;
  };
  fc.assert(
    fc.property(fc.nat(0xffffffff), (value) => {
      expect(mix32(value)).toBe(guest(value));
    }),
  );
});
