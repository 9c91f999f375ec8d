// ELF32 little-endian RISC-V images (System V gABI, RISC-V ELF psABI): parsing, and laying out for
// loading. Every offset and count is checked against the file before it is used, so a hostile file
// gets a one-line ImageError and nothing else. ET_EXEC goes to its physical addresses; ET_DYN
// (static PIE) anywhere, with its R_RISCV_RELATIVE relocations applied.
import { ImageError } from "../errors.js";

export interface ElfSegment {
  readonly virtual: number;
  readonly physical: number;
  readonly offset: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  /** PF_X. */
  readonly executable: boolean;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly bytes: number;
  readonly kind: number;
  readonly absolute: boolean;
}

export interface ElfImage {
  readonly kind: "executable" | "relocatable";
  readonly entry: number;
  /** It may hold compressed instructions (EF_RISCV_RVC). */
  readonly compressed: boolean;
  readonly segments: readonly ElfSegment[];
  readonly symbols: readonly ElfSymbol[];
  readonly bytes: Uint8Array;
  readonly relative: readonly { readonly offset: number; readonly addend: number }[];
}

/** A piece of memory to fill: `bytes`, then zeros up to `memoryBytes`. */
export interface LoadedPiece {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}

export interface LoadedElf {
  readonly entry: number;
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly LoadedPiece[];
}

const MACHINE_RISCV = 243;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const R_RISCV_NONE = 0;
const R_RISCV_RELATIVE = 3;
const DT_RELA = 7;
const DT_RELASZ = 8;
const SEGMENTS_MAX = 64; // a relocation looks for its segment
const SYMBOLS_MAX = 1_000_000;
const NAME_MAX = 4096;
const NAMES_MAX = 64 << 20; // bytes of all symbols' names, which may share those of the file

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c;
}

class Reader {
  readonly view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  fail(what: string): never {
    throw new ImageError(`${this.name}: ${what}; give a 32-bit little-endian RISC-V ELF file`);
  }
  range(offset: number, bytes: number, what: string): void {
    if (offset + bytes > this.bytes.length) {
      this.fail(`${what} at ${offset}..${offset + bytes} lies outside the file's end`);
    }
  }
  u16(offset: number): number {
    this.range(offset, 2, "a field");
    return this.view.getUint16(offset, true);
  }
  u32(offset: number): number {
    this.range(offset, 4, "a field");
    return this.view.getUint32(offset, true);
  }
}

/** Parses an ELF file; `name` stands in error messages. Throws ImageError. */
export function parseElf(bytes: Uint8Array, name = "image"): ElfImage {
  const file = new Reader(bytes, name);
  if (!isElf(bytes) || bytes.length < 52) file.fail("not an ELF file");
  if (bytes[4] !== 1 || bytes[5] !== 1) file.fail("not 32-bit little-endian");
  const type = file.u16(16);
  if (file.u16(18) !== MACHINE_RISCV) file.fail(`machine ${file.u16(18)} is not RISC-V (243)`);
  if (type !== 2 && type !== 3) file.fail(`type ${type} is neither executable nor static PIE`);
  const headers = programHeaders(file);
  const segments = headers
    .filter((header) => header.type === PT_LOAD)
    .map(({ segment }) => segment);
  if (segments.length === 0) file.fail("no loadable segment");
  if (segments.length > SEGMENTS_MAX) file.fail(`more than ${SEGMENTS_MAX} loadable segments`);
  checkOverlap(file, segments);
  const dynamic = headers.find((header) => header.type === PT_DYNAMIC)?.segment;
  return {
    kind: type === 2 ? "executable" : "relocatable",
    entry: file.u32(24),
    compressed: (file.u32(36) & 1) !== 0,
    segments,
    symbols: readSymbols(file),
    bytes,
    relative: type === 3 && dynamic ? readRelative(file, segments, dynamic) : [],
  };
}

function programHeaders(file: Reader): { type: number; segment: ElfSegment }[] {
  const start = file.u32(28);
  const stride = file.u16(42);
  const count = file.u16(44);
  if (count > 0 && stride < 32) file.fail(`program header size ${stride} is below 32`);
  file.range(start, stride * count, "the program header table");
  return Array.from({ length: count }, (_, index) => {
    const place = start + index * stride;
    const type = file.u32(place);
    const segment = {
      offset: file.u32(place + 4),
      virtual: file.u32(place + 8),
      physical: file.u32(place + 12),
      fileBytes: file.u32(place + 16),
      memoryBytes: file.u32(place + 20),
      executable: (file.u32(place + 24) & 1) !== 0,
    };
    if (type === PT_LOAD || type === PT_DYNAMIC) {
      file.range(segment.offset, segment.fileBytes, `segment ${index}`);
      if (segment.fileBytes > segment.memoryBytes) {
        file.fail(`segment ${index} has more bytes in the file than in memory`);
      }
      if (Math.max(segment.virtual, segment.physical) + segment.memoryBytes > 2 ** 32) {
        file.fail(`segment ${index} passes the end of the 32-bit address space`);
      }
    }
    return { type, segment };
  });
}

function checkOverlap(file: Reader, segments: readonly ElfSegment[]): void {
  const sorted = [...segments].sort((a, b) => a.virtual - b.virtual);
  sorted.forEach((segment, index) => {
    const before = sorted[index - 1];
    if (before && before.virtual + before.memoryBytes > segment.virtual) {
      file.fail(`segments overlap at 0x${segment.virtual.toString(16)}`);
    }
  });
}

