// The directory of the reference model: for each line the nodes whose L2 has it, and whether one
// node has it alone and may have changed it. The homes' directories are one map here, for a line
// has one home.

export interface Entry {
  readonly nodes: ReadonlySet<number>;
  readonly exclusive: boolean;
}

const UNCACHED: Entry = { nodes: new Set(), exclusive: false };

export class Directory {
  private readonly entries = new Map<number, Entry>();

  entry(line: number): Entry {
    return this.entries.get(line) ?? UNCACHED;
  }

  /** The lines that some node has. */
  lines(): number[] {
    return [...this.entries.keys()];
  }

  /** The node that has the line exclusively, if there is one. */
  owner(line: number): number | undefined {
    const { nodes, exclusive } = this.entry(line);
    return exclusive ? [...nodes][0] : undefined;
  }

  setExclusive(line: number, node: number): void {
    this.entries.set(line, { nodes: new Set([node]), exclusive: true });
  }

  setShared(line: number, nodes: Iterable<number>): void {
    this.entries.set(line, { nodes: new Set(nodes), exclusive: false });
  }

  /** A node no longer has the line. */
  remove(line: number, node: number): void {
    const { nodes, exclusive } = this.entry(line);
    const left = [...nodes].filter((other) => other !== node);
    if (left.length === 0) this.entries.delete(line);
    else this.entries.set(line, { nodes: new Set(left), exclusive });
  }

  setUncached(line: number): void {
    this.entries.delete(line);
  }
}
