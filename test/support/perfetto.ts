// Reads Perfetto traces without the writer's library: protobuf's wire format (varints, fixed 64-bit
// words, lengths) by hand, and of the messages the fields that a trace of Quarterdeck has.

type Field = readonly [number: number, value: bigint | Uint8Array];

export interface TrackEvent {
  readonly time: number;
  readonly kind: "begin" | "end" | "instant" | "count";
  readonly name: string;
  readonly category: string;
  readonly flows: readonly string[];
  readonly ends: readonly string[];
  /** Of a count. */
  readonly value: number;
}

export interface TraceTrack {
  readonly name: string;
  readonly parent: number;
  /** A counter's; undefined on other tracks. */
  readonly unit: string | undefined;
  readonly events: TrackEvent[];
}

/** A slice from its begin to its end, in nanoseconds. */
export interface Slice {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

const KINDS = [undefined, "begin", "end", "instant", "count"] as const;

/** Throws when the bytes are no message. */
function fieldsOf(bytes: Uint8Array): Field[] {
  let at = 0;
  const varint = () => {
    let [value, shift] = [0n, 0n];
    while (true) {
      if (at >= bytes.length) throw new Error("a varint is cut off");
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7n;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("a field is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    if ((tag & 7) === 0) fields.push([number, varint()]);
    else if ((tag & 7) === 1) fields.push([number, Buffer.from(take(8)).readBigUInt64LE()]);
    else if ((tag & 7) === 2) fields.push([number, take(Number(varint()))]);
    else throw new Error(`wire type ${tag & 7}`);
  }
  return fields;
}

const all = (fields: readonly Field[], number: number) =>
  fields.filter(([each]) => each === number).map(([, value]) => value);
const integer = (fields: readonly Field[], number: number) => {
  const value = all(fields, number)[0];
  return typeof value === "bigint" ? Number(value) : 0;
};
const double = (fields: readonly Field[], number: number) => {
  const bits = all(fields, number)[0];
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, typeof bits === "bigint" ? bits : 0n);
  return view.getFloat64(0);
};
const bytesIn = (fields: readonly Field[], number: number) => {
  const value = all(fields, number)[0];
  return value instanceof Uint8Array ? value : undefined;
};
const text = (fields: readonly Field[], number: number) =>
  new TextDecoder().decode(bytesIn(fields, number) ?? new Uint8Array(0));

/** Tracks by uuid. Throws when a track is used that is not described, or time runs backwards. */
export function readTrace(bytes: Uint8Array): Map<number, TraceTrack> {
  const tracks = new Map<number, TraceTrack>();
  const times = new Map<number, number>();
  for (const [number, packet] of fieldsOf(bytes)) {
    if (number !== 1 || !(packet instanceof Uint8Array))
      throw new Error(`field ${number} of Trace`);
    const fields = fieldsOf(packet);
    const [time, sequence] = [integer(fields, 8), integer(fields, 10)];
    if (sequence === 0) throw new Error("a packet without a sequence");
    if (time < (times.get(sequence) ?? 0)) throw new Error(`time runs back at ${time}`);
    times.set(sequence, time);
    const descriptor = bytesIn(fields, 60);
    if (descriptor) {
      const parts = fieldsOf(descriptor);
      const uuid = integer(parts, 1);
      if (uuid === 0 || tracks.has(uuid)) throw new Error(`track ${uuid} is described twice`);
      const counter = bytesIn(parts, 8);
      const unit = counter && text(fieldsOf(counter), 6);
      tracks.set(uuid, { name: text(parts, 2), parent: integer(parts, 5), unit, events: [] });
    }
    const event = bytesIn(fields, 11);
    if (event) tracksEvent(tracks, time, fieldsOf(event));
  }
  return tracks;
}

function tracksEvent(tracks: Map<number, TraceTrack>, time: number, fields: Field[]): void {
  const track = tracks.get(integer(fields, 11));
  const kind = KINDS[integer(fields, 9)];
  if (!track || !kind) throw new Error(`an event of kind ${kind} on no track`);
  if ((kind === "count") !== (track.unit !== undefined)) {
    throw new Error(`${track.name}: a ${kind} on a track with unit ${track.unit}`);
  }
  track.events.push({
    time,
    kind,
    name: text(fields, 23),
    category: text(fields, 22),
    flows: all(fields, 47).map(String),
    ends: all(fields, 48).map(String),
    value: double(fields, 44),
  });
}

/** Slices in order of their ends. Throws when begins and ends do not balance. */
export function slicesOf({ name, events }: TraceTrack): Slice[] {
  const open: { name: string; start: number }[] = [];
  const slices: Slice[] = [];
  for (const event of events) {
    if (event.kind === "begin") open.push({ name: event.name, start: event.time });
    if (event.kind !== "end") continue;
    const begun = open.pop();
    if (!begun) throw new Error(`${name}: an end without a begin`);
    slices.push({ ...begun, end: event.time, depth: open.length });
  }
  if (open.length > 0) throw new Error(`${name}: ${open.length} slices do not end`);
  return slices;
}
