// The cost of a run over time, as counter tracks for the Perfetto UI: for each hart the share of
// each cause in its cycles, instructions for a cycle, and misses for a thousand instructions. What
// counts is sampled at every so many cycles; a value stands where its interval begins.
import type { Machine } from "../machine.js";
import {
  type Counts,
  countOf,
  cyclesOf,
  GROUPS,
  instructionsOf,
  l1dOf,
  l1iOf,
  l2Of,
  placeOf,
  ratio,
  sumOf,
} from "../timing/counters.js";
import { Track } from "../trace/packets.js";

/** Tracks of single harts; all harts together have theirs in any case. */
const HARTS_MAX = 32;
const WAIT = placeOf("cyclesWait");

/** What is shown of an interval: name, unit, and the value from its counts. */
const SHOWN: readonly (readonly [name: string, unit: string, of: (counts: Counts) => number])[] = [
  ...Object.entries(GROUPS).map(
    ([name, counters]) =>
      [name, "% of cycles", (counts: Counts) => countOf(counts, ...counters)] as const,
  ),
  ["IPC", "instructions a cycle", instructionsOf],
  ["L1I misses", "per 1000 instructions", (counts) => l1iOf(counts).misses],
  ["L1D misses", "per 1000 instructions", (counts) => l1dOf(counts).misses],
  ["L2 misses", "per 1000 instructions", (counts) => l2Of(counts).misses],
  ["TLB misses", "per 1000 instructions", (counts) => countOf(counts, "itlbMisses", "dtlbMisses")],
];

function scaled(unit: string, amount: number, counts: Counts): number {
  if (unit.startsWith("%")) return 100 * ratio(amount, cyclesOf(counts));
  if (unit.startsWith("per")) return 1000 * ratio(amount, instructionsOf(counts));
  return ratio(amount, cyclesOf(counts));
}

export class CounterTracks {
  private readonly rows: Track[][];
  private uuids = 0;
  private before: Counts[] | undefined;
  private last = 0;

  /** For a machine with a timing model; `write` gets the packets of the trace. */
  constructor(
    private readonly machine: Machine,
    private readonly write: (packet: Uint8Array) => void,
  ) {
    const harts = Math.min(machine.harts, HARTS_MAX);
    const names = Array.from({ length: harts }, (_, hart) => `hart ${hart}`);
    this.rows = ["all harts", ...names].map((name) => this.rowOf(name));
  }

  /** For a track beside these. */
  nextUuid(): number {
    return ++this.uuids;
  }

  private rowOf(name: string): Track[] {
    const parent = this.nextUuid();
    new Track(this.write, parent, name);
    return SHOWN.map(([what, unit]) => new Track(this.write, this.nextUuid(), what, parent, unit));
  }

  /** Takes a sample where the machine is; the first with the model on begins the tracks. */
  sample(): void {
    const cycle = this.machine.cycle();
    const now = this.countsNow(cycle);
    const { before, last } = this;
    this.before = now;
    this.last = cycle;
    if (!now || !before || cycle <= last) return;
    const since = now.map((counts, hart) => counts.map((n, i) => n - (before[hart]?.[i] ?? 0)));
    this.rows.forEach((tracks, row) => {
      const counts = row === 0 ? sumOf(since) : (since[row - 1] as Counts);
      this.put(tracks, last, counts);
    });
  }

  private put(tracks: readonly Track[], at: number, counts: Counts): void {
    SHOWN.forEach(([, unit, of], index) => {
      tracks[index]?.count(at, Math.max(0, scaled(unit, of(counts), counts)));
    });
  }

  /** Totals, with the waits that are not over as far as they have come. */
  private countsNow(cycle: number): Counts[] | undefined {
    const { timing } = this.machine;
    if (!timing?.running) return undefined;
    const stats = this.machine.stats();
    return timing.totals().map((counts, hart) => {
      const { waiting = false, cycle: clock = 0 } = stats[hart] ?? {};
      const waited = waiting ? Math.max(0, cycle - clock) : 0;
      counts[WAIT] = (counts[WAIT] as number) + waited;
      return counts;
    });
  }
}
