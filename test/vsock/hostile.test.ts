// The host's end of socket streams against a guest that keeps no rule: packets of any content make
// no exception, no more than a buffer of data for each stream, and no more than a box of packets
// for the guest.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PacketEvent } from "../../emu/events.js";
import { VsockHost, type VsockStream } from "../../emu/vsock/host.js";
import { OP, type Packet, readPacket, SHUT_SEND, writePacket } from "../../emu/vsock/packet.js";
import { guest } from "../support/guest.js";

const BUFFER_BYTES = 65536;
const BOX_BYTES = 4 << 20;

/** A machine whose guest sends what it is told, and takes as many packets as `room` says. */
class Rogue {
  readonly sent: Packet[] = [];
  room = Number.POSITIVE_INFINITY;
  private clock = 0;
  private listener: ((event: PacketEvent) => void) | undefined;
  private due: (() => void)[] = [];
  readonly host = new VsockHost({
    cycle: () => this.clock,
    at: (_, action) => void this.due.push(action),
    sendPacket: (bytes) => {
      if (bytes.length > this.room) return false;
      this.room -= bytes.length;
      this.sent.push(readPacket(bytes) as Packet);
      return true;
    },
    on: (_, listener) => {
      this.listener = listener as (event: PacketEvent) => void;
    },
  });

  raw(bytes: Uint8Array): void {
    this.listener?.({ hart: 0, cycle: this.clock, instret: 0, kind: "packet", bytes });
  }

  send(fields: Partial<Packet>): void {
    const base = { sourceCid: 3, targetCid: 2, type: 1, flags: 0, op: OP.data };
    const numbers = { sourcePort: 80, targetPort: 49152, bufferBytes: 4096, takenBytes: 0 };
    this.raw(writePacket({ ...base, ...numbers, data: new Uint8Array(0), ...fields }));
  }

  settle(): void {
    while (this.due.length > 0) {
      this.clock += 1000;
      for (const action of this.due.splice(0)) action();
    }
  }
}

const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 44, 80, 4096, 49152, 65536, 0x7fffffff, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const fields = fc.record({
  sourceCid: fc.oneof({ weight: 5, arbitrary: fc.constant(3) }, word),
  targetCid: fc.oneof({ weight: 5, arbitrary: fc.constant(2) }, word),
  sourcePort: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(80, 81, 82) }, word),
  targetPort: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(7, 49152, 49153) }, word),
  type: fc.constantFrom(1, 1, 1, 1, 0, 2, 0xffff),
  op: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 6, 7, 8) },
    fc.nat(0xffff),
  ),
  flags: word,
  bufferBytes: word,
  takenBytes: word,
  data: fc.constantFrom(0, 1, 100, 32768, 65536).map((bytes) => new Uint8Array(bytes)),
});
const act = fc.oneof(
  { weight: 8, arbitrary: fields.map((packet) => ({ packet })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((raw) => ({ raw })) },
  { weight: 1, arbitrary: fc.nat(200_000).map((write) => ({ write })) },
  { weight: 1, arbitrary: fc.constant({ settle: true }) },
  { weight: 1, arbitrary: fc.constant({ end: true }) },
);

it("packets of any content neither throw nor fill the host", () => {
  let data = 0;
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      const rogue = new Rogue();
      rogue.room = BOX_BYTES;
      const held = new Map<VsockStream, number>();
      const keep = (stream: VsockStream) => {
        stream.handlers = {
          data: (bytes) => void held.set(stream, (held.get(stream) ?? 0) + bytes.length),
        };
      };
      const own = [rogue.host.connect(80), rogue.host.connect(81)];
      for (const stream of own) keep(stream);
      rogue.host.listen(7, keep);
      rogue.send({ op: OP.response });
      rogue.send({ op: OP.request, targetPort: 7 });
      for (const one of acts) {
        if ("packet" in one) rogue.send(one.packet);
        else if ("raw" in one) rogue.raw(one.raw);
        else if ("write" in one) own[0]?.write(new Uint8Array(one.write));
        else if ("end" in one) own[1]?.end();
        else rogue.settle();
      }
      rogue.settle();
      for (const bytes of held.values()) expect(bytes).toBeLessThanOrEqual(BUFFER_BYTES);
      if (held.size > 0) data++;
    }),
    { numRuns: 500 },
  );
  expect(data).toBeGreaterThan(20);
});

