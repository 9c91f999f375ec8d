// The profile: its counts against the machine's own and the report's.
import { describe, expect, it } from "vitest";
import { Profile } from "../../emu/trace/profile.js";
import { relief, WAYS } from "../support/relief.js";
import { traced } from "../support/traced.js";

const profiled = (config: Parameters<typeof traced>[0], every: number, phases?: string[]) =>
  traced(config, (machine, scene) => {
    const profile = new Profile(machine, scene, { every, ...(phases ? { phases } : {}) });
    return () => profile.lines().map((line) => /^(.*) (\d+)$/.exec(line) ?? []);
  });

describe.each(WAYS)("a profile of %s relieved by %s", (from, to) => {
  it("counts every instruction once, as the report does by kernel and phase", async () => {
    const { run, result } = await profiled({ from, to, seed: 5 }, 777);
    const counts = result.map(([, stack = "", count]) => ({ stack, count: Number(count) }));
    const sum = (of: (stack: string) => boolean) =>
      counts.filter(({ stack }) => of(stack)).reduce((all, { count }) => all + count, 0);
    const retired = run.harts.reduce((all, { instret }) => all + instret, 0);
    expect(sum(() => true)).toBe(retired);
    for (const { name, instructions } of run.log.reliefs[0]?.phases ?? []) {
      const of = (kernel: string) => sum((stack) => stack.startsWith(`${kernel};${name};`));
      const split = { offgoing: of(from), oncoming: of(to) };
      expect([name, split]).toEqual([name, instructions]);
    }
    expect(run.finalStateHash).toBe((await relief({ from, to, seed: 5 })).run.finalStateHash);
  });
});

it("names the functions of kernels, firmware and programs", async () => {
  const { result } = await profiled({}, 1000);
  const stacks = result.map(([, stack = ""]) => stack);
  expect(stacks).toContain("larboard;load;supervisor;compress"); // SHA-256 of the image
  expect(stacks).toContain("larboard;load;user;chain;main");
  expect(stacks).toContain("starboard;transfer;supervisor;memcpy");
  expect(stacks.some((stack) => /^starboard;after;machine;\w+$/.test(stack))).toBe(true);
  const unknown = result.filter(([, stack = ""]) => stack.includes("unknown"));
  const lost = unknown.reduce((all, [, , count]) => all + Number(count), 0);
  expect(lost).toBeLessThan(100_000);
});

it("of some phases has those alone, and all of them", async () => {
  const phases = ["qualification", "verify", "assimilate"];
  const { run, result } = await profiled({ harts: 3 }, 1, phases);
  const counts = new Map<string, number>();
  for (const [, stack = "", count] of result) {
    const [kernel, phase] = stack.split(";");
    const key = `${kernel};${phase}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(count));
  }
  const wanted = (run.log.reliefs[0]?.phases ?? []).filter(({ name }) => phases.includes(name));
  const reported = wanted.flatMap(({ name, instructions: { offgoing, oncoming } }) => [
    [`larboard;${name}`, offgoing] as const,
    [`starboard;${name}`, oncoming] as const,
  ]);
  expect(counts).toEqual(new Map(reported));
});

it("is the same on every run", async () => {
  const [one, two] = [await profiled({}, 5000), await profiled({}, 5000)];
  expect(two.result).toEqual(one.result);
});
