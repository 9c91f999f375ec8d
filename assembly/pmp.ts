// Physical memory protection (Privileged ISA 1.12, 3.7): sixteen entries, granularity 4 bytes.
// The verdict is asked for when a TLB entry is filled. A page on which entries disagree has no one
// verdict: it is never entered in a TLB, and each access is checked on the slow path.
import { Hart, MODE_MACHINE, PMPADDR, PMPCFG } from "./hart";

export const PMP_READ: u32 = 1;
export const PMP_WRITE: u32 = 2;
export const PMP_EXECUTE: u32 = 4;
const LOCKED: u32 = 0x80;
/** What `pmpVerdict` adds when the whole range does not lie in one entry's region (or in none). */
export const PMP_SPLIT: u32 = 0x100;

@inline
export function pmpConfig(hart: Hart, entry: u32): u32 {
  return load<u8>(changetype<usize>(hart) + PMPCFG + entry);
}

@inline
export function pmpAddress(hart: Hart, entry: u32): u32 {
  return load<u32>(changetype<usize>(hart) + PMPADDR + (entry << 2));
}

/** The permissions (PMP_*) of mode `mode` on [pa, pa + bytes), and PMP_SPLIT when not uniform. */
export function pmpVerdict(hart: Hart, pa: u32, bytes: u32, mode: u32): u32 {
  const start: u64 = pa;
  const end: u64 = start + bytes;
  let split: u32 = 0;
  for (let entry: u32 = 0; entry < hart.pmpActive; entry++) {
    const config = pmpConfig(hart, entry);
    const kind = (config >> 3) & 3;
    if (kind == 0) continue;
    const address = <u64>pmpAddress(hart, entry);
    let low: u64 = address << 2;
    let high: u64 = low + 4;
    if (kind == 1) {
      high = low;
      low = entry == 0 ? 0 : (<u64>pmpAddress(hart, entry - 1)) << 2;
    } else if (kind == 3) {
      const size: u64 = (<u64>8) << ctz(~address);
      low &= ~(size - 1);
      high = low + size;
    }
    if (high <= start || low >= end) continue;
    if (low <= start && end <= high) {
      if (mode == MODE_MACHINE && (config & LOCKED) == 0) return 7 | split;
      return (config & 7) | split;
    }
    if (bytes <= 4) return 0;
    split = PMP_SPLIT;
  }
  return (mode == MODE_MACHINE ? 7 : 0) | split;
}

/** Recomputes how many entries have to be looked at; called after any pmpcfg write. */
export function updatePmpActive(hart: Hart): void {
  let active: u32 = 0;
  for (let entry: u32 = 0; entry < 16; entry++) {
    if (((pmpConfig(hart, entry) >> 3) & 3) != 0) active = entry + 1;
  }
  hart.pmpActive = active;
}

/** A store to pmpcfg register `index` (four entries): locked entries keep their value. */
export function storePmpConfig(hart: Hart, index: u32, value: u32): void {
  for (let byte: u32 = 0; byte < 4; byte++) {
    const entry = (index << 2) + byte;
    if ((pmpConfig(hart, entry) & LOCKED) != 0) continue;
    let config = (value >> (byte << 3)) & 0x9f;
    if ((config & 3) == PMP_WRITE) config &= ~PMP_WRITE; // W without R is reserved
    store<u8>(changetype<usize>(hart) + PMPCFG + entry, <u8>config);
  }
  updatePmpActive(hart);
}

/** A store to a pmpaddr register: locked entries, and the base of a locked TOR, keep theirs. */
export function storePmpAddress(hart: Hart, entry: u32, value: u32): void {
  if ((pmpConfig(hart, entry) & LOCKED) != 0) return;
  if (entry < 15) {
    const above = pmpConfig(hart, entry + 1);
    if ((above & LOCKED) != 0 && ((above >> 3) & 3) == 1) return;
  }
  store<u32>(changetype<usize>(hart) + PMPADDR + (entry << 2), value);
}
