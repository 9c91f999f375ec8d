// Reads a log page and the books from guest memory, as the on-coming kernel would, but goes on
// where that one refuses: it says what is wrong with each record, and shows what can be shown.
import { BOOKS_WRITTEN, HANDOVER_MAGIC, LAYOUTS, type Layout, RECORDS } from "./layout.js";

/** Guest memory; undefined when the range is not there. */
export type ReadMemory = (physical: number, bytes: number) => Uint8Array | undefined;

export type FieldValue = number | string | readonly FieldValue[] | Fields;
export interface Fields {
  readonly [name: string]: FieldValue;
}

export interface BookRecord {
  /** Physical address. */
  readonly address: number;
  /** Its type's name, or "unknown". */
  readonly name: string;
  readonly fields: Fields;
  /** What is wrong with it, if anything. */
  readonly problem?: string;
}

export interface Books {
  /** Physical address of the log page. */
  readonly address: number;
  readonly log: Fields;
  readonly records: readonly BookRecord[];
  /** What is wrong with the chain or its totals. */
  readonly problems: readonly string[];
}

const PAGE_BYTES = 4096;
const FRAMES_MAX = 65536;

function layoutOf(name: string): Layout {
  const layout = LAYOUTS[name];
  if (!layout) throw new Error(`no layout of ${name}`);
  return layout;
}

/** Offset of a field. Throws for a name that is none. */
export function offsetOf(struct: string, field: string): number {
  const found = layoutOf(struct).fields.find(([name]) => name === field);
  if (!found) throw new Error(`${struct} has no ${field}`);
  return found[2];
}

function scalar(view: DataView, type: string, offset: number): FieldValue {
  if (type === "u8") return view.getUint8(offset);
  if (type === "u16") return view.getUint16(offset, true);
  if (type === "u32") return view.getUint32(offset, true);
  if (type === "s32") return view.getInt32(offset, true);
  const { bytes } = layoutOf(type);
  return fieldsOf(type, new Uint8Array(view.buffer, view.byteOffset + offset, bytes));
}

function widthOf(type: string): number {
  return { u8: 1, u16: 2, u32: 4, s32: 4 }[type] ?? layoutOf(type).bytes;
}

/** The fields of a struct whose bytes these are. */
export function fieldsOf(struct: string, bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries = layoutOf(struct).fields.map(([name, type, offset, length]) => {
    if (type === "text") {
      const raw = bytes.subarray(offset, offset + (length ?? 1));
      const end = raw.indexOf(0);
      return [name, new TextDecoder("latin1").decode(end < 0 ? raw : raw.subarray(0, end))];
    }
    if (length === undefined) return [name, scalar(view, type, offset)];
    const items = Array.from({ length }, (_, i) => scalar(view, type, offset + i * widthOf(type)));
    return [name, items];
  });
  return Object.fromEntries(entries) as Fields;
}

/** FNV-1a over a record's words but the checksum itself (kernels/shared/relief/books.c). */
export function recordChecksum(record: Uint8Array): number {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const skipped = offsetOf("record", "checksum");
  let hash = 2166136261;
  for (let at = 0; at + 4 <= record.length; at += 4) {
    if (at !== skipped) hash = Math.imul(hash ^ view.getUint32(at, true), 16777619);
  }
  return hash >>> 0;
}

function problemOf(bytes: Uint8Array, known: (typeof RECORDS)[number] | undefined): string {
  const head = fieldsOf("record", bytes);
  if (!known) return `type ${head.type} is unknown`;
  if (head.version !== known.version) return `version ${head.version}, not ${known.version}`;
  const due = layoutOf(`record_${known.name}`).bytes;
  if (bytes.length !== due) return `${bytes.length} bytes, not ${due}`;
  return head.checksum === recordChecksum(bytes) ? "" : "its checksum is another";
}

