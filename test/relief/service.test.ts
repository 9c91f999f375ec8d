// The key-value server and its closed-loop client through reliefs: every reply is the right one, no
// connection breaks, and the same configuration gives the same run to the last bit.
import { describe, expect, test } from "vitest";
import { ALL_WAYS, fresh, relief, WAYS } from "../support/relief.js";

describe.each(ALL_WAYS)("%s to be relieved by %s", (from, to) => {
  test.each([2, 4])("with 32 connections on %i harts, every request is answered", async (harts) => {
    const { report } = await relief({ from, to, harts, connections: 32 });
    expect(report).toMatchObject({ outcome: "relieved", failures: [] });
    expect(report.service).toMatchObject({ connections: 32, failed: 0 });
    const { before, during, after } = report.service?.latencyCycles ?? {};
    for (const latency of [before, during, after]) {
      expect(latency?.count).toBeGreaterThan(32);
      expect(latency?.p50).toBeLessThanOrEqual(latency?.p99 ?? 0);
      expect(latency?.p99).toBeLessThanOrEqual(latency?.max ?? 0);
    }
    const blackout = Math.max(...report.processes.map((process) => process.blackoutCycles));
    expect(during?.max).toBeGreaterThan(blackout / 2); // somebody waited for it
  });

  test("an aborted relief costs no request either", async () => {
    const { report } = await relief({ from, to, fault: "panic@transfer" });
    expect(report).toMatchObject({ outcome: "aborted", failures: [] });
    expect(report.service).toMatchObject({ failed: 0 });
  });
});

test.each(ALL_WAYS)("%s and %s in turn answer all, however it is sliced", async (from, to) => {
  const config = { from, to, times: 4, harts: 3, connections: 16 };
  const [once, again] = [await fresh(config), await fresh(config, 777_777)];
  expect(once.report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 4 });
  expect(once.report.service?.failed).toBe(0);
  expect(again.report.service).toEqual(once.report.service);
  expect(again.run.finalStateHash).toBe(once.run.finalStateHash);
});

test.each(WAYS)("%s and %s in turn lose nothing of 32 connections", async (from, to) => {
  const { run, report } = await relief({ from, to, times: 12, harts: 3, connections: 32 });
  expect(report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 12 });
  expect(report).toMatchObject({ processesLost: 0, invariantsBroken: 0 });
  expect(report.service).toMatchObject({ connections: 32, failed: 0 });
  expect(report.service?.done).toBeGreaterThan(12 * 32);
  expect([...run.kept].sort()).toEqual([...run.watch].sort());
  for (const { ledger } of report.chain) {
    expect(ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
  }
});

test("when the client stops does not depend on the slices either", async () => {
  const config = { to: "larboard", times: 6, seed: 9, connections: 4 } as const;
  const runs = [await fresh(config), await fresh(config, 777_777), await fresh(config, 333_333)];
  const hashes = runs.map(({ run }) => run.finalStateHash);
  expect(hashes).toEqual(hashes.map(() => hashes[0]));
});

test.each(WAYS)("%s and %s serve as many connections as may be asked for", async (from, to) => {
  const { report } = await relief({ from, to, times: 2, harts: 3, connections: 128 });
  expect(report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 2 });
  expect(report.service).toMatchObject({ connections: 128, failed: 0 });
});

test("without a client there is no service in the report", async () => {
  const { report } = await relief({ to: "larboard", connections: 0 });
  expect(report.outcome).toBe("relieved");
  expect(report.service).toBeNull();
});

describe.each(["remap", "copy"] as const)("with --memory %s", (memory) => {
  test("everything crosses, and as many frames are in use as after adopting", async () => {
    const config = { to: "larboard", harts: 3, times: 4 } as const;
    const [other, adopted] = [await relief({ ...config, memory }), await relief(config)];
    expect(other.report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 4 });
    expect(other.report.service?.failed).toBe(0);
    expect(other.report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    const more = (other.report.framesUsed ?? 0) - (adopted.report.framesUsed ?? 0);
    expect(Math.abs(more)).toBeLessThanOrEqual(16); // page tables that nothing is left in
  });

  test.each(["panic@transfer", "panic@verify", "hang@check"])(
    "%s gives everything back",
    async (fault) => {
      const { report } = await relief({ to: "larboard", memory, fault });
      expect(report).toMatchObject({ outcome: "aborted", failures: [] });
      expect(report.service?.failed).toBe(0);
    },
  );
});
