// A TLB of the reference model: a queue of entries, the oldest first. It says only what a look-up
// finds and what a walk leaves behind; walks themselves are accesses of the model.

const PAGE_BITS = 12;
const SUPERPAGE_BITS = 22;

interface Entry {
  readonly bits: number;
  readonly page: number;
  /** Whether a store may go through it without a walk. */
  stores: boolean;
}

const pageOf = (va: number, bits: number) => Math.floor(va / 2 ** bits);

export class ReferenceTlb {
  private entries: Entry[] = [];

  constructor(private readonly capacity: number) {}

  private find(va: number): Entry | undefined {
    return this.entries.find((entry) => entry.page === pageOf(va, entry.bits));
  }

  /** "promote": the address is there, but a store has to walk to set D. */
  lookup(va: number, isStore: boolean): "hit" | "promote" | "miss" {
    const entry = this.find(va);
    if (!entry) return "miss";
    return isStore && !entry.stores ? "promote" : "hit";
  }

  /**
   * What a walk found: a superpage or not, and whether it was for a store or its PTE had D set. An
   * entry that is there keeps its place in the queue.
   */
  fill(va: number, isSuperpage: boolean, stores: boolean): void {
    const bits = isSuperpage ? SUPERPAGE_BITS : PAGE_BITS;
    const page = pageOf(va, bits);
    const there = this.entries.find((entry) => entry.bits === bits && entry.page === page);
    if (there) {
      there.stores ||= stores;
      return;
    }
    if (this.entries.length === this.capacity) this.entries.shift();
    this.entries.push({ bits, page, stores });
  }

  /** Empties it, or drops what translates the address. */
  flush(va?: number): void {
    this.entries = this.entries.filter(
      (entry) => va !== undefined && entry.page !== pageOf(va, entry.bits),
    );
  }
}
