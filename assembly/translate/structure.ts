// From blocks to structured control flow: the order of a region's blocks, who dominates whom, which
// are loops' headers, and which edges go by number. function.ts writes what follows. Dominators are
// found by iteration over the reverse postorder (Cooper, Harvey and Kennedy, A Simple, Fast
// Dominance Algorithm, 2001). An edge back to a block that does not dominate where it comes from
// cannot be structured, and goes by number.
//
// Of a block: +36 its place in the order +40 immediate dominator +44 first child, by falling place
// +48 next sibling +52 edges forward to it +56 its number
import {
  blockAt,
  blocks,
  BY_NUMBER,
  edgeAt,
  flagBlock,
  flagsOf,
  IS_DISPATCHED,
  IS_ENTRANCE,
  IS_HEADER,
  IS_MERGE,
  NOWHERE,
} from "./blocks";
import { ENTRANCES_MAX } from "./regions";
import { translator } from "./state";

const ORDER: u32 = 8192; // in the labels' area: the blocks, by place in the order

@inline
export function placeOf(block: u32): u32 {
  return load<u32>(blockAt(block), 36);
}
@inline
function dominatorOf(block: u32): u32 {
  return load<u32>(blockAt(block), 40);
}
@inline
function inOrder(place: u32): u32 {
  return load<u32>(translator().labels + ORDER + (place << 2));
}
@inline
export function edgesOf(block: u32): u32 {
  return load<u32>(blockAt(block), 28);
}
@inline
export function edgeOf(block: u32, n: u32): usize {
  return edgeAt(load<u32>(blockAt(block), 24) + n);
}
@inline
export function isNumbered(block: u32): bool {
  return (flagsOf(block) & (IS_ENTRANCE | IS_DISPATCHED)) != 0;
}
/** Whether an edge leads to a block by structure. */
@inline
function leads(edge: usize): bool {
  return load<u32>(edge) != NOWHERE && (load<u32>(edge, 4) & BY_NUMBER) == 0;
}

/** Finds order and dominators, and gives every edge a form; the blocks are found. */
export function structure(): void {
  limitEntrances();
  do findOrder();
  while (findDominators());
  const count = blocks().count;
  let number: u32 = 0;
  for (let block: u32 = 0; block < count; block++) {
    if ((flagsOf(block) & IS_ENTRANCE) != 0) store<u32>(blockAt(block), number++, 56);
  }
  for (let block: u32 = 0; block < count; block++) {
    if ((flagsOf(block) & IS_ENTRANCE) == 0 && isNumbered(block)) {
      store<u32>(blockAt(block), number++, 56);
    }
  }
}

function limitEntrances(): void {
  let entrances: u32 = 0;
  for (let block: u32 = 0; block < blocks().count; block++) {
    if ((flagsOf(block) & IS_ENTRANCE) == 0) continue;
    entrances++;
    if (entrances > ENTRANCES_MAX) {
      store<u32>(blockAt(block), flagsOf(block) & ~IS_ENTRANCE, 32);
    }
  }
}

/** The reverse postorder from the root (number `count`, place 0); NOWHERE: not reached. */
function findOrder(): void {
  const count = blocks().count;
  for (let block: u32 = 0; block <= count; block++) {
    const place = blockAt(block);
    store<u32>(place, NOWHERE, 36);
    store<u32>(place, NOWHERE, 40);
    store<u32>(place, NOWHERE, 44);
    store<u32>(place, NOWHERE, 48);
    store<u32>(place, 0, 52);
    store<u32>(place, load<u32>(place, 32) & ~(IS_HEADER | IS_MERGE), 32);
  }
  let next = count + 1;
  for (let block = count; block > 0; block--) {
    if (isNumbered(block - 1)) next = visit(block - 1, next);
  }
  // Not all places from 1 on are taken when some blocks are not reached.
  const first = next;
  for (let place = first; place <= count; place++) {
    const block = inOrder(place);
    store<u32>(translator().labels + ORDER + ((place - first + 1) << 2), block);
    store<u32>(blockAt(block), place - first + 1, 36);
  }
  blocks().reached = count + 1 - first;
  store<u32>(blockAt(count), 0, 36);
  store<u32>(blockAt(count), count, 40);
}

/** Gives the places before `next` to what is reached from `block`, and then to it. */
function visit(block: u32, next: u32): u32 {
  if (placeOf(block) != NOWHERE) return next;
  store<u32>(blockAt(block), 0, 36);
  const edges = edgesOf(block);
  for (let n: u32 = 0; n < edges; n++) {
    const edge = edgeOf(block, n);
    if (leads(edge)) next = visit(load<u32>(edge), next);
  }
  next--;
  store<u32>(translator().labels + ORDER + (next << 2), block);
  return next;
}

/** Finds the dominators; true: some edge had to be taken out, and all must be found again. */
function findDominators(): bool {
  const count = blocks().count;
  const reached = blocks().reached;
  for (let block: u32 = 0; block < count; block++) {
    if (isNumbered(block)) store<u32>(blockAt(block), count, 40);
  }
  let changed = true;
  while (changed) {
    changed = false;
    for (let place: u32 = 1; place <= reached; place++) {
      if (spread(inOrder(place))) changed = true;
    }
  }
  let taken = false;
  for (let place: u32 = 1; place <= reached; place++) {
    if (classify(inOrder(place))) taken = true;
  }
  if (!taken) plant();
  return taken;
}

/** A block's dominator bounds those of its successors. */
function spread(block: u32): bool {
  let changed = false;
  const edges = edgesOf(block);
  for (let n: u32 = 0; n < edges; n++) {
    const edge = edgeOf(block, n);
    if (!leads(edge)) continue;
    const to = load<u32>(edge);
    const old = dominatorOf(to);
    const now = old == NOWHERE ? block : meet(old, block);
    if (now == old) continue;
    store<u32>(blockAt(to), now, 40);
    changed = true;
  }
  return changed;
}

function meet(a: u32, b: u32): u32 {
  while (a != b) {
    if (placeOf(a) > placeOf(b)) a = dominatorOf(a);
    else b = dominatorOf(b);
  }
  return a;
}

function dominates(a: u32, b: u32): bool {
  while (placeOf(b) > placeOf(a)) b = dominatorOf(b);
  return a == b;
}

/** Back edges make headers, or go by number when their target is no header; others are counted. */
function classify(block: u32): bool {
  let taken = false;
  const edges = edgesOf(block);
  for (let n: u32 = 0; n < edges; n++) {
    const edge = edgeOf(block, n);
    if (!leads(edge)) continue;
    const to = load<u32>(edge);
    if (placeOf(to) > placeOf(block)) store<u32>(blockAt(to), load<u32>(blockAt(to), 52) + 1, 52);
    else if (dominates(to, block)) flagBlock(to, IS_HEADER);
    else {
      store<u32>(edge, load<u32>(edge, 4) | BY_NUMBER, 4);
      flagBlock(to, IS_DISPATCHED);
      taken = true;
    }
  }
  return taken;
}

/** The tree's lists of children, by falling place. */
function plant(): void {
  const reached = blocks().reached;
  for (let place: u32 = 1; place <= reached; place++) {
    const block = inOrder(place);
    if (isNumbered(block) || load<u32>(blockAt(block), 52) > 1) flagBlock(block, IS_MERGE);
    const parent = blockAt(dominatorOf(block));
    store<u32>(blockAt(block), load<u32>(parent, 44), 48);
    store<u32>(parent, block, 44);
  }
}
