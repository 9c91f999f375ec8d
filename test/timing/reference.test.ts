// The reference model of timing on cases worked out by hand from the specification: what each
// access costs as a sum of parameters (all primes, so that a sum tells its terms), what it counts,
// and what the caches are then like.
import { describe, expect, it } from "vitest";
import { PLAIN, plain } from "../support/timing/configuration.js";
import {
  FETCH,
  type Kind,
  LOAD,
  STORE,
  WALK,
  WALK_STORE,
} from "../support/timing/reference/access.js";
import type { CounterName } from "../support/timing/reference/counters.js";
import { LINE_STATES, ReferenceModel } from "../support/timing/reference.js";

const { L2, MEMORY, DIRECTORY, INTERVENTION, INVALIDATION, HOP } = PLAIN;
const { absent, S, E, M, I } = LINE_STATES;
const [L1I, L1D, NODE] = [0, 1, 2];
/** A line whose home is the node, in set 0 of any cache; `more` gives others. */
const at = (node: number, more = 0) => node * 64 + more * 64 * 12;

/** The counters of a hart that are not zero, without the stack of cycles. */
function counted(model: ReferenceModel, hart: number): Partial<Record<CounterName, number>> {
  const found = Object.entries(model.counters(hart));
  return Object.fromEntries(found.filter(([name, n]) => n !== 0 && !name.startsWith("CYCLES_")));
}

/** Runs accesses at cycle 0, [hart, line, kind]; returns their stalls. */
function run(model: ReferenceModel, accesses: readonly [number, number, Kind][]): number[] {
  return accesses.map(([hart, line, kind]) => {
    const stall = model.access(hart, line, kind, 0);
    expect(model.invariants()).toEqual([]);
    return stall;
  });
}

describe("one hart", () => {
  it("misses once, has the line alone, and writes it without a word", () => {
    const model = new ReferenceModel(plain(1));
    const all = run(model, [
      [0, at(0), LOAD],
      [0, at(0), LOAD],
      [0, at(0), STORE],
    ]);
    expect(all).toEqual([L2 + MEMORY, 0, 0]);
    expect(model.lineState(L1D, 0, at(0))).toBe(M);
    expect(model.lineState(NODE, 0, at(0))).toBe(E);
    expect(counted(model, 0)).toEqual({
      L1D_COLD: 1,
      L2_COLD: 1,
      L2_ACCESSES: 1,
      LOCAL_ACCESSES: 1,
    });
    const { CYCLES_LOAD_L2, CYCLES_LOAD_MEMORY } = model.counters(0);
    expect([CYCLES_LOAD_L2, CYCLES_LOAD_MEMORY]).toEqual([L2, MEMORY]);
  });

  it("takes a line from itself to fetch it, and invalidates its own L1I to write it", () => {
    const model = new ReferenceModel(plain(1));
    const all = run(model, [
      [0, at(0), STORE],
      [0, at(0), FETCH],
      [0, at(0), STORE],
      [0, at(0), FETCH],
    ]);
    const again = L2 + INTERVENTION;
    expect(all).toEqual([L2 + MEMORY, again, L2 + INVALIDATION, again]);
    expect(model.lineState(L1D, 0, at(0))).toBe(S);
    expect(model.lineState(L1I, 0, at(0))).toBe(S);
    expect(counted(model, 0)).toEqual({
      ...{ L1D_COLD: 1, L1I_COLD: 1, L1I_COHERENCE: 1, L2_COLD: 1, L2_ACCESSES: 4 },
      ...{ LOCAL_ACCESSES: 1, INTERVENTIONS: 2, L1_WRITEBACKS: 2, UPGRADES: 1 },
      ...{ INVALIDATIONS_SENT: 1, INVALIDATIONS_RECEIVED: 1 },
    });
  });

  it("has a line shared that it loads after it has fetched it", () => {
    const model = new ReferenceModel(plain(1));
    expect(run(model, [[0, at(0), FETCH]])).toEqual([L2 + MEMORY]);
    expect(run(model, [[0, at(0), LOAD]])).toEqual([L2]);
    expect(model.lineState(L1D, 0, at(0))).toBe(S);
    expect(model.lineState(NODE, 0, at(0))).toBe(E);
  });

  it("pays for a walk as for a load or a store, and counts it as a walk", () => {
    const model = new ReferenceModel(plain(1));
    const all = run(model, [
      [0, at(0), WALK],
      [0, at(0), WALK_STORE],
      [0, at(0, 1), WALK_STORE],
    ]);
    expect(all).toEqual([L2 + MEMORY, 0, L2 + MEMORY]);
    expect(model.lineState(L1D, 0, at(0, 1))).toBe(M);
    const { CYCLES_WALK_L2, CYCLES_WALK_MEMORY } = model.counters(0);
    expect([CYCLES_WALK_L2, CYCLES_WALK_MEMORY]).toEqual([2 * L2, 2 * MEMORY]);
  });

  it("has conflict and capacity misses in an L1D that is small, and hits in the L2", () => {
    const model = new ReferenceModel(plain(1, { L1D_SETS: 1, L1D_WAYS: 2 }));
    const loads = [0, 1, 2, 0, 3, 1].map((n): [number, number, Kind] => [0, at(0, n), LOAD]);
    const cold = L2 + MEMORY;
    expect(run(model, loads)).toEqual([cold, cold, cold, L2, cold, L2]);
    // 2 evicts 0, which comes back at once: conflict. It evicts 1, then 3 evicts 2: capacity.
    expect(counted(model, 0)).toMatchObject({ L1D_COLD: 4, L1D_CONFLICT: 1, L1D_CAPACITY: 1 });
    expect(counted(model, 0)).not.toHaveProperty("L1_WRITEBACKS");
  });

  it("writes back a changed line that leaves the L1D, then the L2", () => {
    const model = new ReferenceModel(
      plain(1, { L1D_SETS: 1, L1D_WAYS: 1, L2_SETS: 1, L2_WAYS: 2 }),
    );
    run(model, [[0, at(0), STORE]]);
    run(model, [[0, at(0, 1), LOAD]]);
    expect(counted(model, 0)).toMatchObject({ L1_WRITEBACKS: 1 });
    run(model, [[0, at(0, 2), LOAD]]);
    expect(counted(model, 0)).toMatchObject({ L1_WRITEBACKS: 1, L2_WRITEBACKS: 1 });
    expect(model.lineState(NODE, 0, at(0))).toBe(absent);
  });

  it("loses lines of its L1s with those of the L2, and a reservation with them", () => {
    const model = new ReferenceModel(plain(1, { L2_SETS: 1, L2_WAYS: 1 }));
    run(model, [
      [0, at(0), LOAD],
      [0, at(0), FETCH],
    ]);
    model.reserve(0, at(0));
    run(model, [[0, at(0, 1), STORE]]);
    expect(model.isReserved(0, at(0))).toBe(false);
    expect(model.lineState(L1D, 0, at(0))).toBe(absent);
    expect(model.lineState(L1I, 0, at(0))).toBe(absent);
    expect(counted(model, 0)).toMatchObject({ BACK_INVALIDATIONS: 2 });
    expect(counted(model, 0)).not.toHaveProperty("L2_WRITEBACKS");
    run(model, [[0, at(0), LOAD]]); // the line that is evicted now was changed in the L1D
    expect(counted(model, 0)).toMatchObject({ L1_WRITEBACKS: 1, L2_WRITEBACKS: 1 });
    expect(counted(model, 0)).toMatchObject({ L2_COLD: 2, L2_CONFLICT: 1, L1D_CAPACITY: 1 });
  });
});

