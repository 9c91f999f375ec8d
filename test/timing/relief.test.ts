// A relief with the timing model: where its cycles go is told of every one of them, and telling it
// changes nothing; the model is a part of the configuration, and its switch one of the inputs.
import { beforeAll, describe, expect, test } from "vitest";
import { readSymbols } from "../../emu/cli/images.js";
import { countsFrom } from "../../emu/cost/text.js";
import { type ReliefConfig, type ReliefRun, runRelief } from "../../emu/experiment/relief.js";
import { METHODS } from "../../emu/experiment/watch.js";
import {
  type Account,
  Attribution,
  CounterTracks,
  makeReport,
  presetTiming,
  Recorder,
  type Report,
  readRecording,
  reliefMachine,
  replaySegment,
  Scene,
  SIDES,
  type Side,
  Symbolizer,
  type TimedConfig,
  type TimingConfig,
} from "../../emu/index.js";
import { countOf, cyclesOf } from "../../emu/timing/counters.js";
import { images } from "../support/images.js";
import { readTrace } from "../support/perfetto.js";
import { relief } from "../support/relief.js";

const model = presetTiming("server") as TimingConfig;
const SAMPLE = 1_000_000;
/** Cycles by which harts may be apart: a slice, and what the last instruction in it waited for. */
const SLACK = 5000;

interface Timed {
  readonly run: ReliefRun;
  readonly report: Report;
  readonly account: Account;
  readonly trace: Uint8Array;
  readonly recording: string;
}

/** A relief with all that looks on: attribution, samples and a recording. */
async function timed(
  timing: Partial<TimedConfig>,
  config: Partial<ReliefConfig> = {},
): Promise<Timed> {
  const full = { model, from: "PROCESS_EXIT", warmUpCycles: 0, ...timing };
  const lines: string[] = [];
  const packets: Uint8Array[] = [];
  const asked = { from: "larboard", to: "starboard", timing: full, ...config } as const;
  const source = { command: "relieve", config: asked };
  const recorder = await Recorder.begin(source, (line) => void lines.push(line), "timing");
  const held: { attribution?: Attribution; tracks?: CounterTracks } = {};
  const run = await runRelief(asked, images(), {
    sliceCycles: SAMPLE,
    created: (machine, table) => {
      recorder.attach(machine);
      const scene = new Scene(table, new Symbolizer(machine, readSymbols()), machine.harts);
      held.attribution = new Attribution(machine, scene, full.warmUpCycles);
      held.tracks = new CounterTracks(machine, (packet) => void packets.push(packet));
    },
    slice: async () => {
      held.tracks?.sample();
      return { stop: false };
    },
  });
  const { result } = run;
  recorder.end(result.reason === "finished" ? result : "stopped");
  recorder.seal();
  const account = held.attribution?.finish();
  if (!account) throw new Error("the model was not switched on");
  const report = makeReport(run, images(), { quarterdeck: "test", core: "test" }, account);
  const trace = Buffer.concat(packets);
  return { run, report, account, trace, recording: lines.join("") };
}

let first: Timed;
beforeAll(async () => {
  first = await timed({});
}, 600_000);

const cyclesIn = (counters: object) => cyclesOf(countsFrom(counters));

describe("a rival of the relief with the timing model", () => {
  const rivals = METHODS.filter((method) => method !== "relief");
  test.each(rivals)("%s: every cycle is somebody's", { timeout: 300_000 }, async (method) => {
    const { report, run } = await timed({}, { method, connections: 0 });
    expect(report.failures).toEqual([]);
    const { attributed, total } = report.timing?.cycles ?? { attributed: 0, total: 1 };
    expect(attributed).toBe(total);
    expect(run.log.reliefs[0]?.phases.length).toBeGreaterThan(3);
    const phases = new Set(report.timing?.phases.map(({ name }) => name));
    for (const { name } of report.phases) expect(phases).toContain(name);
  });
});

