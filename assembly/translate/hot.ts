// Which code is hot. What the interpreter spends from a decoded entry on, until the hart is noticed
// again, is put down to that entry: at an event, half to one and a half LOOK_CYCLES later, so that
// a guest which repeats itself is not always noticed at the same place. When it would have been
// worth a translation, the entry goes into a queue, and when that is full, or after a while,
// the regions are translated into one module. All this is a function of what the guest does,
// so a run translates the same each time; that slices are cut short nobody can tell.
//
// Where harts run at the same time, counts may lose additions, and a hart only keeps what it has
// found until it is alone: then the queue is written, and translated (parallel/modules.ts).
import { Hart } from "../hart";
import { op } from "../isa/entry";
import { Op } from "../isa/op";
import { PARALLEL } from "../layout";
import {
  blockAt,
  blocks,
  covers,
  findBlocks,
  flagsOf,
  IS_ENTRANCE,
  PAGES,
} from "./blocks";
import { here } from "./bytes";
import { writeFunction } from "./function";
import { beginModule, finishModule } from "./module";
import {
  addEntrance,
  addLines,
  COOLINGS_MAX,
  coolingOf,
  dropAllRegions,
  dropRegion,
  entranceAt,
  newRegion,
  regionAt,
  warm,
} from "./regions";
import { Sampler, samplerOf } from "./sampler";
import { COUNTS, MODULE_BYTES, slotOfEntry, translator, TRANSLATOR } from "./state";
import { structure } from "./structure";

/** About how many cycles lie between two looks where a hart is. */
export const LOOK_CYCLES: u32 = 1024;
const SPREAD: u64 = 0x9e3779b97f4a7c15; // the golden ratio: of a product, the top bits are spread
export const HOT_UNIT: u32 = 5; // a shift: cycles in a count
const COUNT_MAX: u32 = 0xfffe;
const NEVER_HOT: u32 = 0xffff;
const BATCH: u32 = 16;
const PATIENCE: u32 = 65536; // cycles that what is hot waits for more at most
const QUEUE: usize = TRANSLATOR + 1024; // {entry, pc, fetch TLB, 0} of what is hot
const NUMBERS: usize = QUEUE + 16 * BATCH; // u32 a region of the module under way

@unmanaged
class Queue {
  length: u32;
  waited: u32;
}
@inline
function queue(): Queue {
  return changetype<Queue>(TRANSLATOR + 992);
}

/** The hart's slice is about to go on at `ip`. */
export function notice(hart: Hart, ip: usize): void {
  const own = samplerOf(hart);
  if (!PARALLEL && isDue()) translate();
  settle(hart, own);
  own.cycle = hart.cycle;
  own.wait = (LOOK_CYCLES >> 1) + <u32>((hart.cycle * SPREAD) >> 54);
  own.before = own.cycles;
  own.from = 0;
  if (op(ip) == Op.REGION) return;
  own.from = <u32>countOf(ip);
  look(hart, own, ip);
}

/** The hart has left a region to go on at `ip` by the interpreter, which costs something, too. */
export function noticeExit(hart: Hart, ip: usize): void {
  add(countOf(ip), 1);
  look(hart, samplerOf(hart), ip);
}

/** A region costs more than it saves. */
export function noticeWaste(own: Sampler, region: u32): void {
  if (PARALLEL) own.unworthy = 1 + region;
  else giveUp(region);
}

/** Is the hart to leave its slice, so that its worker calls translateAlone()? */
export function wantsAlone(hart: Hart): bool {
  if (translator().on == 0) return false;
  const own = samplerOf(hart);
  return (own.ip | own.unworthy) != 0 || isDue();
}

/** What the hart has noticed, while nobody else executes; true: a module has been installed. */
export function translateAlone(hart: Hart): bool {
  const own = samplerOf(hart);
  if (own.unworthy != 0 && load<u32>(regionAt(own.unworthy - 1)) != 0) giveUp(own.unworthy - 1);
  if (own.ip != 0) enqueue(own.ip, own.pc, own.fetchTlb);
  own.unworthy = own.ip = 0;
  return isDue() && translate();
}