function readRecord(address: number, bytes: Uint8Array): BookRecord {
  const { type } = fieldsOf("record", bytes);
  const known = RECORDS.find((record) => record.type === type);
  const problem = problemOf(bytes, known);
  const struct = known ? `record_${known.name}` : "record";
  const { head: _, ...fields } = fieldsOf(
    bytes.length < layoutOf(struct).bytes ? "record" : struct,
    bytes,
  );
  return { address, name: known?.name ?? "unknown", fields, ...(problem ? { problem } : {}) };
}

/** The records of one frame, and what ended them too early. */
function readFrame(address: number, frame: Uint8Array, records: BookRecord[]): string | undefined {
  const { used } = fieldsOf("books_frame", frame) as { used: number };
  if (used < layoutOf("books_frame").bytes || used > PAGE_BYTES) return `${used} bytes in use`;
  for (let at = layoutOf("books_frame").bytes; at < used; ) {
    const head = layoutOf("record").bytes;
    const bytes = at + head <= used ? frame.subarray(at) : new Uint8Array(0);
    const length = bytes.length === 0 ? 0 : (fieldsOf("record", bytes).bytes as number);
    if (length < head || length % 4 !== 0 || at + length > used) {
      return `the record at offset ${at} is cut off`;
    }
    records.push(readRecord(address + at, frame.subarray(at, at + length)));
    at += length;
  }
  return undefined;
}

/** Where a log page has its magic number. */
export const LOG_MAGIC_OFFSET = offsetOf("log_page", "magic");

/** Physical address at which the on-coming kernel's image begins, by a log page. */
export function logArena(page: Uint8Array): number {
  return fieldsOf("log_page", page.subarray(0, layoutOf("log_page").bytes))
    .arena_physical as number;
}

/** Log pages in `bytes` of memory, which lie at `base` and on. */
export function findLogs(bytes: Uint8Array, base: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pages = Array.from({ length: Math.floor(bytes.length / PAGE_BYTES) }, (_, page) => page);
  const magic = offsetOf("log_page", "magic");
  return pages
    .map((page) => page * PAGE_BYTES)
    .filter((page) => view.getUint32(page + magic, true) === HANDOVER_MAGIC)
    .map((page) => base + page);
}

/** Whether the off-going kernel has written the books of this log page. */
export function booksAreWritten(read: ReadMemory, address: number): boolean {
  const page = read(address, PAGE_BYTES);
  if (!page) return false;
  const log = fieldsOf("log_page", page);
  return (log.offgoing_word as number) >= BOOKS_WRITTEN && log.books_physical !== 0;
}

/** Physical addresses of the frames of the chain, as far as it can be followed. */
export function framesOfBooks(read: ReadMemory, address: number): number[] {
  const page = read(address, PAGE_BYTES);
  const frames = new Set<number>();
  let next = page ? (fieldsOf("log_page", page).books_physical as number) : 0;
  while (next !== 0 && frames.size < FRAMES_MAX && !frames.has(next)) {
    const frame = read(next, PAGE_BYTES);
    if (!frame) break;
    frames.add(next);
    next = fieldsOf("books_frame", frame).next_physical as number;
  }
  return [...frames];
}

/** Reads the books of the log page at `address`. Throws RangeError when there is no memory. */
export function readBooks(read: ReadMemory, address: number): Books {
  const page = read(address, PAGE_BYTES);
  if (!page) throw new RangeError(`no memory at 0x${address.toString(16)}`);
  const log = fieldsOf("log_page", page);
  const records: BookRecord[] = [];
  const problems: string[] = [];
  const frames = framesOfBooks(read, address);
  for (const frame of frames) {
    const problem = readFrame(frame, read(frame, PAGE_BYTES) as Uint8Array, records);
    if (problem) problems.push(`frame 0x${frame.toString(16)}: ${problem}`);
  }
  if (frames.length !== log.books_frames) {
    problems.push(`${frames.length} frames in the chain, ${log.books_frames} in the log`);
  }
  const counted = records.filter(({ name }) => name !== "manifest").length;
  if (counted !== log.books_records) {
    problems.push(`${counted} records in the chain, ${log.books_records} in the log`);
  }
  return { address, log, records, problems };
}
