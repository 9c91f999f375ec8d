// Cycles by function: at every instruction the profile has, phase by phase, exactly the cycles and
// instructions of the cost report, and sampled it still has them; to look changes nothing.
import { beforeAll, describe, expect, test } from "vitest";
import { type Account, Attribution } from "../../emu/cost/attribution.js";
import { sumBy } from "../../emu/cost/cells.js";
import { presetTiming, Scene, type TimingConfig } from "../../emu/index.js";
import { countOf, cyclesOf, instructionsOf } from "../../emu/timing/counters.js";
import { functionRows, functionsCsv } from "../../emu/trace/functions.js";
import { Profile, type ProfileOptions } from "../../emu/trace/profile.js";
import type { Row } from "../../emu/trace/spending.js";
import { traced } from "../support/traced.js";

const model = presetTiming("server") as TimingConfig;
const PHASES = ["transfer", "verify", "I stand relieved", "assimilate"];

interface Profiled {
  readonly rows: readonly Row[];
  readonly account: Account;
  readonly hash: string;
}

async function profiled(options: ProfileOptions, from = "transfer"): Promise<Profiled> {
  const timing = { model, from, warmUpCycles: options.warmUpCycles ?? 0 };
  const { run, result } = await traced({ timing, harts: 3 }, (machine, scene) => {
    const { table, symbolizer } = scene;
    const own = new Scene(table, symbolizer, machine.harts);
    const attribution = new Attribution(machine, own, timing.warmUpCycles);
    const profile = new Profile(machine, scene, options);
    return () => ({ rows: profile.rows(), account: attribution.finish() });
  });
  const { rows, account } = result;
  if (!account) throw new Error("the model was not switched on");
  return { rows, account, hash: run.finalStateHash };
}

/** Cycles, instructions and cycles waited of each phase, by the cost report. */
function reported({ account }: Profiled, phases: readonly string[]) {
  const sums = sumBy(account.cells, ({ stretch }) => stretch.phase);
  return phases.map((phase) => {
    const counts = sums.get(phase);
    if (!counts) return [phase];
    return [phase, cyclesOf(counts), instructionsOf(counts), countOf(counts, "cyclesWait")];
  });
}

/** The same by the profile. */
function counted({ rows }: Profiled, phases: readonly string[]) {
  return phases.map((phase) => {
    const own = rows.filter((row) => row.phase === phase);
    const waits = own.filter(({ frames }) => frames.endsWith(";wfi"));
    const sum = (all: readonly Row[], of: (row: Row) => number) =>
      all.reduce((total, row) => total + of(row), 0);
    const cycles = ({ cycles: n }: Row) => n;
    return [phase, sum(own, cycles), sum(own, (row) => row.instructions), sum(waits, cycles)];
  });
}

describe("cycles by function", () => {
  let exact: Profiled;
  beforeAll(async () => {
    exact = await profiled({ every: 1, phases: PHASES });
  }, 600_000);

  test("have the cycles, instructions and waits of the cost report, phase by phase", () => {
    expect(counted(exact, PHASES)).toEqual(reported(exact, PHASES));
    expect([...new Set(exact.rows.map(({ phase }) => phase))].sort()).toEqual([...PHASES].sort());
  });

  test("have them sampled too, and the run is the same", async () => {
    const sampled = await profiled({ every: 997 });
    const all = [...PHASES, "after"];
    expect(counted(sampled, all)).toEqual(reported(sampled, all));
    expect(sampled.hash).toBe(exact.hash);
    const waits = sampled.rows.filter(({ frames }) => frames.endsWith(";wfi"));
    for (const { frames } of waits) expect(frames).toMatch(/^(machine|supervisor);wfi$/);
  }, 600_000);

  test("begin behind the warm-up", async () => {
    const warm = await profiled({ every: 1, phases: ["transfer"], warmUpCycles: 900_000 });
    expect(counted(warm, ["transfer"])).toEqual(reported(warm, ["transfer"]));
    const [[, whole], [, part]] = [counted(exact, PHASES)[0], counted(warm, PHASES)[0]] as [
      (string | number)[],
      (string | number)[],
    ];
    expect(part).toBeLessThan(whole as number);
    expect(part).toBeGreaterThan(0);
  }, 600_000);

  test("name who waits, and who works, without a function of neither", () => {
    const names = exact.rows.map(({ kernel, phase, frames }) => `${kernel};${phase};${frames}`);
    expect(names).toContain("larboard;transfer;supervisor;scheduler_run;wfi");
    expect(names).toContain("starboard;transfer;supervisor;vm_visit");
    expect(names.filter((name) => name.includes("unknown"))).toEqual([]);
    for (const { frames, cycles, instructions } of exact.rows) {
      expect(cycles).toBeGreaterThanOrEqual(frames.endsWith(";wfi") ? 1 : instructions);
    }
  });

  test("fold what is small, and nothing is lost", () => {
    const [all, folded] = [true, false].map((isAll) => functionRows(exact.rows, true, isAll));
    const sum = (rows: typeof all, phase: string) =>
      (rows ?? []).filter((row) => row.phase === phase).reduce((n, row) => n + row.cycles, 0);
    for (const phase of PHASES) expect(sum(folded, phase)).toBe(sum(all, phase));
    const small = folded?.filter(({ share, name }) => share < 0.005 && name !== "others");
    expect(small).toEqual([]);
    expect((folded?.length ?? 0) < (all?.length ?? 0)).toBe(true);
    for (const phase of PHASES) {
      const costs = all?.filter((row) => row.phase === phase).map(({ cycles }) => cycles) ?? [];
      expect(costs).toEqual([...costs].sort((a, b) => b - a));
    }
    const lines = functionsCsv(all ?? [], true);
    expect(lines[0]).toBe("phase,kernel,mode,function,cycles,share,instructions,CPI");
    for (const line of lines) expect(line.split(",")).toHaveLength(8);
  });
});
