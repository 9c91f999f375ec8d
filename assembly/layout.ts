// Where everything is in linear memory. The machine's head stands at a constant address; all else
// is placed behind it when the machine is created, from the configuration alone:
//
//   2048    Debug (debug.ts; what a debugger asks for is no state of the machine)
//   3200    parameters of the timing model (timing/)
//   4096    Machine (the head); 6144: head of the timing model; 7168: hops between its nodes
//   8192    decoder table (installed by the host from the rows of isa/)
//   14336   harts that run at the same time: what their workers share (parallel/state.ts)
//   16384   bitmaps of harts, devices (the PLIC's and the slots' state), harts,
//           frame maps, decoded pages, event ring, inboxes, dirty blocks, drive, RAM, boot ROM
//
// Nothing is allocated later, so a copy of [4096, end) is a copy of the whole machine; snapshot.ts
// says which parts of it suffice.
import { BOOT_ROM_BASE, BOOT_ROM_SIZE, HARTS_MAX, RAM_BASE } from "./abi";

/** 1 in the build with the timing model (asconfig.json), so that the other one has none of it. */
export const TIMING: i32 = WITH_TIMING;
/** 1 in the build whose harts run at the same time, over one shared memory (parallel/). */
export const PARALLEL: i32 = WITH_PARALLEL;

export const DEBUG: usize = 2048;
export const PARAMETERS: usize = 3200;
export const MACHINE: usize = 4096;
export const TIMING_HEAD: usize = 6144;
export const HOPS: usize = 7168; // a byte for each two of 32 nodes
export const DECODER: usize = 8192;
export const PARALLEL_HEAD: usize = 14336;
export const RUNNABLE: usize = 16384; // one bit a hart: not in wfi
export const TOUCHED: usize = 16384 + 64; // one bit a hart: a device changed its pending bits
export const DEVICES: usize = 16384 + 128;
export const HART_WORDS: u32 = HARTS_MAX / 64;

export const JOINED: usize = 3072; // a decoded entry for what crosses a page, and its bits; in the
//                                     parallel build each hart has its own (parallel/state.ts)
export const ENTRIES_PER_PAGE: usize = 2048;
export const ENTRY_BYTES: usize = 8;
export const DECODED_STRIDE: u32 = 16384 + 256; // entries, sentinel; lines stay aligned
export const ROM_FRAMES: u32 = BOOT_ROM_SIZE >> 12;
export const NO_FRAME: u32 = 0xffffffff;
export const NEVER: u64 = 0xffffffffffffffff;

/** The machine's head: configuration, places, and the state of the schedule. */
@unmanaged
export class Machine {
  // Read on slow paths and in the schedule, hottest first.
  harts: u32;
  ramBytes: u32;
  ramFrames: u32;
  ramHost: u32; // linear-memory address of RAM; the boot ROM's frames follow RAM's
  hartsBase: u32;
  slotOfFrame: u32; // u16 a frame: 1 + slot of its decoded form, or 0
  frameFlags: u32; // u8 a frame: FRAME_*
  frameOfSlot: u32; // u32 a slot
  linesOfSlot: u32; // u64 a slot: which 64-byte lines of the frame are decoded
  decoded: u32;
  slots: u32;
  slotNext: u32; // the slot taken (or evicted) next
  quantumCycles: u64;
  cyclesPerTick: u64;
  cellEnd: u64; // end of the quantum all harts are being brought to
  clock: u64; // what run() has reached
  timerNext: u64; // earliest deadline of a waiting hart
  runnable: u32; // harts not waiting
  current: i32; // hart whose slice was interrupted for the host, or -1
  cursor: u32; // no runnable hart below has its cycle below cellEnd
  last: i32; // hart that ran last
  touchedAny: u32;
  leave: u32; // run() returns at the next event
  exact: u32; // not 0: harts go instruction by instruction (EXACT, OBSERVE_STEPS of debug.ts)
  observeTraps: u32; // OBSERVE_TRAPS, OBSERVE_USER of debug.ts: which of them are events
  midSlice: u32; // the current hart was stopped between two events: it goes on without one
  paused: u32; // the current hart's slice was stopped where no slice ends: nothing comes between
  stopWhy: u32; // WHY_* of debug.ts: what stopped the last run(), or 0
  stopHart: u32;
  stopAddress: u32;
  stopPc: u32;
  stopCycle: u64;
  finished: u32; // 0, or 1 + the code of FINISHER_*
  exitCode: u32;
  timerOn: u32;
  ring: u32;
  ringBytes: u32;
  ringUsed: u32;
  ringLast: u32; // offset of the last record, or NO_FRAME
  drive: u32;
  driveBytes: u32;
  driveFlags: u32;
  legacy: u32; // not 0: virtio transport version 1
  firewall: u32; // not 0: there is one
  vsock: u32; // not 0: there is a socket device
  terminal: u32; // not 0: there is a virtio console
  entropy: u32; // not 0: there is an entropy device
  rtcSeconds: u64;
  end: u32;
  packetsCycle: u64; // when the socket device was last notified, for packets that wait for room
  textCycle: u64; // the same for the virtio console
  driveDirty: u32; // u8 a 4 KiB block of the drive: not 0 when changed since the last snapshot
}

@inline
export function machine(): Machine {
  return changetype<Machine>(MACHINE);
}

/** The frame that holds physical address `pa`, or NO_FRAME where there is no memory. */
@inline
export function frameOf(pa: u32): u32 {
  const offset = pa - RAM_BASE;
  if (offset < machine().ramBytes) return offset >> 12;
  const rom = pa - BOOT_ROM_BASE;
  if (rom < BOOT_ROM_SIZE) return machine().ramFrames + (rom >> 12);
  return NO_FRAME;
}

/** Linear-memory address of the first byte of a frame. */
@inline
export function frameHost(frame: u32): usize {
  return machine().ramHost + (frame << 12);
}

@inline
export function frameIsRom(frame: u32): bool {
  return frame >= machine().ramFrames;
}

/** Linear-memory address of `bytes` bytes of RAM at `pa`, or 0 when they are not all RAM. */
export function ramPlace(pa: u32, bytes: u32): usize {
  const offset = pa - RAM_BASE;
  const ramBytes = machine().ramBytes;
  if (offset >= ramBytes || bytes > ramBytes - offset) return 0;
  return machine().ramHost + offset;
}

@inline
export function setBit(map: usize, hart: u32): void {
  const place = map + ((hart >> 6) << 3);
  store<u64>(place, load<u64>(place) | ((<u64>1) << (hart & 63)));
}
@inline
export function clearBit(map: usize, hart: u32): void {
  const place = map + ((hart >> 6) << 3);
  store<u64>(place, load<u64>(place) & ~((<u64>1) << (hart & 63)));
}
@inline
export function hasBit(map: usize, hart: u32): bool {
  return ((load<u64>(map + ((hart >> 6) << 3)) >> (hart & 63)) & 1) != 0;
}
