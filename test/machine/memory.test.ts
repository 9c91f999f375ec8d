// Memory: Sv32 walks and faults, PMP, LR/SC, self-modifying code.
import { describe, expect, it } from "vitest";
import { finish, guest, INCREMENTS, PASS, S, word } from "../support/guest.js";

const ROOT = 0x80100000;
const TABLE = 0x80101000;
const FRAME = 0x80200000;

/** M-mode prologue: PTEs written, paging on, S-mode at `there`, traps end with s2-s4 set. */
function paged(ptes: [number, number][], body: string, status = 0x800): string {
  const stores = ptes
    .map(([place, pte]) => `li t0, ${place}\nli t1, ${pte >>> 0}\nsw t1, 0(t0)`)
    .join("\n");
  return `
  la t0, handler
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, ${ROOT + 512 * 4}       # 0x80000000 onto itself, a superpage
  li t1, 0x200000cf
  sw t1, 0(t0)
  li t0, ${ROOT + 4}             # 0x00400000: the table
  li t1, ${((TABLE >>> 12) << 10) | 1}
  sw t1, 0(t0)
  ${stores}
  li t0, ${0x80000000 + (ROOT >>> 12)}
  csrw satp, t0
  sfence.vma zero, zero
  li t0, ${status}
  csrs mstatus, t0
  la t0, there
  csrw mepc, t0
  mret
there:
  li a0, 0x400000
  ${body}
  ecall
  .align 64
handler:
  csrr s2, mcause
  csrr s3, mtval
  ${PASS}`;
}

const pte = (flags: number) => (((FRAME >>> 12) << 10) | flags) >>> 0;
const [V, R, W, X, U, A, D] = [1, 2, 4, 8, 16, 64, 128];

async function outcome(flags: number, body: string, status = 0x800) {
  const { x, machine } = await finish(paged([[TABLE, pte(flags)]], body, status));
  return { cause: x[S.s2], value: x[S.s3], flags: word(machine, TABLE) & 0x3ff, machine, x };
}

describe("Sv32", () => {
  it("a load sets A, a store sets A and D, in the table in memory", async () => {
    expect(await outcome(V | R | W, "lw a1, 0(a0)")).toMatchObject({
      cause: 9,
      flags: V | R | W | A,
    });
    const stored = await outcome(V | R | W, "li a1, 77\nsw a1, 4(a0)");
    expect(stored).toMatchObject({ cause: 9, flags: V | R | W | A | D });
    expect(word(stored.machine, FRAME + 4)).toBe(77);
  });

  it("a store after a load of the same page still sets D", async () => {
    const body = "lw a1, 0(a0)\nlw a1, 0(a0)\nsw a1, 0(a0)";
    expect((await outcome(V | R | W, body)).flags).toBe(V | R | W | A | D);
  });

  it("permissions: what a leaf does not allow is a page fault of the access's kind", async () => {
    expect(await outcome(V | R, "sw a1, 8(a0)")).toMatchObject({ cause: 15, value: 0x400008 });
    expect(await outcome(V | X, "lw a1, 8(a0)")).toMatchObject({ cause: 13, value: 0x400008 });
    expect(await outcome(V | R | W, "jr a0")).toMatchObject({ cause: 12, value: 0x400000 });
    expect(await outcome(0, "lw a1, 0(a0)")).toMatchObject({ cause: 13 });
    expect(await outcome(V | W, "lw a1, 0(a0)")).toMatchObject({ cause: 13 });
  });

  it("MXR lets loads read executable pages", async () => {
    expect((await outcome(V | X, "lw a1, 0(a0)", 0x80800)).cause).toBe(9);
  });

  it("S-mode reaches user pages only with SUM, and never executes them", async () => {
    expect((await outcome(V | R | W | U, "lw a1, 0(a0)")).cause).toBe(13);
    expect((await outcome(V | R | W | U, "lw a1, 0(a0)", 0x40800)).cause).toBe(9);
    expect((await outcome(V | R | X | U, "jr a0", 0x40800)).cause).toBe(12);
  });

  it("SUM can be switched off and on between two accesses", async () => {
    const body = "lw a1, 0(a0)\nli t0, 0x40000\ncsrc sstatus, t0\nlw a1, 0(a0)";
    expect((await outcome(V | R | W | U, body, 0x40800)).cause).toBe(13);
  });

  it("a misaligned superpage is a page fault", async () => {
    const { x } = await finish(paged([[ROOT + 4, pte(V | R) | 0x400]], "lw a1, 0(a0)"));
    expect(x[S.s2]).toBe(13);
  });

  it("sfence.vma of one address drops a superpage's entries at any address of it", async () => {
    const { x } = await finish(
      paged(
        [[ROOT + 4, ((FRAME & 0xffc00000) >>> 2) | V | R | W]],
        `lw a1, 0x4(a0)
         li t0, ${ROOT + 4}
         sw zero, 0(t0)
         li t1, 0x500000
         sfence.vma t1, zero
         lw a1, 4(a0)`,
      ),
    );
    expect(x[S.s2]).toBe(13);
  });

  it("MPRV makes M-mode loads use the translation of MPP", async () => {
    const { x } = await finish(
      paged([[TABLE, pte(V | R | W)]], "ecall").replace(
        "csrr s2, mcause",
        `li t0, 0x20000
         csrs mstatus, t0
         li t1, 0x400000
         li t2, 99
         sw t2, 0(t1)
         csrc mstatus, t0
         li t1, ${FRAME}
         lw s5, 0(t1)
         csrr s2, mcause`,
      ),
    );
    expect(x[S.s5]).toBe(99);
  });
});

