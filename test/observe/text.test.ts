// The trace as text: what it says of each instruction, and that each filter lets through what it
// says, and nothing else.
import { describe, expect, it } from "vitest";
import { SymbolTable } from "../../emu/symbols/table.js";
import { Enough, type TraceFilter } from "../../emu/trace/sieve.js";
import { traceText } from "../../emu/trace/text.js";
import { relief } from "../support/relief.js";
import { symbols, traced } from "../support/traced.js";

const LINE =
  /^ *(\d+) (\d+) ([msu]) ([\da-f]{8}) {2}(\S+) +(trap|return|[\da-f]{8}|[\da-f]{4}) +(.*)$/;

interface Line {
  readonly cycle: number;
  readonly hart: number;
  readonly mode: string;
  readonly pc: number;
  readonly where: string;
  readonly what: string;
}

async function lines(filter: TraceFilter, limit?: number): Promise<{ all: Line[]; hash: string }> {
  const all: Line[] = [];
  let hash = "";
  const write = (text: string) => {
    const [, cycle, hart, mode = "", pc = "", where = "", bytes, rest] =
      LINE.exec(text.trimEnd()) ?? [];
    if (pc === "") throw new Error(`no line of a trace: ${text}`);
    const numbers = { cycle: Number(cycle), hart: Number(hart), pc: Number.parseInt(pc, 16) };
    all.push({ ...numbers, mode, where, what: `${bytes} ${rest}` });
  };
  try {
    const { run } = await traced({}, (machine, scene) => {
      traceText(machine, scene, filter, write, limit);
      return () => undefined;
    });
    hash = run.finalStateHash;
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return { all, hash };
}

const steps = (all: readonly Line[]) => all.filter(({ what }) => !/^(trap|return)/.test(what));

describe("a trace as text", () => {
  it("of a phase has all of its instructions, and does not change the run", async () => {
    const { run } = await relief({});
    const { all, hash } = await lines({ phases: ["I relieve you"] });
    const phase = run.log.reliefs[0]?.phases.find(({ name }) => name === "I relieve you");
    const { offgoing, oncoming } = phase?.instructions ?? { offgoing: 0, oncoming: 0 };
    const trapped = all.filter(({ what }) => what.startsWith("trap")).length;
    const interrupts = all.filter(({ what }) => /^trap.*interrupt/.test(what)).length;
    // the mark's own store ends the phase before or belongs to it; an ecall traps and retires not
    const retired = steps(all).length - (trapped - interrupts);
    expect(Math.abs(retired - offgoing - oncoming)).toBeLessThanOrEqual(2);
    expect(hash).toBe(run.finalStateHash);
  });

  it("by harts, modes and kernel has only those", async () => {
    const part = { phases: ["transfer"], modes: ["supervisor"], kernel: "starboard" };
    const [{ hart: relief } = { hart: -1 }] = (await lines(part as TraceFilter, 1)).all;
    const filter = { ...part, harts: [relief] };
    const { all } = await lines(filter as TraceFilter, 5000);
    expect(all).toHaveLength(5000);
    for (const { hart, mode, where } of all) {
      expect([hart, mode, where.split(":")[0]]).toEqual([relief, "s", "starboard"]);
    }
    const nobody = { ...part, harts: [1 - relief] };
    expect((await lines(nobody as TraceFilter, 5000)).all).toEqual([]);
    const other = await lines({ phases: ["transfer"], kernel: "firmware" }, 1000);
    for (const { mode, where } of other.all) expect([mode, where]).toEqual(["m", where]);
    for (const { where } of other.all) expect(where).toMatch(/^firmware:/);
  });

  it("of a function has its instructions in every kernel that runs it, in order", async () => {
    const { all } = await lines({ symbol: "log_speak" });
    const images = all.map(({ where }) => where.split(":")[0]);
    expect(new Set(images)).toEqual(new Set(["larboard", "starboard"]));
    const table = new SymbolTable(symbols().kernels.get("larboard") as Uint8Array, "larboard");
    const [{ start, end } = { start: 0, end: 0 }] = table.named("log_speak");
    const first = all.filter(({ where }) => where === "larboard:log_speak");
    expect(first.length).toBeGreaterThanOrEqual(2);
    for (const { pc } of first) expect(pc).toBe(0xc0400000 + start);
    expect(all.length).toBe(((end - start) / 4) * all.filter((l) => /speak$/.test(l.where)).length);
  });

  it("between two cycles and addresses: each instruction there, then the run ends", async () => {
    const range = { first: 0x80000000, last: 0x800000ff };
    const { all, hash } = await lines({ cycles: { first: 0, last: 400_000 }, pc: range });
    expect(hash).toBe("");
    expect(all.length).toBeGreaterThan(100);
    expect(all[0]).toMatchObject({ mode: "m", pc: 0x80000000, where: "firmware:_start" });
    for (const { cycle, pc } of all) {
      expect(cycle).toBeLessThanOrEqual(400_000);
      expect(pc).toBeLessThanOrEqual(range.last);
    }
  });

  it("names programs and their functions", async () => {
    const { all } = await lines({ phases: ["load"], modes: ["user"] }, 20_000);
    const known = all.filter(({ where }) => /^[a-z]+:\w+/.test(where));
    expect(known.length).toBe(all.length);
  });
});
