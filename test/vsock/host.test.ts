// The host's end of socket streams, against a guest played by the test: handshake, credit in both
// directions, half-closing, refusals and resets.
import { describe, expect, test } from "vitest";
import type { PacketEvent } from "../../emu/events.js";
import { VsockHost, type VsockStream } from "../../emu/vsock/host.js";
import { OP, type Packet, readPacket, SHUT_SEND, writePacket } from "../../emu/vsock/packet.js";

const LATENCY = 100;

/** A machine that keeps what the host sends, with the cycle, and plays the guest's packets. */
class Guest {
  readonly sent: { readonly cycle: number; readonly packet: Packet }[] = [];
  private listener: ((event: PacketEvent) => void) | undefined;
  private clock = 0;
  private readonly due: { cycle: number; action: () => void }[] = [];
  readonly host = new VsockHost(
    {
      cycle: () => this.clock,
      at: (cycle, action) => void this.due.push({ cycle, action }),
      sendPacket: (bytes) => {
        const packet = readPacket(bytes);
        if (packet) this.sent.push({ cycle: this.clock, packet });
        return true;
      },
      on: (_, listener) => {
        this.listener = listener as (event: PacketEvent) => void;
      },
    },
    LATENCY,
  );

  /** Lets everything arrive; the packets since the last call. */
  arrived(): Packet[] {
    const from = this.sent.length;
    for (let next = this.due.shift(); next; next = this.due.shift()) {
      this.clock = next.cycle;
      next.action();
    }
    return this.sent.slice(from).map(({ packet }) => packet);
  }

  send(fields: Partial<Packet>): void {
    const stamp = { hart: 0, cycle: this.clock, instret: 0 };
    const base = { sourceCid: 3, targetCid: 2, type: 1, flags: 0, op: OP.data, data: text("") };
    const numbers = { sourcePort: 80, targetPort: 49152, bufferBytes: 4096, takenBytes: 0 };
    const bytes = writePacket({ ...base, ...numbers, ...fields });
    this.listener?.({ ...stamp, kind: "packet", bytes });
  }
}

const text = (characters: string) => new TextEncoder().encode(characters);
const plain = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function connected(): { guest: Guest; stream: VsockStream } {
  const guest = new Guest();
  const stream = guest.host.connect(80);
  expect(guest.arrived().map(({ op }) => op)).toEqual([OP.request]);
  guest.send({ op: OP.response });
  return { guest, stream };
}

test("a connection is asked for, and answered a latency later", () => {
  const { guest, stream } = connected();
  stream.write(text("ping"));
  const [packet] = guest.arrived();
  expect(packet).toMatchObject({ op: OP.data, sourcePort: 49152, targetPort: 80 });
  expect(plain(packet?.data ?? text(""))).toBe("ping");
  expect(guest.sent.map(({ cycle }) => cycle)).toEqual([LATENCY, 2 * LATENCY]);
});

test("no more is sent than the guest has room for", () => {
  const { guest, stream } = connected();
  stream.write(new Uint8Array(10_000));
  expect(guest.arrived().map(({ data }) => data.length)).toEqual([4096]);
  expect(stream.waiting).toBe(10_000 - 4096);
  guest.send({ op: OP.creditUpdate, takenBytes: 1000 });
  expect(guest.arrived().map(({ data }) => data.length)).toEqual([1000]);
  let drained = 0;
  stream.handlers = { drained: () => drained++ };
  guest.send({ op: OP.creditUpdate, takenBytes: 5096 });
  guest.send({ op: OP.creditUpdate, takenBytes: 9192 });
  expect(guest.arrived().map(({ data }) => data.length)).toEqual([4096, 808]);
  expect(drained).toBe(1);
});

test("the guest is told of room when half the buffer was consumed, or when it asks", () => {
  const { guest, stream } = connected();
  let got = 0;
  stream.handlers = {
    data: (bytes) => {
      got += bytes.length;
      stream.consume(bytes.length);
    },
  };
  for (let i = 0; i < 8; i++) guest.send({ data: new Uint8Array(4096) });
  expect(guest.arrived().map(({ op, takenBytes }) => [op, takenBytes])).toEqual([
    [OP.creditUpdate, 32768],
  ]);
  guest.send({ op: OP.creditRequest });
  expect(guest.arrived().map(({ op }) => op)).toEqual([OP.creditUpdate]);
  expect(got).toBe(8 * 4096);
});