/** U-mode at `there` under the given PMP set-up; traps end with s2, s3. */
function protectedBy(pmp: string, body: string): string {
  return `
  la t0, handler
  csrw mtvec, t0
  ${pmp}
  la t0, there
  csrw mepc, t0
  mret
there:
  ${body}
  ecall
  .align 64
handler:
  csrr s2, mcause
  csrr s3, mtval
  ${PASS}`;
}

const ALL = "li t0, -1\ncsrw pmpaddr1, t0\n";

describe("misaligned accesses", () => {
  const at = (first: number, second: number, body: string) =>
    finish(
      paged(
        [
          [TABLE, pte(first)],
          [TABLE + 4, pte(second) + (1 << 10)],
        ],
        `li a0, 0x400ffe\n${body}`,
      ),
    );
  const open = V | R | W | A | D;

  it("across two pages load and store what aligned ones do", async () => {
    const { x, machine } = await at(
      open,
      open,
      "li a1, 0x12345678\nsw a1, 0(a0)\nlw s4, 0(a0)\nlh s5, 1(a0)\nlhu s6, 0(a0)\nli a1, -2\n" +
        "sh a1, 1(a0)\nlw s7, 0(a0)",
    );
    expect(x[S.s2]).toBe(9);
    expect([x[S.s4], x[S.s5], x[S.s6]]).toEqual([0x12345678, 0x3456, 0x5678]);
    expect(x[S.s7]).toBe(0x12fffe78);
    expect(word(machine, FRAME + 0x1000) & 0xffff).toBe(0x12ff);
  });

  it("fault at the second page with its address, and store nothing", async () => {
    const body = "li a1, -1\nsw a1, 0(a0)";
    const { x, machine } = await at(open, V | R | A, body);
    expect([x[S.s2], x[S.s3]]).toEqual([15, 0x401000]);
    expect(word(machine, FRAME + 0xffc)).toBe(0);
    const load = await at(open, 0, "lw a1, 0(a0)");
    expect([load.x[S.s2], load.x[S.s3]]).toEqual([13, 0x401000]);
  });

  it("fault at the first page with the address of the access", async () => {
    const { x } = await at(0, open, "lw a1, 0(a0)");
    expect([x[S.s2], x[S.s3]]).toEqual([13, 0x400ffe]);
  });

  it("over decoded code are seen by the next fetch, in both lines that they touch", async () => {
    const { x } = await finish(`
      li s3, 2
      la a0, target
      la a1, words
      lw a2, 0(a1)
again:
      j target
      .align 64
      addi zero, zero, 0
      ${"addi zero, zero, 0\n".repeat(14)}
target:
      addi s2, s2, 1
      addi s2, s2, 1
      addi s3, s3, -1
      sw a2, 2(a0)
      bnez s3, again
      ${PASS}
words:
      .word 0x00130109           # makes them addi s2, s2, 16 and addi zero, s2, 1
`);
    expect(x[S.s2]).toBe(2 + 16);
  });
});

