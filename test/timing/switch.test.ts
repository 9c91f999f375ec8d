// The timing model on a small machine: its switch enters like any input, its totals are the harts'
// clocks, buckets are the same numbers split up, and a machine without one knows nothing of it.
import { describe, expect, test } from "vitest";
import { coreIdentity, type Machine, presetTiming, type TimingConfig } from "../../emu/index.js";
import { countOf, cyclesOf, instructionsOf, sumOf } from "../../emu/timing/counters.js";
import { guest } from "../support/guest.js";

const timing = presetTiming("embedded") as TimingConfig;
/** Loads and stores at 256 lines, for ever. */
const LOOP = `
  li a0, 0x80100000
again:
  li a1, 0x80104000
  mv a2, a0
next:
  lw t0, 0(a2)
  addi t0, t0, 1
  sw t0, 0(a2)
  addi a2, a2, 64
  bltu a2, a1, next
  j again`;

const clocks = (machine: Machine) => machine.stats().map(({ cycle }) => cycle);

async function running(harts = 2) {
  const { machine } = await guest(LOOP, { harts, timing });
  const { timing: model } = machine;
  if (!model) throw new Error("no model");
  return { machine, model };
}

test("a machine without a model has none, and runs on another build", async () => {
  const { machine } = await guest(LOOP);
  expect(machine.timing).toBeUndefined();
  expect(await coreIdentity("timing")).not.toBe(await coreIdentity());
});

test("switched off, the model costs nothing and counts nothing", async () => {
  const { machine, model } = await running();
  machine.run({ cycles: 10_000 });
  expect(model.running).toBe(false);
  expect(model.totals().map(cyclesOf)).toEqual([0, 0]);
  for (const { cycle, instret } of machine.stats()) expect(instret).toBe(cycle);
  const plain = await guest(LOOP, { harts: 2 });
  plain.machine.run({ cycles: 10_000 });
  expect(machine.stats()).toEqual(plain.machine.stats());
});

describe("switched on", () => {
  test("its totals are the clocks, and a base cycle is an instruction", async () => {
    const { machine, model } = await running();
    machine.run({ cycles: 10_000 });
    const before = machine.stats();
    model.on();
    expect(model.running).toBe(true);
    machine.run({ cycles: 200_000 });
    machine.stats().forEach(({ cycle, instret }, hart) => {
      const counts = model.totals()[hart] ?? new Float64Array();
      expect(cyclesOf(counts)).toBe(cycle - (before[hart]?.cycle ?? 0));
      expect(instructionsOf(counts)).toBe(instret - (before[hart]?.instret ?? 0));
      expect(countOf(counts, "l1dCold")).toBe(256);
      expect(countOf(counts, "l1dCoherence")).toBeGreaterThan(0);
    });
  });

  test("buckets are the totals, split up, until they are cleared", async () => {
    const { machine, model } = await running();
    model.on();
    machine.run({ cycles: 50_000 });
    const of = () => sumOf(model.buckets().map(({ counts }) => counts));
    expect(of()).toEqual(sumOf(model.totals()));
    expect(new Set(model.buckets().map(({ hart }) => hart))).toEqual(new Set([0, 1]));
    for (const { mode, satp } of model.buckets()) expect([mode, satp]).toEqual(["machine", 0]);
    const first = model.totals();
    model.clearBuckets();
    machine.run({ cycles: 50_000 });
    const since = cyclesOf(sumOf(model.totals())) - cyclesOf(sumOf(first));
    expect(cyclesOf(of())).toBe(since);
    expect(since).toBeGreaterThan(50_000);
  });

  test("again after it was off, it begins anew", async () => {
    const { machine, model } = await running(1);
    model.on();
    machine.run({ cycles: 20_000 });
    model.off();
    const off = clocks(machine);
    const counted = model.totals();
    machine.run({ cycles: 20_000 });
    expect(model.totals()).toEqual(counted);
    expect(machine.stats()[0]?.cycle).toBeGreaterThan(off[0] as number);
    model.on();
    expect(model.totals().map(cyclesOf)).toEqual([0]);
  });

  test("its switch is an input with its cycle, and the run is the same in any slices", async () => {
    const once = async (slice: number) => {
      const { machine, model } = await running();
      const told: unknown[] = [];
      machine.observeInput(({ cycle, kind, bytes }) => told.push([cycle, kind, [...bytes]]));
      machine.at(30_000, () => model.on());
      machine.at(90_000, () => model.off());
      while (machine.cycle() < 120_000) machine.run({ cycles: slice });
      return { told, hash: machine.hash(), stats: machine.stats() };
    };
    const whole = await once(120_000);
    expect(whole.told).toEqual([
      [30_000, "timing", [1]],
      [90_000, "timing", [0]],
    ]);
    for (const slice of [64, 1000, 40_000]) expect(await once(slice)).toEqual(whole);
  });
});

test("traffic between nodes is sent and received", async () => {
  const server = presetTiming("server") as TimingConfig;
  const { machine } = await guest(LOOP, { harts: 2, timing: server });
  machine.timing?.on();
  machine.run({ cycles: 500_000 });
  const [first, second] = machine.timing?.traffic() ?? [];
  expect(first?.messagesSent).toBeGreaterThan(0);
  expect(first?.messagesSent).toBe(second?.messagesReceived);
  expect(first?.bytesReceived).toBe(second?.bytesSent);
});
