// What is to happen at later cycles: actions in order of their cycle, and in one as entered.
interface Entry {
  readonly cycle: number;
  readonly action: () => void;
}

export class Agenda {
  private readonly entries: Entry[] = [];

  add(cycle: number, action: () => void): void {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle] as Entry).cycle <= cycle) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, { cycle, action });
  }

  /** The cycle of the next action, or infinity. */
  next(): number {
    return this.entries[0]?.cycle ?? Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.entries.length;
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** Does all that is due at `cycle`, what is added meanwhile included. */
  act(cycle: number): void {
    while (this.next() <= cycle) this.entries.shift()?.action();
  }
}
