// A reset of a machine that has run (SRST's cold reboot, by way of the finisher): harts and devices
// are as on a fresh machine and memory is zero, but time goes on, as do the harts' counts, so that
// what the host measures spans the reset. The host then loads the images again. What peers outside
// had sent is gone. Caches of the timing model lose all lines, as by DMA to all of memory.
import {
  BOOT_ROM_BASE,
  BOOT_ROM_SIZE,
  DESK_MARK,
  MARK_PHASE,
  PHASE_FIRMWARE,
  RAM_BASE,
} from "./abi";
import { DEVICES_END } from "./device/firewall";
import { inbox, KEYS, PACKETS } from "./device/inbox";
import { storeDesk } from "./device/log-desk";
import { ENTROPY_END } from "./device/virtio-entropy";
import { SLOTS_END } from "./device/virtio-queue";
import { Hart, hartAt, restartHart } from "./hart";
import { DEVICES, HART_WORDS, machine, NEVER, RUNNABLE, setBit, TIMING, TOUCHED } from "./layout";
import { dropCode } from "./memory";
import { selectContext } from "./mmu";
import { jumpClock } from "./slice";
import { resetHpm } from "./timing/hpm";
import { timed } from "./timing/state";
import { forgetTranslations } from "./timing/translation";
import { flushContexts } from "./tlb";

/** Resets the machine, which has finished with FINISHER_RESET, at the latest of its clocks. */
export function resetMachine(): void {
  const m = machine();
  memory.fill(m.ramHost, 0, m.ramBytes);
  dropCode(RAM_BASE, m.ramBytes);
  dropCode(BOOT_ROM_BASE, BOOT_ROM_SIZE); // the host writes it too
  resetDevices();
  resetSchedule();
  for (let id: u32 = 0; id < m.harts; id++) resetRunningHart(hartAt(id));
  storeDesk(hartAt(0), DESK_MARK, (MARK_PHASE << 24) | PHASE_FIRMWARE);
}

function resetDevices(): void {
  memory.fill(DEVICES, 0, SLOTS_END - DEVICES);
  memory.fill(ENTROPY_END, 0, DEVICES_END - ENTROPY_END); // the firewall
  const packets = inbox(PACKETS);
  const keys = inbox(KEYS);
  packets.head = packets.tail = keys.head = keys.tail = 0;
}

function resetSchedule(): void {
  const m = machine();
  m.finished = m.exitCode = m.leave = 0;
  m.midSlice = m.paused = m.stopWhy = 0;
  m.touchedAny = m.cursor = 0;
  m.current = m.last = -1;
  m.cellEnd = 0;
  m.timerNext = NEVER;
  m.runnable = m.harts;
  memory.fill(TOUCHED, 0, HART_WORDS << 3);
  for (let id: u32 = 0; id < m.harts; id++) setBit(RUNNABLE, id);
}

function resetRunningHart(hart: Hart): void {
  if (hart.cycle < machine().clock) jumpClock(hart, machine().clock);
  flushContexts(hart, 15);
  restartHart(hart, BOOT_ROM_BASE);
  if (TIMING) resetHpm(hart);
  if (TIMING && timed()) forgetTranslations(hart);
  selectContext(hart);
}