describe("PMP", () => {
  it("with no matching entry U-mode may do nothing", async () => {
    expect((await finish(protectedBy("", ""))).x[S.s2]).toBe(1);
  });

  it("a four-byte region in a page forbids exactly its word", async () => {
    const setup = `${ALL}
      li t0, ${0x80001004 >>> 2}
      csrw pmpaddr0, t0
      li t0, 0x1f10
      csrw pmpcfg0, t0
      li a0, 0x80001000`;
    const ok = "lw a1, 0(a0)\nlw a1, 8(a0)\nsw a1, 8(a0)";
    expect((await finish(protectedBy(setup, ok))).x[S.s2]).toBe(8);
    const { x } = await finish(protectedBy(setup, `${ok}\nlw a1, 4(a0)`));
    expect([x[S.s2], x[S.s3]]).toEqual([5, 0x80001004]);
  });

  it("code in a page with a forbidden word runs up to that word", async () => {
    const { x, labels } = await finish(
      protectedBy(
        `${ALL}
        la t0, wall
        srli t0, t0, 2
        csrw pmpaddr0, t0
        li t0, 0x1f10
        csrw pmpcfg0, t0`,
        "addi s6, zero, 5\naddi s6, s6, 1\nwall:\nnop",
      ),
    );
    expect([x[S.s2], x[S.s3], x[S.s6]]).toEqual([1, labels.get("wall"), 6]);
  });

  it("TOR and NAPOT regions end where they say", async () => {
    const tor = `${ALL}
      li t0, ${0x80010000 >>> 2}
      csrw pmpaddr0, t0
      li t0, ${0x80020000 >>> 2}
      csrw pmpaddr1, t0
      li t0, -1
      csrw pmpaddr2, t0
      li t0, 0x1f0900
      csrw pmpcfg0, t0
      li a0, 0x80010000
      li a1, 0x80020000`;
    const { x } = await finish(protectedBy(tor, "lw t0, 0(a1)\nsw t0, 0(a1)\nsw t0, -4(a1)"));
    expect([x[S.s2], x[S.s3]]).toEqual([7, 0x8001fffc]);
  });

  it("a locked entry binds M-mode and cannot be changed", async () => {
    const { x } = await finish(`
      la t0, handler
      csrw mtvec, t0
      li t0, ${0x80010000 >>> 2}
      csrw pmpaddr0, t0
      li t0, 0x91
      csrw pmpcfg0, t0
      csrw pmpcfg0, zero
      csrw pmpaddr0, zero
      csrr s4, pmpcfg0
      csrr s5, pmpaddr0
      li a0, 0x80010000
      lw a1, 0(a0)
      sw a1, 0(a0)
      .align 64
handler:
      csrr s2, mcause
      ${PASS}`);
    expect([x[S.s2], x[S.s4], x[S.s5]]).toEqual([7, 0x91, 0x80010000 >>> 2]);
  });
});

