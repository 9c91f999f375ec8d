// Devices: UART and PLIC, virtio block, finisher, log desk, events.
import { describe, expect, it } from "vitest";
import type { ConsoleEvent, MarkEvent } from "../../emu/index.js";
import { finish, guest, PASS, S } from "../support/guest.js";
import { block, drive } from "../support/virtio.js";

const text = (events: ConsoleEvent[]) =>
  events.map((event) => new TextDecoder().decode(event.bytes)).join("");

/** An M-mode handler on the PLIC's context 0 that echoes console bytes until "q". */
const ECHO = `
  la t0, handler
  csrw mtvec, t0
  li a0, 0xc000000
  li t0, 1
  sw t0, 40(a0)             # priority of source 10
  li a1, 0xc002000
  li t0, 0x400
  sw t0, 0(a1)              # enabled for context 0
  li a2, 0xc200000
  li a3, 0x10000000
  li t0, 1
  sb t0, 1(a3)              # receive interrupts
  li t0, 0x800
  csrw mie, t0
  li t0, 8
  csrs mstatus, t0
sleep:
  wfi
  j sleep
handler:
  lw s2, 4(a2)              # claim
  addi s4, s4, 1
more:
  lbu t0, 5(a3)
  andi t0, t0, 1
  beqz t0, done
  lbu t1, 0(a3)
  sb t1, 0(a3)
  li t2, 113
  bne t1, t2, more
  lw s3, 4(a2)              # nothing left to claim
  ${PASS}
done:
  sw s2, 4(a2)              # complete
  mret`;

describe("console", () => {
  it("input interrupts through the PLIC, is echoed, and claim and complete work", async () => {
    const { machine } = await guest(ECHO);
    const events: ConsoleEvent[] = [];
    machine.on("console", (event) => events.push(event));
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    machine.consoleInput(new TextEncoder().encode("hello "));
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    machine.consoleInput(new TextEncoder().encode("world q"));
    expect(machine.run({ cycles: 10_000 }).reason).toBe("finished");
    expect(text(events)).toBe("hello world q");
    const x = machine.registers(0);
    expect([x[S.s2], x[S.s3], x[S.s4]]).toEqual([10, 0, 2]);
  });

  it("more input than the receive queue holds is not lost", async () => {
    const { machine } = await guest(ECHO);
    const events: ConsoleEvent[] = [];
    machine.on("console", (event) => events.push(event));
    const sent = `${"x".repeat(9000)}q`;
    machine.consoleInput(new TextEncoder().encode(sent));
    for (let n = 0; n < 9 && machine.run({ cycles: 100_000 }).reason !== "finished"; n++);
    expect(text(events)).toBe(sent);
  });

  it("more output than the event ring holds arrives whole and leaves the run alike", async () => {
    const loud = `
      li a3, 0x10000000
      li s2, 200000
loop:
      andi t0, s2, 63
      addi t0, t0, 48
      sb t0, 0(a3)
      li t1, 0x102000
      sw s2, 4(t1)
      andi t0, s2, 127
      bnez t0, next
      sw s2, 0(t1)
next:
      addi s2, s2, -1
      bnez s2, loop
      ${PASS}`;
    const { machine } = await guest(loud);
    let bytes = 0;
    let marks = 0;
    machine.on("console", (event) => {
      bytes += event.bytes.length;
    });
    machine.on("mark", () => marks++);
    expect(machine.run({ cycles: 1e8 }).reason).toBe("finished");
    expect([bytes, marks]).toEqual([200_000, Math.floor(200_000 / 128)]);
  });

  it("the transmitter's interrupt is shown once by IIR", async () => {
    const { x } = await finish(`
      li a3, 0x10000000
      li t0, 2
      sb t0, 1(a3)
      lbu s2, 2(a3)
      lbu s3, 2(a3)
      sb t0, 0(a3)
      lbu s4, 2(a3)
      lbu s5, 5(a3)
      ${PASS}`);
    expect([x[S.s2], x[S.s3], x[S.s4], x[S.s5]]).toEqual([2, 1, 2, 0x60]);
  });
});

describe("PLIC", () => {
  it("a source at or below the threshold does not interrupt, and priorities decide", async () => {
    const { machine } = await guest(
      `
      li a0, 0xc000000
      li t0, 3
      sw t0, 40(a0)
      li a1, 0xc002080        # context 1: S of hart 0
      li t0, 0x400
      sw t0, 0(a1)
      li a2, 0xc201000
      li t0, 3
      sw t0, 0(a2)
      li a3, 0x10000000
      li t0, 1
      sb t0, 1(a3)
      wfi
      li t0, 0x200
      csrw mie, t0
      wfi
      csrr s2, mip
      li t0, 2
      sw t0, 0(a2)
      csrr s3, mip
      lw s4, 4(a2)
      csrr s5, mip
      ${PASS}`
        .replace("wfi\n", "")
        .replace("      wfi\n", "\nwait:\n lbu t1, 5(a3)\n andi t1, t1, 1\n beqz t1, wait\n"),
    );
    machine.run({ cycles: 1000 });
    machine.consoleInput(Uint8Array.of(1));
    expect(machine.run({ cycles: 1000 }).reason).toBe("finished");
    const x = machine.registers(0);
    expect([x[S.s2], x[S.s3], x[S.s4], x[S.s5]]).toEqual([0, 0x200, 10, 0]);
  });
});

