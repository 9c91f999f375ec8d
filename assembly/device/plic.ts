// The platform-level interrupt controller (RISC-V PLIC 1.0.0, QEMU virt's layout): 95 sources,
// context 2*hart for M and 2*hart + 1 for S. Level-triggered: a raised source is pending until it
// is claimed, and again after completion while its level stays.
//
//   state: +0 priority[96]  +384 level[3]  +396 pending[3]  +408 claimed[3]
//          +512 enable[1024][4]  +512+16384 threshold[1024]
import { PLIC_SOURCES } from "../abi";
import { DEVICES, machine } from "../layout";
import { lowerLine, MEIP, raiseLine, SEIP } from "./lines";

const PLIC: usize = DEVICES;
const LEVEL: usize = PLIC + 384;
const PENDING: usize = PLIC + 396;
const CLAIMED: usize = PLIC + 408;
const ENABLE: usize = PLIC + 512;
const THRESHOLD: usize = ENABLE + 1024 * 16;
export const PLIC_STATE_BYTES: usize = 512 + 1024 * 16 + 1024 * 4;

const ENABLE_OFFSET: u32 = 0x2000;
const CONTEXT_OFFSET: u32 = 0x200000;
const PRIORITY_MAX: u32 = 7;

@inline
function wordOf(map: usize, source: u32): usize {
  return map + ((source >> 5) << 2);
}

/** The source a claim by `context` would get, or 0. */
function best(context: u32): u32 {
  let winner: u32 = 0;
  let priority = load<u32>(THRESHOLD + (context << 2));
  for (let word: u32 = 0; word < 3; word++) {
    let ready = load<u32>(PENDING + (word << 2)) & load<u32>(ENABLE + (context << 4) + (word << 2));
    while (ready != 0) {
      const source = (word << 5) + ctz(ready);
      ready &= ready - 1;
      const own = load<u32>(PLIC + (source << 2));
      if (own > priority) {
        priority = own;
        winner = source;
      }
    }
  }
  return winner;
}

function updateContext(context: u32): void {
  const bit = (context & 1) != 0 ? SEIP : MEIP;
  if (best(context) != 0) raiseLine(context >> 1, bit);
  else lowerLine(context >> 1, bit);
}

/** Looks again at every context that enables `source`. */
function updateSource(source: u32): void {
  const contexts = machine().harts * 2;
  for (let context: u32 = 0; context < contexts; context++) {
    const enable = load<u32>(wordOf(ENABLE + (context << 4), source));
    if (((enable >> (source & 31)) & 1) != 0) updateContext(context);
  }
}

@inline
function flag(map: usize, source: u32): bool {
  return ((load<u32>(wordOf(map, source)) >> (source & 31)) & 1) != 0;
}

@inline
function putFlag(map: usize, source: u32, on: bool): void {
  const place = wordOf(map, source);
  const bit = (<u32>1) << (source & 31);
  store<u32>(place, on ? load<u32>(place) | bit : load<u32>(place) & ~bit);
}

/** A device's interrupt line; devices call this with the level they now have. */
export function setSource(source: u32, on: bool): void {
  if (flag(LEVEL, source) == on) return;
  putFlag(LEVEL, source, on);
  putFlag(PENDING, source, on && !flag(CLAIMED, source));
  updateSource(source);
}

function claim(context: u32): u32 {
  const source = best(context);
  if (source == 0) return 0;
  putFlag(PENDING, source, false);
  putFlag(CLAIMED, source, true);
  updateSource(source);
  return source;
}

function complete(context: u32, source: u32): void {
  if (source == 0 || source >= PLIC_SOURCES || !flag(CLAIMED, source)) return;
  if (!flag(ENABLE + (context << 4), source)) return;
  putFlag(CLAIMED, source, false);
  putFlag(PENDING, source, flag(LEVEL, source));
  updateSource(source);
}

export function loadPlic(offset: u32): i64 {
  if (offset < PLIC_SOURCES * 4) return load<u32>(PLIC + offset);
  if (offset >= 0x1000 && offset < 0x100c) return load<u32>(PENDING + (offset - 0x1000));
  const contexts = machine().harts * 2;
  if (offset >= CONTEXT_OFFSET) {
    const context = (offset - CONTEXT_OFFSET) >> 12;
    if (context >= contexts) return 0;
    if ((offset & 0xfff) == 0) return load<u32>(THRESHOLD + (context << 2));
    return (offset & 0xfff) == 4 ? claim(context) : 0;
  }
  if (offset >= ENABLE_OFFSET) {
    const context = (offset - ENABLE_OFFSET) >> 7;
    const word = (offset & 0x7f) >> 2;
    if (context < contexts && word < 3) return load<u32>(ENABLE + (context << 4) + (word << 2));
  }
  return 0;
}

export function storePlic(offset: u32, value: u32): bool {
  const contexts = machine().harts * 2;
  if (offset < PLIC_SOURCES * 4) {
    store<u32>(PLIC + offset, offset == 0 ? 0 : value & PRIORITY_MAX);
    updateSource(offset >> 2);
  } else if (offset >= CONTEXT_OFFSET) {
    const context = (offset - CONTEXT_OFFSET) >> 12;
    if (context >= contexts) return true;
    if ((offset & 0xfff) == 0) {
      store<u32>(THRESHOLD + (context << 2), value & PRIORITY_MAX);
      updateContext(context);
    } else if ((offset & 0xfff) == 4) {
      complete(context, value);
    }
  } else if (offset >= ENABLE_OFFSET) {
    const context = (offset - ENABLE_OFFSET) >> 7;
    const word = (offset & 0x7f) >> 2;
    if (context >= contexts || word >= 3) return true;
    store<u32>(ENABLE + (context << 4) + (word << 2), word == 0 ? value & ~1 : value);
    updateContext(context);
  }
  return true;
}
