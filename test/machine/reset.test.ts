// A reset of a machine that has run: harts, devices and memory are as on a fresh machine, time and
// counts go on, and the drive stays.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Machine } from "../../emu/index.js";
import { guest, MIB } from "../support/guest.js";

const RESET = `
  li t5, 0x100000
  li t6, 0x7777
  sw t6, 0(t5)
stay:
  j stay`;

const CONFIG = { vsock: true, terminal: true, entropy: true, firewall: true, seed: 4 };
const DEVICES_REGION = 1; // assembly/snapshot.ts: bitmaps of harts, and all devices
/** Starts of what can be stored to: CLINT, PLIC, UART, virtio slots, RTC, desk, firewall. */
const DEVICES = [
  ...[0x02000000, 0x02004000, 0x0c000000, 0x0c002000, 0x0c002080, 0x0c201000, 0x10000000],
  ...[0x10001000, 0x10002000, 0x10003000, 0x10004000, 0x00101000, 0x00103000],
];
const word = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }));

interface Store {
  readonly device: number;
  readonly word: number;
  readonly value: number;
}

/** Stores them, whether or not they fault, and asks for a reset. */
function pollute(stores: readonly Store[]): string {
  const each = stores.map(
    ({ device, word, value }) =>
      `li t0, ${((DEVICES[device] as number) + 4 * word) >>> 0}\nli t1, ${value}\nsw t1, 0(t0)`,
  );
  return `
    la t0, skip
    csrw mtvec, t0
    ${each.join("\n")}
    ${RESET}
skip:
    csrr t2, mepc
    addi t2, t2, 4
    csrw mepc, t2
    mret`;
}

function devicesOf(machine: Machine): Uint8Array {
  return machine.snapshot().regions[DEVICES_REGION] as Uint8Array;
}

/** Counts boots in a register that a reset clears and in a word that it clears; then asks for one. */
const TWICE = `
  csrr s3, mhartid
  bnez s3, stay
  li a0, 0x80200000
  lw a1, 0(a0)
  addi a1, a1, 1
  sw a1, 0(a0)
  csrw mscratch, a1
  csrr s1, mcycle
  csrr s2, minstret
  ${RESET}`;

describe("a machine that its guest has reset", () => {
  it("starts anew with memory and registers cleared, and goes on in time", async () => {
    const { machine } = await guest(TWICE, { harts: 3, seed: 5 });
    expect(machine.run({ cycles: 1_000_000 })).toMatchObject({ verdict: "reset" });
    const [cycle, before] = [machine.cycle(), machine.stats()];
    machine.reset();
    const started = machine.stats();
    for (const [i, hart] of started.entries()) {
      expect(hart.instret).toBe(before[i]?.instret);
      expect(hart.cycle).toBe(cycle);
      expect(hart).toMatchObject({ mode: "machine", waiting: false, pc: 0x1000 });
      expect([...machine.registers(i)]).toEqual(Array(32).fill(0));
    }
    expect(machine.readPhysical(0x80200000, 4)).toEqual(new Uint8Array(4));
    expect(machine.run({ cycles: 1_000_000 })).toMatchObject({ verdict: "reset" });
    expect(machine.readPhysical(0x80200000, 4)[0]).toBe(1);
    expect(machine.registers(0)[9]).toBeGreaterThan(cycle); // s1
  });

  it("takes other images, and refuses what does not fit with the old ones in place", async () => {
    const { machine } = await guest(TWICE);
    expect(() => machine.reset()).toThrow("has not asked for one");
    machine.run({ cycles: 1_000_000 });
    const hash = machine.hash();
    expect(() => machine.reset({ initrd: new Uint8Array(40 * MIB) })).toThrow(/initrd/);
    expect(machine.hash()).toBe(hash);
    machine.reset({ initrd: new Uint8Array(4096).fill(7), bootArgs: "again" });
    const chosen = machine.deviceTree.tree.children.find(({ name }) => name === "chosen");
    const text = JSON.stringify(chosen?.properties);
    expect(text).toContain("again");
    expect(text).toContain('"quarterdeck,successor",[1]');
  });

  it("has its devices as they were at the first start, whatever was stored to them", async () => {
    const store = fc.record({ device: fc.nat(DEVICES.length - 1), word: fc.nat(63), value: word });
    await fc.assert(
      fc.asyncProperty(fc.array(store, { minLength: 1, maxLength: 40 }), async (stores) => {
        const { machine } = await guest(pollute(stores), CONFIG);
        const fresh = devicesOf(machine);
        expect(machine.run({ cycles: 1_000_000 })).toMatchObject({ verdict: "reset" });
        machine.reset();
        expect(devicesOf(machine)).toEqual(fresh);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps its drive", async () => {
    const data = new Uint8Array(4096).fill(9);
    const { machine } = await guest(TWICE, { drive: { data } });
    machine.run({ cycles: 1_000_000 });
    machine.reset();
    expect(machine.readDrive()).toEqual(data);
  });

  it("can be restored to before and behind the reset", async () => {
    const { machine } = await guest(TWICE, { harts: 2 });
    const fresh = machine.snapshot();
    machine.run({ cycles: 1_000_000 });
    machine.reset();
    const behind = machine.snapshot();
    const run = () => [machine.run({ cycles: 1_000_000 }), machine.cycle(), machine.hash()];
    const ended = run();
    machine.restore(fresh);
    expect(machine.run({ cycles: 1_000_000 })).toMatchObject({ verdict: "reset" });
    machine.restore(behind);
    expect(run()).toEqual(ended);
  });
});
