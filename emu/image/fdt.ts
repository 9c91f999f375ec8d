// Flattened device trees (Devicetree Specification 0.4, chapter 5): writer of the blob, reader of
// it, and a printer of the source text as `dtc -I dtb -O dts` prints it.
import { ImageError } from "../errors.js";

/** A property's value: nothing, a string or strings, cells, or bytes. */
export type FdtValue = null | string | readonly string[] | readonly number[] | Uint8Array;

export interface FdtNode {
  readonly name: string;
  readonly properties: readonly (readonly [string, FdtValue])[];
  readonly children: readonly FdtNode[];
}

const MAGIC = 0xd00dfeed;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const NOP = 4;
const END = 9;
const HEADER_BYTES = 40;
const RESERVE_BYTES = 16;
const DEPTH_MAX = 64;
const NAME_MAX = 255; // the specification has 31, dtc any

/** The bytes of a property's value. */
export function valueBytes(value: FdtValue): Uint8Array {
  if (value === null) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(`${value}\0`);
  if (value.length > 0 && typeof value[0] === "string") {
    return new TextEncoder().encode(value.map((text) => `${text}\0`).join(""));
  }
  const bytes = new Uint8Array(value.length * 4);
  const view = new DataView(bytes.buffer);
  (value as readonly number[]).forEach((cell, index) => {
    view.setUint32(index * 4, cell >>> 0);
  });
  return bytes;
}

class Writer {
  private bytes = new Uint8Array(4096);
  length = 0;
  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.length + more) * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
  u32(value: number): void {
    this.room(4);
    new DataView(this.bytes.buffer).setUint32(this.length, value);
    this.length += 4;
  }
  put(bytes: Uint8Array): void {
    this.room(bytes.length + 4);
    this.bytes.set(bytes, this.length);
    this.length += (bytes.length + 3) & ~3;
  }
  taken(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Flattens a tree. */
export function writeFdt(root: FdtNode): Uint8Array {
  const encoder = new TextEncoder();
  const structure = new Writer();
  const names = new Map<string, number>();
  let nameText = "";
  const offsetOf = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const offset = nameText.length;
    names.set(name, offset);
    nameText += `${name}\0`;
    return offset;
  };
  const put = (node: FdtNode): void => {
    structure.u32(BEGIN_NODE);
    structure.put(encoder.encode(`${node.name}\0`));
    for (const [name, value] of node.properties) {
      const bytes = valueBytes(value);
      structure.u32(PROPERTY);
      structure.u32(bytes.length);
      structure.u32(offsetOf(name));
      structure.put(bytes);
    }
    for (const child of node.children) put(child);
    structure.u32(END_NODE);
  };
  put(root);
  structure.u32(END);
  const strings = encoder.encode(nameText);
  const structureAt = HEADER_BYTES + RESERVE_BYTES;
  const stringsAt = structureAt + structure.length;
  const blob = new Uint8Array((stringsAt + strings.length + 3) & ~3);
  const view = new DataView(blob.buffer);
  const header = [MAGIC, blob.length, structureAt, stringsAt, HEADER_BYTES, 17, 16, 0];
  [...header, strings.length, structure.length].forEach((word, index) => {
    view.setUint32(index * 4, word);
  });
  blob.set(structure.taken(), structureAt);
  blob.set(strings, stringsAt);
  return blob;
}

/** Reads a blob; values come back as bytes. Throws ImageError. */
export function readFdt(blob: Uint8Array, name = "device tree"): FdtNode {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const fail = (what: string): never => {
    throw new ImageError(`${name}: ${what}; give a flattened device tree, version 17`);
  };
  const u32 = (place: number): number =>
    place + 4 <= blob.length ? view.getUint32(place) : fail(`ends at byte ${blob.length}`);
  if (u32(0) !== MAGIC) fail("no device tree magic");
  if (u32(4) > blob.length) fail("shorter than its header says");
  const strings = blob.subarray(u32(12), u32(12) + u32(32));
  const decoder = new TextDecoder();
  const text = (bytes: Uint8Array, at: number): string => {
    const end = bytes.indexOf(0, at);
    if (end < 0 || at >= bytes.length) fail("unterminated name");
    const name = bytes.subarray(at, end);
    if (name.length > NAME_MAX || !name.every(isPrintable)) fail("a name that is none");
    return decoder.decode(name);
  };
  let place = u32(8);
  const node = (depth: number): FdtNode => {
    if (depth > DEPTH_MAX) fail(`deeper than ${DEPTH_MAX} nodes`);
    const own = text(blob, place);
    place += (own.length + 4) & ~3;
    const properties: [string, FdtValue][] = [];
    const children: FdtNode[] = [];
    while (true) {
      const token = u32(place);
      place += 4;
      if (token === END_NODE) return { name: own, properties, children };
      if (token === BEGIN_NODE) children.push(node(depth + 1));
      else if (token === PROPERTY) {
        const bytes = u32(place);
        const key = text(strings, u32(place + 4));
        if (place + 8 + bytes > blob.length) fail(`property ${key} passes the end`);
        properties.push([key, blob.slice(place + 8, place + 8 + bytes)]);
        place += 8 + ((bytes + 3) & ~3);
      } else if (token !== NOP) fail(`unknown token ${token}`);
    }
  };
  while (u32(place) === NOP) place += 4;
  if (u32(place) !== BEGIN_NODE) fail("no root node");
  place += 4;
  return node(0);
}

function isPrintable(byte: number): boolean {
  return byte >= 32 && byte < 127;
}

function isText(bytes: Uint8Array): boolean {
  let nuls = 0;
  for (const byte of bytes) {
    const printable = isPrintable(byte) || (byte >= 7 && byte <= 13);
    if (byte === 0) nuls++;
    else if (!printable) return false;
  }
  return bytes.length > 0 && bytes.at(-1) === 0 && nuls <= bytes.length - nuls;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}

const ESCAPES: Record<number, string> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** One byte inside a string, as dtc escapes it; the NULs between strings too. */
function quoted(byte: number): string {
  return ESCAPES[byte] ?? String.fromCharCode(byte);
}

function valueText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  if (isText(bytes)) return ` = "${[...bytes.subarray(0, -1)].map(quoted).join("")}"`;
  if (bytes.length % 4 === 0) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const cells = Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
    return ` = <${cells.map((cell) => `0x${hex(cell)}`).join(" ")}>`;
  }
  return ` = [${[...bytes].map(hex).join(" ")}]`;
}

/** The source text of a tree. */
export function printFdt(root: FdtNode): string {
  const lines: string[] = ["/dts-v1/;", ""];
  const put = (node: FdtNode, indent: string): void => {
    lines.push(`${indent}${node.name === "" ? "/" : node.name} {`);
    for (const [name, value] of node.properties) {
      lines.push(`${indent}\t${name}${valueText(valueBytes(value))};`);
    }
    node.children.forEach((child, index) => {
      if (index > 0 || node.properties.length > 0) lines.push("");
      put(child, `${indent}\t`);
    });
    lines.push(`${indent}};`);
  };
  put(root, "");
  return `${lines.join("\n")}\n`;
}
