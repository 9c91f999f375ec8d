// What the host has sent to a device and the guest has not taken yet: a queue of bytes for each
// such device. Its state is hashed and lies with the devices'; its bytes lie in an area of its own.
import { SLOTS_END } from "./virtio-queue";

@unmanaged
export class Inbox {
  place: u32; // linear-memory address of the area
  room: u32; // its bytes
  head: u32; // bytes [head, tail) are in the queue
  tail: u32;
}
const INBOX_BYTES: usize = 16;
export const PACKETS: usize = SLOTS_END;
export const KEYS: usize = SLOTS_END + INBOX_BYTES;
export const INBOXES_END: usize = SLOTS_END + 64;

@inline
export function inbox(which: usize): Inbox {
  return changetype<Inbox>(which);
}

/**
 * Linear-memory address to write `bytes` bytes to before `append`; 0 when there is no room, and
 * then nothing is changed, since what did not enter is in no recording.
 */
export function roomIn(which: usize, bytes: u32): usize {
  const box = inbox(which);
  if (box.room - (box.tail - box.head) < bytes) return 0;
  if (box.head == box.tail) box.head = box.tail = 0;
  if (box.room - box.tail < bytes) {
    memory.copy(box.place, box.place + box.head, box.tail - box.head);
    box.tail -= box.head;
    box.head = 0;
  }
  return box.place + box.tail;
}

@inline
export function append(which: usize, bytes: u32): void {
  inbox(which).tail += bytes;
}
@inline
export function remove(which: usize, bytes: u32): void {
  inbox(which).head += bytes;
}
@inline
export function held(which: usize): u32 {
  return inbox(which).tail - inbox(which).head;
}
@inline
export function firstOf(which: usize): usize {
  return inbox(which).place + inbox(which).head;
}
