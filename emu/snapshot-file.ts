// Snapshots as files. Layout, numbers little-endian:
//
//   0  "QDSNAP\r\n"   8 u32 format   12 u32 bytes of the header   16 the header, JSON
//   chunks: u32 bytes when expanded, u32 bytes when compressed, that many bytes (deflate)
//   at the end: 32 bytes, the SHA-256 of all before
//
// The chunks, expanded and joined, are the regions in order, the waiting console input, and the
// pages that are not zero, each behind its number. Sizes are checked against the configuration
// before anything is allocated, so no file can ask for more memory than its machine has.
import { createHash } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import type { MachineConfig } from "./config.js";
import { buildFor, coreIdentity } from "./core.js";
import { ConfigError, ImageError } from "./errors.js";
import { configFrom, isRecord, plainConfig } from "./identity.js";
import { createMachine, type Machine } from "./machine.js";
import { PAGE_BYTES, type Snapshot, ZERO_PAGE } from "./snapshot.js";

const MAGIC = "QDSNAP\r\n";
export const SNAPSHOT_FORMAT = 1;
const HEAD_BYTES = 16;
const SUM_BYTES = 32;
const HEADER_MAX = 65536;
const CHUNK_BYTES = 1 << 20;
const ENTRY_BYTES = 4 + PAGE_BYTES;
const INPUT_MAX = 1 << 26;
const LEVEL = 3;

/** What the file says beside memory. */
interface Header {
  readonly core: string;
  readonly configuration: unknown;
  readonly cycle: number;
  readonly regions: readonly number[];
  readonly input: number;
  readonly inputDue: number | null;
  readonly pages: number;
}

/** A snapshot that was read, and the machine that it is for. */
export interface StoredSnapshot {
  readonly config: MachineConfig;
  readonly cycle: number;
  readonly machine: Machine;
}

function* contents(snapshot: Snapshot): Generator<Uint8Array> {
  yield* snapshot.regions;
  yield snapshot.input;
  for (const [index, page] of snapshot.pages.entries()) {
    if (page === ZERO_PAGE) continue;
    yield new Uint8Array(Uint32Array.of(index).buffer);
    yield page;
  }
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Cuts `pieces` into chunks and compresses each. */
function compress(pieces: Iterable<Uint8Array>): Uint8Array[] {
  const out: Uint8Array[] = [];
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = () => {
    const chunk = deflateSync(Buffer.concat(waiting), { level: LEVEL });
    out.push(words(bytes, chunk.length), chunk);
    [waiting, bytes] = [[], 0];
  };
  for (let piece of pieces) {
    while (bytes + piece.length >= CHUNK_BYTES) {
      const part = piece.subarray(0, CHUNK_BYTES - bytes);
      waiting.push(part);
      bytes += part.length;
      flush();
      piece = piece.subarray(part.length);
    }
    waiting.push(piece);
    bytes += piece.length;
  }
  if (bytes > 0) flush();
  return out;
}

/** A snapshot of `machine` as the bytes of a file. */
export async function writeSnapshot(machine: Machine, snapshot: Snapshot): Promise<Uint8Array> {
  const header: Header = {
    core: await coreIdentity(buildFor(machine.configuration)),
    configuration: plainConfig(machine.configuration),
    cycle: snapshot.cycle,
    regions: snapshot.regions.map(({ length }) => length),
    input: snapshot.input.length,
    inputDue: Number.isFinite(snapshot.inputDue) ? snapshot.inputDue : null,
    pages: snapshot.pages.filter((page) => page !== ZERO_PAGE).length,
  };
  const text = Buffer.from(JSON.stringify(header));
  const head = [Buffer.from(MAGIC), words(SNAPSHOT_FORMAT, text.length), text];
  const all = Buffer.concat([...head, ...compress(contents(snapshot))]);
  return Buffer.concat([all, createHash("sha256").update(all).digest()]);
}

/** Hands out the bytes of the chunks; never holds more than one expanded. */
class Reader {
  private place: number;
  private readonly view: DataView;
  private chunk: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    private readonly end: number,
    private readonly damaged: (what: string) => ImageError,
  ) {
    this.place = start;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next `bytes` bytes, copied. */
  take(bytes: number): Uint8Array {
    const out = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      if (this.chunk.length === 0) this.expand();
      const part = this.chunk.subarray(0, bytes - done);
      out.set(part, done);
      done += part.length;
      this.chunk = this.chunk.subarray(part.length);
    }
    return out;
  }

  get atEnd(): boolean {
    return this.chunk.length === 0 && this.place === this.end;
  }

  private expand(): void {
    if (this.place + 8 > this.end) throw this.damaged("it holds too little");
    const expanded = this.view.getUint32(this.place, true);
    const compressed = this.view.getUint32(this.place + 4, true);
    const start = this.place + 8;
    if (expanded === 0 || expanded > CHUNK_BYTES || compressed > this.end - start) {
      throw this.damaged("a chunk has no such size");
    }
    this.place = start + compressed;
    try {
      const bytes = this.bytes.subarray(start, this.place);
      this.chunk = inflateSync(bytes, { maxOutputLength: expanded });
    } catch {
      throw this.damaged("a chunk cannot be expanded");
    }
    if (this.chunk.length !== expanded) throw this.damaged("a chunk is short");
  }
}

