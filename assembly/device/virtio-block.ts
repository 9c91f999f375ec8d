// Eight virtio-mmio slots (Virtual I/O Device 1.2, 4.2), slot 0 with a block device (5.2) when
// the machine has a drive; empty slots read device id 0. Transport version 2 (modern) or 1
// (legacy, 4.2.4) by configuration. A notify is served at once: requests are bounded by the queue,
// and the interrupt is raised with the same store.
import { VIRTIO_IRQ, VIRTIO_SLOTS, VIRTIO_STRIDE } from "../abi";
import { DEVICES, machine, ramPlace } from "../layout";
import { dropCode } from "../memory";
import { PLIC_STATE_BYTES, setSource } from "./plic";
import { UART_STATE_BYTES } from "./uart";

const SLOTS: usize = DEVICES + PLIC_STATE_BYTES + UART_STATE_BYTES;
export const DEVICES_BEFORE_FIREWALL: usize = SLOTS + 256 * VIRTIO_SLOTS;
export const DRIVE_PRESENT: u32 = 1;
export const DRIVE_READ_ONLY: u32 = 2;
export const DRIVE_LEGACY: u32 = 4;

const QUEUE_SIZE_MAX: u32 = 256;
const FEATURE_READ_ONLY: u32 = 1 << 5;
const FEATURE_FLUSH: u32 = 1 << 9;
const STATUS_DEVICE_NEEDS_RESET: u32 = 64;

@unmanaged
class Slot {
  deviceFeaturesSelect: u32;
  driverFeaturesSelect: u32;
  driverFeatures: u32;
  driverFeaturesHigh: u32;
  queueSelect: u32;
  queueSize: u32;
  queueReady: u32;
  descriptors: u32;
  available: u32;
  used: u32;
  status: u32;
  interrupt: u32;
  availableSeen: u32;
  frameNumber: u32;
  pageBytes: u32;
  align: u32;
}

@inline
function slotAt(index: u32): Slot {
  return changetype<Slot>(SLOTS + (index << 8));
}

function present(index: u32): bool {
  return index == 0 && (machine().driveFlags & DRIVE_PRESENT) != 0;
}

function features(select: u32): u32 {
  if (select == 1) return (machine().driveFlags & DRIVE_LEGACY) != 0 ? 0 : 1; // VERSION_1
  if (select != 0) return 0;
  return FEATURE_FLUSH | ((machine().driveFlags & DRIVE_READ_ONLY) != 0 ? FEATURE_READ_ONLY : 0);
}

export function loadVirtio(address: u32, size: u32): i64 {
  const index = address / VIRTIO_STRIDE;
  const offset = address % VIRTIO_STRIDE;
  const slot = slotAt(index);
  if (offset >= 0x100) {
    if (!present(index) || offset - 0x100 >= 8) return 0;
    const sectors = (<u64>machine().driveBytes) >> 9;
    const value = sectors >> ((offset - 0x100) << 3);
    return size == 4 ? value & 0xffffffff : value & ((1 << (size << 3)) - 1);
  }
  if (size != 4) return 0;
  switch (offset) {
    case 0x000:
      return 0x74726976;
    case 0x004:
      return (machine().driveFlags & DRIVE_LEGACY) != 0 ? 1 : 2;
    case 0x008:
      return present(index) ? 2 : 0;
    case 0x00c:
      return 0x554d4551;
    case 0x010:
      return present(index) ? features(slot.deviceFeaturesSelect) : 0;
    case 0x034:
      return present(index) && slot.queueSelect == 0 ? QUEUE_SIZE_MAX : 0;
    case 0x040:
      return slot.queueSelect == 0 ? slot.frameNumber : 0;
    case 0x044:
      return slot.queueSelect == 0 ? slot.queueReady : 0;
    case 0x060:
      return slot.interrupt;
    case 0x070:
      return slot.status;
  }
  return 0;
}

export function storeVirtio(address: u32, size: u32, value: u32): bool {
  const index = address / VIRTIO_STRIDE;
  const offset = address % VIRTIO_STRIDE;
  if (!present(index) || size != 4) return true;
  const slot = slotAt(index);
  if (offset >= 0x030 && offset != 0x050 && offset != 0x064 && offset != 0x070) {
    if (slot.queueSelect == 0) storeQueue(slot, offset, value);
    else if (offset == 0x030) slot.queueSelect = value;
    return true;
  }
  if (offset == 0x014) slot.deviceFeaturesSelect = value;
  else if (offset == 0x020) {
    if (slot.driverFeaturesSelect == 0) slot.driverFeatures = value;
    else if (slot.driverFeaturesSelect == 1) slot.driverFeaturesHigh = value;
  } else if (offset == 0x024) slot.driverFeaturesSelect = value;
  else if (offset == 0x028) slot.pageBytes = value;
  else if (offset == 0x050) {
    if (value == 0) serve(index);
  } else if (offset == 0x064) {
    slot.interrupt &= ~value;
    setSource(VIRTIO_IRQ + index, slot.interrupt != 0);
  } else if (offset == 0x070) {
    if (value == 0) reset(index);
    else slot.status = value;
  }
  return true;
}

