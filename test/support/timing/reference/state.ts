// All that the reference model remembers, and the small moves that its transitions are made of:
// counting, sending a message, dropping copies, writing back.
import type { Access } from "./access.js";
import { Cache } from "./cache.js";
import { Flights, Resource } from "./contention.js";
import { type CounterName, type Counters, zeroCounters, zeroTraffic } from "./counters.js";
import { Directory } from "./directory.js";
import { nodeOfHart, type ReferenceConfig } from "./parameters.js";
import { Versions } from "./versions.js";

export const REQUEST_BYTES = 8; // and a forward, permission, invalidation, acknowledgement, notice
export const DATA_BYTES = 72;

/** What an L2 knows of a line that it has. Its state, S or E, is in the cache. */
export interface L2Line {
  dirty: boolean;
  /** The hart whose L1D has it E or M. */
  owner: number | undefined;
  readonly sharersD: Set<number>;
  readonly sharersI: Set<number>;
}

const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

export class ModelState {
  readonly l1i: readonly Cache[];
  readonly l1d: readonly Cache[];
  readonly l2: readonly Cache[];
  /** By node, then by line: for each line that is valid in the node's L2. */
  readonly l2Lines: readonly Map<number, L2Line>[];
  readonly directory = new Directory();
  readonly l2Ports: readonly Resource[];
  readonly memories: readonly Resource[];
  readonly fabricPorts: readonly Resource[];
  readonly flights = new Flights();
  readonly counters: readonly Counters[];
  readonly traffic: readonly ReturnType<typeof zeroTraffic>[];
  /** By hart, the line that it has reserved (LR). */
  readonly reservations = new Map<number, number>();
  readonly versions = new Versions();

  constructor(readonly config: ReferenceConfig) {
    const { harts, parameters: p } = config;
    const nodes = p.NODES;
    const cache = (sets: number, ways: number) => () => new Cache(sets, ways, p.TREE_PLRU !== 0);
    this.l1i = times(harts, cache(p.L1I_SETS, p.L1I_WAYS));
    this.l1d = times(harts, cache(p.L1D_SETS, p.L1D_WAYS));
    this.l2 = times(nodes, cache(p.L2_SETS, p.L2_WAYS));
    this.l2Lines = times(nodes, () => new Map<number, L2Line>());
    this.l2Ports = times(nodes, () => new Resource());
    this.memories = times(nodes, () => new Resource());
    this.fabricPorts = times(nodes, () => new Resource());
    this.counters = times(harts, zeroCounters);
    this.traffic = times(nodes, zeroTraffic);
  }

  hops(from: number, to: number): number {
    return this.config.hops[from]?.[to] as number;
  }

  count(hart: number, name: CounterName, by = 1): void {
    (this.counters[hart] as Counters)[name] += by;
  }

  l1iOf(hart: number): Cache {
    return this.l1i[hart] as Cache;
  }

  l1dOf(hart: number): Cache {
    return this.l1d[hart] as Cache;
  }

  l2Of(node: number): Cache {
    return this.l2[node] as Cache;
  }

  linesOf(node: number): Map<number, L2Line> {
    return this.l2Lines[node] as Map<number, L2Line>;
  }

  /** Of a line that is valid in the node's L2. */
  l2Line(node: number, line: number): L2Line {
    return this.linesOf(node).get(line) as L2Line;
  }

  /** A message between nodes; one from a node to itself is none. */
  send(hart: number, from: number, to: number, bytes: number): void {
    if (from === to) return;
    this.count(hart, "MESSAGES");
    this.count(hart, "BYTES", bytes);
    const [sender, receiver] = [this.traffic[from], this.traffic[to]];
    if (!sender || !receiver) throw new Error(`no node ${from} or ${to}`);
    sender.messagesSent += 1;
    sender.bytesSent += bytes;
    receiver.messagesReceived += 1;
    receiver.bytesReceived += bytes;
  }

  /** A hart's L1D has lost a line: its reservation on it, if any, is over. */
  lost(hart: number, line: number): void {
    if (this.reservations.get(hart) === line) this.reservations.delete(hart);
  }

  /** If the owner has changed the line, the L2 now has the change too. */
  writeBackOwner(hart: number, node: number, line: number): void {
    const { owner } = this.l2Line(node, line);
    if (owner === undefined || this.l1dOf(owner).state(line) !== "M") return;
    this.writeBackL1(hart, owner, node, line);
  }

  /** What `writer` has changed goes from its L1D to the L2. */
  writeBackL1(hart: number, writer: number, node: number, line: number): void {
    this.l2Line(node, line).dirty = true;
    this.count(hart, "L1_WRITEBACKS");
    this.versions.copy(`L1D ${writer}`, `L2 ${node}`, line);
  }

  /** The owner, if any, keeps the line to read it. */
  demoteOwner(hart: number, node: number, line: number): void {
    const known = this.l2Line(node, line);
    if (known.owner === undefined) return;
    this.writeBackOwner(hart, node, line);
    this.l1dOf(known.owner).setState(line, "S");
    known.owner = undefined;
  }

  /**
   * Invalidates the copies in L1s of a node, but for that in the L1D of the hart `but`. `sender` is
   * the hart that asks for it; nobody does when a device writes memory.
   */
  invalidateL1s(sender: number | undefined, node: number, line: number, but?: number): void {
    const known = this.l2Line(node, line);
    const received = (hart: number) => {
      this.count(hart, "INVALIDATIONS_RECEIVED");
      if (sender !== undefined) this.count(sender, "INVALIDATIONS_SENT");
    };
    for (const hart of [...known.sharersD].filter((sharer) => sharer !== but)) {
      this.l1dOf(hart).invalidate(line);
      this.lost(hart, line);
      known.sharersD.delete(hart);
      received(hart);
    }
    for (const hart of known.sharersI) {
      this.l1iOf(hart).invalidate(line);
      received(hart);
    }
    known.sharersI.clear();
    known.owner = undefined; // `but` is of a hart that asks, and has the line to read it
  }

  /** Invalidates every copy in a node, its L2's too. */
  invalidateNode(sender: number | undefined, node: number, line: number): void {
    this.invalidateL1s(sender, node, line);
    this.l2Of(node).invalidate(line);
    this.linesOf(node).delete(line);
    if (sender !== undefined) this.count(sender, "REMOTE_INVALIDATIONS");
  }

  /** Waits for a resource, at the cycle that the access has come to. */
  queue(access: Access, resource: Resource | undefined, occupancy: number): void {
    const { WINDOW } = this.config.parameters;
    access.add("QUEUE", (resource as Resource).wait(access.now, occupancy, WINDOW));
  }

  nodeOf(hart: number): number {
    return nodeOfHart(this.config, hart);
  }
}
