// One hart of the reference model: for each instruction the order of its accesses, its TLBs and
// walks, and what its class costs. It executes nothing: it is told what is executed.

import type { ReferenceModel } from "../reference.js";
import { FETCH, type Kind, LOAD, STORE, WALK, WALK_STORE } from "./access.js";
import type { Parameters } from "./parameters.js";
import { ReferenceTlb } from "./tlb.js";

const RAM_BASE = 0x80000000;
const [LINE_BYTES, PAGE_BYTES] = [64, 4096];
const [V, R, X, A, D] = [1, 2, 8, 64, 128];

/** By class: the parameter of its cycles, the entry of the stack they are in, and its counter. */
const CLASSES = {
  load: ["LOAD", "CYCLES_LOAD", "LOADS"],
  store: ["STORE", "CYCLES_STORE", "STORES"],
  multiply: ["MULTIPLY", "CYCLES_MULTIPLY", "MULTIPLIES"],
  divide: ["DIVIDE", "CYCLES_DIVIDE", "DIVIDES"],
  jump: ["BRANCH_TAKEN", "CYCLES_BRANCH", "TAKEN_BRANCHES"],
  csr: ["CSR", "CYCLES_CSR", "CSRS"],
  fence: ["FENCE", "CYCLES_FENCE", "FENCES"],
  sfence: ["SFENCE", "CYCLES_FENCE", "SFENCES"],
  atomic: ["ATOMIC", "CYCLES_ATOMIC", "ATOMICS"],
} as const;

export interface Executed {
  readonly pc: number;
  readonly class: keyof typeof CLASSES | "other";
  /** What it loads or stores; an atomic one stores. Not across pages. */
  readonly access?: { readonly va: number; readonly bytes: number; readonly isStore: boolean };
  /** It empties the TLBs, or of one address, or has this written to satp. */
  readonly flush?: "all" | number;
  readonly satp?: number;
}

/** Page tables in memory, by physical address of the entry (Privileged ISA 1.12, 4.3). */
export type PageTables = Map<number, number>;

export class ReferenceHart {
  cycle = 0;
  /** By COUNTER_* name, without what accesses count. */
  readonly counts = new Map<string, number>();
  private readonly p: Parameters;
  private readonly itlb: ReferenceTlb;
  private readonly dtlb: ReferenceTlb;
  private lastPage = -1;
  private lastLine = -1;

  /** satp 0: bare. In machine mode only loads and stores are translated (MPRV). */
  constructor(
    private readonly model: ReferenceModel,
    private readonly id: number,
    private readonly tables: PageTables,
    private satp: number,
    private readonly isMachine: boolean,
  ) {
    this.p = model.config.parameters;
    this.itlb = new ReferenceTlb(this.p.ITLB_ENTRIES);
    this.dtlb = new ReferenceTlb(this.p.DTLB_ENTRIES);
  }

  execute(executed: Executed): void {
    this.fetch(executed.pc);
    if (executed.access) this.data(executed.access);
    this.retire(executed);
  }

  private count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  private charge(name: string, cycles: number): void {
    this.count(name, cycles);
    this.cycle += cycles;
  }

  private access(pa: number, kind: Kind): void {
    const line = Math.floor((pa - RAM_BASE) / LINE_BYTES);
    this.cycle += this.model.access(this.id, line, kind, this.cycle);
  }

  private fetch(pc: number): void {
    if (!this.isMachine && this.satp !== 0) {
      const page = Math.floor(pc / PAGE_BYTES);
      const isThere = this.itlb.lookup(pc, false) === "hit";
      if (page !== this.lastPage || !isThere) this.lookUp(this.itlb, "ITLB_MISSES", pc, false);
      this.lastPage = page;
    }
    const pa = this.isMachine ? pc : this.translate(pc);
    const line = Math.floor((pa - RAM_BASE) / LINE_BYTES);
    const isLost = ![1, 2, 3].includes(this.model.lineState(0, this.id, line));
    if (line !== this.lastLine || isLost) this.access(pa, FETCH);
    this.lastLine = line;
  }

  private data({ va, bytes, isStore }: NonNullable<Executed["access"]>): void {
    if (this.satp !== 0) this.lookUp(this.dtlb, "DTLB_MISSES", va, isStore);
    const pa = this.translate(va);
    if (pa < RAM_BASE) {
      this.charge("CYCLES_DEVICE", this.deviceCycles());
      this.count("DEVICE_ACCESSES");
      return;
    }
    this.access(pa, isStore ? STORE : LOAD);
    const last = pa + bytes - 1;
    if (Math.floor(pa / LINE_BYTES) === Math.floor(last / LINE_BYTES)) return;
    this.count("SPLIT_ACCESSES");
    this.access(last, isStore ? STORE : LOAD);
  }

  private deviceCycles(): number {
    const { DEVICE, HOP } = this.p;
    const { state } = this.model;
    return DEVICE + 2 * state.hops(state.nodeOf(this.id), 0) * HOP;
  }

  private retire({ class: name, flush, satp }: Executed): void {
    this.charge("CYCLES_BASE", 1);
    if (name !== "other") {
      const [parameter, stack, counter] = CLASSES[name];
      this.charge(stack, this.p[parameter] - 1);
      this.count(counter);
    }
    const isChange = satp !== undefined && satp !== this.satp;
    if (isChange) this.satp = satp;
    if (flush === undefined && !isChange) return;
    const address = typeof flush === "number" ? flush : undefined;
    this.itlb.flush(address);
    this.dtlb.flush(address);
  }

  /** The entries of the page tables that translate the address, the leaf last. */
  private path(va: number): number[] {
    const first = (this.satp % 2 ** 22) * PAGE_BYTES + Math.floor(va / 2 ** 22) * 4;
    const entry = this.tables.get(first) ?? 0;
    if ((entry & (R | X)) !== 0) return [first];
    return [first, (entry >>> 10) * PAGE_BYTES + (Math.floor(va / PAGE_BYTES) % 1024) * 4];
  }

  private translate(va: number): number {
    if (this.satp === 0) return va;
    const path = this.path(va);
    const leaf = this.tables.get(path.at(-1) as number) ?? 0;
    if ((leaf & V) === 0) throw new Error(`no page at 0x${va.toString(16)}`);
    return (leaf >>> 10) * PAGE_BYTES + (va % (path.length === 1 ? 2 ** 22 : PAGE_BYTES));
  }

  private lookUp(tlb: ReferenceTlb, misses: string, va: number, isStore: boolean): void {
    if (tlb.lookup(va, isStore) === "hit") return;
    this.count(misses);
    this.charge("CYCLES_WALK_BASE", this.p.WALK);
    const path = this.path(va);
    for (const entry of path) {
      this.count("WALK_READS");
      this.access(entry, WALK);
    }
    const leaf = path.at(-1) as number;
    const before = this.tables.get(leaf) as number;
    const after = before | A | (isStore ? D : 0);
    if (after !== before) {
      this.tables.set(leaf, after);
      this.count("WALK_WRITES");
      this.access(leaf, WALK_STORE);
    }
    tlb.fill(va, path.length === 1, isStore || (before & D) !== 0);
  }
}
