// Latencies of a service before, during and after a time of change, in cycles.
import type { Exchange } from "../service/client.js";
import { nearestRank, sortedOf } from "./rank.js";

export interface Latency {
  readonly count: number;
  /** Nearest rank; null of nothing. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface ServiceLatency {
  readonly before: Latency;
  readonly during: Latency;
  readonly after: Latency;
}

function latencyOf(exchanges: readonly Exchange[]): Latency {
  const cycles = sortedOf(exchanges.map(({ sent, answered }) => answered - sent));
  return {
    count: cycles.length,
    p50: nearestRank(cycles, 0.5),
    p90: nearestRank(cycles, 0.9),
    p99: nearestRank(cycles, 0.99),
    p999: nearestRank(cycles, 0.999),
    max: cycles.at(-1) ?? null,
  };
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
