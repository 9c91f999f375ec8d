// The parameters of the timing model, as the host sets them before the machine is created: one word
// each at a constant address, and a byte for the hops between each two nodes. They are part of the
// configuration, not of the machine's state. Cycles of an instruction class are the total of one
// such instruction that misses nothing; what the other numbers mean is said in ARCHITECTURE.md,
// "What it costs".
import { HOPS, PARAMETERS } from "../layout";

export const NODES_MAX: u32 = 32;

// The order is that of the words. Host and tests find an index by its exported name.
export const PARAMETER_LOAD: u32 = 0;
export const PARAMETER_STORE: u32 = 1;
export const PARAMETER_MULTIPLY: u32 = 2;
export const PARAMETER_DIVIDE: u32 = 3;
export const PARAMETER_BRANCH_TAKEN: u32 = 4;
export const PARAMETER_CSR: u32 = 5;
export const PARAMETER_FENCE: u32 = 6;
export const PARAMETER_SFENCE: u32 = 7;
export const PARAMETER_ATOMIC: u32 = 8;
export const PARAMETER_TRAP_ENTRY: u32 = 9;
export const PARAMETER_TRAP_RETURN: u32 = 10;
export const PARAMETER_L1I_SETS: u32 = 11;
export const PARAMETER_L1I_WAYS: u32 = 12;
export const PARAMETER_L1D_SETS: u32 = 13;
export const PARAMETER_L1D_WAYS: u32 = 14;
export const PARAMETER_L2_SETS: u32 = 15;
export const PARAMETER_L2_WAYS: u32 = 16;
export const PARAMETER_TREE_PLRU: u32 = 17; // not 0: tree-PLRU in all caches; 0: true LRU
export const PARAMETER_L2: u32 = 18;
export const PARAMETER_L2_OCCUPANCY: u32 = 19;
export const PARAMETER_ITLB_ENTRIES: u32 = 20;
export const PARAMETER_DTLB_ENTRIES: u32 = 21;
export const PARAMETER_WALK: u32 = 22;
export const PARAMETER_INTERVENTION: u32 = 23;
export const PARAMETER_INVALIDATION: u32 = 24;
export const PARAMETER_MEMORY: u32 = 25;
export const PARAMETER_DIRECTORY: u32 = 26;
export const PARAMETER_MEMORY_OCCUPANCY: u32 = 27;
export const PARAMETER_INTERLEAVED: u32 = 28; // not 0: pages go round the nodes
export const PARAMETER_HOP: u32 = 29;
export const PARAMETER_INTERCONNECT_OCCUPANCY: u32 = 30;
export const PARAMETER_NODES: u32 = 31;
export const PARAMETER_DEVICE: u32 = 32;
export const PARAMETER_WINDOW: u32 = 33; // cycles of a window of contention; 0: none
export const PARAMETERS_COUNT: u32 = 34;

@inline
export function parameter(index: u32): u32 {
  return load<u32>(PARAMETERS + (index << 2));
}

/** Sets a PARAMETER_*; before the machine is created. */
export function setParameter(index: u32, value: u32): void {
  if (index < PARAMETERS_COUNT) store<u32>(PARAMETERS + (index << 2), value);
}

/** Sets how far node `b` is from node `a`; before the machine is created. */
export function setHops(a: u32, b: u32, hops: u32): void {
  if (a < NODES_MAX && b < NODES_MAX) store<u8>(HOPS + (a << 5) + b, <u8>hops);
}

@inline
export function hopsBetween(a: u32, b: u32): u32 {
  return load<u8>(HOPS + (a << 5) + b);
}
