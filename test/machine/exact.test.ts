// The exact loop and a debugger's stops: whatever is looked at, and wherever a run is stopped, the
// machine's future is the one that the fast loop gives.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { watchDisk, watchFiles } from "../../emu/experiment/watch.js";
import {
  createMachine,
  type Machine,
  type MachineEvent,
  type StepEvent,
  type TrapEvent,
} from "../../emu/index.js";
import { busy } from "../support/busy.js";
import { finish, guest, PASS, R, S } from "../support/guest.js";
import { images } from "../support/images.js";

const CYCLES = 40_000;
const KERNEL_CYCLES = 12_000_000;

/** What a run does between two looks at its hash. */
type Act =
  | { readonly act: "fast" | "exact"; readonly cycles: number }
  | { readonly act: "step"; readonly hart: number | undefined }
  | { readonly act: "position"; readonly hart: number; readonly ahead: number }
  | { readonly act: "break" | "watch"; readonly spread: number }
  | { readonly act: "observe"; readonly steps: boolean; readonly traps: boolean };

const act = (harts: number, cycles: number): fc.Arbitrary<Act> => {
  const hart = fc.nat(harts - 1);
  return fc.oneof(
    fc.record({ act: fc.constantFrom("fast", "exact"), cycles: fc.nat(cycles) }),
    fc.record({ act: fc.constant("step"), hart: fc.option(hart, { nil: undefined }) }),
    fc.record({ act: fc.constant("position"), hart, ahead: fc.nat(cycles) }),
    fc.record({ act: fc.constantFrom("break", "watch"), spread: fc.nat(60) }),
    fc.record({ act: fc.constant("observe"), steps: fc.boolean(), traps: fc.boolean() }),
  ) as fc.Arbitrary<Act>;
};

/** Does one act; never runs beyond `end`, where `hash` is asked for. */
function perform(machine: Machine, step: Act, end: number): void {
  const left = end - machine.cycle();
  const { debug } = machine;
  debug.clearBreakpoints();
  debug.clearWatchpoints();
  if (step.act === "observe") debug.observe(step);
  else if (step.act === "fast") machine.run({ cycles: Math.min(left, step.cycles) });
  else if (step.act === "exact") machine.runExact({ cycles: Math.min(left, step.cycles) });
  else {
    if (step.act === "step") debug.stopAfterStep(step.hart);
    if (step.act === "position") {
      const cycle = (machine.stats()[step.hart]?.cycle ?? 0) + step.ahead;
      debug.stopAt({ hart: step.hart, cycle });
    }
    if (step.act === "break") debug.addBreakpoint(0x80000000 + 4 * step.spread);
    if (step.act === "watch") {
      debug.addWatchpoint({ address: 0x80010000 + 4 * step.spread, bytes: 9, on: "access" });
    }
    machine.runExact({ cycles: left });
    debug.cancel();
  }
}

/** Marks, ends and console text, the same whatever else was observed in between. */
function record(machine: Machine): string[] {
  const seen: string[] = [];
  machine.on("mark", (event) => seen.push(JSON.stringify(event)));
  machine.on("finish", (event) => seen.push(JSON.stringify(event)));
  machine.on("console", ({ hart, bytes }) => {
    for (const byte of bytes) seen.push(`${hart} ${byte}`);
  });
  return seen;
}

function finishAlike(machine: Machine, end: number): string {
  machine.debug.observe({});
  machine.debug.clearBreakpoints();
  machine.debug.clearWatchpoints();
  machine.run({ cycles: end - machine.cycle() });
  return machine.hash();
}

