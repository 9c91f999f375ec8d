// What an access of the reference model does once it has missed its L1: the L2 of its node, then
// the line's home, its directory and memory, and the nodes that have the line.
import type { Access } from "./access.js";
import { homeOfLine } from "./parameters.js";
import { DATA_BYTES, type ModelState, REQUEST_BYTES } from "./state.js";

/** Gets the node what is asked for, in its L2; no other L1 is then in the way. */
export function accessL2(state: ModelState, access: Access): void {
  const { hart, node, line, isStore } = access;
  const { L2, L2_OCCUPANCY, WINDOW } = state.config.parameters;
  state.queue(access, state.l2Ports[node], L2_OCCUPANCY);
  access.add("L2", L2);
  access.add("QUEUE", state.flights.wait(line, access.now));
  state.count(hart, "L2_ACCESSES");
  if (!state.l2Of(node).isValid(line)) missL2(state, access);
  else if (isStore) storeL2(state, access);
  else loadL2(state, access);
  if (WINDOW !== 0 && access.isTransfer) state.flights.set(line, access.now);
}

/** A load or fetch of a line that the node has. */
function loadL2(state: ModelState, access: Access): void {
  const { hart, node, line } = access;
  state.l2Of(node).touch(line);
  if (state.l2Line(node, line).owner === undefined) return;
  access.add("INTERVENTION", state.config.parameters.INTERVENTION);
  state.count(hart, "INTERVENTIONS");
  state.demoteOwner(hart, node, line);
}

/** A store to a line that the node has: no other L1 keeps it, nor does another node. */
function storeL2(state: ModelState, access: Access): void {
  const { hart, node, line } = access;
  const p = state.config.parameters;
  state.l2Of(node).touch(line);
  const { owner, sharersD, sharersI } = state.l2Line(node, line);
  const others = [...[...sharersD].filter((sharer) => sharer !== hart), ...sharersI];
  if (owner !== undefined) {
    access.add("INTERVENTION", p.INTERVENTION);
    state.count(hart, "INTERVENTIONS");
    state.writeBackOwner(hart, node, line);
  } else if (others.length > 0) {
    access.add("INVALIDATION", p.INVALIDATION);
  }
  state.invalidateL1s(hart, node, line, hart);
  if (state.l2Of(node).state(line) === "S") globalUpgrade(state, access);
}

/** The node has the line to read it, and wants it alone. */
function globalUpgrade(state: ModelState, access: Access): void {
  const { hart, node, home, line } = access;
  toHome(state, access);
  access.add("MEMORY", state.config.parameters.DIRECTORY);
  state.count(hart, "GLOBAL_UPGRADES");
  state.send(hart, home, node, REQUEST_BYTES);
  invalidateNodes(state, access);
  state.directory.setExclusive(line, node);
  state.l2Of(node).setState(line, "E");
}

function missL2(state: ModelState, access: Access): void {
  const { hart, node, home, line, isStore } = access;
  const p = state.config.parameters;
  state.count(hart, `L2_${state.l2Of(node).classify(line)}`);
  state.count(hart, home === node ? "LOCAL_ACCESSES" : "REMOTE_ACCESSES");
  toHome(state, access);
  const owner = state.directory.owner(line);
  if (owner !== undefined) {
    insertL2(state, access, transfer(state, access, owner));
    return;
  }
  access.add("MEMORY", p.MEMORY);
  state.send(hart, home, node, DATA_BYTES);
  state.versions.copy("memory", `L2 ${node}`, line);
  const { nodes } = state.directory.entry(line);
  if (nodes.size === 0) {
    state.directory.setExclusive(line, node);
  } else if (isStore) {
    invalidateNodes(state, access);
    state.directory.setExclusive(line, node);
  } else {
    state.directory.setShared(line, [...nodes, node]);
  }
  insertL2(state, access, false);
}

/** The request goes to the line's home, and is looked up there. */
function toHome(state: ModelState, access: Access): void {
  const { hart, node, home } = access;
  const p = state.config.parameters;
  state.send(hart, node, home, REQUEST_BYTES);
  if (node !== home) {
    state.queue(access, state.fabricPorts[home], p.INTERCONNECT_OCCUPANCY);
    access.add("INTERCONNECT", 2 * state.hops(node, home) * p.HOP);
  }
  state.queue(access, state.memories[home], p.MEMORY_OCCUPANCY);
}

