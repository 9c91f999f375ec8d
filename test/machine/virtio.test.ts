// The socket device and the virtio console: queues, buffers, events, and the order of time. The
// host prepares the queues in memory; the guest tells the device where they are, and waits.
import { describe, expect, it } from "vitest";
import type { Machine, MachineConfig, PacketEvent, TerminalEvent } from "../../emu/index.js";
import { guest, PASS, S, word } from "../support/guest.js";

const QUEUES = 0x80040000; // a page for each: descriptors, available at 1024, used at 2048
const BUFFERS = 0x80050000;
const HEADER = 44;

interface Buffer {
  readonly bytes: number;
  readonly writable: boolean;
}

function put(machine: Machine, address: number, words: readonly number[]): void {
  machine.writePhysical(address, new Uint8Array(Uint32Array.from(words).buffer));
}

/** Gives a queue one descriptor for each buffer, all available. Returns the buffers' addresses. */
function fillQueue(machine: Machine, queue: number, buffers: readonly Buffer[]): number[] {
  const page = QUEUES + queue * 4096;
  const places = buffers.map((_, i) => BUFFERS + queue * 65536 + i * 8192);
  buffers.forEach(({ bytes, writable }, i) => {
    put(machine, page + i * 16, [places[i] as number, 0, bytes, writable ? 2 : 0]);
  });
  const ring = buffers.map((_, i) => i);
  const available = new Uint16Array([0, buffers.length, ...ring, 0]);
  machine.writePhysical(page + 1024, new Uint8Array(available.buffer));
  return places;
}

/** What the device has used of a queue: [head, bytes written] each. */
function used(machine: Machine, queue: number): [number, number][] {
  const place = QUEUES + queue * 4096 + 2048;
  const count = word(machine, place) >>> 16;
  const entry = (i: number, at: number) => word(machine, place + 4 + i * 8 + at);
  return Array.from({ length: count }, (_, i) => [entry(i, 0), entry(i, 4)]);
}

/** Names the queues to the device in `slot`, notifies each, and counts interrupts in s2. */
function driver(slot: number, queues: number): string {
  const setUp = Array.from({ length: queues }, (_, queue) => {
    const page = QUEUES + queue * 4096;
    return `
    li t0, ${queue}
    sw t0, 0x30(a0)
    li t0, 8
    sw t0, 0x38(a0)
    li t0, ${page}
    sw t0, 0x80(a0)
    li t0, ${page + 1024}
    sw t0, 0x90(a0)
    li t0, ${page + 2048}
    sw t0, 0xa0(a0)
    li t0, 1
    sw t0, 0x44(a0)`;
  });
  const notify = Array.from({ length: queues }, (_, queue) => `li t0, ${queue}\n sw t0, 0x50(a0)`);
  return `
    la t0, handler
    csrw mtvec, t0
    li a0, ${0x10001000 + slot * 0x1000}
    lw s3, 8(a0)
    lw s4, 0x100(a0)
    li a1, 0xc000000
    li t0, 1
    sw t0, ${4 * (slot + 1)}(a1)
    li a2, 0xc002000
    li t0, ${1 << (slot + 1)}
    sw t0, 0(a2)
    li a3, 0xc200000
    li t0, 0x800
    csrw mie, t0
    li t0, 8
    csrs mstatus, t0
    ${setUp.join("\n")}
    li t0, 4
    sw t0, 0x70(a0)
    ${notify.join("\n")}
sleep:
    wfi
    j sleep
handler:
    lw t1, 4(a3)
    lw t2, 0x60(a0)
    sw t2, 0x64(a0)
    addi s2, s2, 1
    csrr s5, mcycle
    sw t1, 4(a3)
    mret
    ${PASS}`;
}

const HOST: Partial<MachineConfig> = { vsock: true, terminal: true };
const packet = (data: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(HEADER + data.length);
  new DataView(bytes.buffer).setUint32(24, data.length, true);
  bytes.set(data, HEADER);
  return bytes;
};

