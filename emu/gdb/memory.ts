// Memory as a debugger sees it: RAM and the boot ROM, by physical addresses or by those of a hart's
// present translation. Devices are not touched, for a look at one may change it.
import type { Machine } from "../machine.js";

const PAGE = 4096;

/** Whose addresses: physical ones, or virtual ones of a hart. */
export type View = { readonly physical: true } | { readonly hart: number };

interface Piece {
  readonly physical: number;
  readonly bytes: number;
}

/** The pieces of a range, up to the first page that is not mapped. */
function* pieces(machine: Machine, view: View, address: number, bytes: number): Generator<Piece> {
  for (let done = 0; done < bytes; ) {
    const at = (address + done) % 2 ** 32;
    const length = Math.min(bytes - done, PAGE - (at % PAGE));
    const physical = "hart" in view ? machine.debug.translate(view.hart, at) : at;
    if (physical === undefined) return;
    yield { physical, bytes: length };
    done += length;
  }
}

function inRam(machine: Machine, { physical, bytes }: Piece): boolean {
  const offset = physical - machine.abi("RAM_BASE");
  return offset >= 0 && offset + bytes <= machine.configuration.ramBytes;
}

function readPiece(machine: Machine, piece: Piece): Uint8Array | undefined {
  if (inRam(machine, piece)) return machine.readPhysical(piece.physical, piece.bytes);
  const offset = piece.physical - machine.abi("BOOT_ROM_BASE");
  const inRom = offset >= 0 && offset + piece.bytes <= machine.abi("BOOT_ROM_SIZE");
  return inRom ? machine.readRom().subarray(offset, offset + piece.bytes) : undefined;
}

/** The bytes from `address` on, fewer where what follows cannot be read. */
export function readMemory(
  machine: Machine,
  view: View,
  address: number,
  bytes: number,
): Uint8Array {
  const found: Uint8Array[] = [];
  for (const piece of pieces(machine, view, address, bytes)) {
    const read = readPiece(machine, piece);
    if (!read) break;
    found.push(read);
  }
  return Uint8Array.from(Buffer.concat(found));
}

/** Whether all of a range is RAM, so that writeMemory() may be called. */
export function canWrite(machine: Machine, view: View, address: number, bytes: number): boolean {
  let room = 0;
  for (const piece of pieces(machine, view, address, bytes)) {
    if (inRam(machine, piece)) room += piece.bytes;
  }
  return room === bytes;
}

export function writeMemory(
  machine: Machine,
  view: View,
  address: number,
  bytes: Uint8Array,
): void {
  let done = 0;
  for (const piece of pieces(machine, view, address, bytes.length)) {
    machine.writePhysical(piece.physical, bytes.subarray(done, done + piece.bytes));
    done += piece.bytes;
  }
}