describe("a relief with the timing model", () => {
  test("is completed, with all of its watch", () => {
    expect(first.report.failures).toEqual([]);
    expect(first.report.outcome).toBe("relieved");
  });

  test("gives all cycles of all harts to somebody", () => {
    const { attributed, total } = first.report.timing?.cycles ?? {};
    expect(attributed).toBe(total);
    // and each hart as many as the run has, but for where its last slice ended
    const { start = 0, end = 0, harts = [] } = first.report.timing ?? {};
    for (const { counters } of harts) {
      expect(Math.abs(cyclesIn(counters) - (end - start))).toBeLessThan(SLACK);
    }
  });

  test("gives each phase as many cycles as it has, by each hart", () => {
    const relief = first.run.log.reliefs[0];
    const phases = first.report.timing?.phases.filter((phase) => phase.name !== "before") ?? [];
    for (const { name, start, cycles } of relief?.phases ?? []) {
      const phase = phases.find((each) => each.start === start);
      expect([phase?.name, (phase?.end ?? 0) - start]).toEqual([name, cycles]);
      // harts are a slice apart when a phase ends
      const difference = cyclesIn(phase?.counters ?? {}) - 2 * cycles;
      expect([name, Math.abs(difference) < SLACK]).toEqual([name, true]);
    }
    const sum = first.report.timing?.phases.reduce(
      (all, { counters }) => all + cyclesIn(counters),
      0,
    );
    expect(sum).toBe(first.report.timing?.cycles.total);
  });

  test("counts as instructions what the marks count, phase by phase and kernel by kernel", () => {
    for (const { name, instructions } of first.run.log.reliefs[0]?.phases ?? []) {
      const { kernels = {} } = first.report.timing?.phases.find((p) => p.name === name) ?? {};
      const of = (side: Side) => countOf(countsFrom(kernels[side] ?? {}), "cyclesBase");
      const [offgoing, oncoming, firmware] = SIDES.map(of) as [number, number, number];
      // the marks give the firmware's instructions to the kernel that the hart has run last
      const missing = instructions.offgoing - offgoing + instructions.oncoming - oncoming;
      expect([name, Math.abs(missing - firmware) <= 4]).toEqual([name, true]);
      expect([name, instructions.oncoming - oncoming <= firmware + 4]).toEqual([name, true]);
      expect([name, instructions.offgoing - offgoing <= firmware + 4]).toEqual([name, true]);
    }
  });

  test("never counts fewer than none", () => {
    for (const { counts } of first.account.cells)
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
  });

  test("misses in every level, and knows what its processes spent", () => {
    const { counters = {}, processes = [] } = first.report.timing ?? {};
    for (const name of ["l1iCold", "l1dCold", "l2Cold", "remoteAccesses", "dtlbMisses"] as const) {
      expect([name, (counters[name] ?? 0) > 0]).toEqual([name, true]);
    }
    for (const { pid, name } of first.run.log.reliefs[0]?.processes ?? []) {
      const own = processes.find((process) => process.pid === pid && process.name === name);
      expect([name, cyclesIn(own?.counters ?? {}) > 0]).toEqual([name, true]);
    }
  });

  test("has counter tracks whose causes are all of each interval", () => {
    const tracks = [...readTrace(first.trace)];
    const parents = tracks.filter(([, { parent }]) => parent === 0);
    expect(parents.map(([, { name }]) => name)).toEqual(["all harts", "hart 0", "hart 1"]);
    for (const [uuid] of parents) {
      const own = tracks.filter(([, { parent }]) => parent === uuid).map(([, track]) => track);
      const shares = own.filter(({ unit }) => unit === "% of cycles");
      expect(shares).toHaveLength(8);
      const many = shares[0]?.events.length ?? 0;
      expect(many).toBeGreaterThan(100);
      for (let at = 0; at < many; at++) {
        const sum = shares.reduce((all, { events }) => all + (events[at]?.value ?? 0), 0);
        expect(sum).toBeCloseTo(100, 6);
      }
    }
  });
});

test("is the same without anybody looking, and another one without the model", async () => {
  const { timing } = first.run.config;
  const alone = await runRelief({ ...(timing ? { timing } : {}) }, images(), {
    sliceCycles: 7_654_321,
  });
  expect(alone.finalStateHash).toBe(first.run.finalStateHash);
  expect(alone.cycles).toBe(first.run.cycles);
  expect((await relief({})).run.finalStateHash).not.toBe(alone.finalStateHash);
}, 600_000);

test("can be replayed: the switch is in the recording", async () => {
  const { segments, core } = readRecording(Buffer.from(first.recording), "recording");
  expect(segments[0]?.inputs.filter(({ kind }) => kind === "timing")).toHaveLength(1);
  expect(core).toMatch(/^[\da-f]{64}$/);
  const machine = await reliefMachine(first.run.config, images());
  const replayed = await replaySegment(machine, segments[0] as (typeof segments)[0]);
  expect(replayed.differs).toEqual([]);
  expect(replayed.hash).toBe(first.run.finalStateHash);
}, 600_000);

describe("what is counted begins", () => {
  test("a warm-up behind the switch, which changes nothing in the run", async () => {
    const warm = await timed({ warmUpCycles: 10_000_000 });
    expect(warm.run.finalStateHash).toBe(first.run.finalStateHash);
    expect(warm.account.start).toBe(first.account.start + 10_000_000);
    const { attributed, total } = warm.report.timing?.cycles ?? {};
    expect(attributed).toBe(total);
    expect(total).toBeLessThan(first.report.timing?.cycles.total as number);
  }, 600_000);

  test("at the reset, with the first instruction", async () => {
    const whole = await timed({ from: "reset" });
    expect(whole.account.start).toBe(0);
    const { cycles, harts = [], phases } = whole.report.timing ?? {};
    expect(cycles?.attributed).toBe(cycles?.total);
    expect(phases?.[0]).toMatchObject({ name: "before", relief: 0, start: 0 });
    harts.forEach(({ counters }, hart) => {
      expect([hart, counters.cyclesBase]).toEqual([hart, whole.run.harts[hart]?.instret]);
    });
  }, 600_000);

  test("at a phase, when that is asked for", async () => {
    const late = await timed({ from: "transfer" });
    expect(late.report.timing?.phases[0]?.name).toBe("transfer");
    expect(late.report.timing?.cycles.attributed).toBe(late.report.timing?.cycles.total);
  }, 600_000);
});

test("copying much memory takes longer with the model, and nobody gives up for that", async () => {
  const { report } = await timed({}, { memory: "copy", ballast: 1024 });
  expect([report.outcome, report.abortReason]).toEqual(["relieved", null]);
}, 600_000);