describe("harts of one node", () => {
  it("play ping-pong with a line by interventions", () => {
    const model = new ReferenceModel(plain(2));
    const turns = [0, 1, 0, 1, 0].map((hart): [number, number, Kind] => [hart, at(0), STORE]);
    const pong = L2 + INTERVENTION;
    expect(run(model, turns)).toEqual([L2 + MEMORY, pong, pong, pong, pong]);
    expect(model.lineState(L1D, 0, at(0))).toBe(M);
    expect(model.lineState(L1D, 1, at(0))).toBe(I);
    expect(counted(model, 0)).toEqual({
      ...{ L1D_COLD: 1, L1D_COHERENCE: 2, L2_COLD: 1, L2_ACCESSES: 3, LOCAL_ACCESSES: 1 },
      ...{ INTERVENTIONS: 2, L1_WRITEBACKS: 2, INVALIDATIONS_SENT: 2, INVALIDATIONS_RECEIVED: 2 },
    });
  });

  it("share a line that they read, and the one that writes it has the others' invalidated", () => {
    const model = new ReferenceModel(plain(3));
    const all = run(model, [
      [0, at(0), LOAD],
      [1, at(0), LOAD],
      [2, at(0), FETCH],
      [1, at(0), STORE],
    ]);
    // The first has it E: the second's load is an intervention that nothing is written back by.
    expect(all).toEqual([L2 + MEMORY, L2 + INTERVENTION, L2, L2 + INVALIDATION]);
    expect(counted(model, 1)).toEqual({
      ...{ L1D_COLD: 1, L2_ACCESSES: 2, INTERVENTIONS: 1, UPGRADES: 1, INVALIDATIONS_SENT: 2 },
    });
    expect(counted(model, 0)).toMatchObject({ INVALIDATIONS_RECEIVED: 1 });
    expect(counted(model, 2)).toMatchObject({ INVALIDATIONS_RECEIVED: 1 });
    expect(model.lineState(L1D, 0, at(0))).toBe(I);
    expect(model.lineState(L1I, 2, at(0))).toBe(I);
    expect(model.lineState(L1D, 1, at(0))).toBe(M);
  });

  it("end a reservation by a store of another hart, and by none of their own", () => {
    const model = new ReferenceModel(plain(2));
    run(model, [[0, at(0), LOAD]]);
    model.reserve(0, at(0));
    run(model, [[0, at(0), STORE]]);
    expect(model.isReserved(0, at(0))).toBe(true);
    run(model, [[1, at(0), STORE]]);
    expect(model.isReserved(0, at(0))).toBe(false);
  });
});

