// The code of a few regions, as text, so that a change of what the translator writes is seen in
// review. `UPDATE_GOLDEN=1 npx vitest run test/translate/golden.test.ts` writes it anew.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import { afterEach, beforeEach, expect, it } from "vitest";
import { presetTiming, type TimingConfig } from "../../emu/index.js";
import { guest, PASS } from "../support/guest.js";

const GOLDEN = fileURLToPath(new URL("golden/", import.meta.url));
const Real = WebAssembly.Module;
let written: Uint8Array[] = [];

class Kept extends Real {
  constructor(bytes: Uint8Array) {
    super(bytes);
    written.push(bytes.slice());
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Real;
  }
}

beforeEach(() => {
  written = [];
  WebAssembly.Module = Kept;
});
afterEach(() => {
  WebAssembly.Module = Real;
});

const around = (body: string): string => `
      li s0, 0x80010000
      li s1, 60000
      ${body}
      ${PASS}
park:
      j park`;

const PROGRAMS = {
  "a loop with a load, a store and a division": around(`
loop:
      lw t0, 0(s0)
      divu t1, t0, s1
      sh t1, 4(s0)
      addi s1, s1, -1
      bnez s1, loop`),
  "a call and its return": around(`
      j loop
add:
      add a0, a0, s1
      jalr zero, 0(ra)
loop:
      jal ra, add
      addi s1, s1, -1
      bnez s1, loop`),
  "a loop that is entered in its middle": around(`
      andi t0, s1, 1
      bnez t0, odd
loop:
      addi a0, a0, 2
odd:
      addi a0, a0, 3
      amoadd.w t1, a0, (s0)
      addi s1, s1, -1
      bnez s1, loop`),
  "registers of the hart": around(`
loop:
      csrrw t1, sscratch, s1
      csrw mepc, t1
      csrrci t2, sstatus, 2
      csrrsi zero, mstatus, 8
      addi s1, s1, -1
      bnez s1, loop`),
};

/** The text of the last module that a program makes the translator write. */
async function textOf(program: string, timed: boolean): Promise<string> {
  const timing = presetTiming("embedded") as TimingConfig;
  const { machine } = await guest(program, {
    hotCycles: 1,
    coldCycles: 6,
    ...(timed ? { timing } : {}),
  });
  if (timed) machine.timing?.on();
  expect(machine.run({ cycles: 1e7 }).verdict).toBe("pass");
  const module = binaryen.readBinary(written.at(-1) as Uint8Array);
  return module.emitText();
}

for (const [name, program] of Object.entries(PROGRAMS)) {
  for (const timed of [false, true]) {
    const title = timed ? `${name}, with the timing model` : name;
    it(`writes ${title} as it did`, async () => {
      const path = `${GOLDEN}${title.replaceAll(/[ ,]+/g, "-")}.wat`;
      const text = await textOf(program, timed);
      if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(path, text);
      expect(existsSync(path)).toBe(true);
      expect(text).toBe(readFileSync(path, "utf8"));
    });
  }
}
