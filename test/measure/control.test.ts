// The control: ratios on rows made by hand, and a real comparison, in which a kernel that can be
// relieved retires more for each request than the same one without that ability, and not much more.
import { describe, expect, test } from "vitest";
import { readImages } from "../../emu/cli/images.js";
import { type ControlRow, runControl } from "../../emu/experiment/control.js";
import { runRelief } from "../../emu/experiment/relief.js";
import {
  controlReport,
  renderControl,
  renderControlSummary,
  summarizeControl,
} from "../../emu/report/control-text.js";

const row = (variant: ControlRow["variant"], more: Partial<ControlRow>): ControlRow => ({
  ...{ kernel: "larboard", variant, from: 0, to: 1000, answered: 100 },
  ...{ userInstructions: 8000, kernelInstructions: 2000, rounds: { chain: 10, pair: 40 } },
  ...more,
});

describe("ratios", () => {
  test("the control's own are 1", () => {
    expect(controlReport([row("control", {})]).rows[0]?.ratios).toEqual({
      ...{ answered: 1, userInstructions: 1, rounds: 1, kernelInstructionsPerRequest: 1 },
    });
  });

  test("others are to their kernel's control", () => {
    const dearer = row("can be relieved", {
      ...{ answered: 80, userInstructions: 4000, kernelInstructions: 2400 },
      ...{ rounds: { chain: 20, pair: 20 } },
    });
    const other = { ...dearer, kernel: "starboard" } as const;
    const { rows } = controlReport([row("control", {}), dearer, other]);
    // 2400 / 80 is 30 a request, and the control's is 20; rounds: twice, and half
    expect(rows[1]?.ratios).toMatchObject({ answered: 0.8, userInstructions: 0.5 });
    expect(rows[1]?.ratios.kernelInstructionsPerRequest).toBeCloseTo(1.5, 12);
    expect(rows[1]?.ratios.rounds).toBeCloseTo(1, 12);
    expect(rows[2]?.ratios.answered).toBe(1);
    expect(renderControl({ ...controlReport([row("control", {}), dearer]) })).toMatch(/0\.8000/);
  });

  test("over seeds: medians, and intervals that hold them", () => {
    const reports = [60, 80, 90].map((answered) =>
      controlReport([row("control", {}), row("can be relieved", { answered, rounds: null })]),
    );
    const [control, able] = summarizeControl(reports);
    expect(control?.ratios.answered).toEqual({ median: 1, low: 1, high: 1 });
    expect(able?.ratios.answered).toEqual({ median: 0.8, low: 0.6, high: 0.9 });
    expect(able?.ratios.rounds).toBeNull();
    const text = renderControlSummary(summarizeControl(reports), 3);
    expect(text).toContain("0.8000 [0.6000, 0.9000]");
    expect(text).toContain("medians over 3 seeds");
  });

  test("of nothing answered there is none", () => {
    const idle = row("can be relieved", { answered: 0, rounds: null });
    const { ratios } = controlReport([row("control", {}), idle]).rows[1] ?? {};
    expect(ratios).toMatchObject({ answered: 0, rounds: null, kernelInstructionsPerRequest: null });
  });
});

test("a kernel without the ability refuses a kexec, and keeps the watch", async () => {
  const run = await runRelief({ from: "larboard", to: "starboard" }, readImages(true));
  expect(run.log.reliefs).toEqual([]);
  expect([...run.kept].sort()).toEqual([...run.watch].sort());
});

test("the ability to be relieved costs something, and little", async () => {
  const config = { harts: 2, connections: 8 };
  const images = [readImages(), readImages(true)] as const;
  const rows = await runControl("starboard", config, ...images, {}, 40_000_000);
  const again = await runControl(
    "starboard",
    config,
    ...images,
    { sliceCycles: 777_777 },
    40_000_000,
  );
  expect(again).toEqual(rows); // however it is sliced
  const { rows: found } = controlReport(rows);
  expect(found.map(({ variant }) => variant)).toEqual([
    ...["control", "can be relieved", "came by a relief"],
  ]);
  for (const { ratios } of found) {
    expect(ratios.kernelInstructionsPerRequest).toBeGreaterThan(0.8);
    expect(ratios.kernelInstructionsPerRequest).toBeLessThan(1.25);
  }
  for (const { from, to, userInstructions, kernelInstructions } of found) {
    expect(to - from).toBe(40_000_000);
    const all = userInstructions + kernelInstructions;
    expect(all).toBeGreaterThan(40_000_000); // of two harts, who sleep at times
    expect(all).toBeLessThanOrEqual(2 * 40_000_000 + 1000);
  }
  expect(Object.keys(found[0]?.rounds ?? {}).length).toBeGreaterThan(10);
  expect(found[2]?.rounds).toBeNull();
});