function storeQueue(slot: Slot, offset: u32, value: u32): void {
  if (offset == 0x030) slot.queueSelect = value;
  else if (offset == 0x038) slot.queueSize = min(value, QUEUE_SIZE_MAX);
  else if (offset == 0x03c) slot.align = value;
  else if (offset == 0x040) {
    slot.frameNumber = value;
    slot.availableSeen = 0;
    const base = value * slot.pageBytes;
    const align = max<u32>(slot.align, 4);
    slot.descriptors = base;
    slot.available = base + slot.queueSize * 16;
    slot.used = (slot.available + 6 + slot.queueSize * 2 + align - 1) & ~(align - 1);
    slot.queueReady = value != 0 ? 1 : 0;
  } else if (offset == 0x044) slot.queueReady = value & 1;
  else if (offset == 0x080) slot.descriptors = value;
  else if (offset == 0x090) slot.available = value;
  else if (offset == 0x0a0) slot.used = value;
}

function reset(index: u32): void {
  memory.fill(changetype<usize>(slotAt(index)), 0, 64);
  setSource(VIRTIO_IRQ + index, false);
}

/** Serves every request that the driver has made available, then interrupts. */
function serve(index: u32): void {
  const slot = slotAt(index);
  const size = slot.queueSize;
  if (slot.queueReady == 0 || size == 0 || (slot.status & STATUS_DEVICE_NEEDS_RESET) != 0) return;
  const table = ramPlace(slot.descriptors, size * 16);
  const available = ramPlace(slot.available, 4 + size * 2);
  const used = ramPlace(slot.used, 4 + size * 8);
  const target: u32 = available != 0 ? load<u16>(available, 2) : 0;
  const many = (target - slot.availableSeen) & 0xffff;
  if (table == 0 || available == 0 || used == 0 || many > size) {
    slot.status |= STATUS_DEVICE_NEEDS_RESET;
    return;
  }
  for (let n: u32 = 0; n < many; n++) {
    const head: u32 = load<u16>(available + 4 + (slot.availableSeen % size) * 2);
    const written = request(table, size, head);
    const usedIndex: u32 = load<u16>(used, 2);
    const place = used + 4 + (usedIndex % size) * 8;
    store<u32>(place, head);
    store<u32>(place, written, 4);
    store<u16>(used, <u16>(usedIndex + 1), 2);
    slot.availableSeen = (slot.availableSeen + 1) & 0xffff;
  }
  dropCode(slot.used, 4 + size * 8);
  if (many == 0) return;
  slot.interrupt |= 1;
  setSource(VIRTIO_IRQ + index, true);
}

/** One request: header, data, status byte (5.2.6). Returns the bytes written to the driver. */
function request(table: usize, size: u32, head: u32): u32 {
  if (head >= size) return 0;
  let place = table + head * 16;
  const header = ramPlace(load<u32>(place), 16);
  if (header == 0 || load<u32>(place, 8) < 16 || (load<u16>(place, 12) & 1) == 0) return 0;
  const kind = load<u32>(header);
  let offset: u64 = load<u64>(header, 8) << 9;
  let status: u32 = kind == 0 || kind == 1 || kind == 4 || kind == 8 ? 0 : 2;
  let written: u32 = 0;
  for (let n: u32 = 0; n < size; n++) {
    const next: u32 = load<u16>(place, 14);
    if (next >= size) return written;
    place = table + next * 16;
    const pa = load<u32>(place);
    const bytes = load<u32>(place, 8);
    const flags: u32 = load<u16>(place, 12);
    const guest = ramPlace(pa, bytes);
    if (guest == 0) return written;
    if ((flags & 1) == 0) {
      if ((flags & 2) == 0 || bytes == 0) return written;
      store<u8>(guest, status);
      dropCode(pa, 1);
      return written + 1;
    }
    const moved = move(kind, guest, pa, bytes, offset, (flags & 2) != 0);
    if (moved == 0xffffffff) status = 1;
    else if ((flags & 2) != 0) written += moved;
    offset += bytes;
  }
  return written;
}

/** Moves one buffer between guest and drive; returns the bytes, or 0xffffffff on an error. */
function move(kind: u32, guest: usize, pa: u32, bytes: u32, at: u64, toGuest: bool): u32 {
  const m = machine();
  if (kind == 8 && toGuest) {
    memory.fill(guest, 0, bytes);
    if (bytes >= 12) {
      store<u64>(guest, 0x6472657472617571); // "quarterdeck"
      store<u32>(guest, 0x6b6365, 8);
    }
    dropCode(pa, bytes);
    return bytes;
  }
  if (kind > 1) return 0;
  if (at > m.driveBytes || bytes > m.driveBytes - <u32>at) return 0xffffffff;
  const drive: usize = m.drive + <u32>at;
  if (kind == 0) {
    if (!toGuest) return 0xffffffff;
    memory.copy(guest, drive, bytes);
    dropCode(pa, bytes);
    return bytes;
  }
  if (toGuest || (m.driveFlags & DRIVE_READ_ONLY) != 0) return 0xffffffff;
  memory.copy(drive, guest, bytes);
  return bytes;
}
