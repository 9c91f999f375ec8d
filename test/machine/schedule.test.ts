// The schedule: determinism, slicing of run(), snapshots, waiting, timers and IPIs.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { busy } from "../support/busy.js";
import { finish, guest, MIB, PASS, S, word } from "../support/guest.js";

describe("determinism", () => {
  it("the hash does not depend on how run() is sliced", async () => {
    for (const harts of [1, 2, 4]) {
      const whole = await busy(harts);
      whole.run({ cycles: 60_000 });
      const expected = whole.hash();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 12 }),
          async (cuts) => {
            const sliced = await busy(harts);
            for (const cycles of cuts) {
              if (sliced.cycle() + cycles <= 60_000) sliced.run({ cycles });
            }
            sliced.run({ cycles: 60_000 - sliced.cycle() });
            expect(sliced.hash()).toBe(expected);
          },
        ),
        { numRuns: 8 },
      );
    }
  });

  it("the same configuration gives the same run, and another seed another", async () => {
    const hashes = [];
    for (const seed of [0, 0, 7, 7, 8]) {
      const machine = await busy(4, seed);
      machine.run({ cycles: 50_000 });
      hashes.push(machine.hash());
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).toBe(hashes[3]);
    expect(new Set(hashes).size).toBe(3);
  });

  it("512 harts run, each makes progress, and twice alike", async () => {
    const first = await busy(512);
    const second = await busy(512);
    first.run({ cycles: 20_000 });
    for (let slice = 0; slice < 4; slice++) second.run({ cycles: 5_000 });
    expect(second.hash()).toBe(first.hash());
    expect(Math.min(...first.stats().map((hart) => hart.instret))).toBeGreaterThan(500);
  });

  it("a restored machine has the same future as the one it was taken from", async () => {
    const machine = await busy(3);
    machine.run({ cycles: 20_000 });
    const snapshot = machine.snapshot();
    const before = machine.hash();
    machine.run({ cycles: 30_000 });
    const after = machine.hash();
    machine.restore(snapshot);
    expect(machine.hash()).toBe(before);
    machine.run({ cycles: 30_000 });
    expect(machine.hash()).toBe(after);
    const other = await busy(3);
    other.restore(snapshot);
    other.run({ cycles: 30_000 });
    expect(other.hash()).toBe(after);
  });

  it("a hash sees one changed bit of memory", async () => {
    const machine = await busy(1);
    const before = machine.hash();
    machine.writePhysical(0x80f00000, Uint8Array.of(1));
    expect(machine.hash()).not.toBe(before);
    machine.writePhysical(0x80f00000, Uint8Array.of(0));
    expect(machine.hash()).toBe(before);
  });

  it("64 MiB are hashed in well under 100 ms", async () => {
    const { machine } = await guest("wfi", { ramBytes: 64 * MIB });
    for (let warm = 0; warm < 4; warm++) machine.hash();
    const start = performance.now();
    machine.hash();
    expect(performance.now() - start).toBeLessThan(100);
  });
});

describe("waiting", () => {
  it("when every hart waits and no timer is armed, run() is idle", async () => {
    const { machine } = await guest("wfi\nj 0x80000000", { harts: 2 });
    expect(machine.run({ cycles: 1e9 }).reason).toBe("idle");
    expect(machine.stats().every((hart) => hart.waiting)).toBe(true);
  });

  it("a waiting hart's clock jumps to its timer, and no instruction is counted", async () => {
    const { x } = await finish(
      `
      li t0, 0x80
      csrw mie, t0
      li a0, 0x2004000
      li t0, 5000
      sw zero, 4(a0)
      sw t0, 0(a0)
      csrr s2, minstret
      wfi
      csrr s3, mcycle
      csrr s4, minstret
      csrr s5, time
      ${PASS}`,
    );
    expect(x[S.s3]).toBe(50_000);
    expect((x[S.s4] as number) - (x[S.s2] as number)).toBe(3);
    expect(x[S.s5]).toBe(5000);
  });

  it("a timer interrupt is taken at the first event after its deadline", async () => {
    const { x } = await finish(`
      la t0, handler
      csrw mtvec, t0
      li t0, 0x80
      csrw mie, t0
      li a0, 0x2004000
      li t0, 300
      sw zero, 4(a0)
      sw t0, 0(a0)
      li t0, 8
      csrs mstatus, t0
spin:
      j spin
      .align 64
handler:
      csrr s2, mcycle
      csrr s3, mcause
      ${PASS}`);
    expect(x[S.s3]).toBe(0x80000007);
    expect(x[S.s2]).toBeGreaterThanOrEqual(3000);
    expect(x[S.s2]).toBeLessThan(3004);
  });

  it("an IPI wakes a waiting hart at the waker's cycle", async () => {
    const { machine } = await finish(
      `
      csrr t0, mhartid
      bnez t0, sleeper
      li t1, 10000
spin:
      addi t1, t1, -1
      bnez t1, spin
      li a0, 0x2000000
      li t1, 1
      csrr s2, mcycle
      sw t1, 4(a0)
hold:
      j hold
sleeper:
      li t0, 8
      csrw mie, t0
      wfi
      csrr s2, mcycle
      ${PASS}`,
      { harts: 2 },
    );
    const sent = machine.registers(0)[S.s2] as number;
    const woken = machine.registers(1)[S.s2] as number;
    expect(woken - sent).toBeGreaterThanOrEqual(0);
    expect(woken - sent).toBeLessThan(8);
  });

  it("mtimecmp written by another hart wakes its owner at the deadline", async () => {
    const { machine } = await finish(
      `
      csrr t0, mhartid
      bnez t0, sleeper
      li t1, 1000
spin:
      addi t1, t1, -1
      bnez t1, spin
      li a0, 0x2004008
      li t1, 900
      sw t1, 0(a0)
      sw zero, 4(a0)
      wfi
sleeper:
      li t0, 0x80
      csrw mie, t0
      wfi
      csrr s2, mcycle
      ${PASS}`,
      { harts: 2 },
    );
    expect(machine.registers(1)[S.s2]).toBe(9000);
  });

  it("a trap loop with a bad vector does not hold the clock", async () => {
    const { machine } = await guest("csrw mtvec, zero\n.word 0");
    expect(machine.run({ cycles: 10_000 }).reason).toBe("budget");
    expect(machine.stats()[0]?.cycle).toBeGreaterThanOrEqual(10_000);
  });
});

describe("fairness", () => {
  it("no hart runs more than a quantum and a block ahead of another", async () => {
    const { machine } = await guest("loop:\naddi t0, t0, 1\nj loop", {
      harts: 8,
      quantumCycles: 64,
    });
    machine.run({ cycles: 10_001 });
    const cycles = machine.stats().map((hart) => hart.cycle);
    expect(Math.max(...cycles) - Math.min(...cycles)).toBeLessThanOrEqual(64);
    expect(word(machine, 0x80000000)).toBe(0x00128293);
  });
});
