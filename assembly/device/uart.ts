// The console: an NS16550A. Bytes sent become console events at once, so the transmitter is always
// empty; bytes from the host wait in a receive queue. Interrupts for received data and for the
// empty transmitter, by the 16550's rules (IIR reading clears the transmitter's).
import { UART_IRQ } from "../abi";
import { appendConsole } from "../event";
import { Hart } from "../hart";
import { DEVICES } from "../layout";
import { PLIC_STATE_BYTES, setSource } from "./plic";

const UART: usize = DEVICES + PLIC_STATE_BYTES;
const QUEUE_BYTES: u32 = 4096;
export const UART_STATE_BYTES: usize = 64 + QUEUE_BYTES;

@unmanaged
class Uart {
  ier: u32;
  lcr: u32;
  mcr: u32;
  scratch: u32;
  divisor: u32;
  fifo: u32;
  transmitterIdle: u32; // a transmitter-empty interrupt is due
  head: u32; // of the receive queue, which lies behind this
  bytes: u32;
}
const QUEUE: usize = UART + 64;

@inline
function uart(): Uart {
  return changetype<Uart>(UART);
}

function update(): void {
  const u = uart();
  const received = (u.ier & 1) != 0 && u.bytes != 0;
  const idle = (u.ier & 2) != 0 && u.transmitterIdle != 0;
  setSource(UART_IRQ, received || idle);
}

function receive(): u32 {
  const u = uart();
  if (u.bytes == 0) return 0;
  const byte = load<u8>(QUEUE + u.head);
  u.head = (u.head + 1) % QUEUE_BYTES;
  u.bytes--;
  return byte;
}

function identify(): u32 {
  const u = uart();
  const fifo: u32 = u.fifo != 0 ? 0xc0 : 0;
  if ((u.ier & 1) != 0 && u.bytes != 0) return fifo | 4;
  if ((u.ier & 2) != 0 && u.transmitterIdle != 0) {
    u.transmitterIdle = 0;
    return fifo | 2;
  }
  return fifo | 1;
}

export function loadUart(offset: u32): i64 {
  const u = uart();
  const latch = (u.lcr & 0x80) != 0;
  let value: u32 = 0;
  switch (offset) {
    case 0:
      value = latch ? u.divisor & 0xff : receive();
      break;
    case 1:
      value = latch ? u.divisor >> 8 : u.ier;
      break;
    case 2:
      value = identify();
      break;
    case 3:
      value = u.lcr;
      break;
    case 4:
      value = u.mcr;
      break;
    case 5:
      value = 0x60 | (u.bytes != 0 ? 1 : 0);
      break;
    case 6:
      value = 0xb0;
      break;
    case 7:
      value = u.scratch;
      break;
  }
  update();
  return value;
}

export function storeUart(hart: Hart, offset: u32, word: u32): bool {
  const u = uart();
  const latch = (u.lcr & 0x80) != 0;
  const value = word & 0xff;
  if (offset == 0 && latch) u.divisor = (u.divisor & 0xff00) | value;
  else if (offset == 1 && latch) u.divisor = (u.divisor & 0xff) | (value << 8);
  else if (offset == 0) {
    appendConsole(hart, value);
    u.transmitterIdle = 1;
  } else if (offset == 1) {
    if ((u.ier & 2) == 0 && (value & 2) != 0) u.transmitterIdle = 1;
    u.ier = value & 15;
  } else if (offset == 2) {
    u.fifo = value & 1;
    if ((value & 2) != 0) u.bytes = 0;
  } else if (offset == 3) u.lcr = value;
  else if (offset == 4) u.mcr = value & 0x1f;
  else if (offset == 7) u.scratch = value;
  update();
  return true;
}

/** Whether the receive queue takes another byte. */
export function hasRoomForByte(): bool {
  return uart().bytes < QUEUE_BYTES;
}

/** One byte from the host; false when the queue is full. */
export function receiveFromHost(byte: u32): bool {
  const u = uart();
  if (u.bytes == QUEUE_BYTES) return false;
  store<u8>(QUEUE + ((u.head + u.bytes) % QUEUE_BYTES), byte);
  u.bytes++;
  update();
  return true;
}

/** For check.ts: the receive queue lies in its place. */
export function uartIsSound(): bool {
  return uart().head < QUEUE_BYTES && uart().bytes <= QUEUE_BYTES;
}
