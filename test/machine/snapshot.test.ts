// Snapshots inside a process: all of memory comes back whatever changed it, snapshots in any order,
// and what they share. Memory is compared with full copies, so a change that nobody marked is seen.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Machine, MachineConfig } from "../../emu/index.js";
import { finish, guest, MIB } from "../support/guest.js";
import { block, drive, driver, fillQueue, HOST, packet } from "../support/virtio.js";

const RAM = 0x80000000;
const ROOT = 0x80200000; // page tables, written by the host alone
const LEAVES = 0x80201000;
const PAGES = 0x80300000; // what the guest's operations touch, at VIRTUAL too
const VIRTUAL = 0x40000000;
const MANY = 24;
const SPLIT = 5; // a page without one PMP verdict: never in a TLB
const RETURN = 0x00008067; // jalr zero, 0(ra)

/** Everything that a restore has to bring back, copied in full. */
function copyOf(machine: Machine) {
  const { ramBytes } = machine.configuration;
  return {
    ram: machine.readPhysical(RAM, ramBytes),
    drive: machine.readDrive(),
    harts: machine.stats(),
    registers: [...machine.registers(0)],
    hash: machine.hash(),
  };
}

function expectCopy(machine: Machine, copy: ReturnType<typeof copyOf>): void {
  const now = copyOf(machine);
  if (Buffer.compare(now.ram, copy.ram) !== 0) {
    const wrong = now.ram.findIndex((byte, i) => byte !== copy.ram[i]);
    throw new Error(`0x${(RAM + wrong).toString(16)} is not as it was`);
  }
  expect(Buffer.compare(now.drive, copy.drive)).toBe(0);
  expect({ ...now, ram: 0, drive: 0 }).toEqual({ ...copy, ram: 0, drive: 0 });
}

const KINDS = ["store", "byte", "load", "amo", "conditional", "call", "fence"] as const;

interface Operation {
  readonly kind: (typeof KINDS)[number];
  readonly page: number;
  readonly translated: boolean;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(...KINDS),
  page: fc.nat(MANY - 1),
  translated: fc.boolean(),
});

/** One operation on a page; `call` writes an instruction there and runs it, in machine mode. */
function textOf({ kind, page, translated }: Operation): string {
  const place = (translated && kind !== "call" ? VIRTUAL : PAGES) + page * 4096;
  const does = {
    store: "sw s11, 64(t0)",
    byte: "sb s11, 129(t0)",
    load: "lw t1, 64(t0)",
    amo: "addi t2, t0, 128\namoadd.w t1, s11, (t2)",
    conditional: "addi t2, t0, 192\nlr.w t1, (t2)\naddi t1, t1, 3\nsc.w t1, t1, (t2)",
    call: `li t1, ${RETURN}\nsw t1, 0(t0)\njalr ra, 0(t0)`,
    fence: "sfence.vma zero, zero",
  }[kind];
  const through = translated && kind !== "call" ? "s10" : "zero";
  return `li t0, ${place}\ncsrs mstatus, ${through}\n${does}\ncsrc mstatus, s9\naddi s11, s11, 7`;
}

/** Loads and stores in machine mode, some of them translated as the supervisor's (MPRV). */
async function program(operations: readonly Operation[], config: Partial<MachineConfig>) {
  const { machine } = await guest(
    `
    li s9, 0x20000
    li s10, 0x20800
    li t0, ${(PAGES + SPLIT * 4096 + 0x800) >>> 2}
    csrw pmpaddr0, t0
    li t0, -1
    csrw pmpaddr1, t0
    li t0, 0x1f13
    csrw pmpcfg0, t0
    li t0, ${(0x80000000 | (ROOT >>> 12)) >>> 0}
    csrw satp, t0
loop:
    ${operations.map(textOf).join("\n")}
    j loop`,
    config,
  );
  const word = (at: number, value: number) =>
    machine.writePhysical(at, new Uint8Array(Uint32Array.of(value).buffer));
  word(ROOT + (VIRTUAL >>> 22) * 4, ((LEAVES >>> 12) << 10) | 1);
  for (let page = 0; page < MANY; page++) {
    word(LEAVES + page * 4, (((PAGES + page * 4096) >>> 12) << 10) | 7);
  }
  return machine;
}

