// A hart's registers by gdb's numbers (gdb/riscv-tdep.h): x0 to x31, the pc as 32, CSR n as 65 + n,
// and the privilege mode as 4161, which QEMU offers too. The target description is made of what the
// machine has.
import { csrName } from "../image/disasm.js";
import type { Machine } from "../machine.js";

const PC = 32;
const CSR_FIRST = 65;
const CSRS = 4096;
const PRIV = CSR_FIRST + CSRS;
const MODES = ["user", "supervisor", undefined, "machine"] as const;
const NAMES =
  "zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 " +
  "t3 t4 t5 t6";
const TYPES: Readonly<Record<string, string>> = { ra: "code_ptr", sp: "data_ptr", gp: "data_ptr" };

/** Counters that count nothing, by the number of the first of 29 (Privileged ISA 1.12, 2.2). */
const COUNTERS: readonly (readonly [first: number, name: string, after: string])[] = [
  [0x323, "mhpmevent", ""],
  [0xb03, "mhpmcounter", ""],
  [0xb83, "mhpmcounter", "h"],
  [0xc03, "hpmcounter", ""],
  [0xc83, "hpmcounter", "h"],
];

function nameOf(csr: number): string {
  const found = COUNTERS.find(([first]) => csr >= first && csr < first + 29);
  return found ? `${found[1]}${csr - found[0] + 3}${found[2]}` : csrName(csr);
}

/** Registers that a `g` packet has: x0 to x31 and the pc. */
export const GENERAL = 33;

/** A register's value; undefined where the machine has none of that number. */
export function readRegister(machine: Machine, hart: number, number: number): number | undefined {
  const { debug } = machine;
  if (number < PC) return machine.registers(hart)[number];
  if (number === PC) return debug.pc(hart);
  if (number === PRIV) return MODES.indexOf(debug.mode(hart));
  if (number < CSR_FIRST || number > PRIV) return undefined;
  return debug.csr(hart, number - CSR_FIRST);
}

/** Writes a register; false where there is none, or not that value of it. */
export function writeRegister(
  machine: Machine,
  hart: number,
  number: number,
  value: number,
): boolean {
  const { debug } = machine;
  if (readRegister(machine, hart, number) === undefined) return false;
  if (number < PC) debug.setRegister(hart, number, value);
  else if (number === PC) debug.setPc(hart, (value & ~1) >>> 0);
  else if (number === PRIV) {
    const mode = MODES[value];
    if (!mode) return false;
    debug.setMode(hart, mode);
  } else debug.setCsr(hart, number - CSR_FIRST, value);
  return true;
}

function register(name: string, number: number, more: string): string {
  return `<reg name="${name}" bitsize="32" regnum="${number}" ${more}/>`;
}

function feature(name: string, registers: readonly string[]): string {
  return `<feature name="org.gnu.gdb.riscv.${name}">\n${registers.join("\n")}\n</feature>`;
}

/** target.xml (GDB manual, G.5.12 RISC-V Features). */
export function targetXml(machine: Machine): string {
  const general = NAMES.split(" ").map((name, number) =>
    register(name, number, `type="${TYPES[name] ?? "int"}"`),
  );
  const csrs = Array.from({ length: CSRS }, (_, number) => number)
    .filter((number) => machine.debug.csr(0, number) !== undefined)
    .map((number) =>
      register(nameOf(number), CSR_FIRST + number, 'type="int" group="csr" save-restore="no"'),
    );
  const features = [
    feature("cpu", [...general, register("pc", PC, 'type="code_ptr"')]),
    feature("csr", csrs),
    feature("virtual", [register("priv", PRIV, 'type="int" save-restore="no"')]),
  ];
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    "<target>",
    "<architecture>riscv:rv32</architecture>",
    ...features,
    "</target>\n",
  ].join("\n");
}
