// Reliefs that must be refused or given up: each fault has its reason, and afterwards the off-going
// kernel has the watch, with every process, every CPU and every frame it had before.
import { describe, expect, test } from "vitest";
import { FAULTS, faultyImage } from "../../emu/experiment/faults.js";
import { WATCH } from "../../emu/experiment/watch.js";
import type { ABORT_REASONS } from "../../emu/report/report.js";
import { images } from "../support/images.js";
import { framesUsed, openCpus, processesAtEnd, relief, SPREAD, WAYS } from "../support/relief.js";

const REASONS: Readonly<Record<string, (typeof ABORT_REASONS)[number]>> = {
  "image-corrupt": "digest",
  "not-elf": "not-an-image",
  "contract-version": "contract-version",
  "contract-spoken": "contract-version",
  "zone-normal": "zone-normal",
  "missing-driver": "missing-driver",
  hang: "watchdog",
  "hang-late": "watchdog",
  stray: "panic",
};

test("every fault has its reason in this table", () => {
  expect(Object.keys(REASONS).sort()).toEqual(Object.keys(FAULTS).sort());
});

test.each(Object.entries(FAULTS))("%s leaves the image it is given as it was", (_, fault) => {
  const image = Buffer.from(images().kernels.larboard);
  const before = Uint8Array.from(image);
  const [changed] = faultyImage(image, fault);
  expect(image.equals(before)).toBe(true);
  expect(Buffer.from(changed).equals(before)).toBe(fault.image === undefined);
});

const CASES = WAYS.flatMap(([from, to]) =>
  Object.entries(REASONS).map(([fault, reason]) => ({ from, to, fault, reason })),
);

describe.each(CASES)("$fault, $from to be relieved by $to", ({ from, to, fault, reason }) => {
  const config = { from, to, fault, harts: 3 };

  test(`it is aborted (${reason}), and the watch is kept`, async () => {
    const { run, report } = await relief(config);
    expect(report).toMatchObject({ outcome: "aborted", abortReason: reason, failures: [] });
    expect(report.chain.map(({ outcome }) => outcome)).toEqual(["aborted"]);
    expect(report.reliefs).toBe(0);
    expect(report.chain[0]?.dialogue.at(-1)).toMatchObject({ side: "offgoing" });
    expect(report.chain[0]?.dialogue.at(-1)?.text).toMatch(/aborted: .*I keep the watch/);
    expect([...run.kept].sort()).toEqual([...WATCH].sort());
  });

  test("no process, CPU or frame is lost", async () => {
    const [aborted, undisturbed] = [await relief(config), await relief({ ...config, times: 0 })];
    for (const { pid, blackoutCycles } of aborted.report.chain[0]?.processes ?? []) {
      expect(blackoutCycles, `pid ${pid}`).toBeGreaterThan(0);
    }
    expect(undisturbed.run.log.reliefs).toEqual([]);
    expect(processesAtEnd(undisturbed)).toBeGreaterThan(0);
    expect(processesAtEnd(aborted)).toBe(processesAtEnd(undisturbed));
    expect(openCpus(aborted)).toEqual([0, 1, 2]);
    expect(aborted.report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    const more = framesUsed(aborted) - framesUsed(undisturbed);
    expect(Math.abs(more)).toBeLessThanOrEqual(SPREAD[from]);
  });
});
