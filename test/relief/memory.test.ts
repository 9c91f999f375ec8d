// Ways of taking over memory: pages that stay and come under page tables of the new kernel, or are
// copied into frames of its own. Everything crosses, nothing leaks, and where memory is too little
// for copies the watch is kept.
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { framesUsed, relief, SPREAD } from "../support/relief.js";

const BALLAST_KIB = 2048;
/** More than half of 64 MiB with all else that is there: no room for a second one. */
const TOO_MUCH_KIB = 34 << 10;
/** Page tables that nothing is left in: built anew they are not made again. */
const EMPTY_TABLES = 16;

const ABORTS = 12;

const DIRECTIONS = KERNELS.flatMap((from) => KERNELS.map((to) => ({ from, to })));
const MODES = ["remap", "copy"] as const;
const CASES = DIRECTIONS.flatMap((way) => MODES.map((memory) => ({ ...way, memory })));

describe.each(CASES)("$from relieved by $to, memory $memory", ({ from, to, memory }) => {
  const config = { from, to, memory, harts: 3, ballast: BALLAST_KIB, connections: 0 };

  test("everything crosses, there and back, and no frame is lost", async () => {
    const { run, report } = await relief({ ...config, times: 4 });
    expect(report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 4 });
    expect(report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    const ballast = report.chain[0]?.processes.find(({ name }) => name === "ballast");
    expect(ballast?.frames).toBeGreaterThan(BALLAST_KIB / 4);
  });

  test("as many frames are in use after twelve as after two, and as after adopting", async () => {
    const used = async (more: object) => framesUsed(await relief({ ...config, ...more }));
    const [two, twelve] = [await used({ times: 2 }), await used({ times: 12 })];
    const adopted = await used({ times: 2, memory: "adopt" });
    expect(Math.abs(twelve - two)).toBeLessThanOrEqual(SPREAD[from]);
    expect(Math.abs(two - adopted)).toBeLessThanOrEqual(SPREAD[from] + EMPTY_TABLES);
  });
});

describe.each(DIRECTIONS)("$from relieved by $to, too little memory", ({ from, to }) => {
  const config = { from, to, ballast: TOO_MUCH_KIB, connections: 0 };

  test("to copy: the watch is kept, and every frame comes back", async () => {
    const { run, report } = await relief({ ...config, memory: "copy" });
    expect(report).toMatchObject({ outcome: "aborted", abortReason: "memory", failures: [] });
    expect(report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    const often = await relief({ ...config, memory: "copy", times: ABORTS });
    expect(often.report.chain.map(({ abortReason }) => abortReason)).toEqual(
      Array(ABORTS).fill("memory"),
    );
    const more = framesUsed(often) - framesUsed({ run, report });
    expect(Math.abs(more)).toBeLessThan(ABORTS - 1); // a frame lost by each would be as many
  });

  test("but enough for page tables: the relief comes about", async () => {
    const { report } = await relief({ ...config, memory: "remap" });
    expect(report).toMatchObject({ outcome: "relieved", failures: [] });
  });
});
