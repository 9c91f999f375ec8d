// The critical path of a relief: by hand-made events, by random ones, and of real reliefs, where it
// is whole, the same on every run, and goes from kernel to kernel only by IPIs that were sent.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type CriticalPath, criticalPath, type PathEvent } from "../../emu/cost/critical-path.js";
import { ReliefPaths } from "../../emu/cost/path-events.js";
import { type LastPath, pathReport } from "../../emu/cost/path-summary.js";
import { type ReliefConfig, type ReliefRun, runRelief } from "../../emu/experiment/relief.js";
import { type IpiEvent, presetTiming, type TimingConfig } from "../../emu/index.js";
import { images } from "../support/images.js";

const KERNELS: readonly PathEvent[] = [
  { kind: "kernel", hart: 0, cycle: 0, node: 2 },
  { kind: "kernel", hart: 1, cycle: 0, node: 2 },
];
const phase = (hart: number, cycle: number, name: string): PathEvent => ({
  ...{ kind: "phase", hart, cycle, phase: name },
});
const ipi = (hart: number, cycle: number, target: number): PathEvent => ({
  ...{ kind: "ipi", hart, cycle, target },
});
const wait = (
  hart: number,
  cycle: number,
  cycles: number,
  by: "ipi" | "timer" | "device",
  stopped = false,
): PathEvent => ({ kind: "wait", hart, cycle, cycles, by, stopped });

/** Segments as text: hart, whose, phase, from, to, kind. */
function segmentsOf(path: CriticalPath | undefined): string[] {
  return (path?.segments ?? []).map(
    ({ hart, side, phase: name, from, to, kind }) =>
      `${hart} ${side} ${name} ${from}-${to} ${kind}`,
  );
}

function expectWhole(path: CriticalPath, start: number, end: number): void {
  expect([path.start, path.end]).toEqual([start, end]);
  let at = start;
  for (const { from, to } of path.segments) {
    expect(from).toBe(at);
    expect(to).toBeGreaterThan(from);
    at = to;
  }
  expect(at).toBe(end);
}

