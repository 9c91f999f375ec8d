// What the translator keeps of each hart, in a line of its own: where the interpreter was seen
// last, how much the hart has run translated, and (where harts run at the same time) what it has
// found and may not change itself, until it is alone.
import { Hart } from "../hart";
import { machine } from "../layout";
import { SAMPLER_BYTES, translator } from "./state";

@unmanaged
export class Sampler {
  from: u32; // where the count goes of what is interpreted from `cycle` on, or 0
  unworthy: u32; // 1 + a region that is to be given up, or 0
  // What is hot: an entry, or 0; its pc, and the fetch TLB that knows it.
  ip: u32;
  pc: u32;
  fetchTlb: u32;
  wait: u32; // cycles until the hart is noticed again
  cycle: u64; // when it was noticed
  entered: u64; // regions
  cycles: u64; // spent in translated code
  before: u64; // the same, at `cycle`
}

@inline
export function samplerOf(hart: Hart): Sampler {
  return changetype<Sampler>(<usize>translator().samplers + hart.id * SAMPLER_BYTES);
}

/** Adds up what is at `offset` of all samplers. */
function sumOf(offset: usize): u64 {
  const first: usize = translator().samplers;
  if (first == 0) return 0;
  let sum: u64 = 0;
  for (let id: u32 = 0; id < machine().harts; id++) {
    sum += load<u64>(first + id * SAMPLER_BYTES + offset);
  }
  return sum;
}

/** How often any hart has entered a region. */
export function timesEntered(): u64 {
  return sumOf(offsetof<Sampler>("entered"));
}

/** Cycles that all harts have spent in translated code. */
export function cyclesTranslated(): u64 {
  return sumOf(offsetof<Sampler>("cycles"));
}
