// What all virtio-mmio devices share: the state of the eight slots, and their split virtqueues
// (Virtual I/O Device 1.2, 2.7). A device takes requests off a queue one by one, moves bytes along
// their descriptor chains, and puts them back as used. Every address is the driver's to give, so
// each is checked; a queue that makes no sense sets DEVICE_NEEDS_RESET and is not served again.
import { VIRTIO_IRQ, VIRTIO_SLOTS } from "../abi";
import { DEVICES, ramPlace } from "../layout";
import { dropCode } from "../memory";
import { PLIC_STATE_BYTES, setSource } from "./plic";
import { UART_STATE_BYTES } from "./uart";

const SLOTS: usize = DEVICES + PLIC_STATE_BYTES + UART_STATE_BYTES;
const SLOT_BYTES: u32 = 256;
const QUEUE_BYTES: u32 = 64;
const FIRST_QUEUE: u32 = 64;
export const SLOTS_END: usize = SLOTS + SLOT_BYTES * VIRTIO_SLOTS;

export const QUEUES_MAX: u32 = 3;
export const QUEUE_SIZE_MAX: u32 = 256;
export const MALFORMED: u32 = 0xffffffff;
const STATUS_DEVICE_NEEDS_RESET: u32 = 64;
const NEXT: u32 = 1; // descriptor flags
const WRITE: u32 = 2;

@unmanaged
export class Slot {
  deviceFeaturesSelect: u32;
  driverFeaturesSelect: u32;
  driverFeatures: u32;
  driverFeaturesHigh: u32;
  queueSelect: u32;
  status: u32;
  interrupt: u32;
  pageBytes: u32;
  hart: u32; // that notified last
  owed: u32; // requests to transmit that a notification told of, and that are not taken yet
}

@unmanaged
export class Queue {
  size: u32;
  ready: u32;
  descriptors: u32;
  available: u32;
  used: u32;
  seen: u32; // the available ring's index up to which requests were taken
  frameNumber: u32;
  align: u32;
}

@inline
export function slotAt(index: u32): Slot {
  return changetype<Slot>(SLOTS + index * SLOT_BYTES);
}
@inline
export function queueAt(index: u32, queue: u32): Queue {
  return changetype<Queue>(SLOTS + index * SLOT_BYTES + FIRST_QUEUE + queue * QUEUE_BYTES);
}

export function resetSlot(index: u32): void {
  memory.fill(changetype<usize>(slotAt(index)), 0, SLOT_BYTES);
  setSource(VIRTIO_IRQ + index, false);
}

/** Tells the driver that buffers were used. */
export function interruptSlot(index: u32): void {
  slotAt(index).interrupt |= 1;
  setSource(VIRTIO_IRQ + index, true);
}

/** With such rings the device's own stores would make more requests, for ever. */
@inline
function overlap(a: u32, aBytes: u32, b: u32, bBytes: u32): bool {
  return a < b + bBytes && b < a + aBytes;
}

/** Requests that the driver has made available and the device has not taken. */
export function requestsOf(index: u32, number: u32): u32 {
  const slot = slotAt(index);
  const queue = queueAt(index, number);
  const size = queue.size;
  if (queue.ready == 0 || size == 0 || (slot.status & STATUS_DEVICE_NEEDS_RESET) != 0) return 0;
  const available = ramPlace(queue.available, 4 + size * 2);
  const many: u32 = available != 0 ? (<u32>load<u16>(available, 2) - queue.seen) & 0xffff : 0;
  const whole =
    available != 0 &&
    ramPlace(queue.descriptors, size * 16) != 0 &&
    ramPlace(queue.used, 4 + size * 8) != 0 &&
    !overlap(queue.used, 4 + size * 8, queue.available, 4 + size * 2);
  if (whole && many <= size) return many;
  slot.status |= STATUS_DEVICE_NEEDS_RESET;
  return 0;
}

/** The head of the next request, which stays untaken until finishRequest. */
export function nextRequest(queue: Queue): u32 {
  return load<u16>(ramPlace(queue.available + 4 + (queue.seen % queue.size) * 2, 2));
}

/** Takes the next request off, and puts it into the used ring with `written` bytes. */
export function finishRequest(queue: Queue, head: u32, written: u32): void {
  const used = ramPlace(queue.used, 4 + queue.size * 8);
  const index: u32 = load<u16>(used, 2);
  const offset = 4 + (index % queue.size) * 8;
  store<u32>(used + offset, head);
  store<u32>(used + offset, written, 4);
  store<u16>(used, <u16>(index + 1), 2);
  dropCode(queue.used, 4);
  dropCode(queue.used + offset, 8);
  queue.seen = (queue.seen + 1) & 0xffff;
}

// --- Descriptors.

@inline
export function descriptorAt(queue: Queue, id: u32): usize {
  return id < queue.size ? ramPlace(queue.descriptors + id * 16, 16) : 0;
}
@inline
export function bufferOf(descriptor: usize): u32 {
  return load<u32>(descriptor);
}
@inline
export function lengthOf(descriptor: usize): u32 {
  return load<u32>(descriptor, 8);
}
@inline
export function isWritable(descriptor: usize): bool {
  return (load<u16>(descriptor, 12) & WRITE) != 0;
}
/** The descriptor after this one, or 0 at the end of the chain. */
@inline
export function nextOf(queue: Queue, descriptor: usize): usize {
  if ((load<u16>(descriptor, 12) & NEXT) == 0) return 0;
  return descriptorAt(queue, load<u16>(descriptor, 14));
}

/** Bytes of a chain's buffers that the device may write, or read; MALFORMED if not all in RAM. */
export function chainBytes(queue: Queue, head: u32, writable: bool): u32 {
  let bytes: u64 = 0;
  let descriptor = descriptorAt(queue, head);
  if (descriptor == 0) return MALFORMED;
  for (let n: u32 = 0; n < queue.size && descriptor != 0; n++) {
    if (ramPlace(bufferOf(descriptor), lengthOf(descriptor)) == 0) return MALFORMED;
    if (isWritable(descriptor) == writable) bytes += lengthOf(descriptor);
    descriptor = nextOf(queue, descriptor);
  }
  return <u32>min<u64>(bytes, 0x7fffffff);
}

/**
 * Copies `bytes` between linear memory at `place` and a chain's buffers, from `skip` bytes on: into
 * the guest's writable ones, or out of its readable ones. chainBytes has said that they are there.
 */
export function chainCopy(
  queue: Queue,
  head: u32,
  skip: u32,
  place: usize,
  bytes: u32,
  toGuest: bool,
): void {
  let descriptor = descriptorAt(queue, head);
  let left = bytes;
  for (let n: u32 = 0; n < queue.size && descriptor != 0 && left != 0; n++) {
    const length = lengthOf(descriptor);
    if (isWritable(descriptor) == toGuest) {
      const passed = min(skip, length);
      const piece = min(left, length - passed);
      moveBytes(bufferOf(descriptor) + passed, place, piece, toGuest);
      skip -= passed;
      place += piece;
      left -= piece;
    }
    descriptor = nextOf(queue, descriptor);
  }
}

function moveBytes(pa: u32, place: usize, bytes: u32, toGuest: bool): void {
  if (bytes == 0) return;
  const guest = ramPlace(pa, bytes);
  if (toGuest) {
    memory.copy(guest, place, bytes);
    dropCode(pa, bytes);
  } else memory.copy(place, guest, bytes);
}
