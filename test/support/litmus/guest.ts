// Runs a litmus program on the machine, many times over: its threads meet at a barrier, wait for a
// random while each, and do their steps on fresh memory. Between two steps there may be a jump,
// which is an event, so that a small quantum lets another hart in between any two of them.
import { createMachine, type Engine, type Machine, type TimingConfig } from "../../../emu/index.js";
import { encode } from "../../../emu/isa/encode.js";
import { assemble } from "../assembler.js";
import { MIB } from "../guest.js";
import { type Litmus, outcomeText, type Step } from "./model.js";

export interface Driving {
  readonly rounds: number;
  readonly quantumCycles: number;
  readonly seed: number;
  /** A jump between any two steps. */
  readonly events: boolean;
  /** With what a step costs; without it each is a cycle. */
  readonly timing?: TimingConfig;
  /** Harts run at the same time. */
  readonly parallel?: boolean;
  readonly engine?: Engine;
  readonly hotCycles?: number;
  /** Looks at the machine when the guest has ended. */
  readonly ended?: (machine: Machine) => void;
}

const X = 0x80200000; // x and y of round n lie at n * 128, y 64 bytes behind x
const BARRIER = 0x80400000;
const RESULTS = 0x80600000;
const SLOT_WORDS = 16;
const REGISTERS = ["s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"];
const NUMBERS: Record<string, number> = { s0: 8, s1: 9, t0: 5 };
const DONE = 0x80100000;

/** Names of a thread's registers, in order of their first use. */
function namesOf(steps: readonly Step[]): string[] {
  const all = steps.flatMap((step) => [
    ...("into" in step ? [step.into] : []),
    ...("done" in step ? [step.done] : []),
  ]);
  return [...new Set(all)];
}

/** A step in assembly, with `event` between an LR and its SC. */
function code(step: Step, registers: (name: string) => string, event: string): string {
  if (step.op === "fence") return ".word 0x0ff0000f";
  const base = step.at === "x" ? "s0" : "s1";
  switch (step.op) {
    case "load":
      return `lw ${registers(step.into)}, 0(${base})`;
    case "store":
      if (typeof step.value === "string") return `sw ${registers(step.value)}, 0(${base})`;
      return `li t0, ${step.value}\nsw t0, 0(${base})`;
    case "lrsc": {
      const [old, done] = [registers(step.into), registers(step.done)];
      const both = [`lr.w ${old}, (${base})`, `sc.w ${done}, t0, (${base})`].join(event);
      return `li t0, ${step.value}\n${both}\nsltiu ${done}, ${done}, 1`;
    }
    default: {
      const order = (step.aq ? 2 : 0) | (step.rl ? 1 : 0);
      const rd = Number(registers(step.into).slice(1)) + 16;
      const fields = { rd, rs1: NUMBERS[base] as number, rs2: NUMBERS.t0 as number };
      const word = (encode(`${step.op}.w`, fields) | (order << 25)) >>> 0;
      return `li t0, ${step.value}\n.word ${word}`;
    }
  }
}

function threadText(steps: readonly Step[], thread: number, events: boolean): string {
  const names = namesOf(steps);
  const registers = (name: string) => REGISTERS[names.indexOf(name)] as string;
  const body = steps.map((step, n) => {
    const event = (label: string) => (events ? `\nj ${label}\n${label}:\n` : "\n");
    return code(step, registers, event(`in${thread}x${n}`)) + event(`at${thread}x${n}`);
  });
  const kept = names.map((name, n) => `sw ${registers(name)}, ${(thread * 4 + n) * 4}(a5)`);
  return `body${thread}:\n${body.join("\n")}\n${kept.join("\n")}\nj next`;
}

function program({ threads }: Litmus, { rounds, seed, events }: Driving): string {
  const choose = threads.map((_, n) => `li t0, ${n}\nbeq s11, t0, body${n}`).join("\n");
  return `
  csrr s11, mhartid
  li s0, ${X}
  li s1, ${X + 64}
  li a4, ${BARRIER}
  li a5, ${RESULTS}
  li a6, ${rounds}
  li a3, ${(seed * 2654435761) >>> 0}
  slli t0, s11, 13
  xor a3, a3, t0
  addi a3, a3, 1
round:
  li t0, 1
  amoadd.w zero, t0, (a4)
  li t1, ${threads.length}
meet:
  lw t0, 0(a4)
  bne t0, t1, meet
  slli t0, a3, 13                # xorshift
  xor a3, a3, t0
  srli t0, a3, 17
  xor a3, a3, t0
  slli t0, a3, 5
  xor a3, a3, t0
  andi t0, a3, 63
wait:
  addi t0, t0, -1
  bge t0, zero, wait
  ${choose}
${threads.map((steps, n) => threadText(steps, n, events)).join("\n")}
next:
  addi s0, s0, 128
  addi s1, s1, 128
  addi a4, a4, 4
  addi a5, a5, ${SLOT_WORDS * 4}
  addi a6, a6, -1
  bnez a6, round
  li t0, ${DONE}
  li t1, 1
  amoadd.w t2, t1, (t0)
  li t1, ${threads.length - 1}
  bne t2, t1, stop
  li t5, 0x100000
  li t6, 0x5555
  sw t6, 0(t5)
stop:
  wfi
  j stop`;
}

/** The outcomes seen, with how often each was. Throws when the guest does not end. */
export async function outcomesOn(litmus: Litmus, driving: Driving): Promise<Map<string, number>> {
  const { threads } = litmus;
  const machine = await createMachine({
    harts: threads.length,
    ramBytes: 16 * MIB,
    seed: driving.seed,
    quantumCycles: driving.quantumCycles,
    firmware: assemble(program(litmus, driving)).bytes,
    ...(driving.engine ? { engine: driving.engine } : {}),
    ...(driving.hotCycles ? { hotCycles: driving.hotCycles, coldCycles: 0 } : {}),
    ...(driving.timing ? { timing: driving.timing } : {}),
    ...(driving.parallel ? { parallel: { workers: threads.length } } : {}),
  });
  machine.timing?.on();
  // At the same time, a hart that waits at a barrier spins for as long as the host keeps the other.
  const result = machine.run({ cycles: driving.parallel ? 1e11 : 1e8 });
  await machine.close();
  driving.ended?.(machine);
  if (result.reason !== "finished") throw new Error(`litmus ${litmus.name}: ${result.reason}`);
  const bytes = machine.readPhysical(RESULTS, driving.rounds * SLOT_WORDS * 4);
  const words = new Uint32Array(bytes.buffer);
  const seen = new Map<string, number>();
  for (let round = 0; round < driving.rounds; round++) {
    const registers = threads.flatMap((steps, thread) =>
      namesOf(steps).map((name, n) => [
        `${thread}:${name}`,
        words[round * SLOT_WORDS + thread * 4 + n] as number,
      ]),
    );
    const text = outcomeText(Object.fromEntries(registers));
    seen.set(text, (seen.get(text) ?? 0) + 1);
  }
  return seen;
}
