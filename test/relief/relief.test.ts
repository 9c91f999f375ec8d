// One relief, both ways: what it must show, and that a run is a function of its configuration.
import { describe, expect, test } from "vitest";
import { PHASES_AT_ONCE } from "../../emu/observe/marks.js";
import { fresh, openCpus, relief, WAYS } from "../support/relief.js";

const RELEASES = { larboard: 281, starboard: 282 };
const FRAME_BYTES = 4096;

const UTTERANCES = [
  ["oncoming", "I am ready to relieve you"],
  ["offgoing", "I am ready to be relieved"],
  ["oncoming", "I relieve you"],
  ["offgoing", "I stand relieved"],
] as const;

const CASES = WAYS.flatMap(([from, to]) => [2, 4].map((harts) => ({ from, to, harts })));

describe.each(CASES)("$from relieved by $to on $harts harts", (config) => {
  test("it is relieved, with nothing lost and no invariant broken", async () => {
    const { report } = await relief(config);
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({
      outcome: "relieved",
      abortReason: null,
      reliefs: 1,
      processesLost: 0,
      invariantsBroken: 0,
    });
  });

  test("all watches are kept", async () => {
    const { run } = await relief(config);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
  });

  test("every frame has one owner, after the relief and at the end", async () => {
    const { run, report } = await relief(config);
    const clean = { frames: run.config.ramBytes / FRAME_BYTES, unowned: 0, doublyOwned: 0 };
    expect(report.ledger).toEqual(clean);
    expect(report.chain[0]?.ledger).toEqual(clean);
  });

  test("the four utterances are spoken once, in order", async () => {
    const { report } = await relief(config);
    const said = report.chain[0]?.dialogue ?? [];
    expect(said.map(({ side, text }) => [side, text.split(".")[0]])).toEqual(UTTERANCES);
    const cycles = said.map(({ cycle }) => cycle);
    expect(cycles).toEqual([...cycles].sort((a, b) => a - b));
  });

  test("eleven phases come in order, each takes time, and together they are all", async () => {
    const { report } = await relief(config);
    expect(report.phases.map(({ name }) => name)).toEqual(PHASES_AT_ONCE);
    for (const { name, cycles } of report.phases) expect(cycles, name).toBeGreaterThan(0);
    const sum = report.phases.reduce((total, { cycles }) => total + cycles, 0);
    expect(sum).toBe(report.chain[0]?.cycles);
  });

  test("the old kernel does the work of the load, the new one of the transfer", async () => {
    const { report } = await relief(config);
    const of = (name: string) => {
      const phase = report.phases.find((p) => p.name === name);
      return phase?.instructions ?? { offgoing: 0, oncoming: 0 };
    };
    expect(of("load").offgoing).toBeGreaterThan(of("load").oncoming);
    expect(of("transfer").oncoming).toBeGreaterThan(of("transfer").offgoing);
  });

  test("every process stood still for a while, and its pid came across", async () => {
    const { run, report } = await relief(config);
    const names = report.processes.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["init", "sh", ...run.watch]));
    expect(report.processes[0]).toMatchObject({ pid: 1, name: "init" });
    const cycles = report.chain[0]?.cycles ?? 0;
    for (const { pid, blackoutCycles, frames } of report.processes) {
      expect(blackoutCycles, `pid ${pid}`).toBeGreaterThan(0);
      expect(blackoutCycles, `pid ${pid}`).toBeLessThan(cycles);
      expect(frames, `pid ${pid}`).toBeGreaterThan(0);
    }
  });

  test("the other kernel has every hart at the end, and all its CPUs are open", async () => {
    const watched = await relief(config);
    const last = new Map(watched.run.log.spans.map((span) => [span.hart, span.release]));
    const harts = Array.from({ length: config.harts }, (_, hart) => hart);
    expect(harts.map((hart) => last.get(hart))).toEqual(harts.map(() => RELEASES[config.to]));
    expect(openCpus(watched)).toEqual(harts);
  });
});

describe("a run is a function of its configuration", () => {
  const config = { from: "larboard", to: "starboard", harts: 2, seed: 5 } as const;

  test("the same seed gives the same events and the same final state", async () => {
    const [first, second] = [await fresh(config), await fresh(config)];
    expect(second.report.finalStateHash).toBe(first.report.finalStateHash);
    expect(second.run.marks).toEqual(first.run.marks);
    expect(second.report).toEqual(first.report);
  });

  test("another seed gives another run", async () => {
    const [first, other] = [await relief(config), await relief({ ...config, seed: 6 })];
    expect(other.report.finalStateHash).not.toBe(first.report.finalStateHash);
    expect(other.report.outcome).toBe("relieved");
  });

  test("it does not matter in what slices the machine is run", async () => {
    const [whole, sliced] = [await relief(config), await fresh(config, 77_777)];
    expect(sliced.run.marks).toEqual(whole.run.marks);
    expect(sliced.report).toEqual(whole.report);
  });
});
