// The socket device and the virtio console: queues, buffers, events, and the order of time. The
// host prepares the queues in memory; the guest tells the device where they are, and waits.
import { describe, expect, it } from "vitest";
import type { MachineConfig, PacketEvent, TerminalEvent } from "../../emu/index.js";
import { guest, PASS, S, word } from "../support/guest.js";
import {
  driver,
  fillQueue,
  HEADER,
  HOST,
  packet,
  put,
  QUEUE_BYTES,
  QUEUES,
  type Transport,
  used,
} from "../support/virtio.js";

describe("the transport", () => {
  /** Registers after a driver has asked for features and said FEATURES_OK (8). */
  async function handshake(low: number, high: number, config: Partial<MachineConfig> = {}) {
    const { machine } = await guest(
      `li a0, 0x10001000
      li t0, ${low}
      sw t0, 0x20(a0)
      li t0, 1
      sw t0, 0x24(a0)
      li t0, ${high}
      sw t0, 0x20(a0)
      li t0, 11
      sw t0, 0x70(a0)
      lw s2, 0x70(a0)
      lw s3, 0xb0(a0)
      lw s4, 0xb4(a0)
      lw s5, 0xfc(a0)
      ${PASS}`,
      { drive: { data: new Uint8Array(4096) }, ...config },
    );
    machine.run({ cycles: 1000 });
    return machine.registers(0);
  }

  it("takes FEATURES_OK back when the driver asks for what is not offered (3.1.1)", async () => {
    expect((await handshake(1 << 9, 1))[S.s2]).toBe(11);
    expect((await handshake(1 << 12, 1))[S.s2]).toBe(3);
    expect((await handshake(0, 0))[S.s2]).toBe(3); // no VERSION_1
    expect((await handshake(0, 0, { legacyVirtio: true }))[S.s2]).toBe(11);
  });

  it("has no shared memory and a configuration that never changes (4.2.2)", async () => {
    const x = await handshake(0, 1);
    expect([x[S.s3], x[S.s4], x[S.s5]]).toEqual([0xffffffff, 0xffffffff, 0]);
  });
});

describe("virtio entropy", () => {
  const random = async (transport: Transport, seed: number) => {
    const { machine } = await guest(driver(3, 1, transport), {
      entropy: true,
      seed,
      legacyVirtio: transport === "legacy",
    });
    const buffers = [20, 64].map((bytes) => ({ bytes, writable: true }));
    const places = fillQueue(machine, 0, buffers, transport);
    machine.run({ cycles: 3000 });
    const bytes = places.map((place, n) => machine.readPhysical(place, buffers[n]?.bytes ?? 0));
    return { machine, bytes, used: used(machine, 0, transport) };
  };

  it.each(["modern", "legacy"] as const)("fills buffers and interrupts (%s)", async (transport) => {
    const { machine, bytes, used } = await random(transport, 5);
    expect(used).toEqual([
      [0, 20],
      [1, 64],
    ]);
    const x = machine.registers(0);
    expect([x[S.s2], x[S.s3]]).toEqual([1, 4]);
    expect(new Set(bytes.flatMap((all) => [...all])).size).toBeGreaterThan(50);
  });

  it("gives the same bytes for the same seed, and others for another", async () => {
    const [first, same, other] = [
      await random("modern", 5),
      await random("modern", 5),
      await random("modern", 6),
    ];
    expect(same?.bytes).toEqual(first?.bytes);
    expect(other?.bytes).not.toEqual(first?.bytes);
    expect(same?.machine.hash()).toBe(first?.machine.hash());
  });
});

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

  it.each(["modern", "legacy"] as const)(
    "makes an event of each packet (%s)",
    async (transport) => {
      const config = { ...HOST, legacyVirtio: transport === "legacy" };
      const { machine } = await guest(driver(1, 2, transport), config);
      const buffers = [
        { bytes: HEADER + 5, writable: false },
        { bytes: 3, writable: false }, // too short for a packet: used, and nothing more
      ];
      const places = fillQueue(machine, 1, buffers, transport);
      machine.writePhysical(places[0] as number, packet([1, 2, 3, 4, 5]));
      const events: PacketEvent[] = [];
      machine.on("packet", (event) => events.push(event));
      expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
      expect(events.map(({ bytes }) => [...bytes])).toEqual([[...packet([1, 2, 3, 4, 5])]]);
      expect(used(machine, 1, transport)).toEqual([
        [0, 0],
        [1, 0],
      ]);
      expect(machine.registers(0)[S.s2]).toBe(1);
    },
  );

  it("a packet without a whole header is used, and ends no run", async () => {
    const { machine } = await guest(driver(1, 2), HOST);
    fillQueue(machine, 1, [{ bytes: HEADER - 1, writable: false }]);
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    expect(used(machine, 1)).toEqual([[0, 0]]);
  });

  it("a packet that no notification told of waits, whatever else the host reads", async () => {
    const page = QUEUES + QUEUE_BYTES;
    const text = driver(1, 2).replace(
      "sleep:",
      `li t0, ${page + 1024}
       li t1, 2
       sh t1, 2(t0)                # one more is available
       li t0, 0x10000000
       sb t1, 0(t0)                # an event for the host to drain
sleep:`,
    );
    const { machine } = await guest(text, HOST);
    fillQueue(machine, 1, [
      { bytes: HEADER, writable: false },
      { bytes: HEADER, writable: false },
    ]);
    machine.writePhysical(page + 1024 + 2, Uint8Array.of(1, 0));
    const events: PacketEvent[] = [];
    machine.on("packet", (event) => events.push(event));
    for (let n = 0; n < 5; n++) machine.run({ cycles: 2000 });
    expect([events.length, used(machine, 1).length]).toEqual([1, 1]);
  });

  it("rings that lie over each other stop the queue", async () => {
    const page = QUEUES + QUEUE_BYTES;
    const text = driver(1, 2).replaceAll(`${page + 2048}`, `${page + 1024}`);
    const { machine } = await guest(text, HOST);
    fillQueue(machine, 1, [{ bytes: HEADER, writable: false }]);
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    expect(machine.registers(0)[S.s2]).toBe(0);
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
    put(machine, QUEUES + QUEUE_BYTES + 1024, [0xffff0000]); // 65,535 requests in a ring of 8
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
