// Runs assembled guests on small machines, for tests.
import {
  createMachine,
  type Machine,
  type MachineConfig,
  type RunResult,
} from "../../emu/index.js";
import { assemble } from "./assembler.js";

export const MIB = 1024 * 1024;

/** Ends the run: passes. Clobbers t5 and t6. */
export const PASS = `
  li t5, 0x100000
  li t6, 0x5555
  sw t6, 0(t5)
`;

/** Four harts increment a word at 0x80010000 by LR/SC, one behind it by AMO, 1000 times each. */
export const INCREMENTS = `
      li a0, 0x80010000
      li t0, 1000
loop:
      lr.w t1, (a0)
      addi t1, t1, 1
      sc.w t2, t1, (a0)
      bnez t2, loop
      li t1, 1
      addi a1, a0, 64
      amoadd.w zero, t1, (a1)
      addi t0, t0, -1
      bnez t0, loop
      addi a1, a0, 128
      amoadd.w t2, t1, (a1)
      li t3, 3
      bne t2, t3, park
      ${PASS}
park:
      wfi
      j park`;

export interface Guest {
  readonly machine: Machine;
  readonly labels: Map<string, number>;
}

/** A machine with the assembled text as its firmware. */
export async function guest(text: string, config: Partial<MachineConfig> = {}): Promise<Guest> {
  const { bytes, labels } = assemble(text);
  const machine = await createMachine({
    harts: 1,
    ramBytes: 16 * MIB,
    ...config,
    firmware: bytes,
  });
  return { machine, labels };
}

/** Runs a guest that ends itself, and gives the registers of hart 0 by ABI position. */
export async function finish(
  text: string,
  config: Partial<MachineConfig> = {},
  cycles = 1_000_000,
): Promise<{ x: Uint32Array; result: RunResult; machine: Machine; labels: Map<string, number> }> {
  const { machine, labels } = await guest(text, config);
  const result = machine.run({ cycles });
  if (result.reason !== "finished") {
    throw new Error(`the guest did not finish: ${JSON.stringify([result, machine.stats()[0]])}`);
  }
  return { x: machine.registers(0), result, machine, labels };
}

export function word(machine: Machine, address: number): number {
  const bytes = machine.readPhysical(address, 4);
  return new DataView(bytes.buffer).getUint32(0, true);
}

/** Register numbers by ABI name, for reading results. */
export const R = { ra: 1, t0: 5, t1: 6, t2: 7, s0: 8, s1: 9, a0: 10, a1: 11, a2: 12, a3: 13 };
export const S = { s2: 18, s3: 19, s4: 20, s5: 21, s6: 22, s7: 23, s8: 24, s9: 25 };
