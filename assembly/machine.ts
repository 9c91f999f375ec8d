// The core's exports: create a machine in linear memory, run it, and look at it. The host reads
// and writes guest memory directly (ramAddress), tells the core of stores (`wrote`), and reads
// events from the ring. Offsets of what the host looks at are exported, never typed twice.
import { BOOT_ROM_BASE, BOOT_ROM_SIZE, RAM_BASE } from "./abi";
import { DEVICES_END } from "./device/firewall";
import { inbox, KEYS, PACKETS } from "./device/inbox";
import { hasRoomForByte, receiveFromHost } from "./device/uart";
import { keyFromHost, transmitText } from "./device/virtio-console";
import { seedEntropy } from "./device/virtio-entropy";
import { packetRoom, packetWritten, transmitPackets } from "./device/virtio-vsock";
import { endRunAtMarks, resetDebug } from "./debug";
import { drainEvents } from "./event";
import {
  ARCHITECTURE_END,
  Hart,
  HART_BUDGET,
  HART_STRIDE,
  HART_TLB,
  HartBudget,
  hartAt,
  resetHart,
} from "./hart";
import { hashState } from "./hash";
import {
  DECODED_STRIDE,
  DECODER,
  MACHINE,
  Machine,
  machine,
  NEVER,
  NO_FRAME,
  PARALLEL,
  ROM_FRAMES,
  RUNNABLE,
  setBit,
  TIMING,
  TIMING_HEAD,
} from "./layout";
import { dropCode } from "./memory";
import { selectContext } from "./mmu";
import { runTogether } from "./parallel/schedule";
import { placeParallel } from "./parallel/state";
import { resume, runUntil } from "./schedule";
import { resetModel } from "./timing/model";
import { HART_TIMING_END, placeTiming } from "./timing/state";
import { driveBlocks, expectImages } from "./snapshot";
import { HOT_UNIT } from "./translate/hot";
import { cyclesTranslated, timesEntered } from "./translate/sampler";
import { placeTranslator, translator } from "./translate/state";

export * from "./abi";
export * from "./check";
export * from "./inspect";
export {
  addBreakpoint,
  addWatchpoint,
  clearBreakpoints,
  clearWatchpoints,
  observeOnly,
  observeRange,
  setExact,
  stopAfter,
  stopBefore,
} from "./debug";
export { resetMachine } from "./reset";
export {
  dirtyBlocksAddress,
  driveBlocks,
  dropDecoded,
  FRAME_DIRTY,
  frameFlagsAddress,
  frames,
  isZeroPage,
  REGIONS,
  regionAddress,
  regionBytes,
  regionRoom,
  restored,
  settled,
} from "./snapshot";
export { TABLE_END } from "./translate/regions";
export { slowFetch, slowLoad, slowStep, slowStore } from "./translate/slow";
export const DECODER_ADDRESS: u32 = <u32>DECODER;
export const STATE_START: u32 = <u32>MACHINE;
export const HART_PC: u32 = offsetof<Hart>("pc");
export const HART_MODE: u32 = offsetof<Hart>("mode");
export const HART_CYCLE: u32 = offsetof<Hart>("cycle");
export const HART_SKEW: u32 = offsetof<Hart>("skew");
export const HART_WAITING: u32 = offsetof<Hart>("waiting");
export const HART_DEADLINE: u32 = offsetof<Hart>("deadline");
export const HART_SATP: u32 = offsetof<Hart>("satp");

const LEGACY: u32 = 1; // bits of `parts`
const FIREWALL: u32 = 2;
const VSOCK: u32 = 4;
const TERMINAL: u32 = 8;
const ENTROPY: u32 = 16;
const PACKETS_BYTES: u32 = 4 << 20;
const KEYS_BYTES: u32 = 4096;

@inline
function after(place: u32, bytes: u64, align: u32): u32 {
  const end = (<u64>place + bytes + align - 1) & ~(<u64>align - 1);
  assert(end < 0x100000000);
  return <u32>end;
}

