// Waits that go over the ends of phases: whatever a hart does, and wherever phases end, the phases
// together have exactly the cycles by which its clock has gone on, and none has fewer than 0.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Waits } from "../../emu/cost/waits.js";
import { addTo, countOf, cyclesOf, noCounts, placeOf } from "../../emu/timing/counters.js";
import type { Bucket } from "../../emu/timing/timing.js";

const [BASE, WAIT] = [placeOf("cyclesBase"), placeOf("cyclesWait")];
const IDLE = { mode: "supervisor", satp: 7 } as const;

/** A hart as the core has it: it counts a wait only when it is over. */
class Hart {
  clock = 0;
  since: number | undefined;
  private counts = noCounts();

  run(cycles: number): void {
    this.counts[BASE] = (this.counts[BASE] as number) + cycles;
    this.clock += cycles;
  }

  wake(at: number): void {
    if (this.since === undefined) return;
    this.counts[WAIT] = (this.counts[WAIT] as number) + Math.max(0, at - this.clock);
    this.clock = Math.max(this.clock, at);
    this.since = undefined;
  }

  take(): Bucket[] {
    const { counts } = this;
    this.counts = noCounts();
    return [{ hart: 0, ...IDLE, counts }];
  }
}

/** A mark at `now`: a phase ends. */
function mark(hart: Hart, waits: Waits, now: number, phase = noCounts()) {
  const buckets = hart.take();
  waits.repay(0, hart.clock, buckets);
  for (const { counts } of buckets) addTo(phase, counts);
  if (hart.since !== undefined) waits.lend({ hart: 0, clock: hart.clock, ...IDLE }, now, phase);
  return phase;
}

describe("a wait", () => {
  test("is dealt to the phases that it lies in", () => {
    const [hart, waits] = [new Hart(), new Waits()];
    hart.run(10);
    hart.since = 10;
    const phases = [100, 300].map((now) => mark(hart, waits, now));
    hart.wake(350);
    hart.run(50);
    phases.push(mark(hart, waits, 400));
    expect(phases.map((counts) => countOf(counts, "cyclesWait"))).toEqual([90, 200, 50]);
    expect(phases.map(cyclesOf)).toEqual([100, 200, 100]);
  });

  test("that ends before a mark that another hart has made already gives back the rest", () => {
    const [hart, waits] = [new Hart(), new Waits()];
    hart.since = 0;
    const phases = [mark(hart, waits, 100), mark(hart, waits, 120)];
    hart.wake(90);
    hart.run(60);
    phases.push(mark(hart, waits, 150));
    expect(phases.map(cyclesOf)).toEqual([90, 0, 60]);
  });

  test("is paid for by its own mode and address space first", () => {
    const waits = new Waits();
    waits.lend({ hart: 0, clock: 0, mode: "machine", satp: 0 }, 100, noCounts());
    const other: Bucket = { hart: 0, ...IDLE, counts: noCounts() };
    const own: Bucket = { hart: 0, mode: "machine", satp: 0, counts: noCounts() };
    other.counts[WAIT] = 30;
    own.counts[WAIT] = 130;
    waits.repay(0, 400, [other, own]);
    expect([other, own].map(({ counts }) => counts[WAIT])).toEqual([30, 30]);
  });
});

test("phases have all of a hart's cycles, and none fewer than 0, in any order of things", () => {
  const step = fc.record({
    what: fc.constantFrom("run", "sleep", "wake", "mark"),
    cycles: fc.integer({ min: 1, max: 200 }),
    early: fc.integer({ min: 0, max: 64 }), // a wake may lie behind what a mark has seen
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [hart, waits] = [new Hart(), new Waits()];
      const phases: Float64Array[] = [];
      let now = 0;
      for (const { what, cycles, early } of steps) {
        now += cycles;
        if (what === "run" && hart.since === undefined) hart.run(cycles);
        if (what === "sleep" && hart.since === undefined) hart.since = hart.clock;
        if (what === "wake" && hart.since !== undefined) {
          hart.wake(Math.max(hart.clock, now - early));
          hart.run(1);
        }
        now = Math.max(now, hart.clock);
        if (what === "mark") phases.push(mark(hart, waits, now));
      }
      phases.push(mark(hart, waits, now));
      const all = phases.reduce((sum, counts) => sum + cyclesOf(counts), 0);
      expect(all).toBe(hart.clock + waits.lentTo(0));
      for (const counts of phases) expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
    }),
  );
});
