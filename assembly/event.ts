// Events: what happened in the machine, for the host to read after each run(). A record is
//
//   +0 u32 kind | hart << 8 | modes << 24   +4 u32 text bytes   +8 u64 cycle   +16 u64 instret
//   +24 u32 a   +28 u32 b     +32 text, padded to 8 bytes
//
// The buffer is emptied by the host; when less than RESERVE is free, run() leaves early. Console
// bytes of one hart join the record before them, so a line costs one record.
import { Hart } from "./hart";
import { machine, NO_FRAME, PARALLEL, TIMING } from "./layout";
import { RING_LOCK } from "./parallel/state";
import { lock, unlock } from "./parallel/world";
import { retiredBy } from "./timing/account";
import { timed } from "./timing/state";

export const EVENT_MARK: u32 = 1;
export const EVENT_CONSOLE: u32 = 2;
export const EVENT_FINISH: u32 = 3;
export const EVENT_PACKET: u32 = 4; // text: a packet of the socket device
export const EVENT_TERMINAL: u32 = 5; // text: bytes sent to the virtio console
export const EVENT_STEP: u32 = 6; // mode in bits 24 up; a: pc, b: instruction; user: text: satp
export const EVENT_TRAP: u32 = 7; // from << 24 | to << 28; a: cause, b: tval; text: epc, satp,
//                                   a0, a1, a6, a7
export const EVENT_MODE: u32 = 8; // from << 24 | to << 28; a: pc, b: satp
export const EVENT_WAIT: u32 = 9; // mode in bits 24 up; text: u64 cycles in wfi, which are over
export const EVENT_IPI: u32 = 10; // a: the hart that is interrupted; told of with traps
export const EVENT_ACCESS: u32 = 11; // of the timing model; a: line, b: kind | stall << 8
export const EVENT_USER: u32 = 12; // enters (1), leaves (0) or stood in (2) user mode, in bits 24
//                                  up; a, b: low and high word of the cycles it stood in wfi
export const EVENT_HEAD_BYTES: u32 = 32;
const RESERVE: u32 = 72 * 1024; // more than any one record needs
const CONSOLE_BYTES_MAX: u32 = 4096;

/** Appends a record with room for `bytes` of text, and returns the address of that text. */
export function appendEvent(kind: u32, hart: Hart, a: u32, b: u32, bytes: u32): usize {
  return appendEventOf(kind, hart, hart.cycle, a, b, bytes);
}

/** The same, of something that the hart did at `cycle`. */
export function appendEventOf(
  kind: u32,
  hart: Hart,
  cycle: u64,
  a: u32,
  b: u32,
  bytes: u32,
): usize {
  if (PARALLEL) lock(RING_LOCK);
  const m = machine();
  const place: usize = m.ring + m.ringUsed;
  m.ringLast = m.ringUsed;
  store<u32>(place, kind | (hart.id << 8));
  store<u32>(place, bytes, 4);
  store<u64>(place, cycle, 8);
  store<u64>(place, TIMING && timed() ? retiredBy(hart) : cycle - hart.skew, 16);
  store<u32>(place, a, 24);
  store<u32>(place, b, 28);
  advance(EVENT_HEAD_BYTES + ((bytes + 7) & ~7));
  if (PARALLEL) unlock(RING_LOCK);
  return place + EVENT_HEAD_BYTES;
}

/** Appends one byte that a hart sent to the console. */
export function appendConsole(hart: Hart, byte: u32): void {
  if (PARALLEL) lock(RING_LOCK);
  const joined = joinConsole(hart, byte);
  if (PARALLEL) unlock(RING_LOCK);
  if (!joined) store<u8>(appendEvent(EVENT_CONSOLE, hart, 0, 0, 1), byte);
}

/** Appends it to the last record; false: that is another one, or full. */
function joinConsole(hart: Hart, byte: u32): bool {
  const m = machine();
  if (m.ringLast != NO_FRAME) {
    const last: usize = m.ring + m.ringLast;
    const bytes = load<u32>(last, 4);
    if (load<u32>(last) == (EVENT_CONSOLE | (hart.id << 8)) && bytes < CONSOLE_BYTES_MAX) {
      store<u8>(last + EVENT_HEAD_BYTES + bytes, byte);
      store<u32>(last, bytes + 1, 4);
      if ((bytes & 7) == 0) advance(8);
      return true;
    }
  }
  return false;
}

function advance(bytes: u32): void {
  const m = machine();
  m.ringUsed += bytes;
  if (m.ringUsed + RESERVE > m.ringBytes) m.leave = 1;
}

/** Whether a record of any size still fits; if not, run() leaves after this instruction. */
export function hasRoomForEvent(): bool {
  return machine().ringUsed + RESERVE <= machine().ringBytes;
}

/** Empties the buffer; the host calls this when it has read it. */
export function drainEvents(): void {
  machine().ringUsed = 0;
  machine().ringLast = NO_FRAME;
  machine().leave = 0;
}
