// What translated code calls when a TLB does not answer: the load or store by the exact way, and
// what follows from it. The host gives these functions to each module of regions.
import { Hart, NO_TRAP } from "../hart";
import {
  LEAVE_GO,
  LEAVE_NOT,
  LEAVE_SETTLED,
  SLOW_LENGTH,
  SLOW_SIGNED,
} from "../isa/emit";
import { loadVirtual, storeVirtual } from "../mmu";
import { takeTrap } from "../trap";
import { translator } from "./state";

function begin(hart: Hart, pc: u32, left: i32): void {
  hart.pc = pc;
  hart.cycle = hart.sliceEnd - <u64>(<i64>left);
  hart.trapCause = NO_TRAP;
  hart.event = 0;
}

@inline
function signs(how: u32): bool {
  return (how & SLOW_SIGNED) != 0;
}

/** How the region goes on; `drops`: of regions, before. */
function finish(hart: Hart, how: u32, drops: u32): u32 {
  if (hart.trapCause != NO_TRAP) {
    takeTrap(hart, hart.trapCause, hart.trapValue);
    return LEAVE_SETTLED;
  }
  if (hart.event == 0 && translator().drops == drops) return LEAVE_NOT;
  hart.pc += how >> SLOW_LENGTH;
  hart.cycle += 1;
  return hart.event != 0 ? LEAVE_SETTLED : LEAVE_GO;
}

/**
 * A load at `pc`, when the slice has `left` cycles: `how` is its size, SLOW_SIGNED, and its length
 * over SLOW_LENGTH. Gives the register's value (`old`, when it traps), and LEAVE_* above it.
 */
export function slowLoad(
  h: usize,
  va: u32,
  old: u32,
  pc: u32,
  left: i32,
  how: u32,
): u64 {
  const hart = changetype<Hart>(h);
  const drops = translator().drops;
  begin(hart, pc, left);
  const size = how & 7;
  let value = loadVirtual(hart, va, size);
  if (hart.trapCause != NO_TRAP) value = old;
  else if (size == 1) value = signs(how) ? <u32>(<i32>(<i8>value)) : value & 0xff;
  else if (size == 2) value = signs(how) ? <u32>(<i32>(<i16>value)) : value & 0xffff;
  return ((<u64>finish(hart, how, drops)) << 32) | value;
}

/** A store likewise; gives LEAVE_*. */
export function slowStore(
  h: usize,
  va: u32,
  value: u32,
  pc: u32,
  left: i32,
  how: u32,
): u32 {
  const hart = changetype<Hart>(h);
  const drops = translator().drops;
  begin(hart, pc, left);
  storeVirtual(hart, va, how & 7, value);
  return finish(hart, how, drops);
}
