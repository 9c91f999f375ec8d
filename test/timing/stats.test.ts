// stats.txt as tools for gem5 read it: markers, columns, names; and its numbers, report.json's and
// the text's against each other, on an account made by hand.
import { describe, expect, test } from "vitest";
import { statsText } from "../../emu/cost/stats.js";
import { timingReport } from "../../emu/cost/summary.js";
import { causeTable, countsFrom, kernelTable } from "../../emu/cost/text.js";
import { type Account, type Cell, presetTiming, type TimingConfig } from "../../emu/index.js";
import {
  COUNTERS,
  type CounterName,
  countOf,
  cyclesOf,
  GROUPS,
  noCounts,
  placeOf,
  STACK,
} from "../../emu/timing/counters.js";

const model = presetTiming("server") as TimingConfig;
const before = { relief: 0, phase: "before", start: 1000, end: 2000 };
const halt = { relief: 1, phase: "halt", start: 2000, end: 2600 };

const FREQUENT: readonly string[] = ["cyclesBase", "l2Accesses"]; // more often than misses

/** What is counted in `counts(1)`: each another number, so that none passes for another one. */
const countIn = (name: string) =>
  (placeOf(name as CounterName) + 1) * (FREQUENT.includes(name) ? 10_000 : 1);

function counts(factor: number) {
  return noCounts().map((_, place) => factor * countIn(COUNTERS[place] as string));
}

const chain = { name: "chain", root: 5 };
const place = { side: "off-going", mode: "user" } as const;
const cells: Cell[] = [
  { ...place, stretch: before, hart: 0, worker: chain, counts: counts(1) },
  { ...place, stretch: halt, hart: 0, worker: { ...chain, pid: 9 }, counts: counts(10) },
  {
    ...place,
    stretch: halt,
    hart: 1,
    mode: "supervisor",
    worker: { name: "kernel" },
    counts: counts(100),
  },
  {
    stretch: halt,
    hart: 1,
    side: "on-coming",
    mode: "machine",
    worker: { name: "kernel idle" },
    counts: counts(1000),
  },
];
const all = cells.reduce((sum, cell) => sum + cyclesOf(cell.counts), 0);
const noTraps = { exceptions: Array(16).fill(0), interrupts: Array(16).fill(0) };
const account: Account = {
  model,
  harts: 2,
  start: 1000,
  end: 2600,
  cells,
  stretches: [before, halt],
  clockCycles: all,
  traps: [
    { ...noTraps, exceptions: noTraps.exceptions.with(8, 7) },
    { ...noTraps, interrupts: noTraps.interrupts.with(7, 3) },
  ],
  traffic: [0, 1].map((n) => ({
    messagesSent: n,
    messagesReceived: 2,
    bytesSent: 3,
    bytesReceived: 4,
  })),
};

/** Values by name, as a script for gem5 reads them. */
function readStats(text: string): Map<string, number> {
  const stats = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\S+) +(-?[\d.]+) +# /.exec(line) ?? [];
    if (name === undefined) continue;
    expect(stats.has(name), name).toBe(false);
    stats.set(name, Number(value));
  }
  return stats;
}

