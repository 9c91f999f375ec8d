// Regions: pieces of translated code, and where they are entered. The decoded entry at which a
// region can be entered has Op.REGION in the place of its op, so code that is not translated pays
// nothing; the op itself is kept here. A region belongs to the lines it was made from: what drops
// one of those (memory.ts) drops the region. A region's function stands in the core's table at
// TABLE_FIRST + its number.
//
//   +0 live   +4 entrances   +8 pages
//   +16   per entrance {entry, pc, op, 0}, at most 12
//   +208  per page {slot, next, lines u64}, at most 8; next: 1 + 8 * region + page, or 0
//   +336  how often it was entered lately, and for how many cycles, u32 each: harts that run at the
//         same time note both at once, and may lose a note
import { op } from "../isa/entry";
import { Op } from "../isa/op";
import { PARALLEL } from "../layout";
import {
  CARRIED,
  idPlace,
  REGION_BYTES,
  REGIONS_MAX,
  slotOfEntry,
  translator,
} from "./state";

export const TABLE_FIRST: u32 = 16;
export const TABLE_END: u32 = TABLE_FIRST + REGIONS_MAX;
export const ENTRANCES_MAX: u32 = 12;
export const PAGES_MAX: u32 = 8;
/** From so many on, a page's code is not translated. */
export const COOLINGS_MAX: u32 = 4;
// To enter and leave a region costs about as much as the interpreter takes for this many cycles.
const LEAST_CYCLES: u32 = 32;
const TRIAL: u32 = PARALLEL ? 512 : 4096; // notes of a region until that is judged
const NOTES: usize = 336;
const ENTRANCES: usize = 16;
const PAGES: usize = 208;

@inline
export function regionAt(region: u32): usize {
  return translator().records + region * REGION_BYTES;
}
@inline
export function entranceAt(region: u32, entrance: u32): usize {
  return regionAt(region) + ENTRANCES + (entrance << 4);
}
@inline
function pageAt(region: u32, page: u32): usize {
  return regionAt(region) + PAGES + (page << 4);
}
@inline
function headOf(slot: u32): usize {
  return translator().heads + ((slot - 1) << 2);
}
@inline
function linesOf(slot: u32): usize {
  return translator().lines + ((slot - 1) << 3);
}

/** The op that stood at `ip`, where Op.REGION stands now. */
export function opBehind(ip: usize): u32 {
  const id: u32 = load<u16>(idPlace(ip)) - 1;
  return load<u8>(entranceAt(id >> 4, id & 15), 8);
}

/** A number for a new region; the one that had it goes. */
export function newRegion(): u32 {
  const t = translator();
  const region = t.nextRegion;
  t.nextRegion = region + 1 == REGIONS_MAX ? 0 : region + 1;
  if (load<u32>(regionAt(region)) != 0) dropRegion(region);
  memory.fill(regionAt(region), 0, REGION_BYTES);
  store<u32>(regionAt(region), 1);
  return region;
}

/** One more entrance, with the number that is its state. */
export function addEntrance(region: u32, ip: usize, pc: u32): void {
  const count = load<u32>(regionAt(region), 4);
  const place = entranceAt(region, count);
  store<u32>(regionAt(region), count + 1, 4);
  store<u32>(place, <u32>ip);
  store<u32>(place, pc, 4);
  store<u8>(place, <u8>(op(ip) == Op.REGION ? opBehind(ip) : op(ip)), 8);
  store<u16>(idPlace(ip), <u16>(1 + (region << 4) + count));
  store<u8>(ip, Op.REGION);
}

/** Writes Op.REGION at `ip` where a region can be entered and the entry has been decoded anew. */
export function markEntrance(ip: usize): void {
  const id: u32 = load<u16>(idPlace(ip));
  if (id == 0 || op(ip) == Op.REGION) return;
  store<u8>(entranceAt((id - 1) >> 4, (id - 1) & 15), <u8>op(ip), 8);
  store<u8>(ip, Op.REGION);
}

/** The region was made from these lines of a slot. */
export function addLines(region: u32, slot: u32, lines: u64): void {
  const count = load<u32>(regionAt(region), 8);
  const place = pageAt(region, count);
  store<u32>(regionAt(region), count + 1, 8);
  store<u32>(place, slot);
  store<u32>(place, load<u32>(headOf(slot)), 4);
  store<u64>(place, lines, 8);
  store<u32>(headOf(slot), 1 + (region << 3) + count);
  store<u64>(linesOf(slot), load<u64>(linesOf(slot)) | lines);
}

