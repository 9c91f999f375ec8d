// The program that measures what calls cost: both kernels let programs read the counters, on every
// CPU and after a relief either way, and its figures are whole and the same for each repeat.
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { bootScript } from "../support/boot.js";

const TESTS = [
  ...["null_call", "pipe_alone", "pipe_round_trip", "futex_round_trip", "fork_exit", "fork_exec"],
  ...["page_fault", "page_touch"],
];

/** [name, times, cycles] of each line, repeats apart. */
function linesOf(text: string): [string, number, number][] {
  const all = [...text.matchAll(/^measure,(\w+),\d,(\d+),(\d+)\r?$/gm)];
  return all.map(([, name, times, cycles]) => [name as string, Number(times), Number(cycles)]);
}

describe.each(KERNELS)("%s", (kernel) => {
  test("measures all of its tests, twice each, with one CPU", async () => {
    const { console } = await bootScript(kernel, 1, "measure\npoweroff\n");
    const lines = linesOf(console);
    expect(lines.map(([name]) => name)).toEqual(TESTS.flatMap((name) => [name, name]));
    for (const [name, times, cycles] of lines) expect([name, cycles > times]).toEqual([name, true]);
    const cyclesOf = (name: string) => lines.find((line) => line[0] === name)?.[2] ?? 0;
    expect(cyclesOf("pipe_round_trip")).toBeGreaterThan(2 * cyclesOf("pipe_alone"));
    expect(cyclesOf("page_fault")).toBeGreaterThan(10 * cyclesOf("page_touch"));
  });

  test("lets programs read the counters on each CPU", async () => {
    const script = "measure ring_round_trip\nmeasure null_call\npoweroff\n";
    const { console } = await bootScript(kernel, 2, script);
    expect(linesOf(console)).toHaveLength(4);
  });

  test("lets them after it has relieved the other", async () => {
    const from = KERNELS.find((name) => name !== kernel) ?? kernel;
    const measure = "measure ring_round_trip null_call\n";
    const script = `${measure}kexec /boot/${kernel}\n${measure}poweroff\n`;
    const { console, log } = await bootScript(from, 2, script);
    expect(log.reliefs[0]?.outcome).toBe("relieved");
    expect(linesOf(console)).toHaveLength(8);
  });

  test("refuses a test that there is not", async () => {
    const { console } = await bootScript(kernel, 1, "measure nonsense\npoweroff\n");
    expect(console).toContain("measure: nonsense");
  });
});
