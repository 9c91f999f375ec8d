// Both kernels on harts that run at the same time: the programs' questions, and the relief, both
// ways. Each run has another order, so each is made a few times.
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { bootScript, MOUNT } from "../support/boot.js";
import { fresh, WAYS } from "../support/relief.js";
import { expectCleanEnd, totals } from "../support/usertests.js";

const parallel = { workers: 2 };
const hotCycles = 20_000; // much is translated that would not be worth it

describe.each(KERNELS)("%s", (kernel) => {
  test.each([1, 2, 4])("answers all usertests on %i harts", async (harts) => {
    const script = `${MOUNT}usertests\npoweroff\n`;
    const more = { parallel: { workers: Math.min(harts, 2) }, hotCycles };
    const booted = await bootScript(kernel, harts, script, undefined, more);
    const [run, ...others] = totals(booted.console);
    expect(run?.failed).toEqual([]);
    expect(run?.passed).toBeGreaterThanOrEqual(114);
    expect(others).toEqual([]);
    expectCleanEnd(booted);
  });
});

test.each(WAYS)("%s answers all usertests, and so does %s that relieves it", async (from, to) => {
  const script = `${MOUNT}usertests\nkexec /boot/${to}\nusertests\npoweroff\n`;
  const booted = await bootScript(from, 2, script, undefined, { parallel, hotCycles });
  expect(totals(booted.console).map(({ failed }) => failed)).toEqual([[], []]);
  expect(booted.log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved"]);
  expectCleanEnd(booted);
});

const CASES = WAYS.flatMap(([from, to]) => [2, 4].map((harts) => ({ from, to, harts })));

describe.each(CASES)("$from relieved by $to on $harts harts", (config) => {
  test.each([1, 2, 3])("the watch is kept, with nothing lost (%i)", async () => {
    const { run, report } = await fresh({ ...config, parallel, hotCycles });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ outcome: "relieved", processesLost: 0, invariantsBroken: 0 });
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    const clean = { frames: run.config.ramBytes / 4096, unowned: 0, doublyOwned: 0 };
    expect(report.ledger).toEqual(clean);
    for (const { name, cycles } of report.phases) expect(cycles, name).toBeGreaterThan(0);
  });
});

test("there and back, five times", async () => {
  const { run, report } = await fresh({ times: 5, parallel, hotCycles });
  expect(report.failures).toEqual([]);
  expect(report.outcome).toBe("relieved");
  expect(run.log.reliefs.map(({ outcome }) => outcome)).toEqual(Array(5).fill("relieved"));
});