describe("stats.txt", () => {
  const text = statsText(account);
  const stats = readStats(text);

  test("has gem5's markers, and nothing but lines in gem5's columns between them", () => {
    const lines = text.split("\n");
    expect(lines[1]).toBe("---------- Begin Simulation Statistics ----------");
    expect(lines.at(-2)).toBe("---------- End Simulation Statistics   ----------");
    for (const line of lines.slice(2, -3)) {
      expect(line).toMatch(/^[\w.:]+ +\d+(\.\d{6})? {23}# .+ \((\w+|\(\w+\/\w+\))\)$/);
    }
    const columns = `${"simTicks".padEnd(40)} ${"16000000".padStart(12)}${" ".repeat(23)}`;
    expect(lines).toContain(`${columns}# Number of ticks simulated (Tick)`);
  });

  test("has the numbers that gem5's users look for", () => {
    const hart0 = counts(11);
    expect(stats.get("system.cpu0.numCycles")).toBe(cyclesOf(hart0));
    expect(stats.get("system.cpu0.exec_context.thread_0.numInsts")).toBe(110_000);
    expect(stats.get("simInsts")).toBe(11_110_000);
    expect(stats.get("simTicks")).toBe(16_000_000);
    const misses = countOf(hart0, "l1dCold", "l1dCapacity", "l1dConflict", "l1dCoherence");
    expect(stats.get("system.cpu0.dcache.overallMisses::total")).toBe(misses);
    expect(stats.get("system.cpu0.dcache.overallMisses::cpu0.data")).toBe(misses);
    expect(stats.get("system.cpu1.mmu.dtb.misses")).toBe(1100 * countIn("dtlbMisses"));
    expect(stats.get("system.l2cache1.overallAccesses::cpu1")).toBe(
      stats.get("system.l2cache1.overallAccesses::total"),
    );
  });

  test("has every counter of every hart", () => {
    expect(stats.get("system.cpu0.traps::user_ecall")).toBe(7);
    expect(stats.get("system.cpu1.traps::machine_timer_interrupt")).toBe(3);
    for (const hart of [0, 1]) {
      const stack = STACK.reduce((sum, name) => {
        const part = name.replace(/^cycles/, "");
        const own = part.charAt(0).toLowerCase() + part.slice(1);
        return sum + (stats.get(`system.cpu${hart}.cycleStack::${own}`) as number);
      }, 0);
      expect(stack).toBe(stats.get(`system.cpu${hart}.numCycles`));
    }
    const values = new Set(stats.values());
    const joined = /^(itlb|dtlb|l2Accesses$)/; // told under other names, or by node
    for (const name of COUNTERS) {
      if (!joined.test(name)) expect(values, name).toContain(11 * countIn(name));
    }
  });
});

describe("the report", () => {
  const report = timingReport(account);
  const cycles = (counters: object) => cyclesOf(countsFrom(counters));

  test("has all cycles, in each of its lists", () => {
    expect(report.cycles).toEqual({ attributed: all, total: all });
    const sums = [
      report.harts.map(({ counters }) => counters),
      report.phases.map(({ counters }) => counters),
      report.phases.flatMap(({ kernels }) => Object.values(kernels)),
      Object.values(report.kernels),
      Object.values(report.privileges),
      report.processes.map(({ counters }) => counters),
    ].map((list) => list.reduce((sum, counters) => sum + cycles(counters), 0));
    expect(sums).toEqual(Array(6).fill(all));
  });

  test("knows a process by its number also before that was known", () => {
    const [kernel, own, idle] = ["kernel", "chain", "kernel idle"].map((name) =>
      report.processes.filter((process) => process.name === name),
    );
    expect([kernel?.length, own?.length, idle?.length]).toEqual([1, 1, 1]);
    expect(own?.[0]).toMatchObject({ pid: 9, counters: { cyclesBase: 110_000 } });
  });

  test("names traps, and says the whole configuration", () => {
    expect(report.harts[0]?.traps).toEqual({ "user ecall": 7 });
    expect(report.harts[1]?.traps).toEqual({ "machine timer interrupt": 3 });
    expect(report.configuration).toEqual(model);
    expect(report.nodes[1]).toMatchObject({ node: 1, messagesSent: 1 });
  });
});

describe("the tables", () => {
  const report = timingReport(account);

  test("a phase's causes are all of its cycles", () => {
    const { head, rows } = causeTable(report);
    expect(head.slice(1, -1)).toEqual(Object.keys(GROUPS));
    expect(rows.map(([name]) => name)).toEqual(["halt", "total"]); // of the relief alone
    for (const [, ...numbers] of rows) {
      const [sum, ...causes] = (numbers as number[]).reverse();
      expect(causes.reduce((a, b) => a + b, 0)).toBe(sum);
    }
  });

  test("the groups of causes have each counter of the stack exactly once", () => {
    expect(Object.values(GROUPS).flat().sort()).toEqual([...STACK].sort());
  });

  test("a kernel's row is of the relief, without waits in its CPI", () => {
    const [offgoing, oncoming] = kernelTable(report).rows;
    const own = counts(110);
    const busy = cyclesOf(own) - countOf(own, "cyclesWait");
    expect(offgoing?.slice(0, 3)).toEqual(["off-going", 1_100_000, (busy / 1_100_000).toFixed(2)]);
    expect(oncoming?.slice(0, 2)).toEqual(["on-coming", 10_000_000]);
  });
});