function fileOffset(segments: readonly ElfSegment[], virtual: number, bytes: number): number {
  const home = segments.find(
    (segment) =>
      virtual >= segment.virtual && virtual + bytes <= segment.virtual + segment.fileBytes,
  );
  return home ? home.offset + virtual - home.virtual : -1;
}

function readRelative(
  file: Reader,
  segments: readonly ElfSegment[],
  dynamic: ElfSegment,
): { offset: number; addend: number }[] {
  let table = 0;
  let bytes = 0;
  for (let place = 0; place + 8 <= dynamic.fileBytes; place += 8) {
    const tag = file.u32(dynamic.offset + place);
    if (tag === 0) break;
    if (tag === DT_RELA) table = file.u32(dynamic.offset + place + 4);
    if (tag === DT_RELASZ) bytes = file.u32(dynamic.offset + place + 4);
  }
  if (bytes === 0) return [];
  const start = fileOffset(segments, table, bytes);
  if (start < 0 || bytes % 12 !== 0) file.fail("the relocation table lies outside the segments");
  const found: { offset: number; addend: number }[] = [];
  for (let place = start; place < start + bytes; place += 12) {
    const offset = file.u32(place);
    const kind = file.u32(place + 4);
    if (kind === R_RISCV_NONE) continue;
    if (kind !== R_RISCV_RELATIVE) {
      file.fail(`relocation type ${kind & 255} is not R_RISCV_RELATIVE (link a static PIE)`);
    }
    if (fileOffset(segments, offset, 4) < 0) file.fail("a relocation lies outside the segments");
    found.push({ offset, addend: file.u32(place + 8) });
  }
  return found;
}

function readSymbols(file: Reader): ElfSymbol[] {
  const start = file.u32(32);
  const stride = file.u16(46);
  const count = file.u16(48);
  if (start === 0 || count === 0) return [];
  if (stride < 40) file.fail(`section header size ${stride} is below 40`);
  file.range(start, stride * count, "the section header table");
  for (let index = 0; index < count; index++) {
    const place = start + index * stride;
    if (file.u32(place + 4) !== 2) continue;
    const link = file.u32(place + 24);
    if (link >= count) file.fail("the symbol table names no string table");
    const strings = start + link * stride;
    return symbolsOf(
      file,
      { offset: file.u32(place + 16), bytes: file.u32(place + 20) },
      { offset: file.u32(strings + 16), bytes: file.u32(strings + 20) },
    );
  }
  return [];
}

interface Range {
  readonly offset: number;
  readonly bytes: number;
}

function symbolsOf(file: Reader, table: Range, strings: Range): ElfSymbol[] {
  file.range(table.offset, table.bytes, "the symbol table");
  file.range(strings.offset, strings.bytes, "the string table");
  const many = Math.floor(table.bytes / 16);
  if (many > SYMBOLS_MAX) file.fail(`${many} symbols are more than ${SYMBOLS_MAX}`);
  const text = file.bytes.subarray(strings.offset, strings.offset + strings.bytes);
  const decoder = new TextDecoder();
  const symbols: ElfSymbol[] = [];
  let named = 0;
  for (let index = 1; index < many; index++) {
    const place = table.offset + index * 16;
    const at = file.u32(place);
    const end = text.indexOf(0, at);
    if (at >= text.length || end < 0) file.fail("a symbol's name lies outside the string table");
    if (end - at > NAME_MAX) file.fail(`a symbol's name has ${end - at} bytes`);
    named += end - at;
    if (named > NAMES_MAX) file.fail(`the symbols' names are longer than ${NAMES_MAX} bytes`);
    const section = file.u16(place + 14);
    if (section === 0 || end === at) continue;
    symbols.push({
      name: decoder.decode(text.subarray(at, end)),
      value: file.u32(place + 4),
      bytes: file.u32(place + 8),
      kind: (file.bytes[place + 12] as number) & 15,
      absolute: section === 0xfff1,
    });
  }
  return symbols;
}

/**
 * What to put where in physical memory. A static PIE goes to `at`, and is relocated to run at
 * `virtualBase` (default `at`); an executable goes to its own physical addresses.
 */
export function layElf(image: ElfImage, at: number, virtualBase = at): LoadedElf {
  const moved = image.kind === "relocatable";
  const first = Math.min(...image.segments.map((segment) => segment.virtual));
  const lowest = first - (first % 0x1000);
  // a copy in any case: the slice() of a Buffer is none
  const bytes = image.relative.length > 0 ? Uint8Array.from(image.bytes) : image.bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { offset, addend } of image.relative) {
    const place = fileOffset(image.segments, offset, 4);
    view.setUint32(place, (addend - lowest + virtualBase) >>> 0, true);
  }
  const pieces = image.segments.map((segment) => ({
    address: moved ? segment.virtual - lowest + at : segment.physical,
    bytes: bytes.subarray(segment.offset, segment.offset + segment.fileBytes),
    memoryBytes: segment.memoryBytes,
  }));
  return {
    entry: moved ? image.entry - lowest + at : physicalEntry(image),
    start: Math.min(...pieces.map((piece) => piece.address)),
    end: Math.max(...pieces.map((piece) => piece.address + piece.memoryBytes)),
    pieces,
  };
}

function physicalEntry(image: ElfImage): number {
  const home = image.segments.find(
    ({ virtual, memoryBytes }) => image.entry >= virtual && image.entry < virtual + memoryBytes,
  );
  return home ? image.entry - home.virtual + home.physical : image.entry;
}
