// What remains of a relief: nothing of the old kernel is needed any more, and the whole of it can
// be taken back to any moment and run again to the same end.
import { describe, expect, test } from "vitest";
import { type KernelName, layElf, type Machine, parseElf } from "../../emu/index.js";
import { images } from "../support/images.js";
import { WAYS } from "../support/relief.js";
import { broken, runUntil, watched } from "../support/watched.js";

const SLICE_CYCLES = 5000;
const END_CYCLES = 2_000_000_000;
/** Far more than the rest of the relief takes. */
const CONTROL_CYCLES = 30_000_000;
const KERNEL_AT = 0x80400000;
const PAGE_BYTES = 4096;

/** Pages of the image's code that stand in memory as they were loaded: nobody has reused them. */
function untouchedPages(machine: Machine, kernel: KernelName): number[] {
  const { pieces } = layElf(
    parseElf(images().kernels[kernel], kernel),
    KERNEL_AT,
    KERNEL_AT + 0x40000000,
  );
  const code = pieces[0];
  if (!code) throw new Error(`${kernel} has no code`);
  const pages = Array.from(
    { length: Math.floor(code.bytes.length / PAGE_BYTES) },
    (_, page) => page * PAGE_BYTES,
  );
  return pages
    .filter((at) => {
      const now = machine.readPhysical(code.address + at, PAGE_BYTES);
      return Buffer.compare(now, code.bytes.subarray(at, at + PAGE_BYTES)) === 0;
    })
    .map((at) => code.address + at);
}

describe.each(WAYS)("%s relieved by %s", (from, to) => {
  test("nothing of the old kernel's code is read or run again", async () => {
    const { machine, log } = await watched(from, to);
    runUntil(machine, SLICE_CYCLES, () => log.reliefs[0]?.outcome === "relieved");
    const pages = untouchedPages(machine, from);
    expect(pages.length).toBeGreaterThan(5);
    for (const page of pages) machine.writePhysical(page, new Uint8Array(PAGE_BYTES));
    const result = machine.run({ cycles: END_CYCLES });
    expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
    expect(log.panics).toEqual([]);
    expect(broken(log)).toEqual([]);
  });

  test("before the end, the old kernel does need its code", async () => {
    const { machine, log } = await watched(from, to);
    runUntil(machine, SLICE_CYCLES, () => log.reliefs[0]?.phases.at(-1)?.name === "relieving boot");
    for (const page of untouchedPages(machine, from)) {
      machine.writePhysical(page, new Uint8Array(PAGE_BYTES));
    }
    const result = machine.run({ cycles: CONTROL_CYCLES });
    expect(log.reliefs[0]?.outcome).toBe("unfinished");
    expect(result).not.toMatchObject({ reason: "finished", verdict: "pass" });
  });

  test("a snapshot in the middle of the transfer goes on to the same end", async () => {
    const { machine, log } = await watched(from, to);
    runUntil(machine, SLICE_CYCLES, () => log.reliefs[0]?.phases.at(-1)?.name === "transfer");
    const snapshot = machine.snapshot();
    machine.run({ cycles: END_CYCLES });
    expect(log.panics).toEqual([]);
    expect(broken(log)).toEqual([]);
    const hash = machine.hash();
    const cycle = machine.cycle();
    machine.restore(snapshot);
    expect(machine.cycle()).toBeLessThan(cycle);
    machine.run({ cycles: END_CYCLES });
    expect(machine.cycle()).toBe(cycle);
    expect(machine.hash()).toBe(hash);
  });
});
