// SBI calls (SBI 2.0; kernels/abi/sbi.h) as a trace shows them: their names, and which other harts
// they are for.
import type { TrapEvent } from "../events.js";

const SUPERVISOR_ECALL = 9;
const ALL = 0xffffffff;

/** What a call tells other harts: by a software interrupt, or by starting one that is stopped. */
export type Telling = "interrupt" | "start";

interface Call {
  readonly name: string;
  readonly tells?: Telling;
  /** a0 is one hart; else a0 and a1 are a mask of harts. */
  readonly single?: boolean;
}

const EXTENSIONS: Readonly<Record<number, readonly [name: string, calls?: readonly Call[]]>> = {
  0: ["set timer (legacy)"],
  1: ["putchar (legacy)"],
  2: ["getchar (legacy)"],
  16: ["base"],
  1414090053: ["set timer"],
  7557193: ["IPI", [{ name: "IPI", tells: "interrupt" }]],
  1380339267: [
    "remote fence",
    Array.from({ length: 3 }, () => ({ name: "remote fence", tells: "interrupt" })),
  ],
  4739917: [
    "HSM",
    [
      { name: "hart start", tells: "start", single: true },
      { name: "hart stop" },
      { name: "hart status" },
      { name: "hart suspend" },
    ],
  ],
  1397904212: ["system reset"],
  1145193294: ["debug console"],
  151015748: ["force stop", [{ name: "hart force stop", tells: "interrupt", single: true }]],
};

/** What an ecall from S-mode is: its name, and the harts that it tells something. */
export interface SbiCall {
  readonly name: string;
  readonly tells?: Telling;
  readonly targets: readonly number[];
}

/** The call behind a trap, when it is one. */
export function sbiCall({ cause, registers }: TrapEvent, harts: number): SbiCall | undefined {
  if (cause !== SUPERVISOR_ECALL) return undefined;
  const { a0, a1, a6, a7 } = registers;
  const [extension, calls] = EXTENSIONS[a7] ?? [`extension 0x${a7.toString(16)}`];
  const call = calls?.[a6];
  if (!call) return { name: `SBI ${extension}`, targets: [] };
  const { name, tells, single } = call;
  if (tells === undefined) return { name: `SBI ${name}`, targets: [] };
  return { name: `SBI ${name}`, tells, targets: single ? [a0] : hartsOf(a0, a1, harts) };
}

/** The harts of a mask, as SBI 2.0, 3.1 has it. */
function hartsOf(mask: number, base: number, harts: number): number[] {
  const all = Array.from({ length: harts }, (_, hart) => hart);
  if (base === ALL) return all;
  return all.filter((hart) => hart >= base && hart - base < 32 && (mask >>> (hart - base)) & 1);
}
