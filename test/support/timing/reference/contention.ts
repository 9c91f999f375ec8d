// A resource that is shared, in the reference model: a port of an L2, of a memory or of the
// interconnect. Time is cut into windows; a window has room for as many cycles of use as it is
// long, and who finds it full waits for the start of the next one that has room. And the lines that
// are on their way from one cache to another, which nobody else gets meanwhile.

const SLOTS = 32;

export class Resource {
  private readonly ring = Array.from({ length: SLOTS }, () => ({ window: 0, used: 0 }));

  /** Uses the resource for `occupancy` cycles from cycle `t` on; returns how long that waits. */
  wait(t: number, occupancy: number, window: number): number {
    if (occupancy === 0 || window === 0) return 0;
    const first = Math.floor(t / window);
    for (let k = 0; k < SLOTS; k++) {
      const slot = this.ring[(first + k) % SLOTS] as { window: number; used: number };
      if (slot.window > first + k) return 0; // another hart is far ahead: it is not known any more
      if (slot.window < first + k) Object.assign(slot, { window: first + k, used: 0 });
      if (slot.used + occupancy <= window) {
        slot.used += occupancy;
        return k === 0 ? 0 : (first + k) * window - t;
      }
    }
    return SLOTS * window;
  }
}

const PLACES = 4096;

export class Flights {
  private readonly places = new Map<number, { line: number; until: number }>();

  /** How long from `t` on a line is still on its way. */
  wait(line: number, t: number): number {
    const place = this.places.get(line % PLACES);
    return place?.line === line ? Math.max(0, place.until - t) : 0;
  }

  /** A line is on its way until then; lines that share a place are forgotten. */
  set(line: number, until: number): void {
    this.places.set(line % PLACES, { line, until });
  }
}
