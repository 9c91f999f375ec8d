// Names of trap causes and interrupts (Privileged ISA 1.12, 3.1.9 and 3.1.15).

const EXCEPTIONS: readonly (string | undefined)[] = [
  ...["instruction misaligned", "instruction access fault", "illegal instruction", "breakpoint"],
  ...["load misaligned", "load access fault", "store misaligned", "store access fault"],
  ...["user ecall", "supervisor ecall", undefined, "machine ecall"],
  ...["instruction page fault", "load page fault", undefined, "store page fault"],
];

const INTERRUPTS: readonly (readonly [bit: number, name: string])[] = [
  [1, "supervisor software"],
  [3, "machine software"],
  [5, "supervisor timer"],
  [7, "machine timer"],
  [9, "supervisor external"],
  [11, "machine external"],
];

/** Of a cause as in mcause and scause: bit 31 is set for an interrupt. */
export function causeName(cause: number): string {
  const code = cause & 0x7fffffff;
  if (cause >>> 31 === 0) return EXCEPTIONS[code] ?? `exception ${code}`;
  const known = INTERRUPTS.find(([bit]) => bit === code);
  return `${known?.[1] ?? code} interrupt`;
}

/** The interrupts of a mask as in mie and mip. */
export function interruptNames(mask: number): string[] {
  return INTERRUPTS.filter(([bit]) => (mask >>> bit) & 1).map(([, name]) => name);
}
