// The firewall: enforces the frame ledger, after the FLASH machine's (Kuskin et al., ISCA 1994) as
// Hive used it. Each hart works for a node; a store below machine mode to a frame of RAM that the
// ledger gives to another node is an access fault. The ledger's own frames and one shared page are
// open to all. The verdict is asked where a store TLB is filled, so a hit costs nothing; changing
// a register empties all store TLBs, changing the ledger does not: software then stores to FENCE.
import {
  FIREWALL_FENCE,
  FIREWALL_ID,
  FIREWALL_ID_VALUE,
  FIREWALL_LEDGER,
  FIREWALL_NODE,
  FIREWALL_SHARED,
} from "../abi";
import { Hart, hartAt } from "../hart";
import { frameOf, machine, ramPlace } from "../layout";
import { flushStores } from "../tlb";
import { ENTROPY_END } from "./virtio-entropy";

@unmanaged
class Firewall {
  ledger: u32; // physical address of one byte a frame: the node that owns it; 0: nothing is checked
  shared: u32; // physical address of the page open to all, or 0
}
const FIREWALL: usize = ENTROPY_END;
export const DEVICES_END: usize = FIREWALL + 64;

@inline
function firewall(): Firewall {
  return changetype<Firewall>(FIREWALL);
}

export function loadFirewall(offset: u32): i64 {
  if (offset == FIREWALL_ID) return FIREWALL_ID_VALUE;
  if (offset == FIREWALL_LEDGER) return firewall().ledger;
  if (offset == FIREWALL_SHARED) return firewall().shared;
  return 0;
}

/** False, an access fault, for a ledger that is not all in RAM and for a hart that is not there. */
export function storeFirewall(offset: u32, value: u32): bool {
  if (offset == FIREWALL_LEDGER) {
    if (value != 0 && ramPlace(value, machine().ramFrames) == 0) return false;
    firewall().ledger = value;
  } else if (offset == FIREWALL_SHARED) {
    firewall().shared = value;
  } else if (offset == FIREWALL_NODE) {
    if (value >> 8 >= machine().harts) return false;
    hartAt(value >> 8).node = value & 0xff;
  } else if (offset != FIREWALL_FENCE) {
    return true;
  }
  flushStores();
  return true;
}

/** For check.ts: the ledger is all in RAM, or there is none. */
export function firewallIsSound(): bool {
  const ledger = firewall().ledger;
  return ledger == 0 || ramPlace(ledger, machine().ramFrames) != 0;
}

/** Whether software below machine mode on this hart may store to a frame of RAM. */
@inline
export function mayStore(hart: Hart, frame: u32): bool {
  return firewall().ledger == 0 || hart.node == 0 || owns(hart, frame);
}

function owns(hart: Hart, frame: u32): bool {
  const ledger = firewall().ledger;
  const frames = machine().ramFrames;
  if (frame >= frames || load<u8>(ramPlace(ledger, frames) + frame) == hart.node) return true;
  if (frame >= frameOf(ledger) && frame <= frameOf(ledger + frames - 1)) return true;
  return firewall().shared != 0 && frame == frameOf(firewall().shared);
}