describe("virtio block", () => {
  for (const legacy of [false, true]) {
    it(`reads a sector and interrupts (${legacy ? "legacy" : "modern"})`, async () => {
      const config = { drive: { data: drive() }, legacyVirtio: legacy };
      const { x } = await finish(block(0, 7, 2, legacy), config);
      expect([x[S.s2], x[S.s3]]).toEqual([legacy ? 1 : 2, 2]);
      expect([x[S.s4], x[S.s5], x[S.s6], x[S.s7]]).toEqual([1, 0, 0x10000, 513]);
      expect([x[S.s8], x[S.s9]]).toEqual([0x04030201, 2]);
    });
  }

  it("writes a sector, unless the drive is read-only or the sector beyond its end", async () => {
    const { x, machine } = await finish(block(1, 2, 0), { drive: { data: drive() } });
    expect(x[S.s5]).toBe(0);
    expect(machine.readDrive().slice(1024, 1536)).toEqual(machine.readPhysical(0x80020000, 512));
    const readOnly = { drive: { data: drive(), readOnly: true } };
    expect((await finish(block(1, 2, 0), readOnly)).x[S.s5]).toBe(1);
    expect((await finish(block(0, 2048, 2), { drive: { data: drive() } })).x[S.s5]).toBe(1);
  });

  it("an unknown request is unsupported, and get-id gives the name", async () => {
    expect((await finish(block(99, 0, 2), { drive: { data: drive() } })).x[S.s5]).toBe(2);
    const { machine } = await finish(block(8, 0, 2), { drive: { data: drive() } });
    const name = new TextDecoder().decode(machine.readPhysical(0x80020000, 11));
    expect(name).toBe("quarterdeck");
  });

  it("an empty slot has device id 0", async () => {
    const { x } = await finish(`li a0, 0x10002000\nlw s2, 0(a0)\nlw s3, 8(a0)\n${PASS}`);
    expect([x[S.s2], x[S.s3]]).toEqual([0x74726976, 0]);
  });
});

describe("log desk and finisher", () => {
  it("a mark carries hart, exact cycle and instret, code, argument and value once", async () => {
    const { machine } = await guest(`
      li a0, 0x102000
      li t0, 77
      sw t0, 4(a0)
      li t0, 0x04000005
      csrr s2, minstret
      sw t0, 0(a0)
      sw t0, 0(a0)
      ${PASS}`);
    const marks: MarkEvent[] = [];
    machine.on("mark", (event) => marks.push(event));
    machine.run({ cycles: 1000 });
    const instret = (machine.registers(0)[S.s2] as number) + 1;
    expect(marks[0]).toMatchObject({ hart: 0, code: 4, argument: 5, value: 77, instret });
    expect(marks[1]).toMatchObject({ code: 4, argument: 5, value: 0, instret: instret + 1 });
  });

  it("a text mark copies the text, and a phase mark counts every hart", async () => {
    const { machine } = await guest(
      `
      csrr t0, mhartid
      bnez t0, park
      li a0, 0x102000
      la t0, words
      sw t0, 4(a0)
      li t0, 0x82000003
      sw t0, 0(a0)
      li t0, 0x02000007
      sw t0, 0(a0)
      ${PASS}
park:
      wfi
      j park
words:
      .word 0x6c6c6568
      .word 0x0000006f`,
      { harts: 3 },
    );
    const marks: MarkEvent[] = [];
    machine.on("mark", (event) => marks.push(event));
    machine.run({ cycles: 1000 });
    expect(marks[0]).toMatchObject({ code: 0x82, argument: 3, text: "hello" });
    expect(marks[1]?.instretOfHarts).toHaveLength(3);
    expect(marks[1]?.instretOfHarts?.[0]).toBe(marks[1]?.instret);
  });

  it("the finisher gives pass, fail with a code, and reset", async () => {
    const end = (value: number) => finish(`li a0, 0x100000\nli a1, ${value}\nsw a1, 0(a0)\nwfi`);
    expect((await end(0x5555)).result).toMatchObject({ verdict: "pass", exitCode: 0 });
    expect((await end(0x2a3333)).result).toMatchObject({ verdict: "fail", exitCode: 42 });
    expect((await end(0x7777)).result).toMatchObject({ verdict: "reset" });
  });
});