/** No other node of the directory keeps the line; the acknowledgements go to the requester. */
function invalidateNodes(state: ModelState, access: Access): void {
  const { hart, node, home, line } = access;
  const p = state.config.parameters;
  const others = [...state.directory.entry(line).nodes].filter((other) => other !== node);
  if (others.length === 0) return;
  for (const other of others) {
    state.send(hart, home, other, REQUEST_BYTES);
    state.send(hart, other, node, REQUEST_BYTES);
    state.invalidateNode(hart, other, line);
  }
  access.add("INVALIDATION", p.INVALIDATION);
  const ways = others.map((other) => state.hops(home, other) + state.hops(other, node));
  detour(state, access, Math.max(...ways));
}

/** An answer that came round from the home to the requester over so many hops. */
function detour(state: ModelState, access: Access, hops: number): void {
  const longer = Math.max(0, hops - state.hops(access.home, access.node));
  access.add("INTERCONNECT", longer * state.config.parameters.HOP);
}

/** Another node has the line alone, and sends it; returns whether it comes dirty. */
function transfer(state: ModelState, access: Access, owner: number): boolean {
  const { hart, node, home, line, isStore } = access;
  const p = state.config.parameters;
  access.add("MEMORY", p.DIRECTORY);
  access.add("INTERVENTION", p.INTERVENTION);
  state.count(hart, "REMOTE_TRANSFERS");
  detour(state, access, state.hops(home, owner) + state.hops(owner, node));
  state.send(hart, home, owner, REQUEST_BYTES);
  state.send(hart, owner, node, DATA_BYTES);
  const known = state.l2Line(owner, line);
  if (isStore) {
    state.writeBackOwner(hart, owner, line);
    state.versions.copy(`L2 ${owner}`, `L2 ${node}`, line);
    state.invalidateNode(hart, owner, line);
    state.directory.setExclusive(line, node);
    return known.dirty;
  }
  state.demoteOwner(hart, owner, line);
  state.versions.copy(`L2 ${owner}`, `L2 ${node}`, line);
  if (known.dirty) {
    state.count(hart, "L2_WRITEBACKS");
    state.send(hart, owner, home, DATA_BYTES);
    state.versions.copy(`L2 ${owner}`, "memory", line);
    known.dirty = false;
  }
  state.l2Of(owner).setState(line, "S");
  state.directory.setShared(line, [owner, node]);
  return false;
}

function insertL2(state: ModelState, access: Access, dirty: boolean): void {
  const { node, line } = access;
  const { exclusive } = state.directory.entry(line);
  const victim = state.l2Of(node).insert(line, exclusive ? "E" : "S");
  if (victim) evictL2(state, access, victim.line);
  const [sharersD, sharersI] = [new Set<number>(), new Set<number>()];
  state.linesOf(node).set(line, { dirty, owner: undefined, sharersD, sharersI });
}

/** The node's L2 has evicted a line: its L1s lose it too, and its home hears of it. */
function evictL2(state: ModelState, access: Access, victim: number): void {
  const { hart, node } = access;
  state.writeBackOwner(hart, node, victim);
  const { dirty, sharersD, sharersI } = state.l2Line(node, victim);
  for (const sharer of sharersD) {
    state.l1dOf(sharer).remove(victim);
    state.lost(sharer, victim);
  }
  for (const sharer of sharersI) state.l1iOf(sharer).remove(victim);
  state.count(hart, "BACK_INVALIDATIONS", sharersD.size + sharersI.size);
  state.linesOf(node).delete(victim);
  state.directory.remove(victim, node);
  const home = homeOfLine(state.config, victim);
  state.send(hart, node, home, dirty ? DATA_BYTES : REQUEST_BYTES);
  if (!dirty) return;
  state.count(hart, "L2_WRITEBACKS");
  state.versions.copy(`L2 ${node}`, "memory", victim);
  const { WINDOW, MEMORY_OCCUPANCY } = state.config.parameters;
  state.memories[home]?.wait(access.now, MEMORY_OCCUPANCY, WINDOW); // nobody waits for it
}
