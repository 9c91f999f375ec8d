// Reliefs in which one closed group of processes moves after the other: services go first, and
// processes that have not moved yet are served by the other kernel. Everything crosses as when all
// move at once; what differs is who stands still, and for how long.
import { describe, expect, test } from "vitest";
import { MEMORY_MODES, type ReliefConfig, runRelief } from "../../emu/experiment/relief.js";
import { KERNELS, WATCH } from "../../emu/experiment/watch.js";
import { makeReport } from "../../emu/report/report.js";
import { images } from "../support/images.js";
import { framesUsed, fresh, relief, SPREAD, WAYS, type Watched } from "../support/relief.js";

const DIRECTIONS = KERNELS.flatMap((from) => KERNELS.map((to) => ({ from, to })));
const CASES = DIRECTIONS.flatMap((way) => MEMORY_MODES.map((memory) => ({ ...way, memory })));
const BALLAST_KIB = 8192;
const AFTERWARDS = 20_000_000; // cycles

function expectKept({ run, report }: Watched, reliefs: number): void {
  expect(report).toMatchObject({ outcome: "relieved", failures: [], reliefs, processesLost: 0 });
  expect(report.service?.failed ?? 0).toBe(0);
  expect(report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
  expect([...run.kept].sort()).toEqual([...run.watch].sort());
}

/** The processes of each group, by what was thawed between the marks of two groups. */
function groupsOf({ run }: Watched): number[][] {
  const groups: number[][] = [];
  let arrived: number[] | undefined;
  for (const { code, argument } of run.marks) {
    const name = run.table.nameOf(code);
    if (name === "GROUP") {
      arrived = [];
      groups.push(arrived);
    } else if (name === "PROCESS_THAWED") arrived?.push(argument);
  }
  return groups;
}

/** A run that is ended soon after its relief: without its shell nobody powers the machine off. */
async function untilRelieved(config: Partial<ReliefConfig>): Promise<Watched> {
  const run = await runRelief(config, images(), {
    slice: async (cycle, { reliefs: [first] }) => ({
      stop: first !== undefined && first.outcome !== "unfinished" && cycle > first.end + AFTERWARDS,
    }),
  });
  return { run, report: makeReport(run, images(), { quarterdeck: "test", core: "test" }) };
}

describe.each(CASES)("$from relieved by $to, memory $memory", ({ from, to, memory }) => {
  const config = { from, to, memory, transfer: "groups", harts: 3, connections: 8 } as const;

  test("everything crosses, in many groups, and calls are forwarded", async () => {
    const done = await relief({ ...config, times: 4 });
    expectKept(done, 4);
    for (const { groups, forwardedCalls, processes } of done.report.chain) {
      expect(groups.length).toBeGreaterThan(8);
      expect(groups.reduce((sum, size) => sum + size, 0)).toBeLessThan(processes.length);
      expect(forwardedCalls).toBeGreaterThan(5);
    }
  });
});

describe.each(DIRECTIONS)("$from relieved by $to, in groups", ({ from, to }) => {
  const config = { from, to, transfer: "groups" } as const;

  test("processes that share memory move together, and others do not", async () => {
    const done = await relief(config);
    const named = (name: string) =>
      done.report.processes.filter((process) => process.name === name).map(({ pid }) => pid);
    const groups = groupsOf(done);
    const groupOf = (pid: number) => groups.findIndex((group) => group.includes(pid));
    const pair = named("pair");
    expect(pair).toHaveLength(2);
    expect(new Set(pair.map(groupOf)).size).toBe(1);
    const apart = ["init", "sh", "chain", "metronome", "scribe"].map((name) =>
      groupOf(named(name)[0] ?? 0),
    );
    expect(apart).not.toContain(-1);
    expect(new Set(apart).size).toBe(apart.length);
    for (const pid of named("mapper")) expect(groupOf(pid)).toBe(-1); // with the services
  });

  test("where memory is copied, nobody waits for another's pages", async () => {
    const copied = { from, to, memory: "copy", ballast: BALLAST_KIB, connections: 0 } as const;
    const [all, groups] = [await relief(copied), await relief({ ...copied, transfer: "groups" })];
    expectKept(groups, 1);
    const median = ({ report }: Watched) => {
      const cycles = report.processes.map(({ blackoutCycles }) => blackoutCycles);
      return cycles.sort((a, b) => a - b)[cycles.length >> 1] ?? 0;
    };
    expect(median(groups)).toBeLessThan(median(all) / 2);
    expect(groups.report.lowestCpusRunningUserCode.cpus).toBeGreaterThan(0);
    expect(all.report.lowestCpusRunningUserCode.cpus).toBe(0);
  });

  test("the same configuration gives the same run, however it is sliced", async () => {
    const [once, again] = [await fresh(config), await fresh(config, 12_345)];
    expect(again.run.finalStateHash).toBe(once.run.finalStateHash);
    expect(again.report.service).toEqual(once.report.service);
  });

  test("as many frames are in use after twelve as after two", async () => {
    const used = async (times: number) => framesUsed(await relief({ ...config, times }));
    expect(Math.abs((await used(12)) - (await used(2)))).toBeLessThanOrEqual(SPREAD[from]);
  });

  test("the firewall has nothing to stop", async () => {
    expectKept(await relief({ ...config, firewall: true, times: 2 }), 2);
  });
});

describe.each(WAYS)("%s relieved by %s, in groups, with faults", (from, to) => {
  const config = { from, to, transfer: "groups", harts: 3 } as const;

  test.each([
    ["missing-driver", "missing-driver"],
    ["miscount@verify", "receipt"],
    ["hang@check", "watchdog"],
    ["panic@check", "panic"],
    ["hang@transfer", "watchdog"],
    ["panic@verify", "panic"],
    ["stray", "panic"],
  ])("%s, before services are delivered: the watch is kept", async (fault, abortReason) => {
    const { run, report } = await relief({ ...config, fault });
    expect(report).toMatchObject({ outcome: "aborted", abortReason, failures: [] });
    expect(report.service?.failed).toBe(0);
    expect(report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
  });

  test("aborts lose no frame", async () => {
    const fault = "panic@verify";
    const [once, often] = [await relief({ ...config, fault }), await relief(config)];
    expect(once.report.outcome).toBe("aborted");
    expect(often.report.outcome).toBe("relieved");
    const kept = await relief({ from, to, harts: 3, fault });
    // a page of each program is its own afterwards, which larboard's programs shared before
    expect(Math.abs(framesUsed(once) - framesUsed(kept))).toBeLessThanOrEqual(SPREAD[from] + 2);
  });

  test.each(["panic@groups", "hang@groups"])(
    "%s: the services are lost, and the old kernel says so",
    async (fault) => {
      const { report } = await relief({ ...config, fault });
      expect(report.outcome).toBe("failed");
      expect(report.failures[0]).toMatch(/while groups move: the services are lost with it/);
    },
  );

  test.each(["offgoing-panic@groups", "offgoing-hang@groups"])(
    "%s: who has come lives on, who has not is lost, and the new kernel goes on",
    async (fault) => {
      const { run, report } = await untilRelieved({ ...config, fault });
      const [last] = report.chain;
      expect(last?.outcome).toBe("relieved");
      expect(last?.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
      const lost = last?.processes.filter(({ blackoutCycles }) => blackoutCycles < 0) ?? [];
      const lives = last?.processes.filter(({ blackoutCycles }) => blackoutCycles >= 0) ?? [];
      expect(lost.length).toBeGreaterThan(WATCH.length / 2);
      expect(lives.map(({ name }) => name)).toContain("mapper"); // it came with the services
      expect(report.processesLost).toBe(lost.length);
      expect(run.log.panics.length).toBeLessThanOrEqual(fault.includes("panic") ? 1 : 0);
    },
  );
});

test("a fault among groups needs groups", async () => {
  await expect(relief({ fault: "panic@groups" })).rejects.toThrow(
    "panic@groups is only where groups move; give --transfer groups too",
  );
});
