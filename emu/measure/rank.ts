// Ranks of samples: medians and percentiles by nearest rank, so that each is a value that was
// measured. Of nothing there is none: null, never 0.

const ascending = (a: number, b: number) => a - b;

/** A sorted copy. */
export function sortedOf(values: readonly number[]): number[] {
  return [...values].sort(ascending);
}

/**
 * The value at or below which `share` (0 to 1) of the sorted values lie, by nearest rank; null of
 * none.
 */
export function nearestRank(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** The median by nearest rank; null of none. */
export function medianOf(values: readonly number[]): number | null {
  return nearestRank(sortedOf(values), 0.5);
}

/** The largest; null of none. */
export function largestOf(values: readonly number[]): number | null {
  return values.reduce<number | null>(
    (max, value) => (max === null ? value : Math.max(max, value)),
    null,
  );
}
