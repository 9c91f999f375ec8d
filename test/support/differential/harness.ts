// The guest that runs generated sequences, on our machine and on QEMU's virt board alike: a small
// program in machine mode. For each descriptor it puts registers and CSRs into their state, enters
// the sequence, answers and logs every trap, and in the end writes all registers, all CSRs and the
// sum of the scratch memory into a record. Sequences do not write x30 and x31, which are its own.
import { assemble } from "../assembler.js";

export const RAM = 0x80000000;
/** Physical places: they all lie in the first 4 MiB of RAM but for the records and the log. */
export const PLACES = {
  harness: RAM,
  save: RAM + 0x8000,
  tables: RAM + 0x10000,
  supervisor: RAM + 0x20000,
  scratch: RAM + 0x100000,
  locked: RAM + 0x180000,
  code: RAM + 0x200000,
  codeEnd: RAM + 0x400000,
  descriptors: RAM + 0x400000,
  records: RAM + 0x800000,
  log: RAM + 0xa00000,
  end: RAM + 0x3000000,
} as const;

const SUPERVISOR_HANDLER = PLACES.supervisor + 128;
/** What stvec may hold. */
export const STVEC = [SUPERVISOR_HANDLER, PLACES.supervisor | 1] as const;

export const SCRATCH_BYTES = 0x1000;
export const DESCRIPTOR_WORDS = 64;
/** Of a descriptor: x1 to x29 stand at their numbers, the rest at these words. */
export const FIELDS = { entry: 0, status: 30, end: 31 } as const;

/** CSRs that are set before a sequence, from these words of its descriptor on. */
export const PREPARED = [
  ...["medeleg", "mideleg", "mie", "mip", "mscratch", "mcounteren", "stvec", "scounteren"],
  ...["sscratch", "sepc", "scause", "stval", "satp", "mtvec"],
] as const;
export const FIRST_PREPARED = 32;

/** CSRs that a record holds, from word 32 on. */
export const RECORDED = [
  ...["mstatus", "misa", "medeleg", "mideleg", "mie", "mtvec", "mcounteren", "mscratch", "mepc"],
  ...["mcause", "mtval", "mip", "sstatus", "sie", "stvec", "scounteren", "sscratch", "sepc"],
  ...["scause", "stval", "sip", "satp", "pmpcfg0", "pmpcfg1", "pmpcfg2", "pmpcfg3"],
  ...Array.from({ length: 16 }, (_, entry) => `pmpaddr${entry}`),
];
export const RECORD_WORDS = 80;
/** Behind the CSRs: traps, sum of the scratch page, and generated instructions (not compared). */
export const SUMMARY = 32 + RECORDED.length;
const TRAPS_MOST = 40;
const MPRV = 0x20000;

// Places in the save area, from x31.
const SAVED = { status: 30 * 4, current: 128, record: 132, log: 136, traps: 140, count: 144 };

const lines = (texts: readonly string[]) => texts.join("\n");
const registers = (text: (n: number) => string, from = 1) =>
  lines(Array.from({ length: 30 - from }, (_, n) => text(n + from)));
const NAMES = (
  "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 " +
  "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"
).split(" ");

const PREPARE = `
  lw s0, ${SAVED.current}(t6)
  lw t0, ${FIELDS.entry * 4}(s0)
  bnez t0, prepare
  li t5, 0x100000
  li t4, 0x5555
  sw t4, 0(t5)
prepare:
  csrw mepc, t0
  ${lines([0, 1, 2, 3].map((n) => `csrw pmpcfg${n}, zero`))}
  li t0, -1
  csrw pmpaddr15, t0
  li t0, 0x1f000000
  csrw pmpcfg3, t0
  csrw mip, zero
  csrw mcause, zero
  csrw mtval, zero
  ${lines(PREPARED.map((name, n) => `lw t0, ${(FIRST_PREPARED + n) * 4}(s0)\ncsrw ${name}, t0`))}
  sfence.vma zero, zero
  fence.i
  sw zero, ${SAVED.traps}(t6)
  sw zero, ${SAVED.count}(t6)
  lw t5, ${FIELDS.status * 4}(s0)
  ${registers((n) => `lw ${NAMES[n]}, ${n * 4}(s0)`, 9)}
  ${registers((n) => (n < 8 ? `lw ${NAMES[n]}, ${n * 4}(s0)` : ""))}
  lw s0, 32(s0)
  csrw mstatus, t5
  li t5, ${MPRV}
  csrw minstret, zero
  mret
`;

const LOGGED = ["mcause", "mepc", "mtval", "scause", "sepc", "stval"];

