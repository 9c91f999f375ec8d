// The socket device in slot 1 (Virtual I/O Device 1.2, 5.10), when the machine has one. Packets of
// the guest become events and end the run(), so that the host answers at a cycle that does not
// depend on how it slices its runs; the host's packets wait until the driver has given buffers.
import { appendEventOf, EVENT_PACKET, hasRoomForEvent } from "../event";
import { hartAt } from "../hart";
import { machine } from "../layout";
import { append, firstOf, held, PACKETS, remove, roomIn } from "./inbox";
import {
  chainBytes,
  chainCopy,
  finishRequest,
  interruptSlot,
  MALFORMED,
  nextRequest,
  queueAt,
  requestsOf,
  slotAt,
} from "./virtio-queue";

export const VSOCK_SLOT: u32 = 1;
export const GUEST_CID: u32 = 3;
export const PACKET_HEAD_BYTES: u32 = 44;
export const PACKET_BYTES_MAX: u32 = 65536 + 44;
const LENGTH: usize = 24; // in the header
const RECEIVE: u32 = 0; // queues
const TRANSMIT: u32 = 1;
const WORD: u32 = 4; // before each packet in the inbox: its bytes

/** A word of the configuration space: the guest's context id. */
export function vsockConfig(word: u32): u32 {
  return word == 0 ? GUEST_CID : 0;
}

export function serveVsock(queue: u32): void {
  if (queue == RECEIVE) deliverPackets();
  else if (queue == TRANSMIT) {
    slotAt(VSOCK_SLOT).owed = requestsOf(VSOCK_SLOT, TRANSMIT);
    transmitPackets();
  }
}

/**
 * Makes events of what the driver has told of; goes on after the host has read when they do not
 * fit. What it has not told of yet waits, or it would depend on when the host reads.
 */
export function transmitPackets(): void {
  const slot = slotAt(VSOCK_SLOT);
  const queue = queueAt(VSOCK_SLOT, TRANSMIT);
  const hart = hartAt(slot.hart);
  let done = false;
  while (slot.owed != 0 && hasRoomForEvent() && requestsOf(VSOCK_SLOT, TRANSMIT) != 0) {
    slot.owed--;
    const head = nextRequest(queue);
    const bytes = chainBytes(queue, head, false);
    if (bytes >= PACKET_HEAD_BYTES && bytes <= PACKET_BYTES_MAX) {
      const at = machine().packetsCycle;
      const place = appendEventOf(EVENT_PACKET, hart, at, 0, 0, bytes);
      chainCopy(queue, head, 0, place, bytes, false);
      machine().leave = 1; // with an event: without one the host would find nothing to drain
    }
    finishRequest(queue, head, 0);
    done = true;
  }
  if (done) interruptSlot(VSOCK_SLOT);
}

/** Where the host writes a packet of `bytes` before packetWritten; 0 when there is no room. */
export function packetRoom(bytes: u32): usize {
  const place = roomIn(PACKETS, bytes + WORD);
  return place == 0 ? 0 : place + WORD;
}

export function packetWritten(bytes: u32): void {
  store<u32>(firstOf(PACKETS) + held(PACKETS), bytes);
  append(PACKETS, bytes + WORD);
  deliverPackets();
}

/** Puts waiting packets into the driver's buffers; a stream's data is cut to fit (5.10.6.3). */
function deliverPackets(): void {
  const queue = queueAt(VSOCK_SLOT, RECEIVE);
  let done = false;
  while (held(PACKETS) != 0 && requestsOf(VSOCK_SLOT, RECEIVE) != 0) {
    const head = nextRequest(queue);
    const room = chainBytes(queue, head, true);
    const usable = room != MALFORMED && room > PACKET_HEAD_BYTES;
    finishRequest(queue, head, usable ? deliver(head, room) : 0);
    done = true;
  }
  if (done) interruptSlot(VSOCK_SLOT);
}

/** Delivers the first packet, or as much of it as `room` holds; the rest stays as a packet. */
function deliver(head: u32, room: u32): u32 {
  const place = firstOf(PACKETS);
  const bytes = load<u32>(place);
  const packet = place + WORD;
  const queue = queueAt(VSOCK_SLOT, RECEIVE);
  if (bytes <= room) {
    chainCopy(queue, head, 0, packet, bytes, true);
    remove(PACKETS, bytes + WORD);
    return bytes;
  }
  const data = room - PACKET_HEAD_BYTES;
  const rest = bytes - PACKET_HEAD_BYTES - data;
  store<u32>(packet + LENGTH, data);
  chainCopy(queue, head, 0, packet, room, true);
  store<u32>(packet + LENGTH, rest);
  memory.copy(packet + data, packet, PACKET_HEAD_BYTES);
  store<u32>(place + data, rest + PACKET_HEAD_BYTES);
  remove(PACKETS, data);
  return room;
}
