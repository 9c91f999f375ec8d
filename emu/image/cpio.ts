// cpio archives in the "newc" format, as an initramfs is packed: a 110-byte header of hexadecimal
// fields, the name, the content, each padded to four bytes; closed by an entry "TRAILER!!!".
// The writer's output depends on its input alone (no times, inode numbers counted from 1).
import { ImageError } from "../errors.js";

export interface CpioEntry {
  readonly name: string;
  /** File type and permission bits, for example 0o100755. */
  readonly mode: number;
  readonly data: Uint8Array;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
}

const HEADER_BYTES = 110;
const TRAILER = "TRAILER!!!";

/** Rounded up to four; of any length that a field can hold, so not by bits. */
function pad4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Packs the entries, in their order. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const encoder = new TextEncoder();
  const trailer: CpioEntry = { name: TRAILER, mode: 0, data: new Uint8Array(0) };
  const parts: Uint8Array[] = [];
  [...entries, trailer].forEach((entry, index) => {
    const name = encoder.encode(`${entry.name}\0`);
    const last = index === entries.length;
    const links = (entry.mode & 0o170000) === 0o040000 ? 2 : 1;
    const fields = [
      last ? 0 : index + 1,
      entry.mode,
      0,
      0,
      links,
      0,
      entry.data.length,
      0,
      0,
      entry.deviceMajor ?? 0,
      entry.deviceMinor ?? 0,
      name.length,
      0,
    ];
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
    const whole = new Uint8Array(pad4(HEADER_BYTES + name.length) + pad4(entry.data.length));
    whole.set(encoder.encode(head));
    whole.set(name, HEADER_BYTES);
    whole.set(entry.data, pad4(HEADER_BYTES + name.length));
    parts.push(whole);
  });
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    archive.set(part, place);
    place += part.length;
  }
  return archive;
}

/** Unpacks an archive. Throws ImageError on anything that is not one. */
export function readCpio(archive: Uint8Array, name = "initrd"): CpioEntry[] {
  const decoder = new TextDecoder();
  const entries: CpioEntry[] = [];
  let place = 0;
  while (true) {
    const fail = (what: string): never => {
      throw new ImageError(`${name}: ${what} at byte ${place}; give a cpio archive (newc format)`);
    };
    if (place + HEADER_BYTES > archive.length) fail("the archive ends without its trailer");
    const head = decoder.decode(archive.subarray(place, place + HEADER_BYTES));
    if (!/^07070[12][0-9a-fA-F]{104}$/.test(head)) fail("no newc header");
    const field = (index: number) => Number.parseInt(head.slice(6 + index * 8, 14 + index * 8), 16);
    const nameBytes = field(11);
    const dataBytes = field(6);
    const data = place + pad4(HEADER_BYTES + nameBytes);
    if (nameBytes < 1 || data + dataBytes > archive.length) fail("an entry passes the end");
    const text = archive.subarray(place + HEADER_BYTES, place + HEADER_BYTES + nameBytes - 1);
    if (archive[place + HEADER_BYTES + nameBytes - 1] !== 0) fail("a name without its end");
    const entryName = decoder.decode(text);
    if (entryName === TRAILER) return entries;
    entries.push({
      name: entryName,
      mode: field(1),
      data: archive.slice(data, data + dataBytes),
      deviceMajor: field(9),
      deviceMinor: field(10),
    });
    place = data + pad4(dataBytes);
  }
}
