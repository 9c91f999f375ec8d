// One cache of the reference model: sets of ways, each a tag and a state, with true LRU as a list
// or tree-PLRU as a tree of bits, and the class of a miss. It knows nothing of other caches.

export type State = "I" | "S" | "E" | "M";
export type MissClass = "COLD" | "COHERENCE" | "CONFLICT" | "CAPACITY";

interface Way {
  tag: number | undefined;
  state: State;
}

export interface Evicted {
  readonly line: number;
  readonly state: State;
}

/** Which way of a set goes when none is free. */
interface Policy {
  touch(way: number): void;
  victim(): number;
}

/** True LRU: a list of the ways, the most recently touched one first. */
export class Lru implements Policy {
  private readonly order: number[];

  constructor(ways: number) {
    this.order = Array.from({ length: ways }, (_, way) => way);
  }

  touch(way: number): void {
    this.order.splice(this.order.indexOf(way), 1);
    this.order.unshift(way);
  }

  victim(): number {
    return this.order.at(-1) as number;
  }
}

/** A half, quarter... of the ways, with a bit that points to its less recently touched half. */
interface Branch {
  readonly first: number;
  readonly ways: number;
  points: "lower" | "upper";
  readonly lower: Branch | undefined;
  readonly upper: Branch | undefined;
}

function branch(first: number, ways: number): Branch | undefined {
  if (ways === 1) return undefined;
  const half = ways / 2;
  const upper = branch(first + half, half);
  return { first, ways, points: "lower", lower: branch(first, half), upper };
}

/** Tree-PLRU; the number of ways is a power of two. */
export class TreePlru implements Policy {
  private readonly root: Branch | undefined;

  constructor(ways: number) {
    this.root = branch(0, ways);
  }

  touch(way: number): void {
    let at = this.root;
    while (at) {
      const isLower = way < at.first + at.ways / 2;
      at.points = isLower ? "upper" : "lower";
      at = isLower ? at.lower : at.upper;
    }
  }

  victim(): number {
    let way = 0;
    let at = this.root;
    while (at) {
      way = at.points === "lower" ? at.first : at.first + at.ways / 2;
      at = at.points === "lower" ? at.lower : at.upper;
    }
    return way;
  }
}

interface CacheSet {
  readonly ways: Way[];
  readonly policy: Policy;
  /** The line that was last evicted for want of a free way. */
  evicted: number | undefined;
}

export class Cache {
  private readonly sets: CacheSet[];
  private readonly held = new Set<number>();

  constructor(sets: number, ways: number, treePlru: boolean) {
    this.sets = Array.from({ length: sets }, () => ({
      ways: Array.from({ length: ways }, (): Way => ({ tag: undefined, state: "I" })),
      policy: treePlru ? new TreePlru(ways) : new Lru(ways),
      evicted: undefined,
    }));
  }

  private setOf(line: number): CacheSet {
    return this.sets[line % this.sets.length] as CacheSet;
  }

  private wayOf(line: number): Way | undefined {
    return this.setOf(line).ways.find((way) => way.tag === line);
  }

  /** The state of the line's way, or undefined if no way has its tag. */
  state(line: number): State | undefined {
    return this.wayOf(line)?.state;
  }

  isValid(line: number): boolean {
    const state = this.state(line);
    return state !== undefined && state !== "I";
  }

  /** All lines that are validly there. */
  lines(): number[] {
    const ways = this.sets.flatMap((set) => set.ways);
    return ways.filter((way) => way.state !== "I").map((way) => way.tag as number);
  }

  /** Whether each line has one way at most, and that in its set. */
  isSound(): boolean {
    return this.sets.every((set) => {
      const tags = set.ways.flatMap(({ tag }) => (tag === undefined ? [] : [tag]));
      const tagless = set.ways.filter((way) => way.tag === undefined);
      const inPlace = tags.every((tag) => this.setOf(tag) === set);
      return inPlace && new Set(tags).size === tags.length && tagless.every((w) => w.state === "I");
    });
  }

  /** The class of a miss of the line; to be asked before anything changes. */
  classify(line: number): MissClass {
    if (!this.held.has(line)) return "COLD";
    if (this.state(line) === "I") return "COHERENCE";
    return this.setOf(line).evicted === line ? "CONFLICT" : "CAPACITY";
  }

  touch(line: number): void {
    const { ways, policy } = this.setOf(line);
    policy.touch(ways.findIndex((way) => way.tag === line));
  }

  setState(line: number, state: State): void {
    (this.wayOf(line) as Way).state = state;
  }

  /** Puts a line in that is not validly there; returns what was evicted for it, if anything. */
  insert(line: number, state: State): Evicted | undefined {
    const set = this.setOf(line);
    const { ways, policy } = set;
    let index = ways.findIndex((way) => way.tag === line);
    if (index < 0) index = ways.findIndex((way) => way.state === "I");
    let evicted: Evicted | undefined;
    if (index < 0) {
      index = policy.victim();
      const { tag, state: last } = ways[index] as Way;
      evicted = { line: tag as number, state: last };
      set.evicted = evicted.line;
    }
    ways[index] = { tag: line, state };
    policy.touch(index);
    this.held.add(line);
    return evicted;
  }

  /** Takes a valid line away by coherence: the tag stays. */
  invalidate(line: number): void {
    this.setState(line, "I");
  }

  /** Takes a valid line away by inclusion: the tag goes too. */
  remove(line: number): void {
    Object.assign(this.wayOf(line) as Way, { tag: undefined, state: "I" });
  }
}
