// The socket device and the virtio console: queues, buffers, events, and the order of time. The
// host prepares the queues in memory; the guest tells the device where they are, and waits.
import { describe, expect, it } from "vitest";
import type { PacketEvent, TerminalEvent } from "../../emu/index.js";
import { guest, S, word } from "../support/guest.js";
import { driver, fillQueue, HEADER, HOST, packet, put, QUEUES, used } from "../support/virtio.js";

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
