// The core-local interruptor (SiFive CLINT): software interrupts and one timer comparator a hart.
// `mtime` as a hart reads it is that hart's clock divided by the cycles of a tick; stores to it
// are ignored. A comparator is kept as a deadline in cycles, which bounds the hart's budget.
import { CLINT_MSIP, CLINT_MTIME, CLINT_MTIMECMP } from "../abi";
import { observeIpi } from "../debug";
import { Hart, hartAt } from "../hart";
import { machine, PARALLEL } from "../layout";
import { agreeOnTime } from "../parallel/time";
import { lowerLine, MSIP, MTIP, raiseLine } from "./lines";

/** The timer as this hart sees it now. */
export function timeOf(hart: Hart): u64 {
  if (PARALLEL) agreeOnTime(hart);
  return hart.cycle / machine().cyclesPerTick;
}

export function loadClint(hart: Hart, offset: u32): i64 {
  const harts = machine().harts;
  if (offset < CLINT_MSIP + harts * 4) return hartAt(offset >> 2).msip;
  if (offset >= CLINT_MTIMECMP && offset < CLINT_MTIMECMP + harts * 8) {
    const owner = hartAt((offset - CLINT_MTIMECMP) >> 3);
    return (offset & 4) != 0 ? owner.mtimecmpHigh : owner.mtimecmpLow;
  }
  if (offset == CLINT_MTIME) return timeOf(hart) & 0xffffffff;
  if (offset == CLINT_MTIME + 4) return timeOf(hart) >> 32;
  return 0;
}

export function storeClint(hart: Hart, offset: u32, value: u32): bool {
  const harts = machine().harts;
  if (offset < CLINT_MSIP + harts * 4) {
    const id = offset >> 2;
    hartAt(id).msip = value & 1;
    if ((value & 1) != 0 && machine().observeTraps != 0) observeIpi(hart, id);
    if ((value & 1) != 0) raiseLine(id, MSIP);
    else lowerLine(id, MSIP);
  } else if (offset >= CLINT_MTIMECMP && offset < CLINT_MTIMECMP + harts * 8) {
    const owner = hartAt((offset - CLINT_MTIMECMP) >> 3);
    if ((offset & 4) != 0) owner.mtimecmpHigh = value;
    else owner.mtimecmpLow = value;
    setDeadline(hart, owner);
  }
  return true;
}

function setDeadline(writer: Hart, owner: Hart): void {
  const ticks = ((<u64>owner.mtimecmpHigh) << 32) | owner.mtimecmpLow;
  const m = machine();
  const most = u64.MAX_VALUE / m.cyclesPerTick;
  owner.deadline = ticks >= most ? u64.MAX_VALUE : ticks * m.cyclesPerTick;
  const now = owner.waiting != 0 ? writer.cycle : owner.cycle;
  if (now >= owner.deadline) raiseLine(owner.id, MTIP);
  else lowerLine(owner.id, MTIP);
  if (owner.waiting != 0 && owner.deadline < m.timerNext) m.timerNext = owner.deadline;
}
