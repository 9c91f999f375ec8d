// Traps: causes, values, delegation, vectors, privileged returns, counters.
import { describe, expect, it } from "vitest";
import { finish, PASS, S } from "../support/guest.js";

/** Runs `body` in M-mode with a handler that keeps mcause, mtval, mepc in s2-s4 and ends. */
function trapping(body: string): string {
  return `
  la t0, handler
  csrw mtvec, t0
  ${body}
  .align 64
handler:
  csrr s2, mcause
  csrr s3, mtval
  csrr s4, mepc
  csrr s5, mstatus
  ${PASS}`;
}

/** Enters `mode` (0 or 1) at label there, with all of memory allowed. */
function enter(mode: number): string {
  return `
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 0x1800
  csrc mstatus, t0
  li t0, ${mode << 11}
  csrs mstatus, t0
  la t0, there
  csrw mepc, t0
  mret
there:`;
}

async function trap(body: string) {
  const { x } = await finish(trapping(body));
  return { cause: x[S.s2], value: x[S.s3], pc: x[S.s4], status: x[S.s5] as number };
}

describe("traps", () => {
  it("an illegal instruction traps with its bits as mtval", async () => {
    expect(await trap(".word 0xffffffff")).toMatchObject({ cause: 2, value: 0xffffffff });
    expect(await trap("csrrw zero, 0x7c0, a0")).toMatchObject({ cause: 2, value: 0x7c051073 });
  });

  it("misaligned atomics trap with their address; loads and stores do not", async () => {
    const at = "li a0, 0x80001001";
    const address = 0x80001001;
    expect(await trap(`${at}\namoadd.w a1, a1, (a0)`)).toMatchObject({ cause: 6, value: address });
    expect(await trap(`${at}\nlr.w a1, (a0)`)).toMatchObject({ cause: 4, value: address });
    expect(await trap(`${at}\nsc.w a1, a1, (a0)`)).toMatchObject({ cause: 6, value: address });
    expect(await trap(`${at}\nsw a1, 0(a0)\nlh a1, 0(a0)\necall`)).toMatchObject({ cause: 11 });
  });

  it("misaligned accesses to devices are access faults", async () => {
    expect(await trap("li a0, 0x2000001\nlw a1, 0(a0)")).toMatchObject({ cause: 5 });
    expect(await trap("li a0, 0x2000002\nsw a1, 0(a0)")).toMatchObject({ cause: 7 });
  });

  it("a jump to an odd halfword is no fault, and bit 0 of the target is dropped", async () => {
    const body = "li a0, 0x80000103\nhere:\njalr ra, 0(a0)";
    const { x, labels } = await finish(trapping(body));
    const here = labels.get("here") as number;
    expect([x[S.s2], x[S.s4], x[1]]).toEqual([2, 0x80000102, here + 4]);
  });

  it("unmapped addresses are access faults", async () => {
    expect(await trap("li a0, 0x40000000\nlw a1, 0(a0)")).toMatchObject({ cause: 5 });
    expect(await trap("li a0, 0x40000000\nsw a1, 0(a0)")).toMatchObject({ cause: 7 });
    expect(await trap("li a0, 0x40000000\njr a0")).toMatchObject({ cause: 1, pc: 0x40000000 });
    expect(await trap("li a0, 0x1000\nsw a1, 0(a0)")).toMatchObject({ cause: 7 });
  });

  it("ecall gives the cause of each mode, and mstatus.MPP the mode", async () => {
    for (const [mode, cause] of [
      [0, 8],
      [1, 9],
      [3, 11],
    ] as const) {
      const seen = await trap(mode === 3 ? "ecall" : `${enter(mode)}\necall`);
      expect([seen.cause, (seen.status >> 11) & 3]).toEqual([cause, mode]);
    }
  });

  it("a delegated trap enters S-mode and leaves mepc alone", async () => {
    const { x } = await finish(`
      la t0, supervisor
      csrw stvec, t0
      li t0, 0x100
      csrw medeleg, t0
      ${enter(0)}
      ecall
      .align 4
supervisor:
      csrr s2, scause
      csrr s3, sepc
      csrr s4, sstatus
      la s5, there
      ${PASS}`);
    expect(x[S.s2]).toBe(8);
    expect(x[S.s3]).toBe(x[S.s5]);
    expect((x[S.s4] as number) & 0x100).toBe(0);
  });

  it("U-mode may not touch machine or supervisor CSRs, mret, sret, wfi or sfence.vma", async () => {
    for (const line of ["csrr a0, mstatus", "csrr a0, satp", "mret", "sret", "wfi"]) {
      expect((await trap(`${enter(0)}\n${line}`)).cause).toBe(2);
    }
    expect((await trap(`${enter(0)}\nsfence.vma zero, zero`)).cause).toBe(2);
  });

  it("TVM, TW and TSR make S-mode trap", async () => {
    const lines = [
      [1 << 20, "csrr a0, satp"],
      [1 << 20, "sfence.vma zero, zero"],
      [1 << 21, "wfi"],
      [1 << 22, "sret"],
    ] as const;
    for (const [bit, line] of lines) {
      const set = `li t0, ${bit}\ncsrs mstatus, t0`;
      expect((await trap(`${set}\n${enter(1)}\n${line}`)).cause).toBe(2);
    }
  });

  it("counters need mcounteren and scounteren", async () => {
    expect((await trap(`${enter(1)}\ncsrr a0, instret`)).cause).toBe(2);
    const open = "li t0, 7\ncsrw mcounteren, t0";
    expect((await trap(`${open}\n${enter(1)}\ncsrr a0, instret\necall`)).cause).toBe(9);
    expect((await trap(`${open}\n${enter(0)}\ncsrr a0, instret`)).cause).toBe(2);
  });

  it("instret is exact between two reads, across branches and jumps", async () => {
    const { x } = await finish(`
      csrr s2, instret
      li t0, 10
loop:
      addi t0, t0, -1
      bnez t0, loop
      j over
      nop
over:
      csrr s3, instret
      csrr s4, instret
      ${PASS}`);
    expect((x[S.s3] as number) - (x[S.s2] as number)).toBe(1 + 2 + 20 + 1);
    expect((x[S.s4] as number) - (x[S.s3] as number)).toBe(1);
  });

  it("a vectored interrupt enters at base + 4 * cause", async () => {
    const { x } = await finish(`
      la t0, table
      addi t0, t0, 1
      csrw mtvec, t0
      li t0, 8
      csrw mie, t0
      csrs mstatus, t0
      li t0, 0x2000000
      li t1, 1
      sw t1, 0(t0)
spin:
      j spin
      .align 64
table:
      j bad
      j bad
      j bad
      li s2, 1234
      csrr s3, mcause
      ${PASS}
bad:
      ${PASS}`);
    expect([x[S.s2], x[S.s3]]).toEqual([1234, 0x80000003]);
  });

  it("of several interrupts the order is MSI, MTI, SEI, SSI, STI", async () => {
    const order = [3, 7, 9, 1, 5];
    for (const cause of order) {
      const rest = order.slice(order.indexOf(cause)).reduce((bits, one) => bits | (1 << one), 0);
      const { x } = await finish(`
        la t0, handler
        csrw mtvec, t0
        li t0, 0x2004000            # the timer has run out
        sw zero, 4(t0)
        sw zero, 0(t0)
        li t0, 0x2000000
        li t1, 1
        sw t1, 0(t0)
        li t0, 0x222
        csrw mip, t0
        li t0, ${rest}
        csrw mie, t0
        csrrsi zero, mstatus, 8
        .align 64
handler:
        csrr s2, mcause
        ${PASS}`);
      expect(x[S.s2]).toBe((0x80000000 | cause) >>> 0);
    }
  });

  it("reserved vector modes leave mtvec and stvec as they are", async () => {
    const { x } = await finish(`
      li t0, 0x80000101
      csrw mtvec, t0
      csrw stvec, t0
      li t0, 0x80000202
      csrw mtvec, t0
      csrw stvec, t0
      csrr s2, mtvec
      csrr s3, stvec
      ${PASS}`);
    expect([x[S.s2], x[S.s3]]).toEqual([0x80000101, 0x80000101]);
  });
});
