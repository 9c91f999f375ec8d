// Replies over machine time, in bins of which one begins with the change, and what the change cost:
// the replies that were missing until the rate was back.
import type { Exchange } from "../service/client.js";
import type { Change } from "./change.js";

export interface Throughput {
  readonly binCycles: number;
  /** Cycle at which the first bin begins. */
  readonly start: number;
  /** Replies in each bin; the last one may not be whole. */
  readonly answered: readonly number[];
  /** The mean from the first request to the change, in a bin; null without a time before it. */
  readonly perBin: number | null;
  /** Replies that did not come because of the change, against perBin; null without either. */
  readonly lost: number | null;
}

/** 50 ms of machine time: some turns of a closed loop, whose replies come in clusters. */
export const BIN_CYCLES = 5_000_000;

/**
 * The replies of a run; null when there are none. The rate is back with the first bin that begins
 * behind the change's end and has perBin replies or more; a change that wins some loses none.
 */
export function throughputOf(
  exchanges: readonly Exchange[],
  change: Change | null,
  binCycles = BIN_CYCLES,
): Throughput | null {
  const first = Math.min(...exchanges.map(({ sent }) => sent));
  if (!Number.isFinite(first)) return null;
  const before = change ? Math.floor((change.start - first) / binCycles) : 0;
  const start = change && before > 0 ? change.start - before * binCycles : first;
  const answered: number[] = [];
  for (const { answered: at } of exchanges) {
    const bin = Math.floor((at - start) / binCycles);
    if (bin >= 0) answered[bin] = (answered[bin] ?? 0) + 1;
  }
  const bins = Array.from(answered, (count) => count ?? 0);
  const perBin = change && before > 0 ? rateOf(exchanges, first, change.start) * binCycles : null;
  const lost = change && perBin !== null ? lostOf(bins, start, binCycles, perBin, change) : null;
  return { binCycles, start, answered: bins, perBin, lost };
}

/** Replies a cycle. */
function rateOf(exchanges: readonly Exchange[], from: number, to: number): number {
  return exchanges.filter(({ answered }) => answered < to).length / (to - from);
}

function lostOf(
  bins: readonly number[],
  start: number,
  binCycles: number,
  perBin: number,
  change: Change,
): number {
  let lost = 0;
  for (let bin = Math.round((change.start - start) / binCycles); bin < bins.length; bin++) {
    const answered = bins[bin] as number;
    if (start + bin * binCycles >= change.end && answered >= perBin) break;
    lost += perBin - answered;
  }
  return Math.max(0, Math.round(lost));
}