/** Whether it is time to translate what is in the queue. */
function isDue(): bool {
  const q = queue();
  const patience = min(PATIENCE, translator().hot << HOT_UNIT);
  return q.length == BATCH || (q.length != 0 && q.waited >= patience);
}

/** Drops a region, and never translates from its entrances again. */
function giveUp(region: u32): void {
  const entrances = load<u32>(regionAt(region), 4);
  for (let n: u32 = 0; n < entrances; n++) {
    store<u16>(countOf(load<u32>(entranceAt(region, n))), NEVER_HOT);
  }
  dropRegion(region);
}

/** Whether it is time to translate from `ip` on; if so, its count begins again. */
function isHot(ip: usize): bool {
  const place = countOf(ip);
  const count: u32 = load<u16>(place);
  if (count < translator().hot || count == NEVER_HOT) return false;
  const cooling = coolingOf(ip);
  if (count < min(translator().hot << min(cooling, 8), COUNT_MAX)) return false;
  store<u16>(place, 0);
  if (cooling < COOLINGS_MAX) return true;
  warm(ip);
  return false;
}

/** Looks whether `ip`, where the hart stands, is hot: the queue, or the hart, keeps it then. */
function look(hart: Hart, own: Sampler, ip: usize): void {
  if ((PARALLEL && own.ip != 0) || !isHot(ip)) return;
  if (!PARALLEL) {
    enqueue(<u32>ip, hart.pc, hart.fetchTlb);
    return;
  }
  own.ip = <u32>ip;
  own.pc = hart.pc;
  own.fetchTlb = hart.fetchTlb;
}

function enqueue(ip: u32, pc: u32, fetchTlb: u32): void {
  const q = queue();
  if (q.length == BATCH) return;
  const last = QUEUE + (q.length << 4);
  store<u32>(last, ip);
  store<u32>(last, pc, 4);
  store<u32>(last, fetchTlb, 8);
  q.length++;
}

@inline
function countOf(ip: usize): usize {
  return translator().counts + (((<u32>ip >> 3) & (COUNTS - 1)) << 1);
}

function add(place: usize, by: u32): void {
  const count: u32 = load<u16>(place);
  if (count != NEVER_HOT) store<u16>(place, <u16>min(count + by, COUNT_MAX));
}

/** Counts what the hart has run since it was noticed; what it slept through is no run. */
function settle(hart: Hart, own: Sampler): void {
  const passed = hart.cycle - own.cycle;
  if (queue().length != 0) queue().waited += <u32>min(passed, <u64>own.wait);
  if (own.from == 0) return;
  const interpreted = <u32>min(passed - (own.cycles - own.before), <u64>own.wait);
  add(own.from, (interpreted >> HOT_UNIT) + 1);
}

/** Translates what is in the queue; false: there is no new module. */
function translate(): bool {
  const q = queue();
  let regions: u32 = 0;
  beginModule();
  const end: usize = translator().bytes + (MODULE_BYTES >> 1);
  for (let n: u32 = 0; n < q.length; n++) {
    if (here() > end || !build(QUEUE + (n << 4))) continue;
    store<u32>(NUMBERS + (regions << 2), newRegion());
    register(load<u32>(NUMBERS + (regions << 2)));
    regions++;
    leaveOut(n + 1);
  }
  q.length = q.waited = 0;
  if (regions == 0) return false;
  if (finishModule(NUMBERS, regions)) {
    translator().regions += regions;
    return true;
  }
  dropAllRegions();
  translator().on = 0;
  return false;
}

/** From place `n` on: what stands in the region just written is hot no more, if that is entered. */
function leaveOut(n: u32): void {
  for (; n < queue().length; n++) {
    const place = QUEUE + (n << 4);
    if (covers(load<u32>(place))) store<u32>(place, 0);
  }
}

/** Writes the function of the region of a place in the queue; false: it is no more what it was. */
function build(place: usize): bool {
  const ip: usize = load<u32>(place);
  if (ip == 0 || op(ip) == Op.REGION || op(ip) == Op.UNDECODED) return false;
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