/** Drops the regions that were made from one of these lines of a slot; true: there was one. */
export function dropRegions(slot: u32, lines: u64): bool {
  if ((load<u64>(linesOf(slot)) & lines) == 0) return false;
  let kept: u64 = 0;
  let found = false;
  let at = load<u32>(headOf(slot));
  while (at != 0) {
    const region = (at - 1) >> 3;
    const place = pageAt(region, (at - 1) & 7);
    at = load<u32>(place, 4);
    if ((load<u64>(place, 8) & lines) == 0) kept |= load<u64>(place, 8);
    else {
      dropRegion(region);
      found = true;
    }
  }
  store<u64>(linesOf(slot), kept);
  return found;
}

/** Drops all regions. */
export function dropAllRegions(): void {
  if (translator().on == 0) return;
  for (let region: u32 = 0; region < REGIONS_MAX; region++) {
    if (load<u32>(regionAt(region)) != 0) dropRegion(region);
  }
}

/** A slot is given to another frame. */
export function dropSlot(slot: u32): void {
  dropRegions(slot, 0xffffffffffffffff);
  store<u8>(translator().cooling + slot - 1, 0);
}

/** The region has been entered, for so many cycles; false: lately that was not worth it. */
@inline
export function isWorth(region: u32, cycles: u32): bool {
  const place = regionAt(region);
  const notes = load<u64>(place, NOTES) + (((<u64>cycles) << 32) | 1);
  const full = <u32>notes == TRIAL;
  store<u64>(place, full ? 0 : notes, NOTES);
  return !full || <u32>(notes >> 32) >= TRIAL * LEAST_CYCLES;
}

export function dropRegion(region: u32): void {
  const t = translator();
  store<u32>(regionAt(region), 0);
  t.drops++;
  t.dropped++;
  const entrances = load<u32>(regionAt(region), 4);
  for (let n: u32 = 0; n < entrances; n++) closeEntrance(region, n);
  const pages = load<u32>(regionAt(region), 8);
  for (let n: u32 = 0; n < pages; n++) unlink(region, n);
}

function closeEntrance(region: u32, entrance: u32): void {
  const place = entranceAt(region, entrance);
  const ip = load<u32>(place);
  const id = idPlace(ip);
  if (load<u16>(id) != 1 + (region << 4) + entrance) return;
  store<u16>(id, 0);
  if (op(ip) == Op.REGION) store<u8>(ip, load<u8>(place, 8));
}

/** Takes a page of a region out of its slot's list. */
function unlink(region: u32, page: u32): void {
  const own = 1 + (region << 3) + page;
  const place = pageAt(region, page);
  let link: usize = headOf(load<u32>(place));
  while (load<u32>(link) != own) {
    const at = load<u32>(link) - 1;
    link = pageAt(at >> 3, at & 7) + 4;
  }
  store<u32>(link, load<u32>(place, 4));
}

/** How often stores have dropped regions of the page of `ip`, less how long none has. */
export function coolingOf(ip: usize): u32 {
  return load<u8>(translator().cooling + slotOfEntry(ip) - 1);
}

/** A store has dropped regions of a slot. A page that goes on like this waits ever longer. */
export function cool(slot: u32): void {
  const place: usize = translator().cooling + slot - 1;
  const cooling: u32 = load<u8>(place);
  store<u8>(place, <u8>min(cooling + (cooling < COOLINGS_MAX ? 1 : COOLINGS_MAX), 255));
}

/** The page of `ip` has kept its code for a while. */
export function warm(ip: usize): void {
  const place: usize = translator().cooling + slotOfEntry(ip) - 1;
  const cooling: u32 = load<u8>(place);
  if (cooling != 0) store<u8>(place, <u8>(cooling - 1));
}

@inline
function carriedOf(frame: u32): usize {
  return translator().carried + (frame & (CARRIED - 1));
}

/** A frame loses its slot for a store, where that is done for the whole page. Alone. */
export function dropFrame(slot: u32, frame: u32): void {
  if (dropRegions(slot, 0xffffffffffffffff)) cool(slot);
  store<u8>(carriedOf(frame), load<u8>(translator().cooling + slot - 1));
}

/** A frame that may have had one before gets a slot. Alone. */
export function carryOn(slot: u32, frame: u32): void {
  store<u8>(translator().cooling + slot - 1, load<u8>(carriedOf(frame)));
  store<u8>(carriedOf(frame), 0);
}
