// Stretches of user code, against what the observed traps and returns say, and in real reliefs
// against counts that are made in other ways.
import { describe, expect, test } from "vitest";
import type { MachineEvents } from "../../emu/events.js";
import { runRelief } from "../../emu/experiment/relief.js";
import { presetTiming, type TimingConfig } from "../../emu/timing/config.js";
import { images } from "../support/images.js";
import { ALL_WAYS, fresh, relief, type Watched } from "../support/relief.js";

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

type Seen = MachineEvents["mode"] | MachineEvents["trap"];

/** The instructions between each return to user mode and the next trap of that hart. */
function retiredBetween(events: readonly Seen[], harts: number): number[] {
  const entered: (number | undefined)[] = [];
  const sums = Array.from({ length: harts }, () => 0);
  for (const event of events) {
    const { hart, instret } = event;
    const before = entered[hart];
    entered[hart] = event.kind === "mode" && event.to === "user" ? instret + 1 : undefined;
    if (before !== undefined) sums[hart] = (sums[hart] ?? 0) + instret - before;
  }
  return sums;
}

test("what it counts in user mode is what lies between returns and traps", async () => {
  const events: Seen[] = [];
  const run = await runRelief({ connections: 4 }, images(), {
    created: (machine) => {
      machine.debug.observe({ traps: true });
      machine.on("mode", (event) => events.push(event));
      machine.on("trap", (event) => events.push(event));
    },
  });
  const plain = await relief({ connections: 4 });
  expect(run.userInstructions).toEqual(retiredBetween(events, 2));
  expect(run.userInstructions).toEqual(plain.run.userInstructions);
  expect(run.finalStateHash).toBe(plain.run.finalStateHash);
});

/** Checks that hold of every relief, between counts that know nothing of each other. */
function crossChecks({ run, report }: Watched): void {
  const { downtimes, change, work } = report;
  const last = report.chain.at(-1);
  expect(change?.commit).toBeGreaterThan(change?.start ?? Number.NaN);
  expect(downtimes?.noUserCode).not.toBeNull();
  expect(downtimes?.commitToUser).toBeGreaterThan(0);
  expect(downtimes?.clientSilence).toBeGreaterThan(0);
  const blackouts = last?.processes.map(({ blackoutCycles }) => blackoutCycles) ?? [];
  expect(downtimes?.processFreeze?.max).toBeLessThanOrEqual(Math.max(...blackouts));
  // programs have retired no more than all together, and what is theirs was counted twice alike
  for (const { kernel, user } of work) {
    for (const count of [...Object.values(kernel), ...Object.values(user)]) {
      expect(count).toBeGreaterThanOrEqual(0);
    }
  }
  const sums = work.map(({ kernel, user }) => ({
    offgoing: kernel.offgoing + user.offgoing,
    oncoming: kernel.oncoming + user.oncoming,
  }));
  expect(sums).toEqual(report.phases.map(({ instructions }) => instructions));
  expect(total(run.userInstructions)).toBeLessThan(total(report.instructions));
  expect(report.survival).toMatchObject({
    ...{ memory: "kept", files: "kept", pipes: "kept", sockets: "kept", timers: "kept" },
    ...{ programsKept: run.watch.length, programsRestarted: 0, connectionsLost: 0, keysLost: 0 },
  });
  const { before, during, after } = report.service?.latencyCycles ?? {};
  const counts = [before, during, after].map((latency) => latency?.count ?? 0);
  expect(total(counts)).toBe(report.service?.done);
  expect(total(report.throughput?.answered ?? [])).toBeLessThanOrEqual(report.service?.done ?? 0);
}

describe.each(ALL_WAYS)("%s relieved by %s", (from, to) => {
  test("all at once: nobody runs while all stand still, and somebody soon after", async () => {
    const watched = await relief({ from, to });
    crossChecks(watched);
    const { downtimes, lowestCpusRunningUserCode: lowest, chain } = watched.report;
    // from the last frozen to the first thawed no user code can run; the kernels take a little
    // longer on both sides, and no longer than the longest blackout and a time slice
    expect(lowest.cpus).toBe(0);
    expect(downtimes?.noUserCode).toBeGreaterThanOrEqual(lowest.cycles);
    const blackouts = chain[0]?.processes.map(({ blackoutCycles }) => blackoutCycles) ?? [];
    expect(downtimes?.noUserCode).toBeLessThan(Math.max(...blackouts) + 1_000_000);
    expect(downtimes?.commitToUser).toBeLessThan(Math.max(...blackouts));
    expect(downtimes?.clientSilence).toBeGreaterThan(lowest.cycles);
    const frozen = watched.report.work.filter(({ phase }) => /^(I rel|trans|veri)/.test(phase));
    expect(frozen).toHaveLength(3);
    for (const { user } of frozen) expect(user).toEqual({ offgoing: 0, oncoming: 0 });
  });

  test("group by group: others run meanwhile", async () => {
    const watched = await relief({ from, to, transfer: "groups" });
    crossChecks(watched);
    const groups = watched.report.work.find(({ phase }) => phase === "groups");
    expect(groups?.user.offgoing).toBeGreaterThan(0);
    expect(groups?.user.oncoming).toBeGreaterThan(0);
  });
});

test("it does not depend on the slices", async () => {
  const [once, again] = [await relief({ seed: 5 }), await fresh({ seed: 5 }, 777_777)];
  const { downtimes, survival, throughput, work, service } = once.report;
  expect(again.report).toMatchObject({ downtimes, survival, throughput, work, service });
});

test("with a timing model too", async () => {
  const timing = { model: presetTiming("embedded") as TimingConfig, from: "halt", warmUpCycles: 0 };
  const watched = await fresh({ timing, connections: 4 });
  crossChecks(watched);
  expect(watched.report.downtimes?.noUserCode).toBeGreaterThan(
    watched.report.lowestCpusRunningUserCode.cycles,
  );
});

test("an aborted relief has its downtimes as well, and no commit before its time", async () => {
  const { report } = await relief({ fault: "hang@check" });
  expect(report).toMatchObject({ outcome: "aborted", change: { commit: null } });
  expect(report.downtimes?.commitToUser).toBeNull();
  expect(report.downtimes?.noUserCode).toBeGreaterThan(0);
});

test("without a change the watch is kept, and there are no downtimes", async () => {
  const { report } = await relief({ times: 0 });
  expect(report).toMatchObject({ outcome: "kept", failures: [], change: null, downtimes: null });
  expect(report.throughput).toMatchObject({ perBin: null, lost: null });
  expect(report.service?.latencyCycles.during).toMatchObject({ count: 0, p50: null, max: null });
});
