// The firewall: a store below machine mode to a frame of another node faults, nothing else does.
import { expect, it } from "vitest";
import { finish, PASS, R, S, word } from "../support/guest.js";

const [CONTINUES, FAULTS] = [0, 7];
const NODE = 2;

interface Case {
  /** Set before supervisor mode is entered; a0 is the firewall, a1 the frame, a2 the ledger. */
  readonly before?: string;
  /** Done in supervisor mode. */
  readonly inside?: string;
  readonly firewall?: boolean;
}

/**
 * Hart 0 works for node 2; the frame at 0x80200000 belongs to node 3, all others to node 2. The
 * first instruction of `inside` that traps leaves its cause in s2 and its address in s3.
 */
async function run({ before = "", inside = "sw a1, 0(a1)", firewall = true }: Case) {
  const { x, machine } = await finish(
    `
    la t0, trapped
    csrw mtvec, t0
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li a0, 0x103000
    li a1, 0x80200000
    li a2, 0x80310000
    li t0, 0x80311000       # 4096 bytes, one for each frame of 16 MiB
    mv t1, a2
    li t2, 0x02020202
fill:
    sw t2, 0(t1)
    addi t1, t1, 4
    bltu t1, t0, fill
    li t0, 3
    sb t0, 512(a2)          # the frame of a1
    ${before}
    li t0, 0x800
    csrs mstatus, t0
    la t0, supervisor
    csrw mepc, t0
    mret
supervisor:
    ${inside}
    ecall
    .align 2
trapped:
    csrr s2, mcause
    csrr s3, mtval
    li t0, 9                # ecall from supervisor mode: it went through
    bne s2, t0, end
    li s2, 0
end:
    ${PASS}`,
    { firewall },
  );
  return { cause: x[S.s2], address: x[S.s3], stored: word(machine, 0x80200000), x };
}

const ON = `
    sw a2, 4(a0)            # LEDGER
    li t0, ${NODE}
    sw t0, 12(a0)           # NODE of hart 0`;

it("a store to a frame of another node is an access fault, and stores nothing", async () => {
  expect(await run({ before: ON })).toMatchObject({
    cause: FAULTS,
    address: 0x80200000,
    stored: 0,
  });
});

it.each(["amoadd.w t0, a1, (a1)", "sb a1, 3(a1)", "lr.w t0, (a1)\n sc.w t1, a1, (a1)"])(
  "%s is judged like it",
  async (inside) => {
    expect(await run({ before: ON, inside })).toMatchObject({ cause: FAULTS, stored: 0 });
  },
);

it("loads are free, and so are stores to frames of the own node", async () => {
  const inside = "lw t0, 0(a1)\n li t0, 0x80201000\n sw t0, 0(t0)";
  expect(await run({ before: ON, inside })).toMatchObject({ cause: CONTINUES });
});

it("nothing is judged before a ledger is named, nor for a hart without a node", async () => {
  const only = (what: string) => run({ before: what });
  expect((await only("")).stored).toBe(0x80200000);
  expect((await only("sw a2, 4(a0)")).stored).toBe(0x80200000);
  expect((await only(`li t0, ${NODE}\n sw t0, 12(a0)`)).stored).toBe(0x80200000);
});

it("machine mode is not held back, but its stores in the name of supervisor mode are", async () => {
  const direct = await run({ before: `${ON}\n sw a1, 0(a1)` });
  expect(direct.stored).toBe(0x80200000);
  const modified = "li t0, 0x20800\n csrs mstatus, t0\n sw a1, 0(a1)"; // MPRV, MPP = S
  expect(await run({ before: `${ON}\n ${modified}` })).toMatchObject({ cause: FAULTS, stored: 0 });
});

it("the ledger and the shared page are open to every node", async () => {
  const foreign = `li t0, 3\n sb t0, 784(a2)`; // the ledger's own frame
  const inside = "li t0, 2\n sb t0, 512(a2)\n sw zero, 16(a0)\n sw a1, 0(a1)";
  const granted = await run({ before: `${foreign}\n ${ON}`, inside });
  expect(granted).toMatchObject({ cause: CONTINUES, stored: 0x80200000 });
  const shared = await run({ before: `${ON}\n addi t0, a1, 16\n sw t0, 8(a0)` });
  expect(shared).toMatchObject({ cause: CONTINUES, stored: 0x80200000 });
});

it("a frame given away stays open to who stored to it, until the fence", async () => {
  const own = "li t0, 2\n sb t0, 512(a2)";
  const give = "sw a1, 0(a1)\n li t0, 3\n sb t0, 512(a2)\n";
  const stale = await run({ before: `${own}\n ${ON}`, inside: `${give} sw zero, 0(a1)` });
  expect(stale).toMatchObject({ cause: CONTINUES, stored: 0 });
  const fenced = `${give} sw zero, 16(a0)\n sw zero, 0(a1)`;
  expect(await run({ before: `${own}\n ${ON}`, inside: fenced })).toMatchObject({
    cause: FAULTS,
    stored: 0x80200000,
  });
});

it("a page walk that would set a mark in a foreign page table faults", async () => {
  const tables = `
    li t0, 0x20000000
    li t1, 0x2000000f       # 0x80000000: a superpage, valid, read, write, execute
    ori t1, t1, 0xc0        # accessed, dirty
    li t2, 0x80200800
    sw t1, 0(t2)            # entry 512 of the root in the foreign frame
    li t1, 0x2000000f       # 0x40000000: the same without marks
    sw t1, -1024(t2)        # entry 256
    li t1, 0x80080200
    csrw satp, t1`;
  const inside = "lw t0, 0(a2)\n li t0, 0x40000000\n lw t1, 0(t0)";
  const { cause, address } = await run({ before: `${ON}\n ${tables}`, inside });
  expect([cause, address]).toEqual([5, 0x40000000]);
});

it("registers answer, refuse nonsense, and are not there without a firewall", async () => {
  const read = `${ON}\n lw s4, 0(a0)\n lw s5, 4(a0)`;
  const { x } = await run({ before: read });
  expect([x[S.s4], x[S.s5]]).toEqual([0x51444657, 0x80310000]);
  expect((await run({ before: "li t0, 0x70000000\n sw t0, 4(a0)" })).cause).toBe(FAULTS);
  expect((await run({ before: "li t0, 0x100\n sw t0, 12(a0)" })).cause).toBe(FAULTS);
  const absent = await run({ before: "lw t0, 0(a0)", firewall: false });
  expect([absent.cause, absent.address, absent.x[R.a0]]).toEqual([5, 0x103000, 0x103000]);
});