describe("the end", () => {
  test("of both directions closes; what was written before is sent first", () => {
    const { guest, stream } = connected();
    const seen: string[] = [];
    stream.handlers = {
      ended: () => seen.push("ended"),
      closed: (error) => seen.push(`closed ${error}`),
    };
    stream.write(new Uint8Array(5000));
    stream.end();
    expect(guest.arrived().map(({ op }) => op)).toEqual([OP.data]);
    guest.send({ op: OP.creditUpdate, takenBytes: 4096 });
    expect(guest.arrived().map(({ op }) => op)).toEqual([OP.data, OP.shutdown]);
    guest.send({ op: OP.shutdown, flags: SHUT_SEND });
    expect(guest.arrived().map(({ op }) => op)).toEqual([OP.reset]);
    expect(seen).toEqual(["ended", "closed false"]);
  });

  test("by a reset is an error, unless the guest had ended", () => {
    for (const [ended, error] of [
      [false, true],
      [true, false],
    ]) {
      const { guest, stream } = connected();
      let closed: boolean | undefined;
      stream.handlers = {
        closed: (why) => {
          closed = why;
        },
      };
      if (ended) guest.send({ op: OP.shutdown, flags: SHUT_SEND });
      guest.send({ op: OP.reset });
      expect(closed).toBe(error);
      stream.write(text("late"));
      expect(guest.arrived()).toEqual([]);
    }
  });
});

test("a reset of the guest's machine closes every stream with an error, and new ones open", () => {
  const { guest, stream } = connected();
  const closed: string[] = [];
  stream.handlers = { closed: (error) => closed.push(`first ${error}`) };
  const second = guest.host.connect(80, { closed: (error) => closed.push(`second ${error}`) });
  stream.write(text("lost"));
  guest.host.peerReset();
  expect(closed).toEqual(["first true", "second true"]);
  second.write(text("lost too"));
  guest.send({ op: OP.data, data: text("stale") }); // is told that nobody knows it
  expect(guest.arrived().at(-1)).toMatchObject({ op: OP.reset, data: text("") });
  guest.host.connect(80);
  expect(guest.arrived().map(({ op, sourcePort }) => [op, sourcePort])).toEqual([
    [OP.request, 49154],
  ]);
});

test("a probe asks for credit on an open stream, and the answer may be that it is none", () => {
  const { guest, stream } = connected();
  const closed: boolean[] = [];
  stream.handlers = { closed: (error) => closed.push(error) };
  stream.probe();
  expect(guest.arrived().map(({ op }) => op)).toEqual([OP.creditRequest]);
  guest.send({ op: OP.reset });
  stream.probe();
  expect(guest.arrived()).toEqual([]);
  expect(closed).toEqual([true]);
});

test("the guest's connections go to the listener of their port, others are refused", () => {
  const guest = new Guest();
  const taken: string[] = [];
  guest.host.listen(7, (stream) => {
    stream.handlers = { data: (bytes) => void taken.push(plain(bytes)) };
  });
  guest.send({ op: OP.request, sourcePort: 1024, targetPort: 7 });
  guest.send({ sourcePort: 1024, targetPort: 7, data: text("hello") });
  guest.send({ op: OP.request, sourcePort: 1025, targetPort: 8 });
  guest.send({ sourcePort: 99, targetPort: 7, data: text("who?") });
  expect(taken).toEqual(["hello"]);
  expect(guest.arrived().map(({ op, targetPort }) => [op, targetPort])).toEqual([
    [OP.response, 1024],
    [OP.reset, 1025],
    [OP.reset, 99],
  ]);
});

test("a packet that is shorter than it says, or for somebody else, is ignored", () => {
  const guest = new Guest();
  expect(readPacket(new Uint8Array(43))).toBeUndefined();
  const long = writePacket({ ...(readPacket(new Uint8Array(44)) as Packet), data: text("x") });
  expect(readPacket(long.subarray(0, 44))).toBeUndefined();
  guest.send({ op: OP.request, targetCid: 9 });
  expect(guest.arrived()).toEqual([]);
});
