// What must hold in the reference model between accesses, looked up plainly: one writer or many
// readers, inclusion, L2s and directory that know what is so, no message and no store lost.
import { nodeOfHart } from "./parameters.js";
import type { L2Line, ModelState } from "./state.js";

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const isSame = (a: Iterable<number>, b: Iterable<number>) =>
  [...a].sort().join() === [...b].sort().join();

function hartsOf(state: ModelState, node: number): number[] {
  const harts = state.l1d.map((_, hart) => hart);
  return harts.filter((hart) => nodeOfHart(state.config, hart) === node);
}

function* ofSets(state: ModelState): Generator<string> {
  const caches = { L1I: state.l1i, L1D: state.l1d, L2: state.l2 };
  for (const [name, all] of Object.entries(caches)) {
    for (const [id, cache] of all.entries()) {
      if (!cache.isSound()) yield `${name} ${id}: a set is not sound`;
    }
  }
}

/** If an L1D may write a line, no other L1 of the machine has it, nor another node's L2. */
function* ofWriters(state: ModelState): Generator<string> {
  for (const [hart, cache] of state.l1d.entries()) {
    for (const line of cache.lines().filter((there) => cache.state(there) !== "S")) {
      const copies = [...state.l1d, ...state.l1i].filter((other) => other.isValid(line));
      if (copies.length !== 1) yield `line ${line}: hart ${hart} may write it and has company`;
      const nodes = state.l2.filter((other) => other.isValid(line));
      if (nodes.length !== 1) yield `line ${line}: hart ${hart} may write it, and nodes have it`;
    }
  }
}

function* ofInclusion(state: ModelState): Generator<string> {
  for (const [name, all] of Object.entries({ L1I: state.l1i, L1D: state.l1d })) {
    for (const [hart, cache] of all.entries()) {
      const l2 = state.l2Of(state.nodeOf(hart));
      for (const line of cache.lines()) {
        if (!l2.isValid(line)) yield `line ${line}: in ${name} ${hart} but not in the L2`;
      }
    }
  }
}

function* ofOneL2Line(state: ModelState, node: number, line: number, known: L2Line) {
  const where = `line ${line}, L2 ${node}:`;
  const harts = hartsOf(state, node);
  const haveD = harts.filter((hart) => state.l1dOf(hart).isValid(line));
  const haveI = harts.filter((hart) => state.l1iOf(hart).isValid(line));
  const own = haveD.filter((hart) => state.l1dOf(hart).state(line) !== "S");
  if (!isSame(known.sharersD, haveD)) yield `${where} sharersD is wrong`;
  if (!isSame(known.sharersI, haveI)) yield `${where} sharersI is wrong`;
  if (known.owner !== own[0]) yield `${where} owner is wrong`;
  const isShared = state.l2Of(node).state(line) === "S";
  if (isShared && known.dirty) yield `${where} shared and dirty`;
  if (isShared && known.owner !== undefined) yield `${where} shared and owned`;
}

function* ofL2s(state: ModelState): Generator<string> {
  for (const [node, cache] of state.l2.entries()) {
    const known = state.linesOf(node);
    if (!isSame(known.keys(), cache.lines())) yield `L2 ${node}: does not know its lines`;
    for (const [line, about] of known) yield* ofOneL2Line(state, node, line, about);
  }
}

function* ofDirectory(state: ModelState): Generator<string> {
  const lines = state.l2.flatMap((cache) => cache.lines());
  for (const line of new Set([...lines, ...state.directory.lines()])) {
    const { nodes, exclusive } = state.directory.entry(line);
    const have = [...state.l2.keys()].filter((node) => state.l2Of(node).isValid(line));
    if (!isSame(nodes, have)) yield `line ${line}: the directory does not know who has it`;
    if (exclusive && nodes.size !== 1) yield `line ${line}: exclusive at ${nodes.size} nodes`;
    for (const node of nodes) {
      const isExclusive = state.l2Of(node).state(line) === "E";
      if (isExclusive !== exclusive) yield `line ${line}: L2 ${node} and its directory differ`;
    }
  }
}

function* ofMessages(state: ModelState): Generator<string> {
  const { traffic, counters } = state;
  const messages = sum(traffic.map((node) => node.messagesSent));
  const bytes = sum(traffic.map((node) => node.bytesSent));
  const areLost = messages !== sum(traffic.map((node) => node.messagesReceived));
  if (areLost || bytes !== sum(traffic.map((node) => node.bytesReceived))) yield "messages: lost";
  const areMissed = messages !== sum(counters.map((hart) => hart.MESSAGES));
  if (areMissed || bytes !== sum(counters.map((hart) => hart.BYTES))) yield "messages: miscounted";
}

function* ofReservations(state: ModelState): Generator<string> {
  for (const [hart, line] of state.reservations) {
    if (!state.l1dOf(hart).isValid(line)) yield `hart ${hart}: has reserved a line it has not`;
  }
}

/** Every copy is the latest, but where a write-back is still to come. */
function* ofVersions(state: ModelState): Generator<string> {
  const isLatest = (place: string, line: number) => state.versions.isLatest(place, line);
  for (const [name, all] of Object.entries({ L1I: state.l1i, L1D: state.l1d })) {
    for (const [hart, cache] of all.entries()) {
      const old = cache.lines().filter((line) => !isLatest(`${name} ${hart}`, line));
      for (const line of old) yield `line ${line}: ${name} ${hart} has an old version`;
    }
  }
  for (const [node, lines] of state.l2Lines.entries()) {
    for (const [line, { dirty, owner }] of lines) {
      if (owner !== undefined && state.l1dOf(owner).state(line) === "M") continue;
      if (!isLatest(`L2 ${node}`, line)) yield `line ${line}: L2 ${node} has an old version`;
      if (!dirty && !isLatest("memory", line)) yield `line ${line}: memory has an old version`;
    }
  }
}

export function violations(state: ModelState): string[] {
  return [
    ...ofSets(state),
    ...ofWriters(state),
    ...ofInclusion(state),
    ...ofL2s(state),
    ...ofDirectory(state),
    ...ofMessages(state),
    ...ofReservations(state),
    ...ofVersions(state),
  ];
}