/** Checks frame and sum, and gives the header with the place behind it. */
function openFile(bytes: Uint8Array, file: string): { header: unknown; start: number } {
  const refuse = (what: string) => new ImageError(`${file}: ${what}`);
  const magic = Buffer.from(bytes.subarray(0, MAGIC.length)).toString("latin1");
  if (bytes.length < HEAD_BYTES && MAGIC.startsWith(magic) && magic !== "") {
    throw refuse("the snapshot is cut off; use the whole file");
  }
  if (magic !== MAGIC) throw refuse("is no snapshot; give a file that --snapshot wrote");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.getUint32(8, true);
  if (format !== SNAPSHOT_FORMAT) {
    throw refuse(`has snapshot format ${format}, not ${SNAPSHOT_FORMAT}; take it again`);
  }
  const headerBytes = view.getUint32(12, true);
  const start = HEAD_BYTES + headerBytes;
  if (headerBytes > HEADER_MAX || start + SUM_BYTES > bytes.length) {
    throw refuse("the snapshot is cut off; use the whole file");
  }
  const end = bytes.length - SUM_BYTES;
  const sum = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (!sum.equals(bytes.subarray(end))) {
    throw refuse("the snapshot is damaged or cut off: its checksum is wrong; use the original");
  }
  try {
    const text = Buffer.from(bytes.subarray(HEAD_BYTES, start)).toString();
    return { header: JSON.parse(text), start };
  } catch {
    throw refuse("the snapshot's header is no JSON; use the original");
  }
}

function checkHeader(value: unknown, damaged: (what: string) => ImageError): Header {
  const natural = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!isRecord(value)) throw damaged("its header");
  const { core, cycle, regions, input, inputDue, pages } = value;
  if (typeof core !== "string") throw damaged("its build");
  if (!Array.isArray(regions) || !regions.every(natural)) throw damaged("its regions");
  if (!natural(cycle) || !natural(pages)) throw damaged("its counts");
  if (!natural(input) || (input as number) > INPUT_MAX) throw damaged("its input");
  if (inputDue !== null && !natural(inputDue)) throw damaged("its input");
  return value as unknown as Header;
}

/**
 * A machine that goes on where the snapshot in `bytes` was taken. Throws ImageError, in one line
 * that names `file`: no snapshot, another format or build, cut off, damaged, foreign.
 */
export async function readSnapshot(bytes: Uint8Array, file: string): Promise<StoredSnapshot> {
  const damaged = (what: string) =>
    new ImageError(`${file}: the snapshot is damaged (${what}); use the original`);
  const { header: value, start } = openFile(bytes, file);
  const header = checkHeader(value, damaged);
  const { configuration } = header;
  const core = await coreIdentity(buildFor(isRecord(configuration) ? configuration : {}));
  if (header.core !== core) {
    const [theirs, ours] = [header.core.slice(0, 12), core.slice(0, 12)];
    throw new ImageError(
      `${file}: the snapshot is of another build (core ${theirs}, this is ${ours}); take it again`,
    );
  }
  const config = configFrom(header.configuration, file);
  const machine = await createMachine(config).catch((error: Error) => {
    throw error instanceof ConfigError ? damaged(error.message) : error;
  });
  const blank = machine.snapshot();
  const fits = machine.snapshotFits(header.regions) && header.pages <= blank.pages.length;
  if (!fits) throw damaged("it is larger than its machine");
  const reader = new Reader(bytes, start, bytes.length - SUM_BYTES, damaged);
  const regions = header.regions.map((length) => reader.take(length));
  const input = reader.take(header.input);
  const pages = new Array<Uint8Array>(blank.pages.length).fill(ZERO_PAGE);
  readPages(reader, header.pages, pages, damaged);
  const inputDue = header.inputDue ?? Number.POSITIVE_INFINITY;
  const { shape } = blank;
  try {
    machine.restore({ pages, regions, input, inputDue, shape, cycle: header.cycle }, blank);
  } catch (error) {
    if (error instanceof ConfigError) throw damaged(error.message.split(/[:;] /)[1] ?? "");
    throw error;
  }
  if (machine.cycle() !== header.cycle) throw damaged("its cycle");
  return { config, cycle: header.cycle, machine };
}

function readPages(
  reader: Reader,
  many: number,
  pages: Uint8Array[],
  damaged: (what: string) => ImageError,
): void {
  let least = 0;
  for (let n = 0; n < many; n++) {
    const entry = reader.take(ENTRY_BYTES);
    const index = new DataView(entry.buffer).getUint32(0, true);
    if (index < least || index >= pages.length) throw damaged("a page has no such number");
    pages[index] = entry.subarray(4);
    least = index + 1;
  }
  if (!reader.atEnd) throw damaged("it holds too much");
}
