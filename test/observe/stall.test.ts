// Guests that really wedge, and what the report says of each hart; and guests that only are quiet.
import { describe, expect, it } from "vitest";
import { hartLines, StallWatch } from "../../emu/observe/stall.js";
import { Symbolizer } from "../../emu/symbols/symbolizer.js";
import { guest } from "../support/guest.js";
import { relief } from "../support/relief.js";
import { symbols, traced } from "../support/traced.js";

const SILENCE = 100_000;

/** Runs until it stalls, and gives the report's lines for each hart. */
async function wedge(text: string, harts = 1): Promise<string[]> {
  const { machine } = await guest(text, { harts });
  const watch = new StallWatch(machine, SILENCE);
  for (let slice = 0; !watch.stalled && slice < 100; slice++) {
    if (machine.run({ cycles: StallWatch.sliceFor(SILENCE) }).reason !== "budget") break;
  }
  return hartLines(machine, new Symbolizer(machine, symbols()));
}

const TAKE = (mine: string, other: string) => `
  la t0, ${mine}
  la t1, ${other}
  li t2, 1
  amoswap.w zero, t2, (t0)
  fence
  li t3, 1000
wait_${mine}:
  addi t3, t3, -1
  bnez t3, wait_${mine}
take_${mine}:
  amoswap.w t4, t2, (t1)
  bnez t4, take_${mine}
`;

describe("a guest that wedges", () => {
  it("spins with interrupts off: where", async () => {
    const [place, what, traps] = await wedge("csrrci zero, mstatus, 8\nspin:\nnop\nj spin");
    expect(place).toMatch(/^hart 0: machine mode, 0x800000(04|08)$/);
    expect(what).toMatch(
      /spins from 0x80000004 to 0x80000008, [12]\d,\d+ instructions in 20,000 cycles/,
    );
    expect(traps).toContain("interrupts S off, M off; last traps: none");
  });

  it("is a deadlock of two harts: both spin, each for the other's lock", async () => {
    const lines = await wedge(
      `csrr a0, mhartid
  bnez a0, second
${TAKE("one", "two")}
second:
${TAKE("two", "one")}
  .align 64
one:
  .word 0
two:
  .word 0`,
      2,
    );
    const spins = lines.filter((line) => line.includes("spins from"));
    expect(spins).toHaveLength(2);
    const ranges = spins.map((line) => /from (0x\w+) to/.exec(line)?.[1]);
    expect(new Set(ranges).size).toBe(2);
  });

  it("waits with no interrupt enabled: for ever, and for what is pending", async () => {
    const [, what] = await wedge("csrw mie, zero\nwfi\nspin:\nj spin");
    expect(what).toContain("waits (wfi) for ever: no interrupt is enabled");
  });

  it("waits for a timer that is far away: in how many cycles", async () => {
    const [, what] = await wedge(`
  li t0, 0x02004000
  li t1, 0x1000000
  sw t1, 0(t0)
  sw zero, 4(t0)
  li t0, 0x80
  csrw mie, t0
  wfi`);
    expect(what).toMatch(/waits \(wfi\) for the timer, in 167,\d\d\d,\d\d\d cycles/);
  });

  it("waits for a timer that is not set: says so", async () => {
    const [, what] = await wedge("li t0, 0x80\ncsrw mie, t0\nwfi");
    expect(what).toContain("for the timer, which is not set");
  });

  it("is a relief that hangs: who waits and who spins, by symbol", async () => {
    const { run, machine, result } = await traced(
      { fault: "hang@transfer", connections: 0, harts: 3 },
      (machine) => {
        const watch = new StallWatch(machine, 2_000_000);
        return () => watch;
      },
      (machine) => machine.cycle() > 0 && spinsAtFault(machine),
    );
    expect(run.result.reason).toBe("stopped");
    expect(result.cycles).toBe(2_000_000);
    const text = hartLines(machine, new Symbolizer(machine, symbols())).join("\n");
    expect(text).toMatch(/starboard:fault_at\+0x\w+\n +spins from/);
    expect(text).toMatch(/larboard:scheduler_run\+0x\w+\n +waits \(wfi\)/);
  });
});

/** Whether some hart is in the kernel's endless loop. */
function spinsAtFault(machine: Parameters<typeof hartLines>[0]): boolean {
  const symbolizer = new Symbolizer(machine, symbols());
  symbolizer.places.refresh(true);
  return machine.stats().some(({ pc, mode }) => symbolizer.locate(pc, mode)?.symbol === "fault_at");
}

describe("no stall", () => {
  it("in a normal relief with a reasonable silence, and looking changes nothing", async () => {
    let watch: StallWatch | undefined;
    const { run } = await traced(
      {},
      (machine) => {
        watch = new StallWatch(machine, 20_000_000);
        return () => undefined;
      },
      () => watch?.stalled === true,
    );
    expect(run.result.reason).toBe("finished");
    expect(run.finalStateHash).toBe((await relief({})).run.finalStateHash);
  });

  it("when it says something now and then", async () => {
    const { machine } = await guest(`
  li t0, 0x10000000
  li t1, 65
again:
  sb t1, 0(t0)
  li t2, 20000
down:
  addi t2, t2, -1
  bnez t2, down
  j again`);
    const watch = new StallWatch(machine, SILENCE);
    for (let slice = 0; slice < 50; slice++) {
      machine.run({ cycles: StallWatch.sliceFor(SILENCE) });
      expect(watch.stalled).toBe(false);
    }
  });
});
