// What a hart has spent, as a profile deals it out: rows have all of its clock, whatever is given,
// taken back and moved; and what is taken back, or moved, comes from the rows that had it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Row, Spending } from "../../emu/trace/spending.js";

const row = (frames: string): Row => ({
  ...{ kernel: "larboard", phase: "load", frames, cycles: 0, instructions: 0 },
});

describe("spending", () => {
  test("takes back what a row was given too early, the last first", () => {
    const [work, idle, later] = [row("work"), row("idle"), row("later")];
    const spending = new Spending(100, 5);
    spending.give(work, 110, 9);
    spending.give(idle, 150, 9); // a wait, as far as a mark
    spending.give(later, 170, 9); // and as far as the next
    spending.takeBack(140);
    expect([work, idle, later].map(({ cycles }) => cycles)).toEqual([10, 30, 0]);
    expect(spending.cycle).toBe(140);
    spending.give(work, 150, 12);
    expect([work.cycles, work.instructions]).toEqual([20, 7]);
  });

  test("moves the time behind a cycle to another row", () => {
    const [before, after] = [row("before"), row("after")];
    const spending = new Spending(0, 0);
    spending.give(before, 30, 3);
    spending.moveTo(20, () => after);
    expect([before.cycles, after.cycles, spending.cycle]).toEqual([20, 10, 30]);
  });

  test("takes nothing back of what is settled, or lies before its beginning", () => {
    const work = row("work");
    const spending = new Spending(0, 0);
    spending.give(work, 30, 3);
    spending.settle();
    spending.begin(50, 3);
    spending.takeBack(40);
    spending.give(work, 60, 4);
    expect([work.cycles, spending.cycle]).toEqual([50, 60]);
  });

  test("is all of the clock, in any order of things", () => {
    const act = fc.record({
      what: fc.constantFrom("give", "takeBack", "moveTo", "settle"),
      ...{ to: fc.nat(4), cycles: fc.integer({ min: -30, max: 100 }) },
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const rows = Array.from({ length: 5 }, (_, i) => row(String(i)));
        const spending = new Spending(1000, 0);
        let settled = 1000;
        for (const { what, to, cycles } of acts) {
          const at = Math.max(settled, spending.cycle + cycles);
          if (what === "give") spending.give(rows[to] as Row, at, 0);
          if (what === "takeBack") spending.takeBack(at);
          if (what === "moveTo") spending.moveTo(at, () => rows[to] as Row);
          if (what !== "settle" && what !== "moveTo") continue;
          spending.settle();
          settled = spending.cycle;
        }
        const all = rows.reduce((sum, { cycles }) => sum + cycles, 0);
        expect(all).toBe(spending.cycle - 1000);
        for (const { cycles } of rows) expect(cycles).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
