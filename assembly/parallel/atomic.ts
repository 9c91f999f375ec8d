// Atomic instructions of harts that run at the same time (Unprivileged ISA 20191213, chapter 8). An
// AMO is one atomic instruction of the host. LR notes the word's value and the version of its
// line; a version grows with every AMO and every successful SC to a line that has it (1024, by
// hash), and is odd while one of them is under way, so that it stands still between an SC's look
// at it and its store. SC compares the version, and then stores by compare-and-swap with the value
// that LR has read. So it fails if since the LR any AMO or SC has been to the line, whatever value
// they left, and if the word has another value.
//
// What is not seen: plain stores (and devices) of other harts that change the word and change it
// back to the same value, all between the LR and its SC; a plain store hits the TLB, and nobody
// looks. 8.2 says that such an SC must fail. A lock or a list whose words are taken by SC or AMO
// is safe: before a plain store can give the word back its old value, an SC or AMO has taken it,
// and that is seen. Stores to other words of the line are not seen either, which 8.2 leaves open.
import { Hart } from "../hart";
import { HartParallel, parallelOf, VERSIONS, world } from "./state";
import { waitWhile } from "./wait";

const WAIT_MILLISECONDS: f64 = 0.02;
const SPINS: u32 = 200;

@inline
function versionOf(place: u32): usize {
  const line = (place >> 6) * 0x9e3779b1;
  return world().versions + ((line >> 22) & (VERSIONS - 1)) * 64;
}

/** The version when nobody is at work on it. */
function evenVersion(version: usize): u32 {
  let now = atomic.load<u32>(version);
  for (let n: u32 = 1; (now & 1) != 0; n++) {
    if (n % SPINS == 0) waitWhile(version, now, WAIT_MILLISECONDS);
    now = atomic.load<u32>(version);
  }
  return now;
}

/** Makes the version odd; gives what it was. Nobody else is at work on it until release(). */
@inline
function claim(version: usize): u32 {
  while (true) {
    const now = evenVersion(version);
    if (atomic.cmpxchg<u32>(version, now, now | 1) == now) return now;
  }
}

@inline
function release(version: usize, next: u32): void {
  atomic.store<u32>(version, next);
}

export function swapAt(place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  const old = atomic.xchg<u32>(place, value);
  release(version, now + 2);
  return old;
}

export function addAt(place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  const old = atomic.add<u32>(place, value);
  release(version, now + 2);
  return old;
}

export function xorAt(place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  const old = atomic.xor<u32>(place, value);
  release(version, now + 2);
  return old;
}

export function andAt(place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  const old = atomic.and<u32>(place, value);
  release(version, now + 2);
  return old;
}

export function orAt(place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  const old = atomic.or<u32>(place, value);
  release(version, now + 2);
  return old;
}

/**
 * FENCE: nothing passes an atomic read and write with acquire and release, on x86 and by Arm's
 * model of its single instructions for it. (The compiler has none for WebAssembly's own fence.)
 */
@inline
export function fence(hart: Hart): void {
  const place = changetype<usize>(parallelOf(hart)) + offsetof<HartParallel>("fences");
  atomic.add<u32>(place, 1);
}

// Minimum and maximum: the host has no instruction for them.
export const LEAST: u32 = 0;
export const MOST: u32 = 1;
export const LEAST_UNSIGNED: u32 = 2;
export const MOST_UNSIGNED: u32 = 3;

function chosen(which: u32, old: u32, value: u32): u32 {
  if (which == LEAST) return <i32>old < <i32>value ? old : value;
  if (which == MOST) return <i32>old > <i32>value ? old : value;
  return which == LEAST_UNSIGNED ? min(old, value) : max(old, value);
}

export function chooseAt(which: u32, place: u32, value: u32): u32 {
  const version = versionOf(place);
  const now = claim(version);
  let old = atomic.load<u32>(place);
  while (true) {
    const found = atomic.cmpxchg<u32>(place, old, chosen(which, old, value));
    if (found == old) break;
    old = found;
  }
  release(version, now + 2);
  return old;
}

/** LR: the word, whose value and version the hart notes. */
export function loadReserved(hart: Hart, place: u32): u32 {
  const p = parallelOf(hart);
  p.reservedPlace = place;
  p.reservedVersion = evenVersion(versionOf(place));
  p.reservedValue = atomic.load<u32>(place);
  return p.reservedValue;
}

/** SC, if it is to the word that the hart has reserved: stores, or says false. */
export function storeConditional(hart: Hart, place: u32, value: u32): bool {
  const p = parallelOf(hart);
  if (p.reservedPlace != place) return false;
  const version = versionOf(place);
  const now = p.reservedVersion;
  if (atomic.cmpxchg<u32>(version, now, now | 1) != now) return false;
  const done = atomic.cmpxchg<u32>(place, p.reservedValue, value) == p.reservedValue;
  release(version, done ? now + 2 : now);
  return done;
}
