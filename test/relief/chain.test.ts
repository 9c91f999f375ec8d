// Reliefs one after the other, there and back: the last is as good as the first, and nothing leaks.
import { describe, expect, test } from "vitest";
import { framesUsed, openCpus, relief, SPREAD, WAYS } from "../support/relief.js";

describe.each(WAYS)("%s and %s in turn, twenty times", (from, to) => {
  const config = { from, to, harts: 2, times: 20 };

  test("nothing is lost in any of them", async () => {
    const { run, report } = await relief(config);
    expect(report.failures).toEqual([]);
    expect(report.chain.map(({ outcome }) => outcome)).toEqual(Array(20).fill("relieved"));
    expect(report.processesLost).toBe(0);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    for (const { ledger } of report.chain) {
      expect(ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    }
  });

  test("as many frames are used at the end as after two reliefs, and as after none", async () => {
    const used = async (times: number) => framesUsed(await relief({ ...config, times }));
    const none = await used(0);
    expect(none).toBeGreaterThan(0);
    for (const times of [2, 20]) {
      expect(Math.abs((await used(times)) - none), `${times}`).toBeLessThanOrEqual(SPREAD[from]);
    }
  });

  test("all CPUs are open at the end", async () => {
    expect(openCpus(await relief(config))).toEqual([0, 1]);
  });
});
