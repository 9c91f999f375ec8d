// Code that is changed again and again: what stands on other pages is translated all the same, and
// not once more for each change of what it calls.
import { expect, test } from "vitest";
import { finish, PASS, S } from "../support/guest.js";
import { shareOf } from "../support/translated.js";

test("a loop that calls changing code on another page keeps its translation", async () => {
  const [ROUNDS, CALLS] = [300, 200];
  const { x, machine } = await finish(
    `
    la s2, code
    li s3, ${ROUNDS}
    li s4, 0
  round:
    slli t1, s3, 20             # addi a0, zero, N
    addi t1, t1, 0x513
    sw t1, 0(s2)
    fence.i
    li s5, ${CALLS}
  work:
    li s6, 20
  within:
    addi s6, s6, -1
    bnez s6, within
    call code
    add s4, s4, a0
    addi s5, s5, -1
    bnez s5, work
    addi s3, s3, -1
    bnez s3, round
    ${PASS}
    .align 4096
  code:
    .word 0x513
    ret`,
    { engine: "translator", hotCycles: 500, coldCycles: 0 },
    5_000_000,
  );
  expect([x[0], x[S.s4]]).toEqual([0, (CALLS * ROUNDS * (ROUNDS + 1)) / 2]);
  expect(machine.translation()?.dropped).toBeGreaterThan(0);
  expect(machine.translation()?.regions).toBeLessThan(ROUNDS / 5);
  expect(shareOf(machine)).toBeGreaterThan(0.8);
});
