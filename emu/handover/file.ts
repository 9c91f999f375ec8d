// Books in a file: the log page and the frames of the chain, each with its physical address. Head:
// 8 bytes "QDBOOKS" and a zero, u32 version, u32 pages; then for each page u32 address and 4096
// bytes; at the end u32, FNV-1a over everything before. All little-endian.
import { ImageError } from "../errors.js";
import { framesOfBooks, type ReadMemory } from "./books.js";

const MAGIC = "QDBOOKS\0";
const VERSION = 1;
const HEAD_BYTES = 16;
const PAGE_BYTES = 4096;
const ENTRY_BYTES = 4 + PAGE_BYTES;

function checksum(bytes: Uint8Array): number {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** The file for the books of the log page at `address`. */
export function writeBooksFile(read: ReadMemory, address: number): Uint8Array {
  const pages = [address, ...framesOfBooks(read, address)];
  const bytes = new Uint8Array(HEAD_BYTES + pages.length * ENTRY_BYTES + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, VERSION, true);
  view.setUint32(12, pages.length, true);
  pages.forEach((page, index) => {
    const at = HEAD_BYTES + index * ENTRY_BYTES;
    view.setUint32(at, page, true);
    bytes.set(read(page, PAGE_BYTES) ?? new Uint8Array(PAGE_BYTES), at + 4);
  });
  view.setUint32(bytes.length - 4, checksum(bytes.subarray(0, -4)), true);
  return bytes;
}

/** The memory in such a file, and the address of its log page. Throws ImageError. */
export function readBooksFile(
  bytes: Uint8Array,
  name: string,
): { readonly read: ReadMemory; readonly address: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = new TextDecoder().decode(bytes.subarray(0, 8));
  if (bytes.length < HEAD_BYTES || magic !== MAGIC) {
    throw new ImageError(`${name}: holds no books; give a file of \`handover --save\``);
  }
  const [version, pages] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (version !== VERSION) {
    throw new ImageError(`${name}: is of version ${version}; this program reads ${VERSION}`);
  }
  const whole = bytes.length === HEAD_BYTES + pages * ENTRY_BYTES + 4 && pages > 0;
  if (!whole || view.getUint32(bytes.length - 4, true) !== checksum(bytes.subarray(0, -4))) {
    throw new ImageError(`${name}: is cut off or damaged; save it again`);
  }
  const places = new Map<number, number>();
  for (let i = 0; i < pages; i++) {
    const at = HEAD_BYTES + i * ENTRY_BYTES;
    places.set(view.getUint32(at, true), at + 4);
  }
  const read: ReadMemory = (physical, length) => {
    const place = places.get(physical);
    return place === undefined ? undefined : bytes.slice(place, place + length);
  };
  return { read, address: view.getUint32(HEAD_BYTES, true) };
}
