// A module of regions: the functions of several, exported as "0", "1" and so on; the host places
// them into the core's table (WebAssembly Core Specification 2.0, 5.5). It imports the core's
// memory, and a table of its own with the core's functions that regions call. It imports no
// function, since V8 compiles a wrapper for each, which takes it longer than all the rest of a
// module; nor the core's table, which V8 copies for each instance that imports it.
import { byte, byte2, goTo, here, I32, I64, unsigned, unsignedAt } from "./bytes";
import { CALLED } from "../isa/emit";
import { PARALLEL } from "../layout";
import { TABLE_FIRST } from "./regions";
import { translator } from "./state";

const HEAD_BYTES: u32 = 4096; // room for all that stands before the functions

/**
 * Compiles the module of so many bytes, instantiates it, and sets the places in the core's table
 * whose numbers (u32 each) are at `places` to its functions; false: that is not allowed.
 */
// @ts-ignore: decorator
@external("translator", "install")
declare function install(place: u32, bytes: u32, places: u32, count: u32): bool;

/** Where the first function is to be written. */
export function beginModule(): void {
  goTo(translator().bytes + HEAD_BYTES);
}

function beginSection(id: u32): usize {
  byte(id);
  const place = here();
  goTo(place + 5);
  return place;
}
function endSection(place: usize): void {
  unsignedAt(place, <u32>(here() - place - 5));
}

/** The types of the core's functions; all begin with what Emit.moment() gives. */
function slowType(more: u32, result: u32): void {
  byte2(0x60, 3 + more);
  byte2(I32, I32);
  byte(I64);
  for (let n: u32 = 0; n < more; n++) byte(I32);
  byte2(1, result);
}

/** The first letter of what is imported is its name. */
function importOf(name: u32, kind: u32): void {
  byte2(1, 0x63); // "c": the core
  byte2(1, name);
  byte(kind);
}

/** The core's memory, as "m", of no least size; a shared one has a limit (asconfig.json). */
function importMemory(): void {
  importOf(0x6d, 2);
  if (!PARALLEL) {
    byte2(0, 0);
    return;
  }
  byte2(3, 0);
  unsigned(65536);
}

/** The functions that regions call, as "f": a table of so many. */
function importFunctions(): void {
  importOf(0x66, 1);
  byte2(0x70, 0);
  unsigned(CALLED);
}

/** The module around the functions that are written, of the regions at `numbers` (u32 each). */
export function finishModule(numbers: usize, count: u32): bool {
  const t = translator();
  const code: usize = t.bytes + HEAD_BYTES;
  const codeBytes = here() - code;
  goTo(t.bytes);
  byte2(0x00, 0x61); // "\0asm", version 1
  byte2(0x73, 0x6d);
  byte2(1, 0);
  byte2(0, 0);
  writeHead(count);
  const section = beginSection(10);
  unsigned(count);
  memory.copy(here(), code, codeBytes);
  goTo(here() + codeBytes);
  endSection(section);
  const bytes = <u32>(here() - t.bytes);
  for (let n: u32 = 0; n < count; n++) {
    store<u32>(numbers + (n << 2), TABLE_FIRST + load<u32>(numbers + (n << 2)));
  }
  if (!install(t.bytes, bytes, <u32>numbers, count)) return false;
  t.modules++;
  t.moduleBytes += bytes;
  return true;
}

function writeHead(count: u32): void {
  let section = beginSection(1);
  unsigned(1 + CALLED);
  byte2(0x60, 3); // a region: hart, entrance, budget
  byte2(I32, I32);
  byte2(I32, 1);
  byte(I32);
  slowType(4, I64); // in the order of CALL_LOAD and so on
  slowType(4, I32);
  slowType(2, I32);
  slowType(5, I64);
  endSection(section);
  section = beginSection(2);
  unsigned(2);
  importMemory();
  importFunctions();
  endSection(section);
  section = beginSection(3);
  unsigned(count);
  for (let n: u32 = 0; n < count; n++) unsigned(0);
  endSection(section);
  section = beginSection(7);
  unsigned(count);
  for (let n: u32 = 0; n < count; n++) {
    if (n < 10) byte2(1, 0x30 + n);
    else {
      byte(2);
      byte2(0x30 + n / 10, 0x30 + (n % 10));
    }
    byte(0); // a function
    unsigned(n);
  }
  endSection(section);
}