describe("virtio socket", () => {
  it("tells its id and the guest's context, and is not there unless asked for", async () => {
    const there = await guest(driver(1, 0), HOST);
    there.machine.run({ cycles: 1000 });
    const x = there.machine.registers(0);
    expect([x[S.s3], x[S.s4]]).toEqual([19, 3]);
    const absent = await guest(driver(1, 0));
    absent.machine.run({ cycles: 1000 });
    expect(absent.machine.registers(0)[S.s3]).toBe(0);
  });

  it("makes an event of each packet sent, with the cycle of the notify", async () => {
    const { machine } = await guest(driver(1, 2), HOST);
    const places = fillQueue(machine, 1, [
      { bytes: HEADER + 5, writable: false },
      { bytes: 3, writable: false }, // too short for a packet: used, and nothing more
    ]);
    machine.writePhysical(places[0] as number, packet([1, 2, 3, 4, 5]));
    const events: PacketEvent[] = [];
    machine.on("packet", (event) => events.push(event));
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    expect(events.map(({ bytes }) => [...bytes])).toEqual([[...packet([1, 2, 3, 4, 5])]]);
    expect(used(machine, 1)).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(machine.registers(0)[S.s2]).toBe(1);
  });

  it("holds the host's packets until there are buffers, and cuts data to fit them", async () => {
    const { machine } = await guest(driver(1, 2), HOST);
    const data = Array.from({ length: 100 }, (_, i) => i);
    machine.sendPacket(packet(data));
    machine.sendPacket(packet([7]));
    const places = fillQueue(machine, 0, [
      { bytes: HEADER + 60, writable: true },
      { bytes: HEADER + 60, writable: true },
    ]);
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    expect(used(machine, 0)).toEqual([
      [0, HEADER + 60],
      [1, HEADER + 40],
    ]);
    const arrived = places.flatMap((place, i) => {
      const bytes = word(machine, place + 24);
      expect(bytes).toBe(i === 0 ? 60 : 40);
      return [...machine.readPhysical(place + HEADER, bytes)];
    });
    expect(arrived).toEqual(data);
  });

  it("a chain outside RAM is used with nothing in it, and a mad ring stops the queue", async () => {
    const { machine } = await guest(driver(1, 2), HOST);
    fillQueue(machine, 0, [{ bytes: 100, writable: true }]);
    put(machine, QUEUES, [0x10, 0, 100, 2]);
    put(machine, QUEUES + 4096 + 1024, [0xffff0000]); // 65,535 requests in a ring of 8
    machine.sendPacket(packet([7]));
    machine.run({ cycles: 10_000 });
    expect(used(machine, 0)).toEqual([[0, 0]]);
    expect(used(machine, 1)).toEqual([]);
  });

  it("answers at the cycle asked for, however the run is sliced", async () => {
    const run = async (cycles: number) => {
      const { machine } = await guest(driver(1, 2), HOST);
      fillQueue(machine, 0, [{ bytes: 200, writable: true }]);
      const [place = 0] = fillQueue(machine, 1, [{ bytes: HEADER + 1, writable: false }]);
      machine.writePhysical(place, packet([9]));
      machine.on("packet", ({ cycle, bytes }) => {
        machine.at(cycle + 5000, () => machine.sendPacket(bytes));
      });
      while (machine.cycle() < 20_000) {
        if (machine.run({ cycles }).reason === "idle") break;
      }
      return [machine.registers(0)[S.s2], machine.registers(0)[S.s5], machine.hash()];
    };
    const whole = await run(20_000);
    expect(whole[0]).toBe(2);
    for (const cycles of [1, 64, 777, 5000]) expect(await run(cycles)).toEqual(whole);
  });
});

describe("virtio console", () => {
  it("sends text as events, and takes keys into the driver's buffers", async () => {
    const { machine } = await guest(driver(2, 2), HOST);
    const [keys = 0] = fillQueue(machine, 0, [{ bytes: 16, writable: true }]);
    const [text = 0] = fillQueue(machine, 1, [{ bytes: 5, writable: false }]);
    machine.writePhysical(text, new TextEncoder().encode("hello"));
    const events: TerminalEvent[] = [];
    machine.on("terminal", (event) => events.push(event));
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    expect(new TextDecoder().decode(events[0]?.bytes)).toBe("hello");
    expect(machine.registers(0)[S.s3]).toBe(3);
    expect(machine.terminalInput(new TextEncoder().encode("keys"))).toBe(true);
    expect(used(machine, 0)).toEqual([[0, 1]]); // the first byte went at once, the others wait
    expect(machine.readPhysical(keys, 1)).toEqual(Uint8Array.of(0x6b));
  });
});
