// The longest gap between things that happen over and over: replies, stretches of user code.

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest time covered by no stretch, of the gaps that begin in [start, end) or, with `around`,
 * that overlap it; null when there is none. A gap is closed by a stretch, wherever that lies.
 */
export function longestGap(
  stretches: readonly Stretch[],
  { from: start, to: end }: Stretch,
  around = false,
): number | null {
  const inOrder = [...stretches].sort((a, b) => a.from - b.from || a.to - b.to);
  let covered = around ? Number.NaN : start;
  let longest: number | null = null;
  for (const { from, to } of inOrder) {
    const overlaps = from > start && covered < end;
    if (from > covered && overlaps) longest = Math.max(longest ?? 0, from - covered);
    covered = Number.isNaN(covered) ? to : Math.max(covered, to);
  }
  return longest;
}
