// Which program an address space holds. The kernels keep that to themselves, but a program's code
// is in memory: the one whose text is what the pages at its addresses hold. Asked at most once
// until the root or its first page of text changes, or forget() is called.
import type { Machine } from "../machine.js";
import { SymbolTable } from "./table.js";

const PAGE_BYTES = 4096;
const TEXT_START = 0x10000; // kernels/user/user.ld
const SATP_MODE = 0x80000000;
const [PTE_VALID, PTE_LEAF] = [1, 2 | 8];

/** A program's name and symbols. */
export interface Program {
  readonly name: string;
  readonly table: SymbolTable;
}

export class Programs {
  private readonly tables = new Map<string, SymbolTable>();
  private readonly known = new Map<number, { page: number; program: Program | undefined }>();

  constructor(
    private readonly machine: Machine,
    private readonly files: ReadonlyMap<string, Uint8Array>,
  ) {}

  get names(): readonly string[] {
    return [...this.files.keys()];
  }

  /** A program's symbols, parsed when they are first asked for. Throws ImageError. */
  table(name: string): SymbolTable | undefined {
    const bytes = this.files.get(name);
    const table = this.tables.get(name) ?? (bytes && new SymbolTable(bytes, name));
    if (table) this.tables.set(name, table);
    return table;
  }

  /** For when a process ended: its frames may hold another program soon. */
  forget(): void {
    this.known.clear();
  }

  /** The program in the address space of `satp`, as memory is now. */
  of(satp: number): Program | undefined {
    const page = this.pageAt(satp, TEXT_START);
    const before = this.known.get(satp);
    if (before && before.page === page) return before.program;
    const program = page === 0 ? undefined : this.identify(satp);
    this.known.set(satp, { page, program });
    return program;
  }

  private identify(satp: number): Program | undefined {
    for (const name of this.names) {
      const table = this.table(name) as SymbolTable;
      if (this.holds(satp, table)) return { name, table };
    }
    return undefined;
  }

  /** Is every page of text that is there the program's? */
  private holds(satp: number, { text }: SymbolTable): boolean {
    return text.every(({ address, bytes }) => {
      for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
        const page = this.pageAt(satp, address + at);
        const expected = bytes.subarray(at, at + PAGE_BYTES);
        if (page === 0) continue;
        if (!this.isRam(page, PAGE_BYTES)) return false; // a root that is something else by now
        if (Buffer.compare(this.machine.readPhysical(page, expected.length), expected))
          return false;
      }
      return true;
    });
  }

  private isRam(address: number, bytes: number): boolean {
    const base = this.machine.abi("RAM_BASE");
    return address >= base && address + bytes <= base + this.machine.ramBytes;
  }

  private word(address: number): number {
    if (!this.isRam(address, 4)) return 0;
    return new DataView(this.machine.readPhysical(address, 4).buffer).getUint32(0, true);
  }

  /** The page behind a page-aligned address by Sv32 (Privileged ISA 1.12, 4.3.2); 0: none. */
  private pageAt(satp: number, va: number): number {
    if ((satp & SATP_MODE) === 0) return 0;
    const entry = this.word((satp & 0x3fffff) * PAGE_BYTES + (va >>> 22) * 4);
    if ((entry & PTE_VALID) === 0 || (entry & PTE_LEAF) !== 0) return 0;
    const leaf = this.word((entry >>> 10) * PAGE_BYTES + ((va >>> 12) & 1023) * 4);
    return (leaf & PTE_VALID) === 0 ? 0 : (leaf >>> 10) * PAGE_BYTES;
  }
}
