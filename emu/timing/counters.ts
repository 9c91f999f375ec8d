// What the timing model counts, by name, in the core's order (assembly/timing/counters.ts, where
// the names are COUNTER_CYCLES_BASE and so on). The first ones are the stack of cycles: their sum
// is all of a hart's cycles. Sums over them, and rates, are made here and nowhere else.

const KINDS = ["Fetch", "Load", "Store", "Walk"] as const;
const CAUSES = ["L2", "Intervention", "Invalidation", "Memory", "Interconnect", "Queue"] as const;
type Stall = `cycles${(typeof KINDS)[number]}${(typeof CAUSES)[number]}`;

const STALLS = KINDS.flatMap((kind) => CAUSES.map((cause): Stall => `cycles${kind}${cause}`));

/** The stack of cycles. */
export const STACK = [
  "cyclesBase",
  ...["cyclesLoad", "cyclesStore", "cyclesMultiply", "cyclesDivide", "cyclesBranch"],
  ...["cyclesCsr", "cyclesFence", "cyclesAtomic", "cyclesTrap"],
  ...STALLS,
  ...["cyclesWalkBase", "cyclesDevice", "cyclesIpi", "cyclesWait"],
] as const;

const EVENTS = [
  ...(["loads", "stores", "takenBranches", "multiplies", "divides", "atomics"] as const),
  ...(["scFailures", "csrs", "fences", "sfences", "exceptions", "interrupts"] as const),
  ...(["trapReturns", "deviceAccesses", "ipis", "splitAccesses"] as const),
  ...(["l1iCold", "l1iCapacity", "l1iConflict", "l1iCoherence"] as const),
  ...(["l1dCold", "l1dCapacity", "l1dConflict", "l1dCoherence"] as const),
  ...(["l2Cold", "l2Capacity", "l2Conflict", "l2Coherence", "l2Accesses"] as const),
  ...(["upgrades", "globalUpgrades", "invalidationsSent", "invalidationsReceived"] as const),
  ...(["remoteInvalidations", "backInvalidations", "interventions", "remoteTransfers"] as const),
  ...(["l1Writebacks", "l2Writebacks", "localAccesses", "remoteAccesses"] as const),
  ...(["itlbMisses", "dtlbMisses", "walkReads", "walkWrites", "messages", "bytes"] as const),
] as const;

/** All of them. */
export const COUNTERS = [...STACK, ...EVENTS] as const;
type Named = (typeof EVENTS)[number] | Stall;
type Classes = "Base" | "Load" | "Store" | "Multiply" | "Divide" | "Branch" | "Csr" | "Fence";
type Others = "Atomic" | "Trap" | "WalkBase" | "Device" | "Ipi" | "Wait";
export type CounterName = Named | `cycles${Classes | Others}`;

/** A number for each of COUNTERS, in that order. */
export type Counts = Float64Array;

const PLACES = new Map<string, number>(COUNTERS.map((name, place) => [name, place]));

export function placeOf(name: CounterName): number {
  return PLACES.get(name) as number;
}

export function noCounts(): Counts {
  return new Float64Array(COUNTERS.length);
}

export function addTo(sum: Counts, counts: Counts): void {
  for (let place = 0; place < sum.length; place++) {
    sum[place] = (sum[place] as number) + (counts[place] as number);
  }
}

export function sumOf(all: Iterable<Counts>): Counts {
  const sum = noCounts();
  for (const counts of all) addTo(sum, counts);
  return sum;
}

/** One of the counts, or several of them together. */
export function countOf(counts: Counts, ...names: readonly CounterName[]): number {
  return names.reduce((sum, name) => sum + (counts[placeOf(name)] as number), 0);
}

/** The cycles that the stack accounts for: all of them. */
export function cyclesOf(counts: Counts): number {
  return counts.subarray(0, STACK.length).reduce((sum, cycles) => sum + cycles, 0);
}

/** A base cycle is an instruction. */
export function instructionsOf(counts: Counts): number {
  return countOf(counts, "cyclesBase");
}

/** The counts that are not 0, by name. */
export function namedCounts(counts: Counts): Partial<Record<CounterName, number>> {
  const entries = COUNTERS.map((name, place) => [name, counts[place] as number] as const);
  return Object.fromEntries(entries.filter(([, count]) => count !== 0));
}

const stallsOf = (kind: (typeof KINDS)[number]) =>
  CAUSES.map((cause): CounterName => `cycles${kind}${cause}`);

/** The stack in few parts, for people: each counter of the stack is in exactly one. */
export const GROUPS: Readonly<Record<string, readonly CounterName[]>> = {
  base: ["cyclesBase"],
  core: [
    ...(["cyclesLoad", "cyclesStore", "cyclesMultiply", "cyclesDivide", "cyclesBranch"] as const),
    ...(["cyclesCsr", "cyclesFence", "cyclesAtomic", "cyclesTrap"] as const),
  ],
  fetch: stallsOf("Fetch"),
  load: stallsOf("Load"),
  store: stallsOf("Store"),
  walk: [...stallsOf("Walk"), "cyclesWalkBase"],
  "device, IPI": ["cyclesDevice", "cyclesIpi"],
  wait: ["cyclesWait"],
};

/** Stalls by what they wait for, over all kinds of accesses. */
export const STALL_CAUSES: Readonly<Record<string, readonly CounterName[]>> = Object.fromEntries(
  CAUSES.map((cause) => [
    cause.toLowerCase(),
    KINDS.map((kind): CounterName => `cycles${kind}${cause}`),
  ]),
);

/** Accesses and misses of a level. */
export interface CacheCounts {
  readonly accesses: number;
  readonly misses: number;
}

const missesOf = (counts: Counts, cache: "l1i" | "l1d" | "l2") =>
  countOf(
    counts,
    ...([`${cache}Cold`, `${cache}Capacity`, `${cache}Conflict`, `${cache}Coherence`] as const),
  );

/** An access of the L1I is an instruction. */
export function l1iOf(counts: Counts): CacheCounts {
  return { accesses: instructionsOf(counts), misses: missesOf(counts, "l1i") };
}

/** Accesses as assembly/timing/counters.ts says. */
export function l1dOf(counts: Counts): CacheCounts {
  const done = countOf(
    counts,
    ...(["loads", "stores", "atomics", "splitAccesses", "walkReads", "walkWrites"] as const),
  );
  const accesses = done - countOf(counts, "deviceAccesses", "scFailures");
  return { accesses, misses: missesOf(counts, "l1d") };
}

export function l2Of(counts: Counts): CacheCounts {
  return { accesses: countOf(counts, "l2Accesses"), misses: missesOf(counts, "l2") };
}

/** A share, 0 of nothing. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
