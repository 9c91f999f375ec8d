// Names for addresses: firmware and kernels where they lie now, programs by their address space.
import type { Mode } from "../debug.js";
import type { Machine } from "../machine.js";
import { type PlacedImage, Places, type SymbolFiles } from "./placed.js";
import { Programs } from "./programs.js";
import type { CodeSymbol } from "./table.js";

/** A range of code of one image, at the addresses where it runs. */
export interface CodeRange {
  readonly mode: Mode;
  readonly first: number;
  readonly last: number;
}

/** What lies at an address. */
export interface Location {
  /** firmware, a kernel, or a program. */
  readonly image: string;
  /** Undefined where the image has no symbol. */
  readonly symbol?: string;
  readonly offset: number;
}

export class Symbolizer {
  readonly places: Places;
  readonly programs: Programs;

  /** Throws ImageError. */
  constructor(machine: Machine, files: SymbolFiles) {
    this.places = new Places(machine, files);
    this.programs = new Programs(machine, files.programs);
  }

  /** Where a hart in `mode` is at `pc`; `satp` tells one program from another. */
  locate(pc: number, mode: Mode, satp = 0): Location | undefined {
    if (mode === "user") {
      const program = this.programs.of(satp);
      return program && locationOf(program.name, program.table.at(pc), pc, program.table.lowest);
    }
    for (const { name, virtualBase, physicalBase, bytes, table } of this.places.images) {
      // paging is off when a kernel begins, and it then runs at its physical address
      for (const base of [virtualBase, physicalBase]) {
        if (pc < base || pc >= base + bytes) continue;
        const address = pc - base + table.lowest;
        return locationOf(name, table.at(address), address, table.lowest);
      }
    }
    return undefined;
  }

  /** Ranges of all code with this symbol: of placed images, and of programs. */
  rangesOf(symbol: string): CodeRange[] {
    const placed = this.places.images.flatMap((image) =>
      image.table.named(symbol).map((found) => placedRange(image, found)),
    );
    const programs = this.programs.names.flatMap(
      (name) => this.programs.table(name)?.named(symbol) ?? [],
    );
    const user = programs.map(
      ({ start, end }): CodeRange => ({ mode: "user", first: start, last: end - 1 }),
    );
    return [...placed, ...user];
  }

  /** Whether any image, placed or not, has this symbol. */
  knows(symbol: string): boolean {
    const tables = this.places.tables.map(([, table]) => table);
    const all = [...tables, ...this.programs.names.map((name) => this.programs.table(name))];
    return all.some((table) => (table?.named(symbol).length ?? 0) > 0);
  }
}

function placedRange(
  { name, virtualBase, table }: PlacedImage,
  { start, end }: CodeSymbol,
): CodeRange {
  const moved = virtualBase - table.lowest;
  const mode = name === "firmware" ? "machine" : "supervisor";
  return { mode, first: start + moved, last: end + moved - 1 };
}

function locationOf(
  image: string,
  symbol: CodeSymbol | undefined,
  address: number,
  lowest: number,
): Location {
  if (!symbol) return { image, offset: address - lowest };
  return { image, symbol: symbol.name, offset: address - symbol.start };
}

/** As `larboard:relief_import+0x10`; the address alone where nothing is known. */
export function locationText(location: Location | undefined, pc: number): string {
  if (!location) return `0x${pc.toString(16)}`;
  const { image, symbol, offset } = location;
  const behind = offset === 0 && symbol !== undefined ? "" : `+0x${offset.toString(16)}`;
  return symbol === undefined ? `${image}${behind}` : `${image}:${symbol}${behind}`;
}
