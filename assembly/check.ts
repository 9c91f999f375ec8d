// Is a restored state one that this core could have come to? A snapshot's file may say anything,
// with a right checksum. What leads the core to places in linear memory (TLBs, frame maps, queues,
// harts' numbers) must lead where it may, and clocks must lie so close together that a run ends.
// Registers, CSRs and memory may hold anything, as a guest could have put it there. What follows
// from the configuration is compared by the host (isConfigured).
import { BOOT_ROM_SIZE, VIRTIO_SLOTS } from "./abi";
import { firewallIsSound } from "./device/firewall";
import { firstOf, held, inbox, KEYS, PACKETS } from "./device/inbox";
import { MTIP } from "./device/lines";
import { uartIsSound } from "./device/uart";
import { QUEUE_SIZE_MAX, QUEUES_MAX, queueAt, slotAt } from "./device/virtio-queue";
import { EVENT_HEAD_BYTES, EVENT_PACKET, EVENT_TERMINAL, hasRoomForEvent } from "./event";
import {
  Hart,
  HART_TLB,
  hartAt,
  MODE_MACHINE,
  TLB_CONTEXT_BYTES,
  TLB_FETCH,
  TLB_STORE,
} from "./hart";
import {
  DECODED_STRIDE,
  HART_WORDS,
  hasBit,
  Machine,
  machine,
  NEVER,
  NO_FRAME,
  ramPlace,
  ROM_FRAMES,
  RUNNABLE,
  TIMING,
  TOUCHED,
} from "./layout";
import { slotOf } from "./memory";
import { selectContext } from "./mmu";
import { updatePmpActive } from "./pmp";
import { forgetModel, setTiming } from "./timing/model";

const NO_PAGE: u32 = 0xffffffff;
const CYCLE_MAX: u64 = 1 << 53; // the host counts cycles in doubles
/** Clocks of harts that can run lie no further apart than a few quanta. */
const APART_MAX: u64 = 1 << 24;

/** Whether the word at `offset` of the head follows from the configuration alone. */
export function isConfigured(offset: u32): bool {
  if (offset < offsetof<Machine>("slotNext")) return true;
  if (offset >= offsetof<Machine>("quantumCycles") && offset < offsetof<Machine>("cellEnd")) {
    return true;
  }
  if (offset >= offsetof<Machine>("ring") && offset < offsetof<Machine>("ringUsed")) return true;
  if (offset >= offsetof<Machine>("drive") && offset < offsetof<Machine>("packetsCycle")) {
    return true;
  }
  return offset == offsetof<Machine>("driveDirty");
}

/** Where the places and sizes of the inboxes lie in linear memory, two words each. */
export function inboxAddress(index: u32): u32 {
  return <u32>(index == 0 ? PACKETS : KEYS);
}

/**
 * 0 when the restored state is sound; else which part is not, as the host names them. What the
 * timing model has is not looked at, but forgotten: it starts cold.
 */
export function unsoundPart(): u32 {
  const timed = TIMING && forgetModel();
  const part = firstUnsoundPart();
  if (timed && part == 0) setTiming(true);
  return part;
}

function firstUnsoundPart(): u32 {
  if (!headIsSound(machine())) return 1;
  if (!mapsAreSound()) return 2;
  for (let id: u32 = 0; id < machine().harts; id++) {
    if (!hartIsSound(hartAt(id), id)) return 3;
    if (!tlbsAreSound(hartAt(id))) return 4;
  }
  if (!clocksAreSound()) return 5;
  if (!eventsAreSound(machine())) return 6;
  return devicesAreSound() ? 0 : 7;
}

function headIsSound(m: Machine): bool {
  if (m.slotNext >= m.slots || m.cursor >= m.harts) return false;
  if (m.current < -1 || m.current >= <i32>m.harts) return false;
  if (m.last < -1 || m.last >= <i32>m.harts) return false;
  if (m.midSlice > 1 || m.paused > 1 || m.leave > 1) return false;
  if ((m.midSlice | m.paused) != 0 && m.current < 0) return false;
  let many: u32 = 0;
  for (let id: u32 = 0; id < HART_WORDS * 64; id++) {
    const runs = hasBit(RUNNABLE, id);
    if (runs) many++;
    if (id >= m.harts && (runs || hasBit(TOUCHED, id))) return false;
  }
  return many == m.runnable && (m.current < 0 || hasBit(RUNNABLE, m.current));
}

/** Frames and slots of decoded pages lead to each other, or nowhere. */
function mapsAreSound(): bool {
  const m = machine();
  const frames = m.ramFrames + ROM_FRAMES;
  for (let frame: u32 = 0; frame < frames; frame++) {
    const slot = slotOf(frame);
    if (slot == 0) continue;
    if (slot > m.slots || load<u32>(m.frameOfSlot + ((slot - 1) << 2)) != frame) return false;
  }
  for (let slot: u32 = 1; slot <= m.slots; slot++) {
    const frame = load<u32>(m.frameOfSlot + ((slot - 1) << 2));
    if (frame != NO_FRAME && (frame >= frames || slotOf(frame) != slot)) return false;
  }
  return true;
}

