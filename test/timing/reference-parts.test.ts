// The parts of the reference model of timing, on cases worked out by hand: a cache with its ways,
// its policies and its classes of misses, the windows of contention, and the TLB.
import { describe, expect, it } from "vitest";
import { plain } from "../support/timing/configuration.js";
import { Cache, Lru, TreePlru } from "../support/timing/reference/cache.js";
import { Resource } from "../support/timing/reference/contention.js";
import { homeOfLine, nodeOfHart } from "../support/timing/reference/parameters.js";
import { ReferenceTlb } from "../support/timing/reference/tlb.js";

describe("policies", () => {
  it("LRU gives the way that was touched longest ago", () => {
    const lru = new Lru(4);
    for (const way of [0, 1, 2, 3, 0]) lru.touch(way);
    expect(lru.victim()).toBe(1);
    lru.touch(1);
    expect(lru.victim()).toBe(2);
  });

  it("tree-PLRU follows the bits, which is not always LRU", () => {
    const tree = new TreePlru(4);
    expect(tree.victim()).toBe(0);
    const victims = [0, 1, 2, 3, 0, 2, 1].map((way) => {
      tree.touch(way);
      return tree.victim();
    });
    // After 0: root to the upper half, which points to 2. After 1: the same. After 2: root to the
    // lower half, which points to 0. After 3: the same. After 0: upper, 2 (LRU: 1). After 2: lower,
    // 1. After 1: upper, 3.
    expect(victims).toEqual([2, 2, 0, 0, 2, 1, 3]);
  });

  it("tree-PLRU of 8 ways visits the halves in turn when each victim is touched", () => {
    const tree = new TreePlru(8);
    const victims = Array.from({ length: 9 }, () => {
      const way = tree.victim();
      tree.touch(way);
      return way;
    });
    expect(victims).toEqual([0, 4, 2, 6, 1, 5, 3, 7, 0]);
  });

  it("one way needs no policy", () => {
    for (const policy of [new Lru(1), new TreePlru(1)]) {
      policy.touch(0);
      expect(policy.victim()).toBe(0);
    }
  });
});

describe("a cache", () => {
  /** One set of two ways, LRU. */
  const small = () => new Cache(1, 2, false);

  it("takes the lowest free way, then the victim", () => {
    const cache = small();
    expect(cache.insert(1, "S")).toBe(undefined);
    expect(cache.insert(2, "E")).toBe(undefined);
    cache.touch(1);
    expect(cache.insert(3, "M")).toEqual({ line: 2, state: "E" });
    expect(cache.lines()).toEqual([1, 3]);
    expect(cache.state(2)).toBe(undefined);
  });

  it("takes a line back into the way that has its tag, before a lower free way", () => {
    const cache = new Cache(1, 3, false);
    for (const line of [1, 2, 3]) cache.insert(line, "S");
    cache.invalidate(1);
    cache.invalidate(2);
    expect(cache.insert(2, "S")).toBe(undefined);
    expect(cache.state(1)).toBe("I");
    expect(cache.lines()).toEqual([2, 3]);
  });

  it("prefers an invalid way to the victim, and its tag is lost then, but is no eviction", () => {
    const cache = small();
    cache.insert(1, "S");
    cache.insert(2, "S");
    cache.invalidate(2);
    expect(cache.classify(2)).toBe("COHERENCE");
    expect(cache.insert(3, "S")).toBe(undefined);
    expect(cache.classify(2)).toBe("CAPACITY");
  });

  it("tells cold, conflict and capacity misses", () => {
    const cache = small();
    expect(cache.classify(1)).toBe("COLD");
    for (const line of [1, 2, 3]) cache.insert(line, "S");
    expect(cache.classify(1)).toBe("CONFLICT"); // the last that was evicted
    cache.insert(4, "S");
    expect(cache.classify(1)).toBe("CAPACITY");
    expect(cache.classify(2)).toBe("CONFLICT");
    expect(cache.classify(5)).toBe("COLD");
  });

  it("remembers what was evicted last of each set", () => {
    const cache = new Cache(2, 1, true);
    for (const line of [2, 4, 1, 3]) cache.insert(line, "S");
    expect(cache.classify(2)).toBe("CONFLICT");
    expect(cache.classify(1)).toBe("CONFLICT");
    expect(cache.lines()).toEqual([4, 3]);
  });

  it("forgets the tag of a line that goes by inclusion", () => {
    const cache = small();
    cache.insert(1, "S");
    cache.remove(1);
    expect(cache.state(1)).toBe(undefined);
    expect(cache.classify(1)).toBe("CAPACITY");
    expect(cache.isSound()).toBe(true);
  });

  it("does not touch what it invalidates", () => {
    const cache = small();
    cache.insert(1, "S");
    cache.insert(2, "S");
    cache.invalidate(1);
    cache.insert(1, "S"); // touched here: 2 is the older one
    expect(cache.insert(3, "S")?.line).toBe(2);
  });
});

