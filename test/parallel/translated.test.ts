// Translated code on harts that run at the same time: code that is changed while others run it
// translated, so that its regions go and are made anew, and hosts that refuse to compile.
import { setFlagsFromString } from "node:v8";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MachineConfig } from "../../emu/index.js";
import { finish, guest, PASS, word } from "../support/guest.js";
import { shareOf } from "../support/translated.js";

const HARTS = 4;
const CYCLES = 20_000_000_000;
const SHARED = 0x80800000;
const WRONG = SHARED + 0x700;
const WORKERS = [2, 4];

const END = `
wrong:
  li t5, ${WRONG}
  li t6, 1
  amoadd.w zero, t6, (t5)
end:
  li t5, ${SHARED + 0x800}
  li t6, 1
  amoadd.w t6, t6, (t5)
  li t5, ${HARTS - 1}
  bne t6, t5, park
  ${PASS}
park:
  wfi
  j park`;

async function run(text: string, workers: number, config: Partial<MachineConfig> = {}) {
  const all = { harts: HARTS, parallel: { workers }, hotCycles: 200, ...config };
  const { machine, result } = await finish(`${text}\n${END}`, all, CYCLES);
  await machine.close();
  expect(result.verdict).toBe("pass");
  expect(word(machine, WRONG)).toBe(0);
  const done = machine.translation();
  if (!done) throw new Error("nothing was translated");
  return { machine, done };
}

/** Code that gives its number in a2, and takes a while, so that it is hot. */
const CODE = `
  .align 4096
code:
  addi a2, zero, 0
  li t3, 40
code_turn:
  addi t3, t3, -1
  bnez t3, code_turn
  jalr zero, 0(ra)
  .align 4096
  nop`;

/** Puts number t0 into the code at a1. */
const PATCH = `
  slli t1, t0, 20               # addi a2, zero, N
  addi t1, t1, 0x613
  sw t1, 0(a1)
  fence`;

/** Hart s0's own line of flags, in a3, and an address behind those of all harts, in a4. */
const FLAGS = `
  li a0, ${SHARED}              # +0: the number of the code; from +64 on a line a hart
  la a1, code
  slli a3, s0, 6
  add a3, a3, a0
  li a4, ${SHARED + 64 * HARTS}`;

describe.each(WORKERS)("%i workers", (workers) => {
  const ROUNDS = 200;

  test("code is changed that others run translated, and tell by flags", async () => {
    const { machine, done } = await run(
      `
      csrr s0, mhartid
      ${FLAGS}
      li s1, ${ROUNDS}
      bnez s0, reader
    writer:
      lw t0, 0(a0)
      addi t0, t0, 1
      ${PATCH}
      sw t0, 0(a0)
      fence.i
      jalr ra, 0(a1)            # this hart's own code is as new
      bne a2, t0, wrong
      addi t2, a0, 64           # each reader has seen it often, and it is hot again
    each:
      lw t3, 0(t2)
      blt t3, t0, each
      addi t2, t2, 64
      bltu t2, a4, each
      addi s1, s1, -1
      bnez s1, writer
      j end
    reader:
      lw s2, 0(a0)
      fence
      fence.i
      li s4, 60
    again:
      jalr ra, 0(a1)
      blt a2, s2, wrong         # older than what was known
      addi s4, s4, -1
      bnez s4, again
      sw s2, 0(a3)
      li t1, ${ROUNDS}
      blt s2, t1, reader
      j end
      ${CODE}`,
      workers,
    );
    expect(word(machine, SHARED)).toBe(ROUNDS);
    expect(done.dropped).toBeGreaterThan(ROUNDS / 2);
    expect(shareOf(machine)).toBeGreaterThan(0.4);
  });

  test("code is changed that others run translated, and are told by an interrupt", async () => {
    const { machine, done } = await run(
      `
      csrr s0, mhartid
      ${FLAGS}
      li s5, 0x2000000          # msip of all harts
      li s1, ${ROUNDS}
      bnez s0, reader
    writer:
      lw t0, 0(a0)
      addi t0, t0, 1
      ${PATCH}
      sw t0, 0(a0)
      fence
      li t1, 1
      sw t1, 4(s5)
      sw t1, 8(s5)
      sw t1, 12(s5)
      addi t2, a0, 64
    each:
      lw t3, 0(t2)
      blt t3, t0, each
      addi t2, t2, 64
      bltu t2, a4, each
      li t3, 4000               # they run it for a while
    pause:
      addi t3, t3, -1
      bnez t3, pause
      addi s1, s1, -1
      bnez s1, writer
      j end
    reader:
      la t0, handler
      csrw mtvec, t0
      slli t0, s0, 2
      add s5, s5, t0
      li s2, 0
      li s6, ${ROUNDS}
      li t0, 8
      csrw mie, t0
      csrw mstatus, t0
    again:
      mv s3, s2
      jalr ra, 0(a1)
      blt a2, s3, wrong         # older than what the interrupt has told
      blt s2, s6, again
      csrw mie, zero
      j end
      .align 64
    handler:
      sw zero, 0(s5)
      fence
      lw s2, 0(a0)
      fence.i
      sw s2, 0(a3)
      mret
      ${CODE}`,
      workers,
    );
    expect(word(machine, SHARED)).toBe(ROUNDS);
    expect(done.dropped).toBeGreaterThan(ROUNDS / 4);
    expect(shareOf(machine)).toBeGreaterThan(0.4);
  });
});

describe("engines", () => {
  const LOOP = `
      li s1, 300000
    loop:
      addi s1, s1, -1
      bnez s1, loop
      j end${END}`;
  const config = { harts: HARTS, parallel: { workers: 2 }, hotCycles: 1 } as const;

  afterEach(() => {
    setFlagsFromString("--wasm-max-module-size=1073741824");
    vi.restoreAllMocks();
  });

  test("the interpreter translates nothing", async () => {
    const { machine } = await finish(LOOP, { ...config, engine: "interpreter" }, CYCLES);
    await machine.close();
    expect(machine.translation()).toBeUndefined();
  });

  test("where compiling is refused, the interpreter serves, with one message", async () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    for (let n = 0; n < 2; n++) {
      const { machine } = await guest(LOOP, config);
      setFlagsFromString("--wasm-max-module-size=64");
      const result = machine.run({ cycles: CYCLES });
      setFlagsFromString("--wasm-max-module-size=1073741824");
      await machine.close();
      expect(result.verdict).toBe("pass");
      expect(machine.translation()).toMatchObject({ regions: 0, instructions: 0 });
    }
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0]?.[0]).toMatch(/hot code is not translated: .*interpreter runs it/);
  });
});
