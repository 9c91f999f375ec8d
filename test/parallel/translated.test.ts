// Translated code on harts that run at the same time: code that is changed while others run it
// translated, regions that go and are made anew while others run, and so many of them that their
// numbers, and the places in each worker's table, are used again.
import { setFlagsFromString } from "node:v8";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MachineConfig } from "../../emu/index.js";
import { finish, guest, PASS, word } from "../support/guest.js";
import { shareOf } from "../support/translated.js";

const HARTS = 4;
const CYCLES = 20_000_000_000;
const SHARED = 0x80800000;
const WRONG = SHARED + 0x700;
const SUMS = SHARED + 0x1000;
const REGIONS_MAX = 2048; // of assembly/translate/state.ts
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
  const all = { harts: HARTS, parallel: { workers }, hotCycles: 200, coldCycles: 0, ...config };
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

/** So many pieces of code, each on lines of its own, which add their number to s2 in a loop. */
function pieces(count: number, turns: number): string {
  const piece = (n: number) => `
    .align 64
  piece${n}:
    li t4, ${n}
    li t3, ${turns}
  turn${n}:
    add s2, s2, t4
    addi t3, t3, -1
    bnez t3, turn${n}
    jalr zero, 0(ra)`;
  return `.align 4096\n${Array.from({ length: count }, (_, n) => piece(n)).join("\n")}
    .align 4096
    nop`;
}

/** Each hart goes through all pieces several times, from another one on, and keeps its sum. */
function roundTrip(count: number, turns: number, rounds: number): string {
  return `
    csrr s0, mhartid
    li s1, ${rounds}
    li s2, 0
    li s3, ${Math.floor(count / HARTS)}
    mul s3, s3, s0              # the piece that is next
    li s6, ${count}
  round:
    li s4, ${count}
  next:
    slli t0, s3, 6
    la t1, piece0
    add t0, t0, t1
    jalr ra, 0(t0)
    addi s3, s3, 1
    blt s3, s6, within
    li s3, 0
  within:
    addi s4, s4, -1
    bnez s4, next
    addi s1, s1, -1
    bnez s1, round
    li t0, ${SUMS}
    slli t1, s0, 6
    add t0, t0, t1
    sw s2, 0(t0)
    j end
    ${pieces(count, turns)}`;
}

async function expectSums(
  [count, turns, rounds]: readonly [number, number, number],
  workers: number,
  config: Partial<MachineConfig> = {},
) {
  const text = roundTrip(count, turns, rounds);
  const { machine, done } = await run(text, workers, { hotCycles: 1, coldCycles: 0, ...config });
  const sum = (((count * (count - 1)) / 2) * turns * rounds) >>> 0;
  for (let hart = 0; hart < HARTS; hart++) {
    expect([hart, word(machine, SUMS + 64 * hart)]).toEqual([hart, sum]);
  }
  return { machine, done };
}

describe.each(WORKERS)("%i workers", (workers) => {
  test("more regions than there are numbers: the oldest go while others run them", async () => {
    const { done } = await expectSums([2500, 600, 2], workers);
    expect(done.regions).toBeGreaterThan(REGIONS_MAX);
    expect(done.dropped).toBeGreaterThan(REGIONS_MAX / 10);
    expect(done.instructions).toBeGreaterThan(100_000);
  });

  test("decoded pages are given to other frames, and their regions go", async () => {
    const { done } = await expectSums([400, 1500, 6], workers, { decodedPages: 5 });
    expect(done.dropped).toBeGreaterThan(100);
    expect(done.instructions).toBeGreaterThan(100_000);
  });
});

describe("engines", () => {
  const LOOP = `
      li s1, 300000
    loop:
      addi s1, s1, -1
      bnez s1, loop
      j end${END}`;
  const config = { harts: HARTS, parallel: { workers: 2 }, hotCycles: 1, coldCycles: 0 } as const;

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