/** Lays the machine out and resets it; returns the bytes of linear memory it takes. */
export function create(
  harts: u32,
  ramBytes: u32,
  quantumCycles: u32,
  cyclesPerTick: u32,
  seed: u32,
  slots: u32,
  ringBytes: u32,
  driveBytes: u32,
  driveFlags: u32,
  parts: u32,
  rtcSeconds: f64,
): u32 {
  assert(HART_STRIDE >= (TIMING ? HART_TIMING_END : HART_TLB + 4 * 4608));
  assert(HART_BUDGET + offsetof<HartBudget>() <= HART_TLB && ARCHITECTURE_END < HART_TLB);
  assert(offsetof<Machine>() <= TIMING_HEAD - MACHINE);
  const m = machine();
  m.harts = harts;
  m.ramBytes = ramBytes;
  m.ramFrames = ramBytes >> 12;
  m.slots = slots;
  m.ringBytes = ringBytes;
  m.driveBytes = driveBytes;
  m.legacy = parts & LEGACY;
  m.firewall = parts & FIREWALL;
  m.vsock = parts & VSOCK;
  m.terminal = parts & TERMINAL;
  m.entropy = parts & ENTROPY;
  if (!place(m)) return 0;
  const pages = (<u64>m.end + 0xffff) >> 16;
  if (memory.grow(<i32>pages - memory.size()) < 0) return 0;
  m.quantumCycles = quantumCycles;
  m.cyclesPerTick = cyclesPerTick;
  m.driveFlags = driveFlags;
  m.rtcSeconds = <u64>rtcSeconds;
  m.cellEnd = quantumCycles;
  m.timerNext = NEVER;
  m.current = -1;
  m.last = -1;
  m.ringLast = NO_FRAME;
  m.runnable = harts;
  resetDebug();
  seedEntropy(seed);
  memory.fill(m.frameOfSlot, 0xff, slots * 4);
  expectImages();
  for (let id: u32 = 0; id < harts; id++) {
    resetHart(id, BOOT_ROM_BASE);
    hartAt(id).cycle = hartAt(id).skew = perturbation(seed, id) % quantumCycles;
    selectContext(hartAt(id));
    setBit(RUNNABLE, id);
  }
  if (TIMING) resetModel();
  return m.end;
}

/** False: it does not fit in linear memory. */
function place(m: Machine): bool {
  const frames = m.ramFrames + ROM_FRAMES;
  const devicesEnd = after(<u32>DEVICES_END, 0, 64);
  m.hartsBase = PARALLEL ? placeParallel(devicesEnd) : devicesEnd;
  m.slotOfFrame = after(m.hartsBase, <u64>m.harts * HART_STRIDE, 64);
  m.frameFlags = after(m.slotOfFrame, <u64>frames * 2, 64);
  m.frameOfSlot = after(m.frameFlags, frames, 64);
  m.linesOfSlot = after(m.frameOfSlot, <u64>m.slots * 4, 64);
  m.decoded = after(m.linesOfSlot, <u64>m.slots * 8, 256);
  m.ring = after(m.decoded, <u64>m.slots * DECODED_STRIDE, 64);
  const packets = inbox(PACKETS);
  packets.place = after(m.ring, m.ringBytes, 4096);
  packets.room = m.vsock != 0 ? PACKETS_BYTES : 0;
  const keys = inbox(KEYS);
  keys.place = packets.place + packets.room;
  keys.room = m.terminal != 0 ? KEYS_BYTES : 0;
  const behind = TIMING ? placeTiming(keys.place + keys.room) : keys.place + keys.room;
  if (behind + m.driveBytes + m.ramBytes >= 0xff000000) return false;
  m.driveDirty = after(0, behind, 64);
  m.drive = after(m.driveDirty, driveBlocks(), 4096);
  m.ramHost = after(m.drive, m.driveBytes, 65536);
  m.end = after(m.ramHost, <u64>m.ramBytes + BOOT_ROM_SIZE, 65536);
  return true;
}

/**
 * Translates code that takes `hot` cycles, once all harts together have run for `cold`; false:
 * there is no memory for it.
 */