describe("the path by hand", () => {
  test("goes over to who rang, and to whom was started", () => {
    const path = criticalPath([
      ...KERNELS,
      phase(1, 100, "halt"),
      phase(1, 200, "relieving boot"),
      ipi(1, 219, 0),
      wait(0, 220, 210, "ipi", true),
      { kind: "kernel", hart: 0, cycle: 230, node: 3 },
      phase(0, 300, "qualification"),
      ipi(0, 349, 1),
      wait(1, 350, 125, "ipi"),
      phase(1, 400, "end"),
    ]);
    expect(segmentsOf(path)).toEqual([
      "1 off-going halt 100-200 run",
      "1 off-going relieving boot 200-220 run",
      "0 on-coming relieving boot 220-300 run",
      "0 on-coming qualification 300-350 run",
      "1 off-going qualification 350-400 run",
    ]);
    expect(
      path?.handOvers.map(({ cycle, sent, from, to }) => [cycle, sent, from.hart, to.hart]),
    ).toEqual([
      [220, 219, 1, 0],
      [350, 349, 0, 1],
    ]);
    expect(path?.unrung).toBe(0);
  });

  const RELIEVING: readonly PathEvent[] = [
    ...KERNELS,
    { kind: "kernel", hart: 0, cycle: 0, node: 2 },
    phase(1, 100, "relieving boot"),
    wait(0, 110, 50, "ipi", true),
    { kind: "kernel", hart: 0, cycle: 110, node: 3 },
    phase(0, 200, "qualification"),
  ];

  test("goes over at a doorbell that finds its hart at work for others", () => {
    const events = [...RELIEVING, ipi(0, 249, 1), wait(1, 260, 5, "device"), phase(1, 300, "end")];
    const after = segmentsOf(criticalPath(events)).slice(-4);
    expect(after).toEqual([
      "0 on-coming qualification 200-250 run",
      "1 off-going qualification 250-255 run",
      "1 off-going qualification 255-260 wait-device",
      "1 off-going qualification 260-300 run",
    ]);
  });

  test("keeps waits for timers and devices, as far as they lie behind the doorbell", () => {
    const events = [
      ...[...RELIEVING, ipi(0, 239, 1), wait(1, 250, 40, "timer")],
      ...[wait(1, 270, 10, "device"), phase(1, 300, "end")],
    ];
    expect(segmentsOf(criticalPath(events)).slice(-5)).toEqual([
      "0 on-coming qualification 200-240 run",
      "1 off-going qualification 240-250 wait-timer",
      "1 off-going qualification 250-260 run",
      "1 off-going qualification 260-270 wait-device",
      "1 off-going qualification 270-300 run",
    ]);
  });

  test("says where a kernel went on without a word of the other", () => {
    const events = [...RELIEVING, wait(1, 280, 150, "timer"), phase(1, 300, "aborted")];
    const path = criticalPath(events);
    expect(segmentsOf(path).slice(-2)).toEqual([
      "1 off-going qualification 200-280 wait-timer",
      "1 off-going qualification 280-300 run",
    ]);
    expect(path?.unrung).toBe(1);
  });

  test("goes to the other kernel and back for the answer about a group", () => {
    const events: PathEvent[] = [
      ...[...RELIEVING.slice(0, -1), phase(1, 200, "groups")],
      ...[ipi(1, 249, 0), ipi(0, 279, 1), { kind: "group", hart: 1, cycle: 290 } as const],
      ...[ipi(1, 309, 0), ipi(1, 329, 0), ipi(0, 359, 1)],
      ...[{ kind: "group", hart: 1, cycle: 400 } as const, phase(1, 410, "end")],
    ];
    const path = criticalPath(events);
    expect(segmentsOf(path).slice(-7)).toEqual([
      "1 off-going groups 200-250 run",
      "0 on-coming groups 250-280 run",
      "1 off-going groups 280-290 run",
      "1 off-going groups 290-330 run",
      "0 on-coming groups 330-360 run",
      "1 off-going groups 360-400 run",
      "1 off-going groups 400-410 run",
    ]);
    expect(path?.unrung).toBe(0);
  });

  test("follows IPIs inside a kernel, which are no hand-overs between kernels", () => {
    const path = criticalPath([
      ...[...KERNELS, phase(1, 0, "halt"), ipi(1, 19, 0), wait(0, 20, 15, "ipi")],
      phase(0, 50, "load"),
    ]);
    expect(segmentsOf(path)).toEqual(["1 off-going halt 0-20 run", "0 off-going halt 20-50 run"]);
    expect(path?.handOvers).toEqual([]);
  });

  test("is none of fewer than two marks", () => {
    expect(criticalPath([])).toBeUndefined();
    expect(criticalPath([...KERNELS, phase(0, 5, "halt")])).toBeUndefined();
  });
});

test("the path is whole, whatever happens", () => {
  const hart = fc.nat(3);
  const happening = fc.record({
    what: fc.constantFrom(
      "run",
      "ipi",
      "sleep",
      "phase",
      "group",
      "kernel",
      "timer",
      "device",
      "stop",
    ),
    ...{ hart, other: hart, cycles: fc.integer({ min: 0, max: 90 }), node: fc.constantFrom(2, 3) },
  });
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
      const events: PathEvent[] = [...KERNELS, phase(0, 0, "halt")];
      const clocks = [0, 0, 0, 0];
      const asleep: (boolean | undefined)[] = []; // true: in the firmware
      for (const { what, hart: id, other, cycles, node } of happenings) {
        const clock = (clocks[id] as number) + cycles;
        const sleeps = asleep[id];
        if (what === "timer" || what === "device") {
          if (sleeps === undefined) continue;
          events.push(wait(id, clock, cycles, what, sleeps));
          asleep[id] = undefined;
        } else if (sleeps !== undefined) continue;
        clocks[id] = clock;
        if (what === "sleep" || what === "stop") asleep[id] = what === "stop";
        if (what === "phase") events.push(phase(id, clock, "load"));
        if (what === "group") events.push({ kind: "group", hart: id, cycle: clock });
        if (what === "kernel") events.push({ kind: "kernel", hart: id, cycle: clock, node });
        if (what !== "ipi") continue;
        events.push(ipi(id, clock, other));
        clocks[id] = clock + 1;
        const since = clocks[other] as number;
        if (asleep[other] === undefined || since > clock) continue;
        events.push(wait(other, clock + 1, clock + 1 - since, "ipi", asleep[other]));
        asleep[other] = undefined;
        clocks[other] = clock + 1;
      }
      const path = criticalPath(events);
      if (!path) return;
      const marks = events.filter(({ kind }) => kind === "phase" || kind === "group");
      const cycles = marks.map(({ cycle }) => cycle);
      // marks of harts that are apart may be out of order: none is passed before it is reached
      expectWhole(path, Math.min(...cycles), cycles.at(-1) as number);
      for (const { from, to } of path.handOvers) expect(from.side).not.toBe(to.side);
    }),
  );
});

