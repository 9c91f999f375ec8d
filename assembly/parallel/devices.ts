// Accesses to devices, while harts run at the same time: under LOCK, one at a time, with whoever is
// interrupted woken in the same breath. What moves memory (virtio), judges it (the firewall), tells
// of all harts (the log desk) or sets another hart's timer is done alone, and in an order in time
// too: a hart whose clock is behind the last one's has waited. When the host has to look at events,
// no more are made: the access comes again in the next run().
import {
  CLINT_BASE,
  CLINT_MTIMECMP,
  CLINT_SIZE,
  FIREWALL_BASE,
  FIREWALL_SIZE,
  LOG_DESK_BASE,
  LOG_DESK_SIZE,
  VIRTIO_BASE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from "../abi";
import { loadDevice, storeDevice } from "../bus";
import { Hart } from "../hart";
import { machine } from "../layout";
import { LOCK } from "./state";
import { takeTurn } from "./time";
import { wakeTouched } from "./wake";
import { beginAgain, lock, postpones, unlock } from "./world";

/** Is a store to `pa` one that needs all others to stand still? */
function movesOthers(hart: Hart, pa: u32): bool {
  if (pa - VIRTIO_BASE < VIRTIO_SLOTS * VIRTIO_STRIDE) return true;
  if (pa - LOG_DESK_BASE < LOG_DESK_SIZE || pa - FIREWALL_BASE < FIREWALL_SIZE) return true;
  const timers = CLINT_BASE + CLINT_MTIMECMP;
  return pa >= timers && pa < CLINT_BASE + CLINT_SIZE && (pa - timers) >> 3 != hart.id;
}

/** As loadDevice; with the hart to begin again, any value. */
export function loadShared(hart: Hart, pa: u32, size: u32): i64 {
  if (machine().leave != 0) {
    beginAgain(hart);
    return 0;
  }
  lock(LOCK);
  const value = loadDevice(hart, pa, size);
  wakeTouched(hart.cycle);
  unlock(LOCK);
  return value;
}

/** As storeDevice. */
export function storeShared(hart: Hart, pa: u32, size: u32, value: u32): bool {
  if (machine().leave != 0) {
    beginAgain(hart);
    return true;
  }
  const moves = movesOthers(hart, pa);
  if (moves && postpones(hart)) return true;
  if (moves) takeTurn(hart);
  lock(LOCK);
  const taken = storeDevice(hart, pa, size, value);
  wakeTouched(hart.cycle);
  unlock(LOCK);
  return taken;
}