export function startTranslator(hot: u32, cold: u32): bool {
  const end = placeTranslator(machine().end);
  const pages = <i32>((end + 0xffff) >> 16);
  if (end >= 0xff000000 || memory.grow(pages - memory.size()) < 0) {
    translator().samplers = 0;
    return false;
  }
  translator().hot = max(hot >> HOT_UNIT, 1);
  translator().from = cold / machine().harts;
  translator().on = 1;
  return true;
}
/** What has been translated: a count by its place in `Translation` of emu/translator.ts. */
export function translated(which: u32): f64 {
  const t = translator();
  switch (which) {
    case 0:
      return t.regions;
    case 1:
      return t.modules;
    case 2:
      return t.moduleBytes;
    case 3:
      return <f64>cyclesTranslated();
    case 4:
      return <f64>timesEntered();
  }
  return t.dropped;
}
/** Whether hot code is still translated: it is not when the host has refused a module. */
export function translates(): bool {
  return translator().on != 0;
}

/** The cycles by which hart `id` starts late; none for seed 0. */
function perturbation(seed: u32, id: u32): u32 {
  if (seed == 0) return 0;
  let value = (seed ^ (id * 0x9e3779b1)) + 0x7f4a7c15;
  value = (value ^ (value >> 16)) * 0x85ebca6b;
  value = (value ^ (value >> 13)) * 0xc2b2ae35;
  return value ^ (value >> 16);
}

/** Runs until cycle `until`; returns a STOP_* of schedule.ts. */
export function run(until: f64): u32 {
  return PARALLEL ? runTogether(<u64>until) : runUntil(<u64>until);
}

export function clock(): f64 {
  return <f64>machine().clock;
}
/** Why the last run() returned STOP_DEBUG: WHY_* of debug.ts; then which hart, and what address. */
export function stopWhy(): u32 {
  return machine().stopWhy;
}
export function stopHart(): u32 {
  return machine().stopHart;
}
export function stopAddress(): u32 {
  return machine().stopAddress;
}
/** Not 0: a hart is stopped where no slice ends, and nothing from outside may enter. */
export function paused(): u32 {
  return machine().paused;
}
export function finished(): u32 {
  return machine().finished;
}
export function exitCode(): u32 {
  return machine().exitCode;
}
export function ramAddress(): u32 {
  return machine().ramHost;
}
export function romAddress(): u32 {
  return machine().ramHost + machine().ramBytes;
}
export function driveAddress(): u32 {
  return machine().drive;
}
export function hartAddress(id: u32): u32 {
  return <u32>changetype<usize>(hartAt(id));
}
export function ringAddress(): u32 {
  return machine().ring;
}
export function ringUsed(): u32 {
  return machine().ringUsed;
}

/** The host has read the events; devices that had to wait for room go on. */
export function drain(): void {
  drainEvents();
  if (machine().vsock != 0) transmitPackets();
  if (machine().terminal != 0) transmitText();
  resume();
}

/** Where the host writes a packet of `bytes` for the socket device; 0 when there is no room. */
export function packetAddress(bytes: u32): u32 {
  return <u32>packetRoom(bytes);
}
/** The packet of `bytes` at packetAddress is written. */
export function packetSent(bytes: u32): void {
  packetWritten(bytes);
}
/** One byte for the virtio console; false when its queue is full. */
export function terminalByte(byte: u32): bool {
  return keyFromHost(byte);
}

/** Nothing can happen before cycle `until`: it is reached. */
export function skip(until: f64): void {
  machine().clock = max(machine().clock, <u64>until);
}

/** The host has stored to [pa, pa + bytes). */
export function wrote(pa: u32, bytes: u32): void {
  if (pa >= RAM_BASE) dropCode(pa, bytes);
}

/** Whether the console's receive queue takes another byte. */
export function consoleRoom(): bool {
  return hasRoomForByte();
}

/** Every mark ends the run() from now on, or none but a program's. */
export function stopAtMarks(on: bool): void {
  endRunAtMarks(on);
}

/** One byte of console input; false when the receive queue is full. */
export function consoleByte(byte: u32): bool {
  return receiveFromHost(byte);
}

export function hash(): u64 {
  return hashState();
}