interface Found {
  readonly run: ReliefRun;
  readonly path: LastPath;
  readonly ipis: readonly IpiEvent[];
}

const model = presetTiming("server") as TimingConfig;

async function found(config: Partial<ReliefConfig>, sliceCycles = 500_000): Promise<Found> {
  const ipis: IpiEvent[] = [];
  const held: { paths?: ReliefPaths } = {};
  const timing = { model, from: "PROCESS_EXIT", warmUpCycles: 0 };
  const run = await runRelief({ timing, ...config }, images(), {
    sliceCycles,
    created: (machine, table) => {
      held.paths = new ReliefPaths(machine, table);
      machine.on("ipi", (event) => void ipis.push(event));
    },
  });
  const path = held.paths?.last;
  if (!path) throw new Error("no relief has ended");
  return { run, path, ipis };
}

function expectReal({ run, path, ipis }: Found): void {
  const relief = run.log.reliefs.at(-1);
  if (!relief) throw new Error("no relief");
  expectWhole(path, relief.start, relief.end);
  const { phases, cycles } = pathReport(path);
  const all = phases.map(({ name, ...parts }) => [name, sumOf(parts)]);
  expect(all).toEqual(relief.phases.map((one) => [one.name, one.cycles]));
  expect(sumOf(cycles)).toBe(relief.end - relief.start);
  for (const { sent, cycle, from, to } of path.handOvers) {
    const isOne = (event: IpiEvent) =>
      event.cycle === sent && event.hart === from.hart && event.target === to.hart;
    expect(ipis.filter(isOne)).toHaveLength(1);
    expect(cycle).toBe(sent + 1);
  }
}

const sumOf = (parts: object) =>
  (Object.values(parts) as number[]).reduce((all, cycles) => all + cycles, 0);

describe("the path of a relief", () => {
  let first: Found;
  beforeAll(async () => {
    first = await found({});
  }, 600_000);

  test("has the relief's cycles phase by phase, and goes over by IPIs alone", () => {
    expectReal(first);
    expect(first.path.unrung).toBe(0);
  });

  test("goes over at the start of the relief, and at each word that is waited for", () => {
    const sides = first.path.handOvers.map(({ from, to }) => [from.side, to.side]);
    const [off, on] = ["off-going", "on-coming"];
    expect(sides).toEqual([
      [off, on],
      [on, off],
      [off, on],
      [on, off],
      [off, on],
    ]);
    // and while the on-coming kernel imports, nobody else is waited for
    const importing = first.path.segments.filter((segment) => segment.phase === "transfer");
    expect(importing.map(({ side, kind }) => [side, kind])).toEqual([[on, "run"]]);
  });

  test("is the same on every run, and looking for it changes nothing", async () => {
    const again = await found({}, 1_234_567);
    expect(again.path).toEqual(first.path);
    const timing = { model, from: "PROCESS_EXIT", warmUpCycles: 0 };
    const plain = await runRelief({ timing }, images());
    expect(plain.finalStateHash).toBe(first.run.finalStateHash);
  }, 600_000);

  test.each([
    ["the other way, on four harts", { from: "starboard", to: "larboard", harts: 4 }],
    ["in groups", { transfer: "groups" }],
    ["back again", { times: 2 }],
  ] as const)(
    "is whole %s",
    async (_, config) => {
      const one = await found(config);
      expectReal(one);
      expect(one.path.relief).toBe("times" in config ? config.times : 1);
    },
    600_000,
  );

  test("of one that hangs ends with the watchdog, which nobody rang", async () => {
    const hung = await found({ fault: "hang@transfer" });
    expectReal(hung);
    expect(hung.path.unrung).toBeGreaterThan(0);
    const { cycles } = pathReport(hung.path);
    expect(cycles.waitTimer).toBeGreaterThan(0);
  }, 600_000);
});
