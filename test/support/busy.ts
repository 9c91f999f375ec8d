// A guest whose harts depend on one another in every way, for tests of determinism.
import type { Machine } from "../../emu/index.js";
import { guest } from "./guest.js";

/**
 * Harts that take turns: each counts under a lock, waits for a timer or an IPI from its neighbour,
 * and writes what it saw into memory, so that any change of the interleaving changes the hash.
 */
const BUSY = `
  csrr s0, mhartid
  la t0, handler
  csrw mtvec, t0
  li t0, 0x88
  csrw mie, t0
  li s1, 0x80010000
  slli t0, s0, 3
  li s2, 0x2004000
  add s2, s2, t0
  li s3, 0x200bff8
  slli t0, s0, 2
  li s4, 0x2000000
  add s5, s4, t0
  slli s6, s0, 8
  li t0, 0x80011000
  add s6, s6, t0
loop:
  lr.w t0, (s1)
  addi t0, t0, 1
  sc.w t1, t0, (s1)
  bnez t1, loop
  sw t0, 0(s6)
  andi t1, t0, 15
  bnez t1, skip
  lw t2, 0(s3)               # a timer in 30 ticks
  addi t2, t2, 30
  sw zero, 4(s2)
  sw t2, 0(s2)
  wfi
  csrr t2, mcycle
  sw t2, 4(s6)
  li t2, -1
  sw t2, 4(s2)
  sw zero, 0(s5)
skip:
  andi t1, t0, 63
  bnez t1, loop
  andi t2, t0, 1
  la t1, harts
  lw t1, 0(t1)
  srli t2, t0, 6             # an IPI to some hart
  rem t2, t2, t1
  slli t2, t2, 2
  add t2, t2, s4
  li t1, 1
  sw t1, 0(t2)
  j loop
handler:
  mret
harts:
`;

/** The guest's text. */
export const busyText = (harts: number) => `${BUSY}\n.word ${harts}`;

export function busy(harts: number, seed = 0): Promise<Machine> {
  return guest(busyText(harts), { harts, seed }).then(({ machine }) => machine);
}
