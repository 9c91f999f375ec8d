// The Perfetto trace of a relief, read back by a reader of its own: structure, and agreement with
// the report of the same run.
import { beforeAll, describe, expect, it } from "vitest";
import type { ReliefRun } from "../../emu/experiment/relief.js";
import { PerfettoTrace } from "../../emu/trace/perfetto.js";
import { readTrace, slicesOf, type TraceTrack } from "../support/perfetto.js";
import { relief } from "../support/relief.js";
import { traced } from "../support/traced.js";

const NANOSECONDS = 10; // a cycle

let run: ReliefRun;
let tracks: Map<number, TraceTrack>;

beforeAll(async () => {
  const pieces: Uint8Array[] = [];
  const ended = await traced({}, (machine, scene) => {
    const trace = new PerfettoTrace(machine, scene, (packet) => void pieces.push(packet));
    return () => trace.finish();
  });
  run = ended.run;
  tracks = readTrace(Buffer.concat(pieces));
});

const named = (name: string): TraceTrack => {
  const track = [...tracks.values()].find((each) => each.name === name);
  if (!track) throw new Error(`no track ${name}`);
  return track;
};
const cpus = () => [named("CPU 0"), named("CPU 1")];

describe("a Perfetto trace", () => {
  it("does not change the run", async () => {
    expect(run.finalStateHash).toBe((await relief({})).run.finalStateHash);
  });

  it("has a parent for each track that names one, and slices that balance", () => {
    for (const track of tracks.values()) {
      if (track.parent !== 0) expect(tracks.has(track.parent)).toBe(true);
      slicesOf(track);
    }
    expect(tracks.size).toBeGreaterThan(20);
  });

  it("has the phases of the report, with their durations", () => {
    const slices = slicesOf(named("relief"));
    const phases = slices.filter(({ depth }) => depth === 1);
    const expected = run.log.reliefs[0]?.phases.map(({ name, cycles }) => [name, cycles]);
    expect(phases.map(({ name, start, end }) => [name, (end - start) / NANOSECONDS])).toEqual(
      expected,
    );
    const [outer] = slices.filter(({ depth }) => depth === 0);
    expect(outer?.name).toBe("relief 1 of larboard");
  });

  it("has each process's blackout", () => {
    const processes = run.log.reliefs[0]?.processes ?? [];
    expect(processes.length).toBeGreaterThan(10);
    for (const { pid, name, blackoutCycles } of processes) {
      const cycles = slicesOf(named(`${pid} ${name}`)).map(({ start, end }) => end - start);
      const sum = cycles.reduce((all, each) => all + each, 0) / NANOSECONDS;
      expect([pid, sum]).toEqual([pid, blackoutCycles]);
    }
  });

  it("fills each CPU's time with whom it works for, and what it does", () => {
    for (const cpu of cpus()) {
      const slices = slicesOf(cpu);
      for (const depth of [0, 1]) {
        const level = slices.filter((slice) => slice.depth === depth);
        level.slice(1).forEach(({ start }, i) => {
          expect(start).toBe(level[i]?.end);
        });
        const end = level.at(-1)?.end as number;
        expect(end).toBeGreaterThanOrEqual((run.cycles - 1000) * NANOSECONDS);
      }
      const owners = slices.filter(({ depth }) => depth === 0).map(({ name }) => name);
      expect(owners).toContain("larboard, node 2");
      expect(owners).toContain("starboard, node 3");
      expect(owners).toContain("halted");
    }
  });

  it("names programs, system calls, interrupts and waiting", () => {
    const names = new Set(cpus().flatMap((cpu) => slicesOf(cpu).map(({ name }) => name)));
    for (const { name } of run.log.reliefs[0]?.processes ?? []) expect(names).toContain(name);
    expect(names).toContain("waiting");
    expect(names).toContain("machine timer interrupt");
    expect([...names].some((name) => name.startsWith("system call "))).toBe(true);
  });

  it("knows all programs but the shell's children before their exec", () => {
    const programs = cpus().flatMap(({ events }) => events.filter((e) => e.category === "user"));
    const unknown = programs.filter(({ name }) => name.startsWith("root "));
    expect(programs.length).toBeGreaterThan(10_000);
    expect(unknown.length).toBeLessThan(100);
  });

  it("leads an arrow from each utterance to the other CPU", () => {
    const said = cpus().flatMap((cpu, hart) =>
      cpu.events.filter(({ category }) => category === "utterance").map((e) => ({ ...e, hart })),
    );
    expect(said.map(({ name }) => /^(I [^.]*)\./.exec(name)?.[1]).sort()).toEqual([
      "I am ready to be relieved",
      "I am ready to relieve you",
      "I relieve you",
      "I stand relieved",
    ]);
    for (const { flows, hart, time } of said) {
      const end = cpus()[1 - hart]?.events.find(({ ends }) => ends.includes(flows[0] as string));
      expect(end?.time).toBeGreaterThan(time);
    }
  });

  it("has no arrow that ends before it begins, or twice", () => {
    const events = cpus().flatMap(({ events }) => events);
    const begun = new Map(events.flatMap(({ flows, time }) => flows.map((flow) => [flow, time])));
    const ended = events.flatMap(({ ends, time }) => ends.map((flow) => ({ flow, time })));
    expect(new Set(ended.map(({ flow }) => flow)).size).toBe(ended.length);
    for (const { flow, time } of ended) expect(begun.get(flow)).toBeLessThanOrEqual(time);
    expect(ended.length).toBeGreaterThan(100);
  });
});
