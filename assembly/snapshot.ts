// What a snapshot is made of: pages (RAM, boot ROM, the drive), each with a mark that says whether
// it may have changed, and regions of small state. Decoded pages are in none, being a cache of
// memory: after a restore they are empty and are filled again on demand. TLBs are state: a guest
// that forgets a fence has the same future. A frame in a store TLB stays dirty, because stores that
// hit there are not seen. The copies are the host's (emu/snapshot.ts).
import { DEVICES_END } from "./device/firewall";
import { inbox, KEYS, PACKETS } from "./device/inbox";
import {
  hartAt,
  HART_STRIDE,
  HART_TLB,
  TLB_CONTEXT_BYTES,
  TLB_LOAD_BYTES,
  TLB_STORE,
} from "./hart";
import { PAGE_BYTES } from "./isa/entry";
import { Op } from "./isa/op";
import {
  Machine,
  MACHINE,
  machine,
  NO_FRAME,
  ROM_FRAMES,
  RUNNABLE,
  TIMING,
  TIMING_HEAD,
} from "./layout";
import { FRAME_DIRTY as DIRTY, flagFrame, slotEntries, slotLines } from "./memory";
import { dropAllRegions } from "./translate/regions";
import { timing, TIMING_STATE_BYTES } from "./timing/state";

export const FRAME_DIRTY: u32 = <u32>DIRTY;
/** How many regions there are. */
export const REGIONS: u32 = TIMING ? 11 : 9;
const NO_PAGE: u32 = 0xffffffff; // tag of an empty TLB entry

/** Frames of RAM and boot ROM: pages from ramAddress() on, flags from frameFlagsAddress() on. */
export function frames(): u32 {
  return machine().ramFrames + ROM_FRAMES;
}
export function frameFlagsAddress(): u32 {
  return machine().frameFlags;
}

/** Blocks of 4 KiB of the drive, the last one padded with zeros; a byte each says "dirty". */
export function driveBlocks(): u32 {
  return (machine().driveBytes + 4095) >> 12;
}
export function dirtyBlocksAddress(): u32 {
  return machine().driveDirty;
}

/** Where region `index` lies: the same in all machines of a configuration. */
export function regionAddress(index: u32): u32 {
  const m = machine();
  switch (index) {
    case 0:
      return <u32>MACHINE;
    case 1:
      return <u32>RUNNABLE;
    case 2:
      return m.hartsBase;
    case 3:
      return m.slotOfFrame;
    case 4:
      return m.frameFlags;
    case 5:
      return m.frameOfSlot;
    case 6:
      return m.ring;
    case 7:
      return inbox(PACKETS).place;
    case 8:
      return inbox(KEYS).place;
    case 9:
      return <u32>TIMING_HEAD;
  }
  return timing().base;
}

/** The most bytes that region `index` can have. */
export function regionRoom(index: u32): u32 {
  const m = machine();
  switch (index) {
    case 0:
      return offsetof<Machine>();
    case 1:
      return <u32>(DEVICES_END - RUNNABLE);
    case 2:
      return m.harts * HART_STRIDE;
    case 3:
      return frames() * 2;
    case 4:
      return frames();
    case 5:
      return m.slots * 4;
    case 6:
      return m.ringBytes;
    case 7:
      return inbox(PACKETS).room;
    case 8:
      return inbox(KEYS).room;
    case 9:
      return TIMING_STATE_BYTES;
  }
  return timing().end - timing().base;
}

/** The bytes of region `index` that mean something now; the first six are always whole. */
export function regionBytes(index: u32): u32 {
  if (index == 6) return machine().ringUsed;
  if (index == 7) return inbox(PACKETS).tail;
  if (index == 8) return inbox(KEYS).tail;
  return regionRoom(index);
}

/** Whether the 4 KiB at a linear-memory address are all zero. */
export function isZeroPage(address: u32): bool {
  const end = address + 4096;
  for (let place = address; place < end; place += 32) {
    const low = load<u64>(place) | load<u64>(place, 8);
    if ((low | load<u64>(place, 16) | load<u64>(place, 24)) != 0) return false;
  }
  return true;
}

/** At creation all pages are zero and clean; the host is about to write ROM and drive. */
export function expectImages(): void {
  const m = machine();
  for (let frame = m.ramFrames; frame < frames(); frame++) flagFrame(frame, DIRTY);
  memory.fill(m.driveDirty, 1, driveBlocks());
}

/** Pages are as the host knows them: none is dirty but those that a store TLB leads to. */
export function settled(): void {
  const m = machine();
  const end = m.frameFlags + frames();
  for (let place = m.frameFlags; place < end; place++) {
    store<u8>(place, load<u8>(place) & ~DIRTY);
  }
  memory.fill(m.driveDirty, 0, driveBlocks());
  for (let id: u32 = 0; id < m.harts; id++) markStoreTlbs(id);
}

function markStoreTlbs(id: u32): void {
  const m = machine();
  const hart = hartAt(id);
  for (let context: u32 = 0; context < 4; context++) {
    if (((hart.filled >> context) & 1) == 0) continue;
    const tlb = changetype<usize>(hart) + HART_TLB + context * TLB_CONTEXT_BYTES + TLB_STORE;
    for (let entry = tlb; entry < tlb + TLB_LOAD_BYTES; entry += 8) {
      const tag = load<u32>(entry);
      if (tag == NO_PAGE) continue;
      flagFrame((tag + load<u32>(entry, 4) - m.ramHost) >> 12, DIRTY);
    }
  }
}

/** Empties all decoded pages; before a restore, while the maps still say where they are. */
export function dropDecoded(): void {
  dropAllRegions();
  const slots = machine().slots;
  for (let slot: u32 = 1; slot <= slots; slot++) {
    if (load<u64>(slotLines(slot)) == 0) continue;
    memory.fill(slotEntries(slot), 0, PAGE_BYTES);
    store<u64>(slotLines(slot), 0);
  }
}

/** Pages and regions are restored: gives the decoded pages in use their sentinels. */
export function restored(): void {
  const m = machine();
  for (let slot: u32 = 1; slot <= m.slots; slot++) {
    if (load<u32>(m.frameOfSlot + ((slot - 1) << 2)) == NO_FRAME) continue;
    store<u64>(slotEntries(slot) + PAGE_BYTES, Op.PAGE_END);
  }
  settled();
}
