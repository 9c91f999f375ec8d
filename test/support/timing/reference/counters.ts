// What the reference model counts: of each hart what an access counts, under the names that the
// core gives it (COUNTER_<NAME>), and of each node the messages and bytes that it sent and got.

export const COMPONENTS = [
  ...(["L2", "INTERVENTION", "INVALIDATION", "MEMORY", "INTERCONNECT", "QUEUE"] as const),
];
export type Component = (typeof COMPONENTS)[number];
export const ACCESS_NAMES = ["FETCH", "LOAD", "STORE", "WALK"] as const;
const CACHES = ["L1I", "L1D", "L2"] as const;
const CLASSES = ["COLD", "CAPACITY", "CONFLICT", "COHERENCE"] as const;
const EVENTS = [
  ...(["L2_ACCESSES", "UPGRADES", "GLOBAL_UPGRADES", "INVALIDATIONS_SENT"] as const),
  ...(["INVALIDATIONS_RECEIVED", "REMOTE_INVALIDATIONS", "BACK_INVALIDATIONS"] as const),
  ...(["INTERVENTIONS", "REMOTE_TRANSFERS", "L1_WRITEBACKS", "L2_WRITEBACKS"] as const),
  ...(["LOCAL_ACCESSES", "REMOTE_ACCESSES", "MESSAGES", "BYTES"] as const),
];

export type StackName = `CYCLES_${(typeof ACCESS_NAMES)[number]}_${Component}`;
export type CounterName =
  | StackName
  | `${(typeof CACHES)[number]}_${(typeof CLASSES)[number]}`
  | (typeof EVENTS)[number];
export type Counters = Record<CounterName, number>;

export const STACK_NAMES = ACCESS_NAMES.flatMap((access) =>
  COMPONENTS.map((component): StackName => `CYCLES_${access}_${component}`),
);
const MISS_NAMES = CACHES.flatMap((cache) => CLASSES.map((name) => `${cache}_${name}` as const));
export const COUNTER_NAMES: readonly CounterName[] = [...STACK_NAMES, ...MISS_NAMES, ...EVENTS];

export function zeroCounters(): Counters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Counters;
}

export interface Traffic {
  messagesSent: number;
  messagesReceived: number;
  bytesSent: number;
  bytesReceived: number;
}

export function zeroTraffic(): Traffic {
  return { messagesSent: 0, messagesReceived: 0, bytesSent: 0, bytesReceived: 0 };
}
