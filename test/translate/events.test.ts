// Traps out of a hot loop, observed at full speed, tell the registers that the hart has then, by
// either engine.
import { expect, test } from "vitest";
import { ENGINES, type Engine } from "../../emu/config.js";
import type { TrapEvent } from "../../emu/index.js";
import { guest } from "../support/guest.js";

const TURNS = 3000;
const LOOP = `
      la t0, handler
      csrw mtvec, t0
      li a0, 0
      li a1, 7
      li t0, ${TURNS}
loop:
      addi a0, a0, 1
      slli a1, a1, 1
      xor a1, a1, a0
      mv a6, a1
      add a7, a1, a0
      ecall
      addi t0, t0, -1
      bnez t0, loop
stay:
      wfi
      j stay
      .align 64
handler:
      csrr t1, mepc
      addi t1, t1, 4
      csrw mepc, t1
      mret`;

async function trapsBy(engine: Engine): Promise<{ traps: TrapEvent[]; translated: number }> {
  const { machine } = await guest(LOOP, { engine, hotCycles: 1000, coldCycles: 0 });
  const traps: TrapEvent[] = [];
  machine.on("trap", (event) => void traps.push(event));
  machine.debug.observe({ traps: true });
  machine.run({ cycles: 20 * TURNS });
  return { traps, translated: machine.translation()?.instructions ?? 0 };
}

test("calls from a hot loop have the same registers by both engines", async () => {
  const [translator, interpreter] = await Promise.all(ENGINES.map(trapsBy));
  expect(interpreter?.traps.length).toBe(TURNS);
  expect(translator?.translated).toBeGreaterThan(5 * TURNS);
  expect(translator?.traps).toEqual(interpreter?.traps);
});
