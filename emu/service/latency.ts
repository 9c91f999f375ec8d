// Latencies of a service before, during and after a time of change, in cycles.
import type { Exchange } from "./client.js";

export interface Latency {
  readonly count: number;
  /** Nearest rank; 0 of nothing. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ServiceLatency {
  readonly before: Latency;
  readonly during: Latency;
  readonly after: Latency;
}

/** The value below or at which `share` of the sorted values lie (nearest rank). */
function rank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function latencyOf(exchanges: readonly Exchange[]): Latency {
  const cycles = exchanges.map(({ sent, answered }) => answered - sent).sort((a, b) => a - b);
  const max = cycles.at(-1) ?? 0;
  return { count: cycles.length, p50: rank(cycles, 0.5), p99: rank(cycles, 0.99), max };
}

/**
 * Splits exchanges by spans of change: during, when an exchange overlaps one; before, when it was
 * answered before the first; after, all others.
 */
export function serviceLatency(
  exchanges: readonly Exchange[],
  spans: readonly { readonly start: number; readonly end: number }[],
): ServiceLatency {
  const overlaps = ({ sent, answered }: Exchange) =>
    spans.some(({ start, end }) => answered >= start && sent <= end);
  const first = spans[0]?.start ?? Number.POSITIVE_INFINITY;
  const calm = exchanges.filter((exchange) => !overlaps(exchange));
  return {
    before: latencyOf(calm.filter(({ answered }) => answered < first)),
    during: latencyOf(exchanges.filter(overlaps)),
    after: latencyOf(calm.filter(({ answered }) => answered >= first)),
  };
}
