// What harts that run at the same time need beside the machine's state. None of it is state of the
// machine: it is in no hash, and a snapshot holds of it only what lies in the harts' blocks.
//
//   PARALLEL_HEAD   words that workers wait for, each in a cache line of its own; then World
//   area            a line for each worker, then a line for each version of atomic.ts; create()
//                   places it between devices and harts
//   HART_PARALLEL   in each hart's block: HartParallel
//
// Word, in comments here: an aligned 32-bit place that is only touched by atomic instructions.
import { Hart, HART_PARALLEL } from "../hart";
import { PARALLEL_HEAD } from "../layout";

export const WORKERS_MAX: u32 = 64;
export const VERSIONS: u32 = 1024;
const LINE: u32 = 64;

/** Not 0: a worker wants to be the only one, or is. */
export const REQUEST: usize = PARALLEL_HEAD;
/** Workers that execute guest code, or may look at what others could change. */
export const GUESTS: usize = PARALLEL_HEAD + 64;
/** Mutexes: of devices and schedule, and (a leaf) of the event ring. */
export const LOCK: usize = PARALLEL_HEAD + 128;
export const RING_LOCK: usize = PARALLEL_HEAD + 192;
/** Grows with each run(): workers wait for it. */
export const GENERATION: usize = PARALLEL_HEAD + 256;
/** Workers that have ended their part of the run. */
export const STOPPED: usize = PARALLEL_HEAD + 320;
const WORLD: usize = PARALLEL_HEAD + 384;
/** Modules of translated code that any worker has installed. */
export const MODULES: usize = PARALLEL_HEAD + 448;
/** Where decodeLine() makes an entry before it is seen (decode.ts). */
export const SCRATCH: usize = PARALLEL_HEAD + 512;

/** Why a run ends. */
export const GOES_ON: u32 = 0;
export const ENDED: u32 = 1; // every hart has reached `until`, or the host has to look
export const IDLE: u32 = 2; // nothing can happen any more

@unmanaged
export class World {
  workers: u32;
  alone: u32; // not 0: nobody else executes: between runs, and in an exclusive section
  ended: u32; // a word: GOES_ON, ENDED or IDLE
  fault: u32; // a word: not 0: a worker has failed, and the machine is of no more use
  lines: u32; // of workers
  versions: u32;
  until: u64; // of the run
  latest: u64; // what time anyone has known it to be
}

/** A worker's line. */
@unmanaged
export class Worker {
  wakes: u32; // a word: grows when the worker has to look again
  taken: u32; // modules that its instance has
  limit: u64; // its harts may run up to here, as far as it knows
}

@unmanaged
export class HartParallel {
  again: u32; // not 0: the instruction at pc begins again, in an exclusive section
  held: u32; // not 0: the instruction under way has LOCK
  reservedPlace: u32; // the word that LR has read, its value, and its line's version then
  reservedValue: u32;
  reservedVersion: u32;
  fences: u32; // a word
  joined: u64; // the decoded entry of an instruction that crosses a page, and its bits
  joinedBits: u64;
}

@inline
export function world(): World {
  return changetype<World>(WORLD);
}
@inline
export function workerAt(index: u32): Worker {
  return changetype<Worker>(world().lines + index * LINE);
}
@inline
export function parallelOf(hart: Hart): HartParallel {
  return changetype<HartParallel>(changetype<usize>(hart) + HART_PARALLEL);
}
/** Where this hart's instruction is decoded that crosses a page. */
@inline
export function joinedOf(hart: Hart): usize {
  return changetype<usize>(hart) + HART_PARALLEL + offsetof<HartParallel>("joined");
}

/** Places the area at `start`, which lies on a line; gives the end of it. */
export function placeParallel(start: u32): u32 {
  const w = world();
  w.alone = 1;
  w.lines = start;
  w.versions = start + WORKERS_MAX * LINE;
  return w.versions + VERSIONS * LINE;
}