describe("contention", () => {
  it("a window has room for its length, and who comes late waits for the next", () => {
    const port = new Resource();
    expect(port.wait(3, 6, 16)).toBe(0);
    expect(port.wait(0, 6, 16)).toBe(0); // 12 of 16 used; order in the window is not looked at
    expect(port.wait(5, 6, 16)).toBe(16 - 5);
    expect(port.wait(15, 4, 16)).toBe(0); // 16 of 16
    expect(port.wait(15, 11, 16)).toBe(32 - 15); // window 1 has 6 of 16 used: no room for 11
    expect(port.wait(32, 5, 16)).toBe(0);
    expect(port.wait(1, 1, 16)).toBe(16 - 1);
  });

  it("nothing waits without a window, or for what takes no time", () => {
    const port = new Resource();
    for (let i = 0; i < 100; i++) {
      expect(port.wait(0, 16, 0)).toBe(0);
      expect(port.wait(0, 0, 16)).toBe(0);
    }
    expect(port.wait(0, 16, 16)).toBe(0);
  });

  it("32 windows that are full are waited for, and no more is accounted", () => {
    const port = new Resource();
    for (let k = 0; k < 32; k++) expect(port.wait(20, 20, 20)).toBe(k === 0 ? 0 : 20 * k);
    for (let k = 0; k < 3; k++) expect(port.wait(39, 20, 20)).toBe(32 * 20);
    expect(port.wait(33 * 20, 20, 20)).toBe(0);
  });

  it("a hart that is 32 windows behind another does not wait", () => {
    const port = new Resource();
    port.wait(32 * 16, 16, 16);
    for (let i = 0; i < 3; i++) expect(port.wait(0, 16, 16)).toBe(0); // slot 0 is of window 32
    expect(port.wait(16, 16, 16)).toBe(0); // slot 1 is not: this is accounted
    expect(port.wait(16, 16, 16)).toBe(16);
  });
});

describe("places", () => {
  it("harts are spread over nodes, evenly as far as it goes", () => {
    const nodes = (harts: number, count: number) =>
      Array.from({ length: harts }, (_, hart) => nodeOfHart(plain(harts, { NODES: count }), hart));
    expect(nodes(8, 4)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(nodes(5, 2)).toEqual([0, 0, 0, 1, 1]);
    expect(nodes(2, 4)).toEqual([0, 2]);
  });

  it("frames are spread over nodes in turn, or in pieces, and the ROM is at node 0", () => {
    const homes = (interleaved: number) => {
      const config = { ...plain(1, { NODES: 3, INTERLEAVED: interleaved }), ramFrames: 7 };
      return Array.from({ length: 9 }, (_, frame) => homeOfLine(config, frame * 64 + 63));
    };
    expect(homes(1)).toEqual([0, 1, 2, 0, 1, 2, 0, 0, 0]);
    expect(homes(0)).toEqual([0, 0, 0, 1, 1, 1, 2, 0, 0]);
  });
});

describe("a TLB", () => {
  it("drops the entry that was filled first, however often it is used", () => {
    const tlb = new ReferenceTlb(2);
    tlb.fill(0x1000, false, true);
    tlb.fill(0x2000, false, true);
    expect(tlb.lookup(0x1ffc, false)).toBe("hit");
    tlb.fill(0x3000, false, true);
    expect(tlb.lookup(0x1000, false)).toBe("miss");
    expect(tlb.lookup(0x2000, false)).toBe("hit");
    expect(tlb.lookup(0x3000, false)).toBe("hit");
  });

  it("covers 4 MiB with a superpage's entry", () => {
    const tlb = new ReferenceTlb(1);
    tlb.fill(0x80412345, true, false);
    expect(tlb.lookup(0x80400000, false)).toBe("hit");
    expect(tlb.lookup(0x807fffff, false)).toBe("hit");
    expect(tlb.lookup(0x80800000, false)).toBe("miss");
    expect(tlb.lookup(0x803fffff, false)).toBe("miss");
  });

  it("lets a store through what was filled for one, and promotes an entry in place", () => {
    const tlb = new ReferenceTlb(2);
    tlb.fill(0x1000, false, false);
    tlb.fill(0x2000, false, true);
    expect(tlb.lookup(0x1000, false)).toBe("hit");
    expect(tlb.lookup(0x1000, true)).toBe("promote");
    tlb.fill(0x1000, false, true);
    expect(tlb.lookup(0x1000, true)).toBe("hit");
    expect(tlb.lookup(0x2000, true)).toBe("hit");
    tlb.fill(0x3000, false, false); // 0x1000 is still the oldest
    expect(tlb.lookup(0x1000, false)).toBe("miss");
    tlb.fill(0x2000, false, false); // a load's walk takes nothing away
    expect(tlb.lookup(0x2000, true)).toBe("hit");
  });

  it("is emptied, or loses what translates one address", () => {
    const tlb = new ReferenceTlb(4);
    const fill = () => {
      tlb.fill(0x1000, false, true);
      tlb.fill(0x2000, false, true);
      tlb.fill(0xc0000000, true, true);
    };
    fill();
    tlb.flush(0x1234);
    tlb.flush(0xc0001000);
    const found = [0x1000, 0x2000, 0xc0000000].map((va) => tlb.lookup(va, false));
    expect(found).toEqual(["miss", "hit", "miss"]);
    fill();
    tlb.flush();
    expect(tlb.lookup(0x2000, false)).toBe("miss");
  });
});