describe("whatever changes memory, a restore brings all of it back", () => {
  it("stores, atomics, page tables, code: any program, any moments, any order", async () => {
    const step = fc.oneof(
      fc.record({ run: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ take: fc.constant(true) }),
      fc.record({ restore: fc.nat(20) }),
      fc.record({ write: fc.nat(MANY * 4096 - 1) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 4, maxLength: 40 }),
        fc.array(step, { minLength: 4, maxLength: 14 }),
        fc.constantFrom(1, 64),
        async (operations, steps, quantumCycles) => {
          const machine = await program(operations, { quantumCycles });
          const kept = [{ snapshot: machine.snapshot(), copy: copyOf(machine) }];
          for (const now of [...steps, { restore: 0 }, { restore: kept.length }]) {
            if ("run" in now) machine.run({ cycles: now.run });
            else if ("take" in now)
              kept.push({ snapshot: machine.snapshot(), copy: copyOf(machine) });
            else if ("write" in now) machine.writePhysical(PAGES + now.write, Uint8Array.of(90));
            else {
              const one = kept[now.restore % kept.length] as (typeof kept)[number];
              machine.restore(one.snapshot);
              expectCopy(machine, one.copy);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  const ONE: readonly [string, Operation][] = [
    ["a load that sets the A bit", { kind: "load", page: 1, translated: true }],
    ["a store that sets the D bit", { kind: "store", page: 1, translated: true }],
    ["a store to a page that is never in a TLB", { kind: "store", page: SPLIT, translated: true }],
    ["an atomic there", { kind: "amo", page: SPLIT, translated: true }],
    ["SC", { kind: "conditional", page: 2, translated: false }],
    ["a store to code", { kind: "call", page: 3, translated: false }],
  ];
  it.each(ONE)("%s, and nothing else, taken at every moment", async (_, only) => {
    const machine = await program([only], { quantumCycles: 1 });
    for (let moment = 0; moment < 25; moment++) {
      const [snapshot, copy] = [machine.snapshot(), copyOf(machine)];
      machine.run({ cycles: 40 });
      expect(machine.hash()).not.toBe(copy.hash);
      machine.restore(snapshot);
      expectCopy(machine, copy);
      machine.run({ cycles: 1 });
    }
  });

  it.each([0, 1])(
    "the block device (request %i) writes to memory and to the drive",
    async (kind) => {
      const flags = kind === 0 ? 2 : 0;
      const { machine } = await guest(block(kind, 9, flags), { drive: { data: drive() } });
      machine.writePhysical(0x80020000, Uint8Array.of(7, 7, 7));
      const [snapshot, copy] = [machine.snapshot(), copyOf(machine)];
      for (let time = 0; time < 2; time++) {
        expect(machine.run({ cycles: 10_000 }).reason).toBe("finished");
        const changed = kind === 0 ? machine.readPhysical(0x80020000, 3) : machine.readDrive();
        expect(changed).not.toEqual(kind === 0 ? Uint8Array.of(7, 7, 7) : copy.drive);
        machine.restore(snapshot);
        expectCopy(machine, copy);
      }
    },
  );

  it("packets and keys go into the driver's buffers, and waiting ones come back", async () => {
    for (const [slot, send] of [
      [1, (machine: Machine) => machine.sendPacket(packet([1, 2, 3]))],
      [2, (machine: Machine) => void machine.terminalInput(Uint8Array.of(65, 66))],
    ] as const) {
      const { machine } = await guest(driver(slot, 2), HOST);
      fillQueue(machine, 0, [
        { bytes: 200, writable: true },
        { bytes: 60, writable: true },
      ]);
      machine.run({ cycles: 5000 });
      const states = [];
      for (let time = 0; time < 4; time++) {
        states.push({ snapshot: machine.snapshot(), copy: copyOf(machine) });
        send(machine);
        machine.run({ cycles: 5000 });
        expect(machine.hash()).not.toBe(states.at(-1)?.copy.hash);
      }
      for (const { snapshot, copy } of [...states, ...states.reverse()]) {
        machine.restore(snapshot);
        expectCopy(machine, copy);
      }
    }
  });
});

describe("what a snapshot is", () => {
  it("console input that waits is in it, and enters at the same cycle again", async () => {
    const { machine } = await guest("wfi\nj 0x80000000");
    machine.consoleInput(new Uint8Array(5000).fill(65));
    const snapshot = machine.snapshot();
    expect(snapshot.input.length).toBe(5000 - 4096);
    expect(snapshot.inputDue).toBe(100_000);
    machine.consoleInput(new Uint8Array(10));
    machine.restore(snapshot);
    expect(machine.snapshot().input.length).toBe(5000 - 4096);
  });

  it("a second one shares all pages that did not change, and zero pages are one", async () => {
    const { machine } = await guest("loop:\nsw t0, 1024(zero)\nj loop", { ramBytes: 32 * MIB });
    const first = machine.snapshot();
    machine.writePhysical(0x80100000, Uint8Array.of(1));
    expect(machine.dirtyPages()).toBe(1);
    const second = machine.snapshot();
    const others = second.pages.filter((page, i) => page !== first.pages[i]);
    expect(others).toHaveLength(1);
    expect(new Set(first.pages).size).toBeLessThan(20);
  });

  it("one of another configuration is refused, and nothing is changed", async () => {
    const { machine } = await guest("wfi");
    const snapshot = machine.snapshot();
    for (const other of [{ harts: 2 }, { quantumCycles: 65 }, { ramBytes: 17 * MIB }, HOST]) {
      const { machine: different } = await guest("wfi", other);
      const before = different.hash();
      expect(() => different.restore(snapshot)).toThrow(/^restore: .* of another configuration/);
      expect(different.hash()).toBe(before);
    }
  });

  it("decoded code does not outlive the memory it was decoded from", async () => {
    const text = (value: number) => `
      li a0, ${value}
      li t0, 0x100000
      li t1, 0x5555
      sw t1, 0(t0)`;
    const { machine: first } = await finish(text(1));
    const { machine: other } = await guest(text(2));
    first.restore(other.snapshot()); // same shape, other code at the same addresses
    first.run({ cycles: 100 });
    expect(first.registers(0)[10]).toBe(2);
  });
});