const TRAP = `
.align 256
vectors:
${lines(Array.from({ length: 16 }, () => "j trap"))}
.align 64
trap:
  csrrc t5, mstatus, t5
  sw t5, ${SAVED.status}(t6)
  ${registers((n) => `sw ${NAMES[n]}, ${n * 4}(t6)`)}
  csrr t0, minstret
  lw t1, ${SAVED.count}(t6)
  add t1, t1, t0
  sw t1, ${SAVED.count}(t6)
  lw s0, ${SAVED.current}(t6)
  lw s1, ${SAVED.log}(t6)
  # what mtval and stval hold after an ebreak is left open (3.1.16)
  csrr t0, mcause
  addi t0, t0, -3
  bnez t0, nobreak
  csrw mtval, zero
nobreak:
  csrr t0, scause
  addi t0, t0, -3
  bnez t0, nosupervisorbreak
  csrw stval, zero
nosupervisorbreak:
  sw t5, 0(s1)
  ${lines(LOGGED.map((name, n) => `csrr t0, ${name}\nsw t0, ${4 + n * 4}(s1)`))}
  addi s1, s1, 28
  sw s1, ${SAVED.log}(t6)
  lw t0, ${SAVED.traps}(t6)
  addi t0, t0, 1
  sw t0, ${SAVED.traps}(t6)
  li t1, ${TRAPS_MOST}
  beq t0, t1, finish
  csrr t0, mcause
  csrr t1, mepc
  bge t0, zero, exception
  csrw mip, zero
  j resume
exception:
  li t2, ${SUPERVISOR_HANDLER}
  beq t1, t2, fromsupervisor
  lw t2, ${FIELDS.end * 4}(s0)
  beq t1, t2, finish
  mv s2, t1
  call behind
  csrw mepc, s2
resume:
  ${registers((n) => `lw ${NAMES[n]}, ${n * 4}(t6)`)}
  lw t5, ${SAVED.status}(t6)
  csrw mstatus, t5
  li t5, ${MPRV}
  csrw minstret, zero
  mret
fromsupervisor:
  addi t1, t1, 4
  csrw mepc, t1
  csrr t0, scause
  bge t0, zero, passon
  csrw mip, zero
  j resume
passon:
  csrr s2, sepc
  lw t2, ${FIELDS.end * 4}(s0)
  beq s2, t2, finish
  call behind
  csrw sepc, s2
  j resume
behind:                      # s2: the address behind the instruction there; or the sequence ends
  li t2, ${PLACES.code}
  bltu s2, t2, finish
  li t2, ${PLACES.codeEnd - 4}
  bgeu s2, t2, finish
  andi t2, s2, 1
  bnez t2, finish
  lhu t0, 0(s2)
  andi t0, t0, 3
  addi t0, t0, -3
  addi s2, s2, 2
  bnez t0, short
  addi s2, s2, 2
short:
  ret
finish:
  lw s1, ${SAVED.record}(t6)
  ${registers((n) => `lw t0, ${n * 4}(t6)\nsw t0, ${n * 4}(s1)`)}
  lw t0, ${SAVED.status}(t6)
  sw t0, 120(s1)
  ${lines(RECORDED.map((name, n) => `csrr t0, ${name}\nsw t0, ${(32 + n) * 4}(s1)`))}
  lw t0, ${SAVED.traps}(t6)
  sw t0, ${SUMMARY * 4}(s1)
  li t0, ${PLACES.scratch}
  li t1, ${PLACES.scratch + SCRATCH_BYTES}
  li t2, 0
sum:
  lw t3, 0(t0)
  slli t4, t2, 5
  sub t2, t4, t2
  add t2, t2, t3
  addi t0, t0, 4
  bne t0, t1, sum
  sw t2, ${(SUMMARY + 1) * 4}(s1)
  lw t0, ${SAVED.count}(t6)
  sw t0, ${(SUMMARY + 2) * 4}(s1)
  addi s1, s1, ${RECORD_WORDS * 4}
  sw s1, ${SAVED.record}(t6)
  lw s0, ${SAVED.current}(t6)
  addi s0, s0, ${DESCRIPTOR_WORDS * 4}
  sw s0, ${SAVED.current}(t6)
  j next
`;

// Only hart 0 works. The second is there because QEMU does atomics as such only beside another.
const START = `
  csrr t0, mhartid
  beqz t0, first
idle:
  wfi
  j idle
first:
  li t6, ${PLACES.save}
  li t0, 0x2004000
  li t1, -1
  sw t1, 0(t0)
  sw t1, 4(t0)
  la t0, trap
  csrw mtvec, t0
  li t5, ${MPRV}
  li t0, ${PLACES.descriptors}
  sw t0, ${SAVED.current}(t6)
  li t0, ${PLACES.records}
  sw t0, ${SAVED.record}(t6)
  li t0, ${PLACES.log}
  sw t0, ${SAVED.log}(t6)
next:
`;

export interface Harness {
  readonly bytes: Uint8Array;
  /** What mtvec may hold: the handler, or the vectors that lead to it. */
  readonly mtvec: readonly [number, number];
}

/** The program, for PLACES.harness. */
export function harness(): Harness {
  const { bytes, labels } = assemble(START + PREPARE + TRAP, PLACES.harness);
  return { bytes, mtvec: [labels.get("trap") as number, (labels.get("vectors") as number) | 1] };
}

/** What stvec leads to: a call to machine mode, which logs, and the return. */
export function supervisorHandler(): Uint8Array {
  const vectors = lines(Array.from({ length: 16 }, () => "j handler"));
  const text = `${vectors}\n.align 128\nhandler:\necall\nsret`;
  return assemble(text, PLACES.supervisor).bytes;
}
