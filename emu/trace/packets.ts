// Perfetto's trace format, as much of it as is written here: packets with track descriptors and
// track events (protos/perfetto/trace/trace_packet.proto and those it imports;
// https://perfetto.dev/docs/reference/synthetic-track-event). Each track is a packet sequence of
// its own, so timestamps grow along each sequence. A cycle is 10 ns.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

const NANOSECONDS_PER_CYCLE = 10;
const TRACE_PACKET = 1;
const PACKET = { timestamp: 8, sequence: 10, trackEvent: 11, trackDescriptor: 60 } as const;
const DESCRIPTOR = {
  ...{ uuid: 1, name: 2, parent: 5, counter: 8, childOrdering: 11, rank: 12 },
} as const;
const COUNTER = { unitName: 6 } as const;
const EVENT = {
  ...{ annotations: 4, type: 9, track: 11, categories: 22, name: 23, value: 44 },
  ...{ flows: 47, terminatingFlows: 48 },
} as const;
const ANNOTATION = { uint: 3, string: 6, name: 10 } as const;
const [SLICE_BEGIN, SLICE_END, INSTANT, COUNT] = [1, 2, 3, 4];
const ORDER_EXPLICIT = 3;

/** What a slice or instant carries besides its time. */
export interface Details {
  readonly category: string;
  readonly notes?: Readonly<Record<string, number | string>>;
  /** Flows that go through it, and those that end at it. */
  readonly flows?: readonly number[];
  readonly ends?: readonly number[];
}

type Write = (packet: Uint8Array) => void;

/** One row of the trace; slices on it nest. */
export class Track {
  private time = 0;
  private depth = 0;

  /**
   * Writes the descriptor at once; `uuid` is unique in the trace, and 0 is no parent. With a `unit`
   * it is a counter, whose values are in that unit.
   */
  constructor(
    private readonly write: Write,
    private readonly uuid: number,
    name: string,
    parent = 0,
    unit?: string,
  ) {
    const descriptor = new BinaryWriter();
    descriptor.tag(DESCRIPTOR.uuid, WireType.Varint).uint64(uuid);
    descriptor.tag(DESCRIPTOR.name, WireType.LengthDelimited).string(name);
    if (parent > 0) descriptor.tag(DESCRIPTOR.parent, WireType.Varint).uint64(parent);
    if (unit !== undefined) {
      const counter = new BinaryWriter();
      counter.tag(COUNTER.unitName, WireType.LengthDelimited).string(unit);
      descriptor.tag(DESCRIPTOR.counter, WireType.LengthDelimited).bytes(counter.finish());
    }
    descriptor.tag(DESCRIPTOR.childOrdering, WireType.Varint).int32(ORDER_EXPLICIT);
    descriptor.tag(DESCRIPTOR.rank, WireType.Varint).int32(uuid);
    this.packet(PACKET.trackDescriptor, descriptor.finish(), 0);
  }

  begin(cycle: number, name: string, details: Details): void {
    this.depth++;
    this.event(cycle, SLICE_BEGIN, name, details);
  }

  /** Ends the innermost slice, if there is one. */
  end(cycle: number): void {
    if (this.depth === 0) return;
    this.depth--;
    this.event(cycle, SLICE_END);
  }

  instant(cycle: number, name: string, details: Details): void {
    this.event(cycle, INSTANT, name, details);
  }

  /** A counter's value from here on. */
  count(cycle: number, value: number): void {
    const event = new BinaryWriter();
    event.tag(EVENT.type, WireType.Varint).int32(COUNT);
    event.tag(EVENT.track, WireType.Varint).uint64(this.uuid);
    event.tag(EVENT.value, WireType.Bit64).double(value);
    this.at(cycle, event);
  }

  /** Ends all that is open. */
  close(cycle: number): void {
    while (this.depth > 0) this.end(cycle);
  }

  private event(cycle: number, type: number, name?: string, details?: Details): void {
    const event = new BinaryWriter();
    event.tag(EVENT.type, WireType.Varint).int32(type);
    event.tag(EVENT.track, WireType.Varint).uint64(this.uuid);
    if (name !== undefined) event.tag(EVENT.name, WireType.LengthDelimited).string(name);
    if (details) {
      event.tag(EVENT.categories, WireType.LengthDelimited).string(details.category);
      for (const note of Object.entries(details.notes ?? {})) annotate(event, ...note);
      for (const flow of details.flows ?? []) event.tag(EVENT.flows, WireType.Bit64).fixed64(flow);
      for (const flow of details.ends ?? []) {
        event.tag(EVENT.terminatingFlows, WireType.Bit64).fixed64(flow);
      }
    }
    this.at(cycle, event);
  }

  private at(cycle: number, event: BinaryWriter): void {
    this.time = Math.max(this.time, cycle); // marks of two harts may lie a few cycles apart
    this.packet(PACKET.trackEvent, event.finish(), this.time * NANOSECONDS_PER_CYCLE);
  }

  private packet(field: number, content: Uint8Array, nanoseconds: number): void {
    const packet = new BinaryWriter();
    packet.tag(PACKET.timestamp, WireType.Varint).uint64(nanoseconds);
    packet.tag(PACKET.sequence, WireType.Varint).uint32(this.uuid);
    packet.tag(field, WireType.LengthDelimited).bytes(content);
    const trace = new BinaryWriter();
    trace.tag(TRACE_PACKET, WireType.LengthDelimited).bytes(packet.finish());
    this.write(trace.finish());
  }
}

function annotate(event: BinaryWriter, name: string, value: number | string): void {
  const note = new BinaryWriter();
  note.tag(ANNOTATION.name, WireType.LengthDelimited).string(name);
  if (typeof value === "string")
    note.tag(ANNOTATION.string, WireType.LengthDelimited).string(value);
  else note.tag(ANNOTATION.uint, WireType.Varint).uint64(value);
  event.tag(EVENT.annotations, WireType.LengthDelimited).bytes(note.finish());
}