function hartIsSound(hart: Hart, id: u32): bool {
  if (hart.id != id || load<u32>(changetype<usize>(hart)) != 0) return false;
  if (hart.mode > MODE_MACHINE || hart.mode == 2 || hart.filled > 15) return false;
  if (((hart.status >> 11) & 3) == 2) return false;
  if (((hart.pc | hart.mepc | hart.sepc) & 1) != 0 || hart.waiting > 1) return false;
  const loads = hart.loadTlb;
  const stores = hart.storeTlb;
  const fetches = hart.fetchTlb;
  const active = hart.pmpActive;
  selectContext(hart);
  updatePmpActive(hart);
  return (
    loads == hart.loadTlb &&
    stores == hart.storeTlb &&
    fetches == hart.fetchTlb &&
    active == hart.pmpActive
  );
}

function tlbsAreSound(hart: Hart): bool {
  for (let context: u32 = 0; context < 4; context++) {
    const first = <u32>(changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES);
    const filled = ((hart.filled >> context) & 1) != 0;
    for (let at: u32 = 0; at < TLB_CONTEXT_BYTES; at += 8) {
      const tag = load<u32>(first + at);
      if (tag == NO_PAGE) continue;
      const value = load<u32>(first + at, 4);
      if (!filled || (tag & 0xfff) != 0) return false;
      const right = at >= TLB_FETCH ? isDecoded(value) : isMemory(tag + value, at >= TLB_STORE);
      if (!right) return false;
    }
  }
  return true;
}

/** A page of RAM, or for loads of the boot ROM too. */
function isMemory(place: u32, store: bool): bool {
  const m = machine();
  const offset = place - m.ramHost;
  return (offset & 0xfff) == 0 && offset < m.ramBytes + (store ? 0 : BOOT_ROM_SIZE);
}

/** The entries of a slot that a frame has. */
function isDecoded(place: u32): bool {
  const m = machine();
  const offset = place - m.decoded;
  const slot = offset / DECODED_STRIDE;
  if (place < m.decoded || offset % DECODED_STRIDE != 0 || slot >= m.slots) return false;
  return load<u32>(m.frameOfSlot + (slot << 2)) != NO_FRAME;
}

/** No hart that runs, or will by its timer, is far behind the clock or the end of the cell. */
function clocksAreSound(): bool {
  const m = machine();
  if (m.clock >= CYCLE_MAX || m.cellEnd >= CYCLE_MAX + m.quantumCycles) return false;
  const due = max(m.clock, m.cellEnd);
  for (let id: u32 = 0; id < m.harts; id++) {
    const hart = hartAt(id);
    if (hart.cycle >= CYCLE_MAX || hart.skew > hart.cycle) return false;
    if (hasBit(RUNNABLE, id) && m.finished == 0 && hart.cycle + APART_MAX < due) return false;
    const comes = hart.waiting != 0 && (hart.enabled & MTIP) != 0 && hart.deadline != NEVER;
    if (comes && max(hart.deadline, hart.cycle) + APART_MAX < due) return false;
  }
  return true;
}

/** The ring is drained when a snapshot is taken, but for what its drain let devices send. */
function eventsAreSound(m: Machine): bool {
  if (m.ringUsed > m.ringBytes || (m.leave != 0 && m.ringUsed == 0)) return false;
  if (m.leave == 0 && !hasRoomForEvent()) return false;
  let last = NO_FRAME;
  let place: u32 = 0;
  while (place < m.ringUsed) {
    if (m.ringUsed - place < EVENT_HEAD_BYTES) return false;
    const head = load<u32>(m.ring + place);
    const bytes = load<u32>(m.ring + place, 4);
    const kind = head & 0xff;
    if ((kind != EVENT_PACKET && kind != EVENT_TERMINAL) || head >> 8 >= m.harts) return false;
    if (bytes > m.ringUsed - place - EVENT_HEAD_BYTES) return false;
    last = place;
    place += EVENT_HEAD_BYTES + ((bytes + 7) & ~7);
  }
  return place == m.ringUsed && last == m.ringLast;
}

function devicesAreSound(): bool {
  for (let index: u32 = 0; index < VIRTIO_SLOTS; index++) {
    if (slotAt(index).hart >= machine().harts) return false;
    for (let number: u32 = 0; number < QUEUES_MAX; number++) {
      const queue = queueAt(index, number);
      if (queue.size > QUEUE_SIZE_MAX || queue.ready > 1 || queue.seen > 0xffff) return false;
    }
  }
  if (!uartIsSound() || !firewallIsSound()) return false;
  return boxIsSound(PACKETS) && boxIsSound(KEYS) && packetsAreWhole();
}

function boxIsSound(which: usize): bool {
  const box = inbox(which);
  return box.head <= box.tail && box.tail <= box.room;
}

/** Each packet that waits has its length before it. */
function packetsAreWhole(): bool {
  let place = firstOf(PACKETS);
  let left = held(PACKETS);
  while (left >= 4) {
    const bytes = load<u32>(place);
    if (bytes > left - 4) return false;
    place += bytes + 4;
    left -= bytes + 4;
  }
  return left == 0;
}
