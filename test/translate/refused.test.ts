// Where a module may not be compiled (a page's content security policy), the interpreter serves,
// and says so once.
import { afterEach, expect, it, vi } from "vitest";
import { guest, PASS } from "../support/guest.js";

const Real = WebAssembly.Module;
afterEach(() => {
  WebAssembly.Module = Real;
  vi.restoreAllMocks();
});

const LOOP = `
      li s1, 100000
loop:
      addi s1, s1, -1
      xor a0, a0, s1
      bnez s1, loop
      ${PASS}
park:
      j park`;

it("runs on by the interpreter, with one message", async () => {
  const translated = await guest(LOOP, { hotCycles: 1, coldCycles: 0 });
  translated.machine.run({ cycles: 1e6 });
  expect(translated.machine.translation()?.regions).toBeGreaterThan(0);

  class Refused extends Real {
    constructor(bytes: Uint8Array) {
      super(bytes.subarray(0, 0)); // which is refused, as the policy's error would be
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof Real;
    }
  }
  WebAssembly.Module = Refused;
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  for (let n = 0; n < 2; n++) {
    const text = LOOP.replace("xor", n === 0 ? "sub" : "or"); // not what is compiled already
    const { machine } = await guest(text, { hotCycles: 1, coldCycles: 0 });
    expect(machine.run({ cycles: 1e6 }).verdict).toBe("pass");
    expect(machine.translation()?.regions).toBe(0);
    const alone = await guest(text, { engine: "interpreter" });
    alone.machine.run({ cycles: 1e6 });
    expect(machine.hash()).toBe(alone.machine.hash());
  }
  expect(said).toHaveBeenCalledTimes(1);
  expect(said.mock.calls[0]?.[0]).toContain("hot code is not translated");
});