describe("LR/SC", () => {
  it("SC succeeds after LR, fails without, and fails the second time", async () => {
    const { x } = await finish(`
      li a0, 0x80010000
      sc.w s2, a1, (a0)
      lr.w s3, (a0)
      li a1, 5
      sc.w s4, a1, (a0)
      sc.w s5, a1, (a0)
      lw s6, 0(a0)
      ${PASS}`);
    expect([x[S.s2], x[S.s4], x[S.s5], x[S.s6]]).toEqual([1, 0, 1, 5]);
  });

  it("another hart's store between LR and SC makes SC fail", async () => {
    const { x } = await finish(
      `
      csrr t0, mhartid
      li a0, 0x80010000
      bnez t0, other
      li t1, 2000
wait:
      addi t1, t1, -1
      bnez t1, wait
      lr.w s2, (a0)
      li t1, 2000
more:
      addi t1, t1, -1
      bnez t1, more
      li a1, 1
      sc.w s3, a1, (a0)
      lw s4, 0(a0)
      ${PASS}
other:
      li t1, 5000
      sw t1, 0(a0)
      addi t2, t2, 1
      j other`,
      { harts: 2 },
    );
    expect([x[S.s3], x[S.s4]]).toEqual([1, 5000]);
  });

  it("four harts incrementing with LR/SC and with AMOs lose no increment", async () => {
    const { machine } = await finish(INCREMENTS, { harts: 4 });
    expect([word(machine, 0x80010000), word(machine, 0x80010040)]).toEqual([4000, 4000]);
  });
});

describe("decoded code", () => {
  const PATCH = `
      la a0, target
      la a1, other
      lw a2, 0(a1)
      li s2, 0
      li t0, 3
again:
target:
      addi s2, s2, 1
      sw a2, 0(a0)
      addi t0, t0, -1
      bnez t0, again
      ${PASS}
other:
      addi s2, s2, 100`;

  it("a store to a decoded page is seen by the next fetch, without fence.i", async () => {
    expect((await finish(PATCH)).x[S.s2]).toBe(201);
  });

  it("a store to the very next instruction is seen", async () => {
    const { x } = await finish(`
      la a0, target
      la a1, other
      lw a2, 0(a1)
      sw a2, 0(a0)
target:
      addi s2, zero, 1
      ${PASS}
other:
      addi s2, zero, 2`);
    expect(x[S.s2]).toBe(2);
  });

  it("code written before it is ever decoded, in a page held for stores, is seen", async () => {
    const { x } = await finish(`
      li a0, 0x80010000
      la a1, other
      lw a2, 0(a1)
      lw a3, 4(a1)
      sw a2, 0(a0)
      sw a3, 4(a0)
      jalr ra, 0(a0)
      mv s3, s2
      addi a2, a2, 0
      li t0, 0x00500913
      sw t0, 0(a0)
      jalr ra, 0(a0)
      ${PASS}
other:
      addi s2, zero, 2
      ret`);
    expect([x[S.s3], x[S.s2]]).toEqual([2, 5]);
  });

  it("the host's writes are seen too", async () => {
    const { machine, labels } = await guest("loop:\naddi s2, zero, 1\nj loop");
    machine.run({ cycles: 1000 });
    const patch = Uint32Array.of(0x00700913); // addi s2, zero, 7
    machine.writePhysical(labels.get("loop") as number, new Uint8Array(patch.buffer));
    machine.run({ cycles: 1000 });
    expect(machine.registers(0)[S.s2]).toBe(7);
  });

  it("more code pages than the cache holds still run right", async () => {
    const pages = Array.from(
      { length: 8 },
      (_, page) => `.align 4096\npage${page}:\naddi s2, s2, 1\nj page${(page + 1) % 8}back`,
    );
    const back = Array.from(
      { length: 8 },
      (_, page) => `page${page}back:\n${page === 0 ? "j round" : `j page${page}`}`,
    );
    const text = `
      li t0, 50
round:
      addi t0, t0, -1
      bnez t0, page0
      ${PASS}
      ${back.join("\n")}
      ${pages.join("\n")}`;
    expect((await finish(text, { decodedPages: 3 })).x[S.s2]).toBe(49 * 8);
  });
});
