// A machine whose harts run at the same time, as a library: what its core may not have, what is
// refused, that it stops and goes on like any other, and that it leaves no thread behind.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../emu/config.js";
import {
  createMachine,
  type MachineConfig,
  presetTiming,
  type TimingConfig,
} from "../../emu/index.js";
import { busyText } from "../support/busy.js";
import { guest, INCREMENTS, MIB, PASS, word } from "../support/guest.js";
import { shareOf } from "../support/translated.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COUNTER = 0x80010000;
const small = { harts: 2, ramBytes: 16 * MIB, parallel: true } as const;

describe("the core", () => {
  const text = readFileSync(`${ROOT}/build/machine-parallel.wat`, "utf8");

  test("has nothing that an instance in a worker would have for itself, or write again", () => {
    expect(text).toMatch(/\(import "env" "memory" \(memory \$0 \d+ \d+ shared\)\)/);
    expect(text).not.toMatch(/^ *\(global .*\(mut /m);
    expect(text).not.toMatch(/^ *\((data|start) /m);
  });

  test("waits through the host alone", () => {
    expect(text).not.toMatch(/memory\.atomic\.wait/);
  });
});

describe("what needs one order of all that happens is refused", () => {
  test("a timing model", async () => {
    const timing = presetTiming("server") as TimingConfig;
    await expect(createMachine({ ...small, timing })).rejects.toThrow(
      /parallel: not with a timing/,
    );
  });

  test.each([0, 1.5, 65])("%d workers", async (workers) => {
    const config = { ...small, harts: 512, parallel: { workers } };
    await expect(createMachine(config)).rejects.toThrow(
      /parallel: .* workers; give a whole number/,
    );
  });

  test("exact runs, and steps and traps", async () => {
    const machine = await createMachine(small);
    expect(() => machine.runExact({ cycles: 10 })).toThrow(/no order of steps/);
    machine.debug.observe({ steps: true });
    expect(() => machine.run({ cycles: 10 })).toThrow(/no order of steps/);
    machine.debug.observe({ traps: true });
    expect(() => machine.run({ cycles: 10 })).toThrow(/no order of steps/);
    machine.debug.observe({});
    expect(machine.run({ cycles: 10 }).reason).toBe("budget");
    await machine.close();
  });
});

/** Runs the increments to their end, in slices of so many cycles. */
async function increments(config: Partial<MachineConfig>, cycles: number) {
  const { machine } = await guest(INCREMENTS, {
    harts: 4,
    hotCycles: 2000,
    coldCycles: 0,
    ...config,
  });
  let result = machine.run({ cycles });
  while (result.reason === "budget") result = machine.run({ cycles });
  await machine.close();
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(shareOf(machine) > 0).toBe(config.engine !== "interpreter");
  return [word(machine, COUNTER), word(machine, COUNTER + 64)];
}

describe("runs", () => {
  const sizes = [
    [1, 10_000_000],
    [2, 10_000_000],
    [3, 1000],
    [4, 100],
    [undefined, 3333],
  ] as const;
  const cases = ENGINES.flatMap((engine) => sizes.map((size) => [engine, ...size] as const));
  test.each(cases)("%s, %s workers, slices of %i cycles", async (engine, workers, cycles) => {
    const parallel = workers === undefined ? true : { workers };
    expect(await increments({ parallel, engine }, cycles)).toEqual([4000, 4000]);
  });

  test("a hart has spent its budget when it ends, and not much more", async () => {
    const { machine } = await guest(busyText(3), {
      harts: 3,
      parallel: true,
      hotCycles: 2000,
      coldCycles: 0,
    });
    for (let n = 1; n <= 50; n++) {
      expect(machine.run({ cycles: 10_007 }).reason).toBe("budget");
      expect(machine.cycle()).toBe(n * 10_007);
      for (const { cycle, waiting } of machine.stats()) {
        if (!waiting) expect(cycle).toBeGreaterThanOrEqual(machine.cycle());
        expect(cycle).toBeLessThan(machine.cycle() + 20_000);
      }
    }
    await machine.close();
    expect(shareOf(machine)).toBeGreaterThan(0.4);
  });

  test("a machine in which nothing can happen is idle", async () => {
    const { machine } = await guest("park:\nwfi\nj park", { harts: 3, parallel: true });
    expect(machine.run({ cycles: 1_000_000 })).toEqual({ reason: "idle" });
    expect(machine.run({ cycles: 1_000_000 })).toEqual({ reason: "idle" });
    await machine.close();
  });

  test("input from outside wakes a hart that sleeps", async () => {
    const { machine } = await guest(
      `
      csrr s0, mhartid
      bnez s0, park
      li t0, 0xc000028            # the UART's priority, and hart 0's context
      li t1, 1
      sw t1, 0(t0)
      li t0, 0xc002000
      li t1, 0x400
      sw t1, 0(t0)
      li t0, 0x10000000
      li t1, 1
      sb t1, 1(t0)
      li t1, 0x800
      csrw mie, t1
    sleep:
      wfi
      lbu t2, 5(t0)
      andi t2, t2, 1
      beqz t2, sleep
      lbu t2, 0(t0)
      li t3, ${COUNTER}
      sw t2, 0(t3)
      ${PASS}
    park:
      wfi
      j park`,
      { harts: 2, parallel: true },
    );
    expect(machine.run({ cycles: 10_000 }).reason).toBe("idle");
    machine.consoleInput(Uint8Array.of(65));
    expect(machine.run({ cycles: 1_000_000 }).reason).toBe("finished");
    await machine.close();
    expect(word(machine, COUNTER)).toBe(65);
  });

  test("a snapshot is put back, and the run goes on from there", async () => {
    const { machine } = await guest(INCREMENTS, {
      harts: 4,
      parallel: true,
      hotCycles: 1000,
      coldCycles: 0,
    });
    machine.run({ cycles: 3000 });
    const snapshot = machine.snapshot();
    const then = word(machine, COUNTER);
    for (let n = 0; n < 3; n++) {
      expect(machine.run({ cycles: 100_000_000 }).reason).toBe("finished");
      expect([word(machine, COUNTER), word(machine, COUNTER + 64)]).toEqual([4000, 4000]);
      machine.restore(snapshot);
      expect(word(machine, COUNTER)).toBe(then);
    }
    await machine.close();
  });

  test("two machines do not disturb each other", async () => {
    const both = [true, { workers: 2 }].map((parallel) => increments({ parallel }, 500));
    expect(await Promise.all(both)).toEqual(Array(2).fill([4000, 4000]));
  });

  test("a worker that fails ends the run with an error", async () => {
    const { machine } = await guest(busyText(2), { harts: 2, parallel: true });
    machine.run({ cycles: 1000 });
    const { core } = machine as unknown as { core: { failed(): void } };
    core.failed();
    expect(() => machine.run({ cycles: 1e9 })).toThrow(/a worker has failed: it did not say why/);
    await machine.close();
  });
});

test("a process ends though it has not closed its machine", () => {
  const program = `
    import { createMachine } from "${ROOT}/dist/index.js";
    const rom = new Uint8Array(Uint32Array.of(0x0000006f).buffer); // j .
    const config = { harts: 2, ramBytes: 16 << 20, firmware: rom, parallel: { workers: 2 } };
    const machine = await createMachine(config);
    console.log(machine.run({ cycles: 1e6 }).reason);`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect([done.status, done.stdout, done.stderr]).toEqual([0, "budget\n", ""]);
});
