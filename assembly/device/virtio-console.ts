// A second console in slot 2 (Virtual I/O Device 1.2, 5.3), when the machine has one: one port,
// bytes both ways. What the guest sends becomes events; what the host sends waits for buffers.
import { appendEventOf, EVENT_TERMINAL, hasRoomForEvent } from "../event";
import { hartAt } from "../hart";
import { machine } from "../layout";
import { append, firstOf, held, KEYS, remove, roomIn } from "./inbox";
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

export const CONSOLE_SLOT: u32 = 2;
const RECEIVE: u32 = 0;
const TRANSMIT: u32 = 1;
const EVENT_BYTES_MAX: u32 = 4096;

export function serveConsole(queue: u32): void {
  if (queue == RECEIVE) deliverKeys();
  else if (queue == TRANSMIT) {
    slotAt(CONSOLE_SLOT).owed = requestsOf(CONSOLE_SLOT, TRANSMIT);
    transmitText();
  }
}

/** Makes events of what the driver has told of, as transmitPackets() in virtio-vsock.ts. */
export function transmitText(): void {
  const slot = slotAt(CONSOLE_SLOT);
  const queue = queueAt(CONSOLE_SLOT, TRANSMIT);
  const hart = hartAt(slot.hart);
  let done = false;
  while (slot.owed != 0 && hasRoomForEvent() && requestsOf(CONSOLE_SLOT, TRANSMIT) != 0) {
    slot.owed--;
    const head = nextRequest(queue);
    const all = chainBytes(queue, head, false);
    const bytes: u32 = all == MALFORMED ? 0 : min<u32>(all, 16 * EVENT_BYTES_MAX);
    for (let at: u32 = 0; at < bytes; at += EVENT_BYTES_MAX) {
      const piece = min(bytes - at, EVENT_BYTES_MAX);
      const text = appendEventOf(EVENT_TERMINAL, hart, machine().textCycle, 0, 0, piece);
      chainCopy(queue, head, at, text, piece, false);
    }
    finishRequest(queue, head, 0);
    done = true;
  }
  if (done) interruptSlot(CONSOLE_SLOT);
}

/** One byte from the host; false when there is no room. */
export function keyFromHost(byte: u32): bool {
  const place = roomIn(KEYS, 1);
  if (place == 0) return false;
  store<u8>(place, byte);
  append(KEYS, 1);
  deliverKeys();
  return true;
}

function deliverKeys(): void {
  const queue = queueAt(CONSOLE_SLOT, RECEIVE);
  let done = false;
  while (held(KEYS) != 0 && requestsOf(CONSOLE_SLOT, RECEIVE) != 0) {
    const head = nextRequest(queue);
    const room = chainBytes(queue, head, true);
    const bytes: u32 = room == MALFORMED ? 0 : min(room, held(KEYS));
    chainCopy(queue, head, 0, firstOf(KEYS), bytes, true);
    remove(KEYS, bytes);
    finishRequest(queue, head, bytes);
    done = true;
  }
  if (done) interruptSlot(CONSOLE_SLOT);
}
