// The guests of the engines' table by name: programs and kernels.
import { PROGRAMS, programCase } from "./guests.mjs";
import { KERNEL_NAMES, kernelCase } from "./kernels.mjs";

export const NAMES = [...PROGRAMS.map(({ name }) => name), ...KERNEL_NAMES];

/** What is measured for a name of NAMES. */
export function caseOf(name) {
  const program = PROGRAMS.find((one) => one.name === name);
  return program ? programCase(program) : kernelCase(name);
}
