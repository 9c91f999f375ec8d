// The machine with its timing model: runs are the same however they are cut, by either loop, and
// after a snapshot; what programs compute is what they compute without it.
import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { runRelief } from "../../emu/experiment/relief.js";
import {
  type Machine,
  PRESETS,
  presetTiming,
  readSnapshot,
  type TimingConfig,
  writeSnapshot,
} from "../../emu/index.js";
import { finish, guest, INCREMENTS, PASS, R, S, word } from "../support/guest.js";
import { images } from "../support/images.js";

const preset = (name: string) => presetTiming(name) as TimingConfig;
const TIMING = { model: preset("server"), from: "PROCESS_EXIT", warmUpCycles: 0 } as const;
const RELIEF = { from: "starboard", to: "larboard", timing: TIMING } as const;

/** The core's own checks of the model, which no library has. */
interface Checks {
  setModelChecks(on: number): void;
  modelFault(): number;
  checkModel(): number;
}
const checksOf = (machine: Machine) => (machine as unknown as { core: Checks }).core;

describe("a relief", () => {
  const whole = runRelief(RELIEF, images());

  test("is the same in any slices, and every transition keeps the invariants", async () => {
    let checks: Checks | undefined;
    const run = await runRelief(RELIEF, images(), {
      sliceCycles: 12_345,
      created: (machine) => {
        checks = checksOf(machine);
        machine.timing?.whenSwitched(() => checks?.setModelChecks(1));
      },
    });
    expect(run.finalStateHash).toBe((await whole).finalStateHash);
    expect([checks?.modelFault(), checks?.checkModel()]).toEqual([0, 0]);
  }, 240_000);

  test("is the same by the exact loop, counters included", async () => {
    const run = await runRelief(RELIEF, images(), {
      run: async (machine, cycles) => machine.runExact({ cycles }),
    });
    expect(run.result).toEqual((await whole).result);
    expect(run.finalStateHash).toBe((await whole).finalStateHash);
  }, 240_000);
});

describe.each(Object.keys(PRESETS))("under %s", (name) => {
  it.each([1, 64, 1000])("four harts lose no increment (quantum %i)", async (quantumCycles) => {
    const { machine } = await guest(INCREMENTS, { harts: 4, quantumCycles, timing: preset(name) });
    machine.timing?.on();
    expect(machine.run({ cycles: 50_000_000 }).reason).toBe("finished");
    expect([word(machine, 0x80010000), word(machine, 0x80010040)]).toEqual([4000, 4000]);
    expect(checksOf(machine).checkModel()).toBe(0);
  });
});

describe("a snapshot", () => {
  const made = () => guest(INCREMENTS, { harts: 4, timing: preset("ccnuma-512") });

  test("in memory has caches and counters: the future is the same", async () => {
    const { machine } = await made();
    machine.timing?.on();
    machine.run({ cycles: 20_000 });
    const snapshot = machine.snapshot();
    const seen = [1, 2].map(() => {
      machine.restore(snapshot);
      machine.run({ cycles: 30_000 });
      return [machine.hash(), ...(machine.timing?.totals().map(String) ?? [])];
    });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]?.length).toBe(5);
  });

  test("in a file has memory and clocks, and starts the model cold", async () => {
    const { machine } = await made();
    machine.timing?.on();
    machine.run({ cycles: 20_000 });
    const file = await writeSnapshot(machine, machine.snapshot());
    const again = [await readSnapshot(file, "file"), await readSnapshot(file, "file")];
    const hashes = again.map(({ machine: one }) => {
      expect(one.timing?.running).toBe(true);
      expect(one.timing?.totals().every((counts) => counts.every((n) => n === 0))).toBe(true);
      expect(one.run({ cycles: 50_000_000 }).reason).toBe("finished");
      expect([word(one, 0x80010000), word(one, 0x80010040)]).toEqual([4000, 4000]);
      return one.hash();
    });
    expect(hashes[0]).toBe(hashes[1]);
  });

  test("in a file may say anything of the model, and does no harm", async () => {
    const { machine } = await made();
    machine.timing?.on();
    machine.run({ cycles: 20_000 });
    const snapshot = machine.snapshot();
    const wild = { ...snapshot, regions: snapshot.regions.map(scrambled) };
    const file = await writeSnapshot(machine, wild);
    const { machine: one } = await readSnapshot(file, "file");
    expect(one.run({ cycles: 50_000_000 }).reason).toBe("finished");
    expect(word(one, 0x80010000)).toBe(4000);
    expect(checksOf(one).checkModel()).toBe(0);
  });
});

/** Regions of the model with bytes that follow from nothing; the head stays on. */
function scrambled(region: Uint8Array, index: number): Uint8Array {
  if (index < 10) return region;
  const bytes = region.slice();
  for (let at = 0; at < bytes.length; at += 32) {
    bytes.set(createHash("sha256").update(String(at)).digest().subarray(0, 32), at);
    if (at > 1 << 20) break;
  }
  return bytes;
}

describe("counters that a guest reads", () => {
  const READS = `
      li gp, 0x80010000
      li t0, 100
      csrw mhpmevent5, zero    # counts nothing
      csrw mhpmcounter5, zero
      csrr a2, mhpmcounter5
      csrr a3, mhpmevent3      # at reset: loads
      csrw mhpmcounter3, t0
      lw t1, 0(gp)
      lw t1, 4(gp)
      csrr a4, mhpmcounter3
      csrr s2, mhpmevent4
      li t0, 1000
      csrw mhpmevent4, t0      # there is no such counter: keeps what it has
      csrr s3, mhpmevent4
      ${PASS}`;

  test("mhpmevent names one, and its mhpmcounter goes on from what was written", async () => {
    const { machine } = await guest(READS, { timing: preset("embedded") });
    machine.timing?.on();
    expect(machine.run({ cycles: 100_000 }).reason).toBe("finished");
    const x = machine.registers(0);
    expect([x[R.a2], x[14]]).toEqual([0, 102]);
    expect(x[R.a3]).not.toBe(0);
    expect(x[S.s2]).not.toBe(0);
    expect(x[S.s3]).toBe(x[S.s2]);
  });

  test("stand still while the model is off", async () => {
    const { x } = await finish(READS, { timing: preset("embedded") });
    expect(x[14]).toBe(100);
  });
});
