// Which code is hot. Where the interpreter's slice begins at a decoded entry, that entry is counted;
// slices are cut short to look (LOOK_CYCLES), which nobody can tell. One that is met often enough is
// put down, and when some are, or after a while, their regions are translated into one module. All
// this is a function of what the guest does, so a run translates the same each time.
import { Hart } from "../hart";
import { op } from "../isa/entry";
import { Op } from "../isa/op";
import {
  blockAt,
  blocks,
  findBlocks,
  flagsOf,
  IS_ENTRANCE,
  PAGES,
} from "./blocks";
import { here } from "./bytes";
import { beginModule, finishModule } from "./module";
import {
  addEntrance,
  addLines,
  coolingOf,
  dropAllRegions,
  newRegion,
} from "./regions";
import { COUNTS, MODULE_BYTES, slotOfEntry, translator, TRANSLATOR } from "./state";
import { structure, writeFunction } from "./structure";

/** Cycles after which the interpreter's loop is left to look where it is. */
export const LOOK_CYCLES: u32 = 1024;
const HOT: u32 = 16;
const COOLINGS_MAX: u32 = 10; // a page whose regions have been dropped more often stays as it is
const BATCH: u32 = 16;
const PATIENCE: u32 = 64;
const QUEUE: usize = TRANSLATOR + 1024; // {entry, pc, fetch TLB, 0} of what is hot
const NUMBERS: usize = QUEUE + 16 * BATCH; // u32 a region of the module under way

@unmanaged
class Queue {
  length: u32;
  waited: u32;
}
@inline
function queue(): Queue {
  return changetype<Queue>(TRANSLATOR + 1016);
}

/** The hart's slice is about to go on at `ip`. */
export function notice(hart: Hart, ip: usize): void {
  const q = queue();
  if (q.length != 0 && ++q.waited >= PATIENCE) translate();
  if (op(ip) == Op.REGION) return;
  const place: usize = translator().counts + (((<u32>ip >> 3) & (COUNTS - 1)) << 1);
  const count = <u32>load<u16>(place) + 1;
  store<u16>(place, <u16>count);
  if (count < HOT << min(coolingOf(ip), COOLINGS_MAX)) return;
  store<u16>(place, 0);
  if (coolingOf(ip) > COOLINGS_MAX) return;
  const last = QUEUE + (q.length << 4);
  store<u32>(last, <u32>ip);
  store<u32>(last, hart.pc, 4);
  store<u32>(last, hart.fetchTlb, 8);
  q.length++;
  if (q.length == BATCH) translate();
}

/** Translates what is in the queue. */
function translate(): void {
  const q = queue();
  let regions: u32 = 0;
  beginModule();
  const end: usize = translator().bytes + (MODULE_BYTES >> 1);
  for (let n: u32 = 0; n < q.length; n++) {
    if (here() > end || !build(QUEUE + (n << 4))) continue;
    store<u32>(NUMBERS + (regions << 2), newRegion());
    register(load<u32>(NUMBERS + (regions << 2)));
    regions++;
  }
  q.length = q.waited = 0;
  if (regions == 0) return;
  if (finishModule(NUMBERS, regions)) translator().regions += regions;
  else {
    dropAllRegions();
    translator().on = 0;
  }
}

/** Writes the function of the region of a place in the queue; false: it is no more what it was. */
function build(place: usize): bool {
  const ip: usize = load<u32>(place);
  if (op(ip) == Op.REGION || op(ip) == Op.UNDECODED) return false;
  if (!findBlocks(load<u32>(place, 8), ip, load<u32>(place, 4))) return false;
  structure();
  return writeFunction();
}

/** Notes where the region that has just been written is entered, and what it was made from. */
function register(region: u32): void {
  const b = blocks();
  for (let block: u32 = 0; block < b.count; block++) {
    if ((flagsOf(block) & IS_ENTRANCE) == 0) continue;
    addEntrance(region, load<u32>(blockAt(block)), load<u32>(blockAt(block), 4));
  }
  for (let n: u32 = 0; n < b.pages; n++) {
    const place = PAGES + (n << 4);
    const lines = load<u64>(place, 8);
    if (lines != 0) addLines(region, slotOfEntry(load<u32>(place)), lines);
  }
}