/** A stream that the guest has accepted, and what became of it. */
function open(): { rogue: Rogue; stream: VsockStream; seen: string[] } {
  const rogue = new Rogue();
  const seen: string[] = [];
  const stream = rogue.host.connect(80, {
    data: (bytes) => void seen.push(`data ${bytes.length}`),
    closed: (error) => void seen.push(`closed ${error}`),
  });
  rogue.settle();
  rogue.send({ op: OP.response });
  return { rogue, stream, seen };
}

describe("a guest that", () => {
  it("sends more than it has credit for is cut off", () => {
    const { rogue, seen } = open();
    const data = new Uint8Array(BUFFER_BYTES);
    rogue.send({ data });
    rogue.send({ data: data.subarray(0, 1) });
    rogue.send({ data });
    rogue.settle();
    expect(seen).toEqual([`data ${BUFFER_BYTES}`, "closed true"]);
    expect(rogue.sent.at(-1)?.op).toBe(OP.reset);
  });

  it("sends data before it accepts, or after its end, is cut off", () => {
    const rogue = new Rogue();
    const seen: string[] = [];
    const handlers = {
      data: () => void seen.push("data"),
      closed: (error: boolean) => void seen.push(`closed ${error}`),
    };
    rogue.host.connect(80, handlers);
    rogue.send({ data: new Uint8Array(1) });
    expect(seen).toEqual(["closed true"]);
    const late = open();
    late.rogue.send({ op: OP.shutdown, flags: SHUT_SEND });
    late.rogue.send({ data: new Uint8Array(1) });
    expect(late.seen).toEqual(["closed true"]);
  });

  it("claims a giant buffer is sent no more than a bounded part at once", () => {
    const { rogue, stream } = open();
    rogue.send({ op: OP.creditUpdate, bufferBytes: 0xffffffff });
    stream.write(new Uint8Array(BOX_BYTES));
    rogue.settle();
    const bytes = rogue.sent.reduce((sum, { data }) => sum + data.length, 0);
    expect(bytes).toBeLessThanOrEqual(BOX_BYTES / 8);
    expect(stream.waiting).toBe(BOX_BYTES - bytes);
  });

  it("takes no packets loses its streams, and the run goes on", () => {
    const { rogue, stream, seen } = open();
    rogue.room = 100;
    stream.write(new Uint8Array(4096));
    for (let n = 0; n < 100; n++) rogue.send({ op: OP.request, sourcePort: n, targetPort: 9 });
    rogue.settle();
    expect(seen).toEqual(["closed true"]);
    expect(rogue.room).toBeGreaterThanOrEqual(0);
  });

  it("opens streams without end is refused from some number on", () => {
    const rogue = new Rogue();
    let accepted = 0;
    rogue.host.listen(7, () => void accepted++);
    for (let n = 1; n <= 5000; n++) rogue.send({ op: OP.request, sourcePort: n, targetPort: 7 });
    rogue.settle();
    expect(accepted).toBe(1024);
    expect(rogue.sent.filter(({ op }) => op === OP.reset).length).toBe(5000 - 1024);
  });

  it("puts a byte into a large packet makes the host keep a byte", () => {
    const bytes = new Uint8Array(65580);
    bytes.set(
      writePacket({ ...(readPacket(new Uint8Array(44)) as Packet), data: bytes.subarray(0, 1) }),
    );
    expect(readPacket(bytes)?.data.buffer.byteLength).toBe(1);
  });
});

it("a packet that finds no room changes nothing, and is told of", async () => {
  const { machine } = await guest("loop:\nj loop", { vsock: true });
  const packet = new Uint8Array(65536);
  while (machine.sendPacket(packet));
  const hash = machine.hash();
  expect(machine.sendPacket(packet)).toBe(false);
  expect(machine.hash()).toBe(hash);
  const { machine: without } = await guest("loop:\nj loop", {});
  expect(without.sendPacket(packet)).toBe(false);
});
