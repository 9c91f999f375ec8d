// What the reference model is configured with: the parameters, under the names that the core gives
// them (PARAMETER_<NAME>), the hops between nodes, and how many harts and frames there are.

export const PARAMETER_NAMES = [
  ...(["LOAD", "STORE", "MULTIPLY", "DIVIDE", "BRANCH_TAKEN", "CSR", "FENCE", "SFENCE"] as const),
  ...(["ATOMIC", "TRAP_ENTRY", "TRAP_RETURN"] as const),
  ...(["L1I_SETS", "L1I_WAYS", "L1D_SETS", "L1D_WAYS", "L2_SETS", "L2_WAYS"] as const),
  ...(["TREE_PLRU", "L2", "L2_OCCUPANCY", "ITLB_ENTRIES", "DTLB_ENTRIES", "WALK"] as const),
  ...(["INTERVENTION", "INVALIDATION", "MEMORY", "DIRECTORY", "MEMORY_OCCUPANCY"] as const),
  ...(["INTERLEAVED", "HOP", "INTERCONNECT_OCCUPANCY", "NODES", "DEVICE", "WINDOW"] as const),
];
export type Parameters = Readonly<Record<(typeof PARAMETER_NAMES)[number], number>>;

export interface ReferenceConfig {
  readonly parameters: Parameters;
  /** NODES x NODES, from and to. */
  readonly hops: readonly (readonly number[])[];
  readonly harts: number;
  readonly ramFrames: number;
  readonly romFrames: number;
}

export const LINES_OF_A_FRAME = 64;

/** The node that a hart is of. */
export function nodeOfHart(config: ReferenceConfig, hart: number): number {
  return Math.floor((hart * config.parameters.NODES) / config.harts);
}

/** The node whose memory a line is in, and which keeps the line's directory entry. */
export function homeOfLine(config: ReferenceConfig, line: number): number {
  const { NODES, INTERLEAVED } = config.parameters;
  const frame = Math.floor(line / LINES_OF_A_FRAME);
  if (frame >= config.ramFrames) return 0; // the boot ROM
  if (INTERLEAVED !== 0) return frame % NODES;
  return Math.floor(frame / Math.ceil(config.ramFrames / NODES));
}
