// Where firmware and kernels lie in a machine's memory. The firmware and the kernel of a cold boot
// have fixed places. A kernel that kexec loaded lies where its off-going kernel found room: the log
// page says where, and as long as a hart runs it, its stvec points at its trap_vector. Whatever is
// guessed in these ways counts only when the code in memory is the image's own.
import { LOG_MAGIC_OFFSET, logArena } from "../handover/books.js";
import { HANDOVER_MAGIC } from "../handover/layout.js";
import type { Machine } from "../machine.js";
import { SymbolTable } from "./table.js";

/** Images with symbols, as bytes of ELF files; read from files by the caller. */
export interface SymbolFiles {
  readonly firmware: Uint8Array;
  /** By name. */
  readonly kernels: ReadonlyMap<string, Uint8Array>;
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** An image in memory, at its relocated addresses. */
export interface PlacedImage {
  /** firmware, or the kernel's name. */
  readonly name: string;
  /** Address of the image's first byte: where it runs, and in RAM. */
  readonly virtualBase: number;
  readonly physicalBase: number;
  /** Virtual address. */
  readonly entry: number;
  readonly bytes: number;
  /** Harts whose S-mode traps lead into it; none for the firmware. */
  readonly harts: readonly number[];
  readonly table: SymbolTable;
}

const PAGE_BYTES = 4096;
const CHUNK_BYTES = 1 << 20;
const CSR_STVEC = 0x105;
/** Virtual address of a kernel's byte at a physical address: this much more (emu/boot.ts). */
const LINEAR_OFFSET = 0x40000000;

const same = (a: Uint8Array, b: Uint8Array) => a.every((byte, index) => byte === b[index]);

/** Physical addresses at which log pages say that an image begins. */
function arenasIn(machine: Machine): number[] {
  const base = machine.abi("RAM_BASE");
  const found: number[] = [];
  for (let at = 0; at < machine.ramBytes; at += CHUNK_BYTES) {
    const bytes = machine.readPhysical(base + at, Math.min(CHUNK_BYTES, machine.ramBytes - at));
    const view = new DataView(bytes.buffer);
    for (let page = 0; page < bytes.length; page += PAGE_BYTES) {
      if (view.getUint32(page + LOG_MAGIC_OFFSET, true) !== HANDOVER_MAGIC) continue;
      found.push(logArena(bytes.subarray(page, page + PAGE_BYTES)));
    }
  }
  return found;
}

export class Places {
  private readonly firmware: SymbolTable;
  private readonly kernels: readonly (readonly [name: string, table: SymbolTable])[];
  private placed: readonly PlacedImage[] = [];

  /** Throws ImageError. */
  constructor(
    private readonly machine: Machine,
    files: SymbolFiles,
  ) {
    this.firmware = new SymbolTable(files.firmware, "firmware");
    const kernels = [...files.kernels];
    this.kernels = kernels.map(([name, bytes]) => [name, new SymbolTable(bytes, name)]);
    this.refresh();
  }

  get images(): readonly PlacedImage[] {
    return this.placed;
  }

  /** Every table, placed or not. */
  get tables(): readonly (readonly [name: string, table: SymbolTable])[] {
    return [["firmware", this.firmware], ...this.kernels];
  }

  /**
   * Looks again at what the harts' stvec lead to; with `logs`, also through RAM for log pages: a
   * kernel is named there from when it is loaded.
   */
  refresh(logs = false): void {
    const lowest = this.firmware.lowest;
    const firmware = { name: "firmware", virtualBase: lowest, physicalBase: lowest, harts: [] };
    const places = [this.machine.abi("KERNEL_BASE"), ...(logs ? arenasIn(this.machine) : [])];
    const known = this.placed.filter(({ table }) => table !== this.firmware);
    places.push(...known.map(({ physicalBase }) => physicalBase));
    const found = new Map<number, PlacedImage>();
    for (const [name, table] of this.kernels) {
      const vectors = this.vectorsOf(table);
      for (const at of new Set([...places, ...vectors.keys()])) {
        if (found.has(at) || !this.liesAt(table, at)) continue;
        const harts = vectors.get(at) ?? [];
        const base = { name, virtualBase: at + LINEAR_OFFSET, physicalBase: at, harts };
        found.set(at, this.image(base, table));
      }
    }
    const booted = this.liesAt(this.firmware, lowest) ? [this.image(firmware, this.firmware)] : [];
    this.placed = [...booted, ...found.values()];
  }

  private image(
    base: Omit<PlacedImage, "entry" | "bytes" | "table">,
    table: SymbolTable,
  ): PlacedImage {
    const entry = base.virtualBase + table.image.entry - table.lowest;
    return { ...base, entry, bytes: table.end - table.lowest, table };
  }

  /** Harts by the physical address at which this kernel would lie, if their traps led into it. */
  private vectorsOf(table: SymbolTable): Map<number, number[]> {
    const found = new Map<number, number[]>();
    const vector = table.named("trap_vector")[0];
    if (!vector) return found;
    for (let hart = 0; hart < this.machine.harts; hart++) {
      const stvec = this.machine.debug.csr(hart, CSR_STVEC) ?? 0;
      const at = stvec - LINEAR_OFFSET - (vector.start - table.lowest);
      if (at % PAGE_BYTES === 0) found.set(at, [...(found.get(at) ?? []), hart]);
    }
    return found;
  }

  /** Is this the code in memory at `physical`? */
  private liesAt(table: SymbolTable, physical: number): boolean {
    const base = this.machine.abi("RAM_BASE");
    const last = physical + table.end - table.lowest;
    if (!(physical >= base && last <= base + this.machine.ramBytes)) return false;
    return table.text.every(({ address, bytes }) =>
      same(bytes, this.machine.readPhysical(physical + address - table.lowest, bytes.length)),
    );
  }
}

/** The images in a machine's memory now, firmware and kernels. Throws ImageError. */
export function placedImages(machine: Machine, files: SymbolFiles): readonly PlacedImage[] {
  const places = new Places(machine, files);
  places.refresh(true);
  return places.images;
}
