// Harts that run at the same time and disturb each other as much as they can: atomic operations,
// locks, code that is changed while others execute it, page-table entries that two harts mark, and
// interrupts that wake. What must hold does so whatever the order was.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENGINES, type Engine } from "../../emu/config.js";
import type { MachineConfig } from "../../emu/index.js";
import { finish, PASS, word } from "../support/guest.js";
import { shareOf } from "../support/translated.js";

const HARTS = 4;
const parallel = { workers: HARTS };
const CYCLES = 2_000_000_000;
const SHARED = 0x80010000;
/** Of guests that are busy with little code. */
const LEAST = 0.4;

/** Each hart comes to the label `end` when it is done; the last one ends the run. */
const END = `
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

/** A test by either engine. */
function both(name: string, body: (engine: Engine) => Promise<void>): void {
  test.each(ENGINES)(`${name} (%s)`, body);
}

/** Runs a guest to its end; so much of it, from 0 to 1, the translator has to translate. */
async function run(text: string, engine: Engine, least: number, config?: Partial<MachineConfig>) {
  const all = { harts: HARTS, parallel, engine, hotCycles: 300, coldCycles: 0, ...config };
  const { machine, labels, result } = await finish(`${text}\n${END}`, all, CYCLES);
  await machine.close();
  expect(result.verdict).toBe("pass");
  if (engine === "translator") expect(shareOf(machine)).toBeGreaterThan(least);
  return { machine, labels };
}

/** What one AMO leaves, as the manual states it. */
const AMOS: Readonly<Record<string, (old: number, by: number) => number>> = {
  "amoadd.w": (old, by) => (old + by) >>> 0,
  "amoxor.w": (old, by) => (old ^ by) >>> 0,
  "amoand.w": (old, by) => (old & by) >>> 0,
  "amoor.w": (old, by) => (old | by) >>> 0,
  "amomin.w": (old, by) => Math.min(old | 0, by | 0) >>> 0,
  "amomax.w": (old, by) => Math.max(old | 0, by | 0) >>> 0,
  "amominu.w": (old, by) => Math.min(old, by),
  "amomaxu.w": (old, by) => Math.max(old, by),
};

both("AMOs of all kinds add up, whatever the order", async (engine) => {
  const words = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 5, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(fc.array(words, { minLength: HARTS, maxLength: HARTS }), async (operands) => {
      const names = Object.keys(AMOS);
      const body = names.map((name, n) => `addi t4, a0, ${n * 4}\n${name} zero, t1, (t4)`);
      const harts = operands.map(
        (all, hart) =>
          `hart${hart}:\nli s1, 200\nagain${hart}:\n` +
          all.map((by) => `li t1, ${by | 0}\n${body.join("\n")}`).join("\n") +
          `\naddi s1, s1, -1\nbnez s1, again${hart}\nj end`,
      );
      const choose = operands.map((_, hart) => `li t0, ${hart}\nbeq s0, t0, hart${hart}`);
      const head = `csrr s0, mhartid\nli a0, ${SHARED}`;
      const { machine } = await run([head, ...choose, ...harts].join("\n"), engine, 0);
      names.forEach((name, n) => {
        const amo = AMOS[name] as (old: number, by: number) => number;
        let expected = 0;
        for (let turn = 0; turn < 200; turn++) expected = operands.flat().reduce(amo, expected);
        expect([name, word(machine, SHARED + 4 * n)]).toEqual([name, expected]);
      });
    }),
    { numRuns: 5 },
  );
});

both(
  "LR/SC and AMO counters, and plain ones under locks of both kinds, lose nothing",
  async (engine) => {
    const COUNT = 20_000;
    const { machine } = await run(
      `
    li a0, ${SHARED}
    li s1, ${COUNT}
  loop:
    lr.w t1, (a0)               # 1. a counter by LR/SC
    addi t1, t1, 1
    sc.w t2, t1, (a0)
    bnez t2, loop
    li t1, 1                    # 2. one by AMO, in the same line
    addi a1, a0, 4
    amoadd.w zero, t1, (a1)
    addi a1, a0, 64             # 3. a lock by LR/SC, given back by a plain store
  take:
    lr.w t1, (a1)
    bnez t1, take
    li t1, 1
    sc.w t2, t1, (a1)
    bnez t2, take
    fence
    lw t1, 64(a1)
    addi t1, t1, 1
    sw t1, 64(a1)
    fence
    sw zero, 0(a1)
    addi a1, a0, 256            # 4. a lock by amoswap
    li t1, 1
  swap:
    amoswap.w t2, t1, (a1)
    bnez t2, swap
    fence
    lw t2, 64(a1)
    addi t2, t2, 1
    sw t2, 64(a1)
    fence
    amoswap.w zero, zero, (a1)
    addi s1, s1, -1
    bnez s1, loop
    j end`,
      engine,
      LEAST,
    );
    const counters = [0, 4, 128, 320].map((at) => word(machine, SHARED + at));
    expect(counters).toEqual(Array(4).fill(HARTS * COUNT));
  },
);

both("an SC fails after AMOs that left the same value", async (engine) => {
  // Hart 0 reads a word by LR, and lets hart 1 change it and change it back before its SC.
  const ROUNDS = 2000;
  const { machine } = await run(
    `
    csrr s0, mhartid
    li a0, ${SHARED}
    addi a1, a0, 256            # turn: odd is hart 1's
    li s1, ${ROUNDS}
    beqz s0, zero
    li t0, 1
    bne s0, t0, end
  one:
    lw t1, 0(a1)
    andi t1, t1, 1
    beqz t1, one
    li t1, 5
    amoadd.w zero, t1, (a0)
    li t1, -5
    amoadd.w zero, t1, (a0)
    li t1, 1
    amoadd.w zero, t1, (a1)
    addi s1, s1, -1
    bnez s1, one
    j end
  zero:
    lr.w t3, (a0)
    li t1, 1
    amoadd.w zero, t1, (a1)
  mine:
    lw t1, 0(a1)
    andi t1, t1, 1
    bnez t1, mine
    li t1, 77
    sc.w t2, t1, (a0)
    bnez t2, right
    lw t1, 512(a0)              # it stored: count it
    addi t1, t1, 1
    sw t1, 512(a0)
  right:
    addi s1, s1, -1
    bnez s1, zero
    j end`,
    engine,
    LEAST,
  );
  expect([word(machine, SHARED), word(machine, SHARED + 512)]).toEqual([0, 0]);
});

describe.each([
  ["in a line of its own", 64],
  ["in the line of the code", 8],
  ["on another page", 8192],
])("with a counter %s", (_, at) => {
  both("code that is changed is executed as changed", async (engine) => {
    const ROUNDS = 2000;
    const { machine } = await run(
      `
    csrr s0, mhartid
    li a0, ${SHARED}            # +0: the number of the code, +64: what was wrong
    la a1, code
    li a3, ${at}
    add a3, a3, a1              # a counter
    li s1, ${ROUNDS}
    bnez s0, reader
  writer:
    lw t0, 0(a0)
    addi t0, t0, 1
    slli t1, t0, 20             # addi a2, zero, N
    addi t1, t1, 0x613
    sw t1, 0(a1)
    fence
    sw t0, 0(a0)
    fence.i
    jalr ra, 0(a1)              # this hart's own code is as new
    bne a2, t0, wrong
    li t1, 1
    amoadd.w zero, t1, (a3)
    addi s1, s1, -1
    bnez s1, writer
    j end
  reader:
    lw s2, 0(a0)
    fence
    fence.i
    jalr ra, 0(a1)
    blt a2, s2, wrong           # older than what was known
    li t1, 1
    amoadd.w zero, t1, (a3)
    li t1, ${ROUNDS}
    blt s2, t1, reader
    j end
  wrong:
    li t1, 1
    addi a2, a0, 64
    amoadd.w zero, t1, (a2)
    j end
  .align 4096
  code:
    addi a2, zero, 0
    jalr zero, 0(ra)
    .word 0
  .align 4096
    .word 0
  .align 4096
    .word 0`,
      engine,
      0,
      { decodedPages: 2 },
    );
    expect([word(machine, SHARED + 64), word(machine, SHARED)]).toEqual([0, ROUNDS]);
  });
});

both("marks of a page-table entry lose nothing that others change in it", async (engine) => {
  // Hart 0 stores through a page whose entry hart 1 clears of A and D, and flips a software bit of.
  const ROUNDS = 200_001;
  const [ROOT, PTE] = [0x80200000, 0x80200000 + 4 * (0x40000000 >>> 22)];
  const { machine } = await run(
    `
    csrr s0, mhartid
    li a0, ${SHARED}
    li a1, ${PTE}
    li s1, ${ROUNDS}
    li t0, 1
    beq s0, t0, flip
    bnez s0, end
    li t0, ${ROOT}
    li t1, 0x200000cf           # 0x80000000 to itself, all marked
    sw t1, 2047(t0)
    li t2, ${ROOT + 4 * 512}
    sw zero, 2047(t0)
    sw t1, 0(t2)
    li t1, 0x20000007           # 0x40000000: V R W, to the same place
    sw t1, 0(a1)
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, ${0x80000000 | (ROOT >>> 12) | 0}
    csrw satp, t0
    li t0, 0x800
    csrw mstatus, t0
    la t0, inside
    csrw mepc, t0
    la t0, end
    csrw mtvec, t0
    li t0, 1
    sw t0, 128(a0)              # hart 1 may begin
    mret
  inside:
    li a2, ${0x40000000 + 0x10400}
  store:
    sfence.vma zero, zero
    lw t0, 0(a2)
    sw s1, 0(a2)
    lw t0, 132(a0)
    beqz t0, store
    sfence.vma zero, zero
    sw s1, 0(a2)
    ecall
  flip:
    lw t0, 128(a0)
    beqz t0, flip
    li s2, 0                    # how the bit was left
    li s3, 0x100
    li s4, -193
  turn:
    amoxor.w t0, s3, (a1)
    andi t0, t0, 0x100
    bne t0, s2, lost
    xor s2, s2, s3
    amoand.w zero, s4, (a1)
    addi s1, s1, -1
    bnez s1, turn
    j done
  lost:
    sw s1, 64(a0)
  done:
    li t0, 1
    sw t0, 132(a0)
    j end`,
    engine,
    LEAST,
  );
  expect(word(machine, SHARED + 64)).toBe(0);
  expect(word(machine, PTE)).toBe(0x200001c7);
});

both("interrupts between harts that sleep are not lost, nor are timers", async (engine) => {
  // Harts 0 and 1 wake each other; 2 and 3 wait for timers of their own.
  const ROUNDS = 20_000;
  const { machine } = await run(
    `
    csrr s0, mhartid
    li s1, ${ROUNDS}
    li s4, 0x2000000
    slli t0, s0, 2
    add s5, s4, t0              # own msip
    li t1, 1
    xor t0, s0, t1
    slli t0, t0, 2
    add s6, s4, t0              # the other's
    li t0, 2
    bge s0, t0, timer
    li t0, 8
    csrw mie, t0
    bnez s0, sleep
    j send
  sleep:
    wfi
    csrr t0, mip
    andi t0, t0, 8
    beqz t0, sleep
    sw zero, 0(s5)
  send:
    li t0, 1
    sw t0, 0(s6)
    addi s1, s1, -1
    bnez s1, sleep
    j end
  timer:
    li t0, 0x80
    csrw mie, t0
    slli t0, s0, 3
    li s2, 0x2004000
    add s2, s2, t0
    li s3, 0x200bff8
  next:
    lw t0, 0(s3)
    addi t0, t0, 50
    sw zero, 4(s2)
    sw t0, 0(s2)
  wait:
    wfi
    lw t1, 0(s3)
    blt t1, t0, wait
    addi s1, s1, -1
    bnez s1, next
    j end`,
    engine,
    LEAST,
  );
  expect(machine.stats()[2]?.cycle).toBeGreaterThan(ROUNDS * 500);
});

both("no hart reads a time that is behind one that another hart has read", async (engine) => {
  // Each reads the time and hands it on in memory; half of the harts by the CSR.
  const ROUNDS = 20_000;
  const { machine } = await run(
    `
    csrr s0, mhartid
    li a0, ${SHARED}
    li s3, 0x200bff8
    li s1, ${ROUNDS}
  loop:
    lw t0, 0(a0)                # 1. what somebody has read
    fence
    andi t2, s0, 1
    beqz t2, device
    csrr t1, time
    j have
  device:
    lw t1, 0(s3)
  have:
    bltu t1, t0, behind         # 2. then this is not before it
    amomaxu.w zero, t1, (a0)
    addi s1, s1, -1
    bnez s1, loop
    j end
  behind:
    sub t1, t0, t1
    sw t1, 64(a0)
    j end`,
    engine,
    LEAST,
  );
  expect(word(machine, SHARED + 64)).toBe(0);
});
