// Eight virtio-mmio slots (Virtual I/O Device 1.2, 4.2): their registers, and which device answers
// in each; empty slots read device id 0. Transport version 2 (modern) or 1 (legacy, 4.2.4) by
// configuration.
import { VIRTIO_IRQ, VIRTIO_STRIDE } from "../abi";
import { Hart } from "../hart";
import { machine } from "../layout";
import { setSource } from "./plic";
import {
  BLOCK_SLOT,
  blockConfig,
  blockFeatures,
  blockIsPresent,
  serveBlock,
} from "./virtio-block";
import { CONSOLE_SLOT, serveConsole } from "./virtio-console";
import { ENTROPY_SLOT, serveEntropy } from "./virtio-entropy";
import {
  Queue,
  QUEUE_SIZE_MAX,
  queueAt,
  QUEUES_MAX,
  resetSlot,
  Slot,
  slotAt,
} from "./virtio-queue";
import { serveVsock, VSOCK_SLOT, vsockConfig } from "./virtio-vsock";

const MAGIC: u32 = 0x74726976;
const VENDOR: u32 = 0x554d4551;
const VERSION_1: u32 = 1; // bit 32 of the features
const FEATURES_OK: u32 = 8; // of the status
const ID_BLOCK: u32 = 2;
const ID_CONSOLE: u32 = 3;
const ID_ENTROPY: u32 = 4;
const ID_VSOCK: u32 = 19;

function idOf(index: u32): u32 {
  if (index == BLOCK_SLOT) return blockIsPresent() ? ID_BLOCK : 0;
  if (index == VSOCK_SLOT) return machine().vsock != 0 ? ID_VSOCK : 0;
  if (index == CONSOLE_SLOT) return machine().terminal != 0 ? ID_CONSOLE : 0;
  return index == ENTROPY_SLOT && machine().entropy != 0 ? ID_ENTROPY : 0;
}

function queuesOf(index: u32): u32 {
  const id = idOf(index);
  if (id == ID_VSOCK) return 3;
  return id == ID_CONSOLE ? 2 : id == ID_BLOCK || id == ID_ENTROPY ? 1 : 0;
}

function features(index: u32, select: u32): u32 {
  if (select == 1) return machine().legacy != 0 ? 0 : VERSION_1;
  return select == 0 && idOf(index) == ID_BLOCK ? blockFeatures() : 0;
}

function config(index: u32, word: u32): u32 {
  const id = idOf(index);
  return id == ID_BLOCK ? blockConfig(word) : id == ID_VSOCK ? vsockConfig(word) : 0;
}

/** The queue that the driver has selected, or null (0) when the device has fewer. */
@inline
function selected(index: u32): Queue | null {
  const number = slotAt(index).queueSelect;
  return number < min(queuesOf(index), QUEUES_MAX) ? queueAt(index, number) : null;
}

export function loadVirtio(address: u32, size: u32): i64 {
  const index = address / VIRTIO_STRIDE;
  const offset = address % VIRTIO_STRIDE;
  if (offset >= 0x100) {
    const word = config(index, (offset - 0x100) >> 2) >> ((offset & 3) << 3);
    return size == 4 ? word : word & ((1 << (size << 3)) - 1);
  }
  return size == 4 ? loadRegister(index, offset) : 0;
}

function loadRegister(index: u32, offset: u32): u32 {
  const slot = slotAt(index);
  const queue = selected(index);
  switch (offset) {
    case 0x000:
      return MAGIC;
    case 0x004:
      return machine().legacy != 0 ? 1 : 2;
    case 0x008:
      return idOf(index);
    case 0x00c:
      return VENDOR;
    case 0x010:
      return idOf(index) != 0 ? features(index, slot.deviceFeaturesSelect) : 0;
    case 0x034:
      return queue ? QUEUE_SIZE_MAX : 0;
    case 0x040:
      return queue ? queue.frameNumber : 0;
    case 0x044:
      return queue ? queue.ready : 0;
    case 0x060:
      return slot.interrupt;
    case 0x070:
      return slot.status;
    case 0x0b0: // there is no shared memory region: its length reads as -1 (4.2.2)
    case 0x0b4:
    case 0x0b8:
    case 0x0bc:
      return 0xffffffff;
  }
  return 0;
}

export function storeVirtio(hart: Hart, address: u32, size: u32, value: u32): bool {
  const index = address / VIRTIO_STRIDE;
  const offset = address % VIRTIO_STRIDE;
  if (idOf(index) == 0 || size != 4) return true;
  const slot = slotAt(index);
  const queue = selected(index);
  if (offset == 0x014) slot.deviceFeaturesSelect = value;
  else if (offset == 0x020) {
    if (slot.driverFeaturesSelect == 0) slot.driverFeatures = value;
    else if (slot.driverFeaturesSelect == 1) slot.driverFeaturesHigh = value;
  } else if (offset == 0x024) slot.driverFeaturesSelect = value;
  else if (offset == 0x028) slot.pageBytes = value;
  else if (offset == 0x030) slot.queueSelect = value;
  else if (offset == 0x050) {
    slot.hart = hart.id;
    notify(index, value, hart.cycle);
  } else if (offset == 0x064) {
    slot.interrupt &= ~value;
    setSource(VIRTIO_IRQ + index, slot.interrupt != 0);
  } else if (offset == 0x070) {
    if (value == 0) resetSlot(index);
    else slot.status = agreed(index, slot) ? value : value & ~FEATURES_OK;
  } else if (queue) storeQueue(slot, queue, offset, value);
  return true;
}

/** Whether the driver took only features that the device offers, and, if modern, the version. */
function agreed(index: u32, slot: Slot): bool {
  if ((slot.driverFeatures & ~features(index, 0)) != 0) return false;
  return slot.driverFeaturesHigh == features(index, 1);
}

function notify(index: u32, queue: u32, cycle: u64): void {
  if (queue >= queuesOf(index)) return;
  if (index == BLOCK_SLOT) serveBlock();
  else if (index == VSOCK_SLOT) {
    machine().packetsCycle = cycle;
    serveVsock(queue);
  } else if (index == ENTROPY_SLOT) serveEntropy();
  else {
    machine().textCycle = cycle;
    serveConsole(queue);
  }
}

function storeQueue(slot: Slot, queue: Queue, offset: u32, value: u32): void {
  if (offset == 0x038) queue.size = min(value, QUEUE_SIZE_MAX);
  else if (offset == 0x03c) queue.align = value;
  else if (offset == 0x040) {
    queue.frameNumber = value;
    queue.seen = 0;
    const base = value * slot.pageBytes;
    const align = max<u32>(queue.align, 4);
    queue.descriptors = base;
    queue.available = base + queue.size * 16;
    queue.used = (queue.available + 6 + queue.size * 2 + align - 1) & ~(align - 1);
    queue.ready = value != 0 ? 1 : 0;
  } else if (offset == 0x044) queue.ready = value & 1;
  else if (offset == 0x080) queue.descriptors = value;
  else if (offset == 0x090) queue.available = value;
  else if (offset == 0x0a0) queue.used = value;
}
