// The host's tables of the handover contract are written from its header; and they lay it out as
// the C compiler does.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HANDOVER_MAGIC, LAYOUTS, RECORDS } from "../../emu/handover/layout.js";
import { handoverLayoutText } from "../../scripts/handover-layout.mjs";
import { compiledNumbers } from "../support/handover.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** Without what the formatter adds. */
const bare = (text: string) => text.replace(/\s+|,(?=\s*[\]}])/g, "");

test("layout.ts is what handover-layout.mjs writes from handover.h", () => {
  const written = handoverLayoutText(read("kernels/abi/handover.h"));
  expect(bare(read("emu/handover/layout.ts"))).toBe(bare(written));
});

test("sizes, offsets and numbers are the compiler's", async () => {
  const structs = Object.entries(LAYOUTS);
  const wanted: [string, number][] = structs.flatMap(([struct, { bytes, fields }]) => [
    [`sizeof(struct ${struct})`, bytes] as [string, number],
    ...fields.map(
      ([name, , at]) => [`offsetof(struct ${struct}, ${name})`, at] as [string, number],
    ),
  ]);
  wanted.push(["HANDOVER_MAGIC", HANDOVER_MAGIC]);
  wanted.push(["RECORD_TYPES", RECORDS.length + 1]);
  const numbers = await compiledNumbers(wanted.map(([expression]) => expression));
  expect(wanted.length).toBeGreaterThan(100);
  expect(wanted.map(([expression], i) => [expression, numbers[i]])).toEqual(wanted);
});

test("a field of an unknown type is refused", () => {
  const header = "struct record_x {\n  double a;\n};\n";
  expect(() => handoverLayoutText(header)).toThrow("unknown type double");
});