describe("fast, exact, and both in turn, stopped anywhere", () => {
  for (const harts of [1, 2, 4]) {
    it(`give the same future with ${harts} harts`, async () => {
      const fast = await busy(harts);
      fast.run({ cycles: CYCLES });
      const expected = fast.hash();
      const exact = await busy(harts);
      exact.runExact({ cycles: CYCLES });
      expect(exact.hash()).toBe(expected);
      const acts = fc.array(act(harts, 3000), { minLength: 5, maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(acts, async (steps) => {
          const machine = await busy(harts);
          for (const step of steps) perform(machine, step, CYCLES);
          expect(finishAlike(machine, CYCLES)).toBe(expected);
        }),
        { numRuns: 25 },
      );
    });
  }

  it("a snapshot at a stop has the same future", async () => {
    const fast = await busy(3);
    fast.run({ cycles: CYCLES });
    const machine = await busy(3);
    machine.debug.stopAt({ hart: 2, cycle: 12_345 });
    expect(machine.runExact({ cycles: CYCLES }).stop).toMatchObject({ why: "position", hart: 2 });
    const other = await busy(3);
    other.restore(machine.snapshot());
    expect(finishAlike(other, CYCLES)).toBe(fast.hash());
  });
});

describe("a kernel", () => {
  const boot = () =>
    createMachine({
      harts: 2,
      ramBytes: 64 << 20,
      seed: 1,
      firmware: images().firmware,
      kernel: images().kernels.larboard,
      initrd: watchFiles(images(), "echo hello\n"),
      vsock: true,
      terminal: true,
      drive: { data: watchDisk(images()), readOnly: true },
    });
  let expected = "";
  let events: string[] = [];
  beforeAll(async () => {
    const machine = await boot();
    events = record(machine);
    machine.run({ cycles: KERNEL_CYCLES });
    expected = machine.hash();
  });

  it("boots the same way by the exact loop, with every trap told", async () => {
    const machine = await boot();
    const seen = record(machine);
    let traps = 0;
    machine.on("trap", () => traps++);
    machine.debug.observe({ traps: true });
    machine.runExact({ cycles: KERNEL_CYCLES });
    expect(machine.hash()).toBe(expected);
    expect(seen).toEqual(events);
    expect(traps).toBeGreaterThan(10);
  });

  it("boots the same way when it is stopped and watched here and there", async () => {
    const acts = fc.array(act(2, 900_000), { minLength: 4, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(acts, async (steps) => {
        const machine = await boot();
        const seen = record(machine);
        for (const step of steps) {
          const rare = step.act === "observe" ? { ...step, steps: false } : step;
          perform(machine, rare, KERNEL_CYCLES);
        }
        expect(finishAlike(machine, KERNEL_CYCLES)).toBe(expected);
        expect(seen).toEqual(events);
      }),
      { numRuns: 5 },
    );
  });
});

const LOOP = `
  la s0, 0x80004000
  li a0, 0
again:
  addi a0, a0, 1
stored:
  sw a0, 8(s0)
  lw a1, 8(s0)
  slti t0, a0, 3
  bnez t0, again
  ${PASS}`;

describe("stops", () => {
  it("a breakpoint stops before its instruction, each time round, and once", async () => {
    const { machine, labels } = await guest(LOOP);
    const again = labels.get("again") as number;
    machine.debug.addBreakpoint(again);
    for (const seen of [0, 1, 2]) {
      const { reason, stop } = machine.runExact({ cycles: 1000 });
      expect([reason, stop]).toEqual(["stopped", { why: "breakpoint", hart: 0, address: again }]);
      expect([machine.debug.pc(0), machine.registers(0)[R.a0]]).toEqual([again, seen]);
    }
    expect(machine.runExact({ cycles: 1000 }).reason).toBe("finished");
  });

  it("a breakpoint does not stop a run that is not exact", async () => {
    const { machine, labels } = await guest(LOOP);
    machine.debug.addBreakpoint(labels.get("again") as number);
    expect(machine.run({ cycles: 1000 }).reason).toBe("finished");
  });

  it("a watchpoint stops behind reads or writes that touch it, and no others", async () => {
    const stored = { read: 4, write: 0, access: 0 };
    for (const on of ["read", "write", "access"] as const) {
      const { machine, labels } = await guest(LOOP);
      machine.debug.addWatchpoint({ address: 0x8000400a, bytes: 1, on });
      machine.debug.addWatchpoint({ address: 0x8000400c, bytes: 400, on: "access" });
      machine.debug.addWatchpoint({ address: 0x80004000, bytes: 8, on: "access" });
      const { stop } = machine.runExact({ cycles: 1000 });
      expect(stop).toEqual({ why: "watchpoint", hart: 0, address: 0x80004008 });
      const behind = (labels.get("stored") as number) + stored[on] + 4;
      expect(machine.debug.pc(0)).toBe(behind);
    }
  });

  it("a step is one instruction or one trap", async () => {
    const { machine, labels } = await guest(`
  la t0, handler
  csrw mtvec, t0
  ecall
  .align 64
handler:
  nop
  j handler`);
    const start = 0x80000000;
    machine.debug.addBreakpoint(start);
    machine.runExact({ cycles: 1e6 });
    const from = machine.stats()[0]?.cycle as number;
    const pcs = [];
    for (let step = 0; step < 7; step++) {
      machine.debug.stopAfterStep(0);
      expect(machine.runExact({ cycles: 1e6 }).stop?.why).toBe("step");
      pcs.push(machine.debug.pc(0));
    }
    const handler = labels.get("handler") as number;
    const inside = [handler, handler + 4, handler];
    expect(pcs).toEqual([start + 4, start + 8, start + 12, ...inside, handler + 4]);
    expect(machine.stats()[0]).toMatchObject({ cycle: from + 7 });
  });

  it("a position is reached to the cycle, in the middle of a slice", async () => {
    const { machine } = await guest(`${"addi a0, a0, 1\n".repeat(200)}${PASS}`);
    machine.debug.stopAt({ hart: 0, cycle: 137 });
    expect(machine.runExact({ cycles: 1e6 }).stop).toMatchObject({ why: "position", hart: 0 });
    expect(machine.stats()[0]?.cycle).toBe(137);
    const before = machine.registers(0)[R.a0] as number;
    machine.debug.stopAt({ hart: 0, cycle: 140 });
    machine.runExact({ cycles: 1e6 });
    expect(machine.registers(0)[R.a0]).toBe(before + 3);
  });
});

describe("observation", () => {
  it("tells of each instruction with its cycle, and a filter leaves out the others", async () => {
    const { machine, labels } = await guest(LOOP);
    const steps: StepEvent[] = [];
    machine.on("step", (event) => steps.push(event));
    machine.debug.observe({ steps: true });
    machine.run({ cycles: 1000 });
    expect(steps.map(({ cycle }) => cycle)).toEqual(steps.map((_, index) => index));
    expect(steps.length).toBe(machine.stats()[0]?.instret);
    const stored = labels.get("stored") as number;
    const there = steps.filter(({ pc }) => pc === stored);
    expect(there.map(({ bits }) => bits)).toEqual([0x00a42423, 0x00a42423, 0x00a42423]);
    const again = await guest(LOOP);
    const few: MachineEvent[] = [];
    again.machine.on("step", (event) => few.push(event));
    again.machine.debug.observe({ steps: { pc: [{ first: stored, last: stored }] } });
    again.machine.run({ cycles: 1000 });
    expect(few).toEqual(there);
    const other = await guest(LOOP);
    other.machine.on("step", () => expect.unreachable());
    other.machine.debug.observe({ steps: { modes: ["user", "supervisor"] } });
    other.machine.run({ cycles: 1000 });
  });

  it("begins and ends in the middle of a run, where an action asks for it", async () => {
    const { machine } = await guest("loop:\naddi a0, a0, 1\nj loop\n");
    const cycles: number[] = [];
    machine.on("step", ({ cycle }) => void cycles.push(cycle));
    machine.at(1024, () => machine.debug.observe({ steps: true }));
    machine.at(2048, () => machine.debug.observe({}));
    machine.run({ cycles: 10_000 });
    expect(cycles).toEqual(Array.from({ length: 1024 }, (_, index) => 1024 + index));
  });

  it("tells of more steps than the ring holds, all of them", async () => {
    const { machine } = await guest(`${"addi a0, a0, 1\n".repeat(20_000)}${PASS}`);
    let steps = 0;
    machine.on("step", () => steps++);
    machine.debug.observe({ steps: true });
    machine.run({ cycles: 1e6 });
    expect(steps).toBe(machine.stats()[0]?.instret);
  });

  it("tells of traps and returns, also in fast runs", async () => {
    const { machine, labels } = await guest(`
  la t0, handler
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  la t0, inside
  csrw mepc, t0
  mret
inside:
  .word 0
  .align 64
handler:
  ${PASS}`);
    const seen: (TrapEvent | MachineEvent)[] = [];
    machine.on("trap", (event) => seen.push(event));
    machine.on("mode", (event) => seen.push(event));
    machine.debug.observe({ traps: true });
    machine.run({ cycles: 1000 });
    const inside = labels.get("inside");
    expect(seen).toMatchObject([
      { kind: "mode", from: "machine", to: "user", pc: inside, satp: 0 },
      { kind: "trap", cause: 2, tval: 0, epc: inside, from: "user", to: "machine", satp: 0 },
    ]);
  });
});

describe("observation for traces", () => {
  it("samples every n-th instruction of a hart, at several ranges of pc", async () => {
    const { machine } = await guest(`${"addi a0, a0, 1\n".repeat(3000)}${PASS}`);
    const seen: number[] = [];
    machine.on("step", ({ instret }) => seen.push(instret));
    const at = (index: number) => 0x80000000 + 4 * index;
    const pc = [
      { first: at(0), last: at(499) },
      { first: at(1000), last: at(1999) },
    ];
    machine.debug.observe({ steps: { every: 100, pc } });
    machine.run({ cycles: 1e6 });
    expect(seen.every((instret) => instret % 100 === 0)).toBe(true);
    expect(seen).toHaveLength(15); // of 1500 instructions
  });

  it("tells how long a hart stood in wfi, and what an ecall asks for", async () => {
    const { machine } = await guest(`
  la t0, handler
  csrw mtvec, t0
  li t0, 0x80
  csrw mie, t0
  li t0, 0x02004000
  li t1, 1000
  sw t1, 0(t0)
  sw zero, 4(t0)
  wfi
  li a0, 1
  li a1, 2
  li a6, 3
  li a7, 4
  ecall
  .align 64
handler:
  ${PASS}`);
    const seen: MachineEvent[] = [];
    machine.on("wait", (event) => seen.push(event));
    machine.on("trap", (event) => seen.push(event));
    machine.debug.observe({ traps: true });
    machine.run({ cycles: 1e6 });
    const [wait, trap] = seen;
    expect(wait).toMatchObject({ kind: "wait", mode: "machine", cycle: 10_000 });
    expect(wait?.kind === "wait" && wait.cycles).toBe(10_000 - (wait?.instret ?? 0));
    expect(trap).toMatchObject({ cause: 11, registers: { a0: 1, a1: 2, a6: 3, a7: 4 } });
  });

  it("lets a listener of marks see the machine right behind each, and observe more", async () => {
    const { machine, labels } = await guest(`
  li t0, 0x102000
  li t1, 0x01000000
  addi a0, zero, 7
  sw t1, 0(t0)
behind:
  addi a0, a0, 1
  ${PASS}`);
    const steps: number[] = [];
    machine.on("mark", () => {
      expect(machine.registers(0)[R.a0]).toBe(7);
      machine.debug.observe({ steps: true });
    });
    machine.on("step", ({ pc }) => steps.push(pc));
    machine.debug.observe({ marks: true });
    machine.run({ cycles: 1e6 });
    expect(steps[0]).toBe(labels.get("behind"));
    expect(machine.registers(0)[R.a0]).toBe(8);
  });
});

describe("a debugger's view of a hart", () => {
  it("reads and writes registers, mode and CSRs", async () => {
    const { machine } = await guest("wfi");
    const { debug } = machine;
    debug.setRegister(0, R.a0, 77);
    debug.setRegister(0, 0, 77);
    expect([machine.registers(0)[R.a0], machine.registers(0)[0]]).toEqual([77, 0]);
    debug.setCsr(0, 0x340, 0x12345678);
    expect(debug.csr(0, 0x340)).toBe(0x12345678);
    debug.setCsr(0, 0xb00, 1000);
    expect(debug.csr(0, 0xb00)).toBe(1000);
    expect(debug.csr(0, 0x7ff)).toBeUndefined();
    expect(() => debug.setCsr(0, 0x7ff, 1)).toThrow("csr 0x7ff");
    debug.setMode(0, "user");
    expect(debug.mode(0)).toBe("user");
    debug.setPc(0, 0x80000010);
    expect(machine.stats()[0]).toMatchObject({ pc: 0x80000010, mode: "user" });
  });

  it("finds where virtual addresses lie, and marks nothing", async () => {
    const { machine } = await finish(`
  li a0, 0x80008000
  li t0, 0x20002401            # 0x80009000, a table
  sw t0, 0(a0)
  li t0, 0x2000000f            # a superpage of 4 MiB at 0x80000000
  li a1, 0x80008800
  sw t0, 0(a1)
  li a1, 0x80009000
  li t0, 0x2000280b            # 0x8000a000, no A yet
  sw t0, 8(a1)
  li t0, 0x80080008
  csrw satp, t0
  li t0, 0x20800               # MPRV with MPP S
  csrs mstatus, t0
  csrr s2, mstatus
  li t0, 0x20000
  csrc mstatus, t0
  ${PASS}`);
    const { debug } = machine;
    const before = machine.hash();
    debug.setMode(0, "supervisor");
    expect(debug.translate(0, 0x2123)).toBe(0x8000a123);
    expect(debug.translate(0, 0x80012345, "fetch")).toBe(0x80012345);
    expect(debug.translate(0, 0x1000)).toBeUndefined();
    debug.setMode(0, "machine");
    expect(debug.translate(0, 0x2123)).toBe(0x2123);
    expect(machine.hash()).toBe(before);
    debug.setCsr(0, 0x300, machine.registers(0)[S.s2] as number);
    expect(debug.translate(0, 0x2123, "store")).toBe(0x8000a123);
    expect(debug.translate(0, 0x2123, "fetch")).toBe(0x2123);
  });
});
