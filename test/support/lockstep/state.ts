// What two machines must agree on, and the first thing in which they do not: the registers of all
// harts, then what happened, then the hash; at the end of a run every CSR too.

import { CSR_NAMES, csrName, REGISTER_NAMES } from "../../../emu/image/disasm.js";
import type { Machine, MachineEvent } from "../../../emu/index.js";
import { hex, PAGE, RAM } from "./places.js";

/** Something in which two machines differ; `hart` is undefined where it is nobody's. */
export interface Difference {
  readonly hart: number | undefined;
  /** A register, a counter, an event, a CSR or a place in memory. */
  readonly what: string;
  /** Of the first machine and of the second. */
  readonly values: readonly [string, string];
}

export const textOf = ({ hart, what, values }: Difference) =>
  `${hart === undefined ? "" : `hart ${hart}: `}${what} is ${values[0]} and ${values[1]}`;

const KINDS = [
  ...(["mark", "console", "finish", "packet", "terminal"] as const),
  ...(["trap", "mode", "wait", "ipi"] as const),
];

/** Events since they were last taken; bytes that a hart says without a break are one. */
export class Events {
  private list: { hart: number; text: string; bytes: boolean }[] = [];
  /** How many traps of each cause there were in all. */
  readonly traps = new Map<number, number>();

  constructor(machine: Machine) {
    for (const kind of KINDS) machine.on(kind, (event) => this.add(event as MachineEvent));
  }

  private add(event: MachineEvent): void {
    const { hart } = event;
    const last = this.list.at(-1);
    if (event.kind === "trap") this.traps.set(event.cause, (this.traps.get(event.cause) ?? 0) + 1);
    if (event.kind !== "console") this.list.push({ hart, text: told(event), bytes: false });
    else if (last?.bytes && last.hart === hart) last.text += `,${event.bytes.join()}`;
    else this.list.push({ hart, text: `console ${event.bytes.join()}`, bytes: true });
  }

  take(): readonly { readonly hart: number; readonly text: string }[] {
    const { list } = this;
    this.list = [];
    return list;
  }
}

function told(event: MachineEvent): string {
  const text = (value: unknown) =>
    value instanceof Uint8Array ? value.join() : JSON.stringify(value);
  return Object.entries(event)
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(", ");
}

type Happened = ReturnType<Events["take"]>;

/** The registers, pc, mode and clocks of each hart, in the order in which they are compared. */
function ofHart(machine: Machine, hart: number): [string, string | number][] {
  const stats = machine.stats()[hart];
  const registers = [...machine.registers(hart)].map(
    (value, n) => [REGISTER_NAMES[n] as string, value] as [string, number],
  );
  return [...registers, ...Object.entries(stats ?? {})];
}

const shown = (value: string | number | undefined) =>
  typeof value === "number" ? hex(value) : String(value);

/** The first register that differs; zero must be zero, too, or both are wrong. */
function hartDifference(a: Machine, b: Machine): Difference | undefined {
  for (let hart = 0; hart < a.harts; hart++) {
    const [mine, other] = [ofHart(a, hart), ofHart(b, hart)];
    const at = mine.findIndex(([, value], n) => value !== other[n]?.[1]);
    const [what = "", value] = mine[at] ?? [];
    const zeros = [a, b].map((each) => each.registers(hart)[0] as number);
    if (zeros.some((each) => each !== 0)) {
      return { hart, what: "zero", values: [shown(zeros[0]), shown(zeros[1])] };
    }
    if (at >= 0) return { hart, what, values: [shown(value), shown(other[at]?.[1])] };
  }
  return undefined;
}

function eventDifference(a: Happened, b: Happened): Difference | undefined {
  const most = Math.max(a.length, b.length);
  for (let n = 0; n < most; n++) {
    const [mine, other] = [a[n], b[n]];
    if (mine?.text === other?.text && mine?.hart === other?.hart) continue;
    const values = [mine?.text ?? "nothing", other?.text ?? "nothing"] as const;
    return { hart: mine?.hart ?? other?.hart, what: `event ${n} of the slice`, values };
  }
  return undefined;
}

/** The first word of RAM that is not the same. */
function memoryDifference(a: Machine, b: Machine): Difference {
  const { ramBytes } = a.configuration;
  for (let at = 0; at < ramBytes; at += PAGE) {
    const [mine, other] = [a, b].map((each) => each.readPhysical(RAM + at, PAGE)) as [
      Uint8Array,
      Uint8Array,
    ];
    const n = mine.findIndex((byte, index) => byte !== other[index]);
    if (n < 0) continue;
    const values = [`0x${mine[n]?.toString(16)}`, `0x${other[n]?.toString(16)}`] as const;
    return { hart: undefined, what: `the byte at ${hex(RAM + at + n)}`, values };
  }
  return { hart: undefined, what: "the hash", values: [a.hash(), b.hash()] };
}

/** The first difference behind a slice. */
export function stateDifference(
  machines: readonly [Machine, Machine],
  happened: readonly [Happened, Happened],
): Difference | undefined {
  const [a, b] = machines;
  const found = hartDifference(a, b) ?? eventDifference(...happened);
  if (found) return found;
  if (a.hash() === b.hash()) return undefined;
  return csrDifference(machines) ?? memoryDifference(a, b);
}

/** The first CSR that is not the same. */
export function csrDifference([a, b]: readonly [Machine, Machine]): Difference | undefined {
  for (let hart = 0; hart < a.harts; hart++) {
    for (const number of CSR_NAMES.keys()) {
      const [mine, other] = [a.debug.csr(hart, number), b.debug.csr(hart, number)];
      if (mine === other) continue;
      return { hart, what: csrName(number), values: [shown(mine), shown(other)] };
    }
  }
  return undefined;
}