describe("harts of several nodes", () => {
  it("play ping-pong with a line over its home", () => {
    const model = new ReferenceModel(plain(2, { NODES: 2 }));
    const turns = [0, 1, 0, 1].map((hart): [number, number, Kind] => [hart, at(0), STORE]);
    // From node 1, home and owner are node 0: 2 hops. From node 0: to node 1 and back.
    const pong = L2 + DIRECTORY + INTERVENTION + 2 * HOP;
    expect(run(model, turns)).toEqual([L2 + MEMORY, pong, pong, pong]);
    expect(counted(model, 1)).toEqual({
      ...{ L1D_COLD: 1, L1D_COHERENCE: 1, L2_COLD: 1, L2_COHERENCE: 1, L2_ACCESSES: 2 },
      ...{ REMOTE_ACCESSES: 2, REMOTE_TRANSFERS: 2, REMOTE_INVALIDATIONS: 2, L1_WRITEBACKS: 2 },
      ...{ INVALIDATIONS_SENT: 2, INVALIDATIONS_RECEIVED: 1, MESSAGES: 4, BYTES: 2 * (8 + 72) },
    });
    expect(counted(model, 0)).not.toHaveProperty("L2_WRITEBACKS"); // the data moves on, dirty
    expect(model.lineState(NODE, 0, at(0))).toBe(I);
    expect(model.lineState(NODE, 1, at(0))).toBe(E);
  });

  it("get a line from a third node, which its home sends word to", () => {
    const model = new ReferenceModel(plain(3, { NODES: 3 }));
    run(model, [[2, at(1), STORE]]);
    expect(counted(model, 2)).toMatchObject({ MESSAGES: 2, BYTES: 8 + 72 });
    // To the home and back: 2 hops; home to owner, owner to requester: 1 + 2 for 1 of those.
    const stall = L2 + 2 * HOP + DIRECTORY + INTERVENTION + (1 + 2 - 1) * HOP;
    expect(run(model, [[0, at(1), LOAD]])).toEqual([stall]);
    expect(counted(model, 0)).toEqual({
      ...{ L1D_COLD: 1, L2_COLD: 1, L2_ACCESSES: 1, REMOTE_ACCESSES: 1, REMOTE_TRANSFERS: 1 },
      ...{ L1_WRITEBACKS: 1, L2_WRITEBACKS: 1, MESSAGES: 4, BYTES: 8 + 8 + 72 + 72 },
    });
    expect([0, 2].map((node) => model.lineState(NODE, node, at(1)))).toEqual([S, S]);
    expect([0, 2].map((hart) => model.lineState(L1D, hart, at(1)))).toEqual([S, S]);
    // Node 0 sent the request; node 1 got it, and the write-back, and sent the forward.
    const [zero, one, two] = [0, 1, 2].map((node) => model.traffic(node));
    expect(zero).toMatchObject({ messagesSent: 1, messagesReceived: 1, bytesReceived: 72 });
    expect(one).toMatchObject({ messagesSent: 2, messagesReceived: 3, bytesSent: 72 + 8 });
    expect(two).toMatchObject({ messagesSent: 3, messagesReceived: 2, bytesSent: 8 + 72 + 72 });
  });

  it("invalidate all other nodes' copies, and wait for the one that is farthest round", () => {
    const model = new ReferenceModel(plain(4, { NODES: 4 }));
    const loads = [0, 1, 2, 3].map((hart): [number, number, Kind] => [hart, at(1), LOAD]);
    run(model, loads);
    const before = { ...model.counters(0) };
    // Home 1 is 1 hop away; over node 3 it is 2 + 3.
    const stall = L2 + 2 * HOP + DIRECTORY + INVALIDATION + (2 + 3 - 1) * HOP;
    expect(run(model, [[0, at(1), STORE]])).toEqual([stall]);
    const { GLOBAL_UPGRADES, UPGRADES, REMOTE_INVALIDATIONS, REMOTE_ACCESSES } = model.counters(0);
    expect([GLOBAL_UPGRADES, UPGRADES, REMOTE_INVALIDATIONS]).toEqual([1, 1, 3]);
    expect(REMOTE_ACCESSES).toBe(before.REMOTE_ACCESSES);
    // Request, permission; an invalidation to 2 and 3 (1 is at home) and three acknowledgements.
    expect(model.counters(0).MESSAGES - before.MESSAGES).toBe(2 + 2 + 3);
    expect(model.counters(0).BYTES - before.BYTES).toBe(7 * 8);
    expect([0, 1, 2, 3].map((node) => model.lineState(NODE, node, at(1)))).toEqual([E, I, I, I]);
  });

  it("write a line that other nodes only read: memory has it, and they lose it", () => {
    const model = new ReferenceModel(plain(3, { NODES: 3 }));
    run(model, [
      [0, at(0), LOAD],
      [1, at(0), LOAD],
    ]);
    const stall = L2 + 2 * 2 * HOP + MEMORY + INVALIDATION + (1 + 1 - 2) * HOP;
    expect(run(model, [[2, at(0), STORE]])).toEqual([stall]);
    expect([0, 1, 2].map((hart) => model.lineState(L1D, hart, at(0)))).toEqual([I, I, M]);
  });

  it("ask the directory to write what they alone have left, and nothing is to invalidate", () => {
    const model = new ReferenceModel(plain(2, { NODES: 2, L2_SETS: 1, L2_WAYS: 1 }));
    run(model, [
      [0, at(0), LOAD],
      [1, at(0), LOAD],
      [1, at(0, 1), LOAD], // node 1 no longer has the line
    ]);
    expect(run(model, [[0, at(0), STORE]])).toEqual([L2 + DIRECTORY]);
    expect(counted(model, 0)).toMatchObject({ GLOBAL_UPGRADES: 1, UPGRADES: 1 });
    expect(counted(model, 0)).not.toHaveProperty("REMOTE_INVALIDATIONS");
    // Of node 1: a line of node 0, another of its memory, and the notice that the first is gone.
    expect(counted(model, 1)).toMatchObject({ MESSAGES: 2 + 2 + 1, BYTES: 2 * (8 + 72) + 8 });
  });

  it("lose all copies of a line that a device writes, and what was changed in them", () => {
    const model = new ReferenceModel(plain(2, { NODES: 2 }));
    run(model, [
      [0, at(0), STORE],
      [0, at(0), FETCH],
      [1, at(0), LOAD],
    ]);
    const before = counted(model, 0);
    model.dmaWrite(at(0));
    expect(model.invariants()).toEqual([]);
    expect(counted(model, 0)).toEqual({ ...before, INVALIDATIONS_RECEIVED: 2 });
    expect(model.lineState(NODE, 1, at(0))).toBe(I);
    expect(run(model, [[1, at(0), LOAD]])).toEqual([L2 + 2 * HOP + MEMORY]);
    expect(counted(model, 1)).toMatchObject({ L1D_COHERENCE: 1, L2_COHERENCE: 1 });
  });
});

