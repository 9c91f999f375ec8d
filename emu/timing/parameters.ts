// A timing configuration as the core takes it: a value for each PARAMETER_* of
// assembly/timing/parameters.ts, by name.
import { setsOf, type TimingConfig } from "./config.js";

/** Values by the name behind `PARAMETER_`. */
export function parametersOf(config: TimingConfig): Readonly<Record<string, number>> {
  const { core, l1i, l1d, l2, cache, tlb, coherence, memory, interconnect } = config;
  return {
    LOAD: core.load_cycles,
    STORE: core.store_cycles,
    MULTIPLY: core.multiply_cycles,
    DIVIDE: core.divide_cycles,
    BRANCH_TAKEN: core.branch_taken_cycles,
    CSR: core.csr_cycles,
    FENCE: core.fence_cycles,
    SFENCE: core.sfence_cycles,
    ATOMIC: core.atomic_cycles,
    TRAP_ENTRY: core.trap_entry_cycles,
    TRAP_RETURN: core.trap_return_cycles,
    L1I_SETS: setsOf(l1i),
    L1I_WAYS: l1i.ways,
    L1D_SETS: setsOf(l1d),
    L1D_WAYS: l1d.ways,
    L2_SETS: setsOf(l2),
    L2_WAYS: l2.ways,
    TREE_PLRU: cache.replacement === "tree-plru" ? 1 : 0,
    L2: l2.cycles,
    L2_OCCUPANCY: l2.occupancy_cycles,
    ITLB_ENTRIES: tlb.itlb_entries,
    DTLB_ENTRIES: tlb.dtlb_entries,
    WALK: tlb.walk_cycles,
    INTERVENTION: coherence.intervention_cycles,
    INVALIDATION: coherence.invalidation_cycles,
    MEMORY: memory.cycles,
    DIRECTORY: memory.directory_cycles,
    MEMORY_OCCUPANCY: memory.occupancy_cycles,
    INTERLEAVED: memory.placement === "interleaved" ? 1 : 0,
    HOP: interconnect.hop_cycles,
    INTERCONNECT_OCCUPANCY: interconnect.occupancy_cycles,
    NODES: config.topology.nodes,
    DEVICE: config.device.cycles,
    WINDOW: config.contention.window_cycles,
  };
}
