// Runs of instructions that the core's loop does at one turn: does each do what its instructions
// do one by one? The oracle is the exact way: in a page with a forbidden word (which only differs
// in where a locked PMP entry points) every instruction is fetched and executed alone.
import { describe, expect, it } from "vitest";
import { INSTRUCTIONS } from "../../emu/isa/decoder.js";
import { RUNS } from "../../scripts/isa-runs.mjs";
import { finish, PASS, R, S } from "../support/guest.js";

const DATA = 0x80004000;
const LOG = 0x80005000; // the registers after each run
const LOG_BYTES = 32;
const CODE_PAGE_LAST_WORD = 0x80000ffc;
const OTHER_PAGE_LAST_WORD = 0x80008ffc;
const ENTRY_LOCKED_NA4 = 0x90; // and neither R, W nor X
const REGISTERS = ["a1", "a2", "a3", "a4", "s3", "s4", "s5", "s6", "zero"];
const SHORT = ["a1", "a2", "a3", "a4"]; // those that compressed instructions can name
const RUNS_PER_PAGE = 24;

const runs = RUNS as readonly (readonly string[])[];

/** Whole numbers below `bound`, the same for the same seed. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % bound;
  };
}

/** One instruction of a run as text. a0 holds DATA, t0 the address of `forward`. */
function instruction(op: string, below: (bound: number) => number, place: number): string {
  const [, short, name = "", reach] = /^(C_)?(.+?)(?:_(NEAR|BACK))?$/.exec(op) ?? [];
  const mnemonic = name.toLowerCase();
  const any = () => REGISTERS[below(REGISTERS.length)] as string;
  const target = `${reach === "BACK" ? "back" : "forward"}${place}`;
  if (mnemonic === "jalr") return `jalr ${any()}, 0(t0)`;
  if (mnemonic === "jal") return `jal ${any()}, ${target}`;
  if (short) return compressed(mnemonic, below, target);
  const row = INSTRUCTIONS.find((found) => found.mnemonic === mnemonic);
  switch (row?.format) {
    case "R":
      return `${mnemonic} ${any()}, ${any()}, ${any()}`;
    case "SHIFT":
      return `${mnemonic} ${any()}, ${any()}, ${below(32)}`;
    case "U":
      return `${mnemonic} ${any()}, ${below(1 << 20) * 4096}`;
    case "S":
      return `${mnemonic} ${any()}, ${below(16) * 4}(a0)`;
    case "B":
      return `${mnemonic} ${any()}, ${any()}, ${target}`;
    default:
      if (mnemonic.startsWith("l")) return `${mnemonic} ${any()}, ${below(16) * 4}(a0)`;
      return `${mnemonic} ${any()}, ${any()}, ${below(4096) - 2048}`;
  }
}

/** A compressed instruction of a run, by what it expands to. */
function compressed(base: string, below: (bound: number) => number, target: string): string {
  const [rd, rs] = [SHORT[below(SHORT.length)], SHORT[below(SHORT.length)]];
  if (base === "beq" || base === "bne") return `c.${base}z ${rd}, ${target}`;
  if (base === "lw" || base === "sw") return `c.${base} ${rd}, ${below(16) * 4}(a0)`;
  if (["slli", "srli", "srai"].includes(base)) return `c.${base} ${rd}, ${below(31) + 1}`;
  if (base === "addi" || base === "andi") return `c.${base} ${rd}, ${below(64) - 32}`;
  return `c.${base} ${rd}, ${rs}`;
}

function program(some: typeof runs, forbidden: number, seed: number): string {
  const below = numbers(seed);
  const bodies = some.map(
    (run, place) => `
  la t0, forward${place}
  j start${place}               # so that no run begins before the run
back${place}:
  addi s2, s2, 5
  j end${place}
start${place}:
  ${run.map((op) => instruction(op, below, place)).join("\n  ")}
  j end${place}
forward${place}:
  addi s2, s2, 7
end${place}:
  ${REGISTERS.slice(0, -1)
    .map((name, index) => `sw ${name}, ${index * 4}(s8)`)
    .join("\n  ")}
  addi s8, s8, ${LOG_BYTES}
`,
  );
  const start = REGISTERS.slice(0, -1).map((name) => `li ${name}, ${below(1 << 24) * 256 + 1}`);
  return `
  li a0, ${DATA}
  li s8, ${LOG}
  ${start.join("\n  ")}
  li t0, ${forbidden / 4}
  csrw pmpaddr0, t0
  li t0, ${ENTRY_LOCKED_NA4}
  csrw pmpcfg0, t0
  ${bodies.join("")}
  la t1, done
  jr t1
  .align 4096
done:
  ${PASS}`;
}

async function outcome(some: typeof runs, forbidden: number, seed: number) {
  const { x, machine } = await finish(program(some, forbidden, seed));
  const stats = machine.stats()[0];
  const log = machine.readPhysical(LOG, some.length * LOG_BYTES);
  return { x: [...x], log: [...log], instret: stats?.instret };
}

describe("a run", () => {
  for (let from = 0; from < runs.length; from += RUNS_PER_PAGE) {
    const some = runs.slice(from, from + RUNS_PER_PAGE);
    const names = `${some[0]?.join(" ")} to ${some.at(-1)?.join(" ")}`;
    it(`does what its instructions do one by one: ${names}`, async () => {
      for (const seed of [1, 2, 3, 4]) {
        const alone = await outcome(some, CODE_PAGE_LAST_WORD, seed);
        expect(await outcome(some, OTHER_PAGE_LAST_WORD, seed)).toEqual(alone);
      }
    });
  }

  it("can be entered at its second instruction", async () => {
    const { x } = await finish(`
  li a1, 0
  li a2, 0
  j middle
whole:
  addi a1, a1, 1
middle:
  addi a2, a2, 1
  addi a2, a2, 0
  slti a3, a2, 3
  bnez a3, whole
  ${PASS}`);
    expect([x[R.a1], x[R.a2]]).toEqual([2, 3]);
  });

  it("that traps at its last instruction has done the others, and tells its address", async () => {
    const { x, labels } = await finish(`
  la t0, handler
  csrw mtvec, t0
  li a0, 2
  li a1, 5
  addi a1, a1, 1
  add a2, a0, a0
bad:
  lw a1, 2(a0)                 # 4: no memory is there
  addi a1, a1, 100
  .align 64
handler:
  csrr s2, mepc
  csrr s3, mcause
  ${PASS}`);
    expect(x[S.s2]).toBe(labels.get("bad"));
    expect([x[S.s3], x[R.a1], x[R.a2]]).toEqual([5, 6, 4]);
  });

  it("is forgotten when its second instruction is overwritten", async () => {
    const { x } = await finish(`
  li a1, 0
  li a2, 0
  li s2, 0
again:
  addi a1, a1, 1
patched:
  addi a2, a2, 1
  bnez s2, over
  li s2, 1
  la t0, patched
  la t1, other
  lw t1, 0(t1)
  sw t1, 0(t0)
  j again
other:
  addi a2, a2, 100
over:
  ${PASS}`);
    expect([x[R.a1], x[R.a2]]).toEqual([2, 101]);
  });
});
