// The block device in slot 0 (Virtual I/O Device 1.2, 5.2), when the machine has a drive. A request
// is served at once: it is bounded by the queue, and the interrupt is raised with the same store.
import { machine, ramPlace } from "../layout";
import { dropCode } from "../memory";
import {
  bufferOf,
  descriptorAt,
  finishRequest,
  interruptSlot,
  isWritable,
  lengthOf,
  nextOf,
  nextRequest,
  Queue,
  queueAt,
  requestsOf,
} from "./virtio-queue";

export const BLOCK_SLOT: u32 = 0;
export const DRIVE_PRESENT: u32 = 1;
export const DRIVE_READ_ONLY: u32 = 2;

const FEATURE_READ_ONLY: u32 = 1 << 5;
const FEATURE_FLUSH: u32 = 1 << 9;
const READ: u32 = 0;
const WRITE: u32 = 1;
const FLUSH: u32 = 4;
const GET_ID: u32 = 8;
const IO_ERROR: u32 = 1; // status bytes; 0 is OK
const UNSUPPORTED: u32 = 2;
const FAILED: u32 = 0xffffffff;

export function blockIsPresent(): bool {
  return (machine().driveFlags & DRIVE_PRESENT) != 0;
}

export function blockFeatures(): u32 {
  return FEATURE_FLUSH | ((machine().driveFlags & DRIVE_READ_ONLY) != 0 ? FEATURE_READ_ONLY : 0);
}

/** A word of the configuration space: the capacity in sectors, and zeros behind it. */
export function blockConfig(word: u32): u32 {
  return word == 0 ? machine().driveBytes >> 9 : 0;
}

export function serveBlock(): void {
  const queue = queueAt(BLOCK_SLOT, 0);
  const many = requestsOf(BLOCK_SLOT, 0);
  for (let n: u32 = 0; n < many; n++) {
    const head = nextRequest(queue);
    finishRequest(queue, head, request(queue, head));
  }
  if (many != 0) interruptSlot(BLOCK_SLOT);
}

/** One request: header, data, status byte (5.2.6). Returns the bytes written to the driver. */
function request(queue: Queue, head: u32): u32 {
  let descriptor = descriptorAt(queue, head);
  if (descriptor == 0 || lengthOf(descriptor) < 16) return 0;
  const header = ramPlace(bufferOf(descriptor), 16);
  if (header == 0) return 0;
  const kind = load<u32>(header);
  const known = kind == READ || kind == WRITE || kind == FLUSH || kind == GET_ID;
  let offset: u64 = load<u64>(header, 8) << 9;
  let status: u32 = known ? 0 : UNSUPPORTED;
  let written: u32 = 0;
  for (let n: u32 = 0; n < queue.size; n++) {
    descriptor = nextOf(queue, descriptor);
    if (descriptor == 0) return written;
    const pa = bufferOf(descriptor);
    const bytes = lengthOf(descriptor);
    const guest = ramPlace(pa, bytes);
    if (guest == 0) return written;
    if (nextOf(queue, descriptor) == 0) {
      if (!isWritable(descriptor) || bytes == 0) return written;
      store<u8>(guest, status);
      dropCode(pa, 1);
      return written + 1;
    }
    const moved = move(kind, guest, pa, bytes, offset, isWritable(descriptor));
    if (moved == FAILED) status = IO_ERROR;
    else if (isWritable(descriptor)) written += moved;
    offset += bytes;
  }
  return written;
}

/** Moves one buffer between guest and drive; returns the bytes, or FAILED. */
function move(kind: u32, guest: usize, pa: u32, bytes: u32, at: u64, toGuest: bool): u32 {
  const m = machine();
  if (kind == GET_ID && toGuest) {
    memory.fill(guest, 0, bytes);
    if (bytes >= 12) {
      store<u64>(guest, 0x6472657472617571); // "quarterdeck"
      store<u32>(guest, 0x6b6365, 8);
    }
    dropCode(pa, bytes);
    return bytes;
  }
  if (kind != READ && kind != WRITE) return 0;
  if (at > m.driveBytes || bytes > m.driveBytes - <u32>at) return FAILED;
  const drive: usize = m.drive + <u32>at;
  if (kind == READ) {
    if (!toGuest) return FAILED;
    memory.copy(guest, drive, bytes);
    dropCode(pa, bytes);
    return bytes;
  }
  if (toGuest || (m.driveFlags & DRIVE_READ_ONLY) != 0) return FAILED;
  memory.copy(drive, guest, bytes);
  markBlocks(<u32>at, bytes);
  return bytes;
}

/** Marks the 4 KiB blocks of the drive that [at, at + bytes) touches as changed. */
function markBlocks(at: u32, bytes: u32): void {
  if (bytes == 0) return;
  const first = at >> 12;
  const last = (at + bytes - 1) >> 12;
  memory.fill(machine().driveDirty + first, 1, last - first + 1);
}