describe("contention", () => {
  it("is waited for at the L2's port, the home's port and the memory, at the cycle reached", () => {
    const costs = { L2_OCCUPANCY: 9, INTERCONNECT_OCCUPANCY: 9, MEMORY_OCCUPANCY: 16, WINDOW: 16 };
    const model = new ReferenceModel(plain(2, { NODES: 2, ...costs }));
    // Hart 1, line of node 0: port of its L2 at 0; port of node 0 at 7; its memory at 7 + 10.
    expect(model.access(1, at(0), LOAD, 0)).toBe(L2 + 2 * HOP + MEMORY);
    // L2 port: window 1, waits 16. Then 16 + 7 = 23: window 1 of the port of node 0 is free. Then
    // 33: window 2 of the memory is free.
    expect(model.access(1, at(0, 1), LOAD, 0)).toBe(16 + L2 + 2 * HOP + MEMORY);
    expect(model.counters(1).CYCLES_LOAD_QUEUE).toBe(16);
    // Hart 0, line of node 0: L2 port free; memory at 14 + 7 = 21: windows 1 and 2 are full.
    expect(model.access(0, at(0, 2), STORE, 14)).toBe(L2 + (3 * 16 - 21) + MEMORY);
    expect(model.counters(0).CYCLES_STORE_QUEUE).toBe(27);
  });

  it("of a write-back is for others to wait for", () => {
    const costs = { L2_SETS: 1, L2_WAYS: 1, MEMORY: 0, MEMORY_OCCUPANCY: 16, WINDOW: 16 };
    const model = new ReferenceModel(plain(1, costs));
    expect(model.access(0, at(0), STORE, 0)).toBe(L2);
    // Memory at 32 + 7; the write-back, at the same cycle, finds that window full.
    expect(model.access(0, at(0, 1), LOAD, 32)).toBe(L2);
    expect(model.access(0, at(0, 2), LOAD, 34)).toBe(L2 + (64 - 41));
  });
});
