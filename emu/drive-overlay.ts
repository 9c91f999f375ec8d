// Copy-on-write overlays of a drive: the 4 KiB blocks that a guest has changed, in a file of their
// own, so that the drive's file is only read. The format, little-endian:
//
//   "QDOVERLY"   u32 version   u32 blocks   u64 bytes of the drive   SHA-256 of the drive's file
//   {u32 number, 4096 bytes} a block, in order   SHA-256 of all before
import { createHash } from "node:crypto";
import { ImageError } from "./errors.js";

const MAGIC = "QDOVERLY";
const VERSION = 1;
const BLOCK = 4096;
const HEAD = 56;
const SUM = 32;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const blockOf = (data: Uint8Array, number: number) =>
  data.subarray(number * BLOCK, (number + 1) * BLOCK);

/** What `now` has other than `base`; both have the same length. */
export function writeOverlay(base: Uint8Array, now: Uint8Array): Uint8Array {
  const changed = Array.from(
    { length: Math.ceil(base.length / BLOCK) },
    (_, number) => number,
  ).filter((number) => Buffer.compare(blockOf(base, number), blockOf(now, number)) !== 0);
  const bytes = new Uint8Array(HEAD + changed.length * (4 + BLOCK) + SUM);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC));
  view.setUint32(8, VERSION, true);
  view.setUint32(12, changed.length, true);
  view.setBigUint64(16, BigInt(base.length), true);
  bytes.set(sha256(base), 24);
  changed.forEach((number, index) => {
    const at = HEAD + index * (4 + BLOCK);
    view.setUint32(at, number, true);
    bytes.set(blockOf(now, number), at + 4);
  });
  bytes.set(sha256(bytes.subarray(0, -SUM)), bytes.length - SUM);
  return bytes;
}

/**
 * The drive with the overlay over it; `base` stays as it is. Throws ImageError, in one line that
 * names the overlay's `file`.
 */
export function readOverlay(bytes: Uint8Array, base: Uint8Array, file: string): Uint8Array {
  const refuse = (what: string) => new ImageError(`${file}: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== MAGIC) {
    throw refuse("is no overlay of a drive; give another name for a new one");
  }
  if (bytes.length < HEAD + SUM) throw refuse("is cut off; use the original");
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw refuse(`has format ${version}, not ${VERSION}; begin a new one`);
  if (Buffer.compare(sha256(bytes.subarray(0, -SUM)), bytes.subarray(-SUM)) !== 0) {
    throw refuse("is damaged: its checksum is wrong; use the original");
  }
  const blocks = view.getUint32(12, true);
  const whole = bytes.length === HEAD + blocks * (4 + BLOCK) + SUM;
  const same = view.getBigUint64(16, true) === BigInt(base.length);
  if (!whole || !same || Buffer.compare(bytes.subarray(24, HEAD), sha256(base)) !== 0) {
    throw refuse("belongs to a drive with other content; give that, or begin a new overlay");
  }
  const data = Uint8Array.from(base);
  for (let index = 0; index < blocks; index++) {
    const at = HEAD + index * (4 + BLOCK);
    const place = view.getUint32(at, true) * BLOCK;
    if (place >= data.length) throw refuse("has a block behind the drive's end; use the original");
    data.set(bytes.subarray(at + 4, at + 4 + Math.min(BLOCK, data.length - place)), place);
  }
  return data;
}
