// Compressed instructions: each against its expansion, reserved encodings, code that stands across
// lines and pages, code that changes, and mixed code by the fast and the exact loop.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine, type Machine, parseElf } from "../../emu/index.js";
import {
  COMPRESSED,
  findInstruction,
  type Instruction,
  immediate,
  registerAt,
} from "../../emu/isa/decoder.js";
import { encode } from "../../emu/isa/encode.js";
import { ROOT, zigPath } from "../../scripts/make/run.mjs";
import { finish, guest, MIB, PASS, R, S, word } from "../support/guest.js";

const CODE = 0x80001000;
const DATA = 0x80008000;

/** The word of the base instruction that a compressed one expands to. */
function expansionOf(row: Instruction, bits: number): number {
  const { mnemonic = "", registers = [] } = row.expansion ?? {};
  const [rd = 0, rs1 = 0, rs2 = 0] = registers.map((place) => registerAt(bits, place));
  return encode(mnemonic, { rd, rs1, rs2, imm: immediate(bits, row.format) });
}

/** What one instruction at CODE does: registers, where it goes on, and a word of memory. */
function effect(machine: Machine, code: Uint8Array, registers: readonly number[], at: number) {
  machine.writePhysical(CODE, code);
  machine.writePhysical(at, Uint8Array.of(0x12, 0x34, 0x56, 0x98));
  registers.forEach((value, number) => {
    machine.debug.setRegister(0, number, value);
  });
  machine.debug.setPc(0, CODE);
  machine.debug.stopAfterStep(0);
  machine.runExact({ cycles: 1e6 });
  const pc = machine.debug.pc(0);
  const cause = machine.debug.csr(0, 0x342);
  return { pc, cause, x: [...machine.registers(0)], word: word(machine, at) };
}

describe("a compressed instruction", () => {
  for (const row of COMPRESSED) {
    it(`does what its expansion does: ${row.mnemonic}`, async () => {
      const { machine } = await guest("wfi");
      const values = fc.array(fc.nat(0xffffffff), { minLength: 32, maxLength: 32 });
      fc.assert(
        fc.property(fc.nat(0xffff), values, (noise, random) => {
          const bits = (noise & ~row.mask) | row.match;
          fc.pre(findInstruction(bits) === row);
          // A jump by 4 looks like going on behind the longer one.
          fc.pre(!["CB", "CJ"].includes(row.format) || immediate(bits, row.format) !== 4);
          const base = row.expansion?.registers[1];
          const registers = [0, ...random.slice(1)];
          const memory = ["lw", "sw"].includes(row.expansion?.mnemonic ?? "");
          const at = DATA + (memory ? immediate(bits, row.format) : 0);
          if (memory && base) registers[registerAt(bits, base)] = DATA;
          const long = effect(machine, bytesOf([expansionOf(row, bits)]), registers, at);
          const short = effect(machine, Uint8Array.of(bits & 255, bits >> 8), registers, at);
          if (long.pc === CODE + 4) long.pc = CODE + 2;
          if (row.expansion?.mnemonic === "jal" || row.expansion?.mnemonic === "jalr") {
            const link = row.mnemonic === "c.jal" || row.mnemonic === "c.jalr";
            if (link) long.x[1] = (long.x[1] as number) - 2;
          }
          expect(short).toEqual(long);
        }),
      );
    });
  }

  it("is illegal where the encoding is reserved, and mtval has its 16 bits", async () => {
    const reserved = [0, 0x0004, 0x4002, 0x6081, 0x6101, 0x8002, 0x1082, 0x9c01, 0x9001, 0x9401];
    const others = [0x2000, 0x6000, 0xa002, 0xe002, 0x8000]; // floating point, and none
    for (const bits of [...reserved, ...others]) {
      const { x, labels } = await finish(`
  la t0, handler
  csrw mtvec, t0
  j bad
  .align 64
bad:
  .half ${bits}
  .align 64
handler:
  csrr s2, mcause
  csrr s3, mtval
  csrr s4, mepc
  ${PASS}`);
      expect([x[S.s2], x[S.s3], x[S.s4]]).toEqual([2, bits, labels.get("bad")]);
    }
  });
});

function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

describe("code of both lengths", () => {
  it("can be entered in the middle of a 32-bit instruction, and at its start", async () => {
    const { x } = await finish(`
  la t0, wide
  c.li a1, 0
  c.li s2, 0
again:
  c.addi t0, 2
  jalr ra, 0(t0)               # c.li a1, 5
  c.addi t0, -2
  c.addi s2, 1
  jalr ra, 0(t0)               # lui a0, 0x45950
  c.addi s2, 1
  slti t1, s2, 5
  bnez t1, again
  ${PASS}
wide:
  .half 0x0537
  .half 0x4595
  c.jr ra`);
    expect([x[R.a0], x[R.a1], x[S.s2]]).toEqual([0x45950000, 5, 6]);
  });

  it("counts each instruction once", async () => {
    const { x } = await finish(
      `
  csrr s2, minstret
  c.li a0, 3
  addi a1, zero, 4
  c.add a0, a1
  c.nop_
  slli a0, a0, 1
  c.mv a1, a0
  add a1, a1, a1
  csrr s3, minstret
  ${PASS}`.replace("c.nop_", "c.addi zero, 0"),
    );
    expect((x[S.s3] as number) - (x[S.s2] as number)).toBe(8);
  });

  it("is forgotten when either half of an instruction across two lines is stored to", async () => {
    for (const half of [0, 2]) {
      const { x } = await finish(`
  la s0, across
  c.li s2, 0
  c.li a1, 0
again:
  jalr ra, 0(s0)
  c.addi s2, 1
  c.li t0, 2
  beq s2, t0, over
  la t1, other
  lhu t1, ${half}(t1)
  sh t1, ${half}(s0)
  c.j again
over:
  ${PASS}
other:
  addi a1, a1, ${half === 0 ? 5 : 9}
  .align 64
  addi a0, a0, 0
  ${"c.addi a0, 1\n".repeat(29)}
across:
  addi a0, a1, 5
  c.jr ra`);
      // First a0 = a1 + 5; then the low half makes it a1 = a1 + 5, the high half a0 = a1 + 9.
      expect([x[R.a0], x[R.a1]]).toEqual(half === 0 ? [5, 5] : [9, 0]);
    }
  });
});

/** Supervisor code at 0x2ffe: page 2 is 0x8000a000, page 3 is not mapped, later 0x8000d000. */
const ACROSS_PAGES = `
  la t0, handler
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li a0, 0x80008000
  li t0, 0x20002401
  sw t0, 0(a0)
  li s0, 0x80009000
  li t0, 0x2000284b
  sw t0, 8(s0)
  li a0, 0x8000affe
  li t0, 0x8513                # addi a0, a1, 7 in two halves
  sh t0, 0(a0)
  li a0, 0x8000d000
  li t0, 0x0075
  sh t0, 0(a0)
  li t0, 0x9002                # c.ebreak
  sh t0, 2(a0)
  li t0, 0x80080008
  csrw satp, t0
  li t0, 0x800
  csrw mstatus, t0
  li t0, 0x2ffe
  csrw mepc, t0
  c.li a1, 30
  csrr s5, minstret
  mret
  .align 64
handler:
  csrr t0, mcause
  li t1, 12
  bne t0, t1, over
  csrr s2, mtval
  csrr s3, mepc
  li t0, 0x2000344b
  sw t0, 12(s0)
  sfence.vma zero, zero
  mret
over:
  csrr s4, mepc
  csrr s6, minstret
  ${PASS}`;

describe("an instruction across two pages", () => {
  it("faults at its second half, and is whole when that is mapped", async () => {
    const { x } = await finish(ACROSS_PAGES);
    expect([x[S.s2], x[S.s3], x[S.s4]]).toEqual([0x3000, 0x2ffe, 0x3002]);
    expect(x[R.a0]).toBe(37);
  });

  it("is the same by the exact loop, which stops before it and watches it", async () => {
    const fast = await finish(ACROSS_PAGES);
    const { machine } = await guest(ACROSS_PAGES);
    const bits: number[] = [];
    machine.on("step", (event) => {
      if (event.pc === 0x2ffe) bits.push(event.bits);
    });
    machine.debug.observe({ steps: true });
    machine.debug.addBreakpoint(0x2ffe);
    expect(machine.runExact({ cycles: 1e6 }).stop?.why).toBe("breakpoint");
    expect(machine.run({ cycles: 1e6 }).reason).toBe("finished");
    expect(bits).toEqual([0x00758513]);
    expect(machine.hash()).toBe(fast.machine.hash());
  });
});

const SMALL = ["s0", "s1", "a1", "a2", "a3", "a4", "a5"];

/** One line of mixed code; a0 is the address of data, `place` names labels ahead. */
const line = (place: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(21), fc.constantFrom(...SMALL), fc.constantFrom(...SMALL), fc.nat(30))
    .map(([what, rd, rs, n]) => {
      const forms = [
        `c.addi ${rd}, ${n - 15}`,
        `c.li ${rd}, ${n - 15}`,
        `c.lui ${rd}, ${n + 1}`,
        `c.slli ${rd}, ${n + 1}`,
        `c.srli ${rd}, ${n + 1}`,
        `c.srai ${rd}, ${n + 1}`,
        `c.andi ${rd}, ${n - 15}`,
        `c.sub ${rd}, ${rs}`,
        `c.xor ${rd}, ${rs}`,
        `c.or ${rd}, ${rs}`,
        `c.and ${rd}, ${rs}`,
        `c.mv ${rd}, ${rs}`,
        `c.add ${rd}, ${rs}`,
        `c.lw ${rd}, ${n * 4}(a0)`,
        `c.sw ${rd}, ${n * 4}(a0)`,
        `c.beqz ${rd}, ahead${place}`,
        `c.bnez ${rd}, ahead${place}`,
        `c.j ahead${place}`,
        `addi ${rd}, ${rs}, ${n}`,
        `lw ${rd}, ${n * 4}(a0)`,
        `sub ${rd}, ${rs}, ${rd}`,
        `bltu ${rd}, ${rs}, ahead${place}`,
      ];
      return forms[what] as string;
    });

describe("random code of both lengths", () => {
  it("does the same by the fast and the exact loop", async () => {
    const block = (place: number) => fc.array(line(place), { minLength: 3, maxLength: 30 });
    const blocks = fc.tuple(...Array.from({ length: 60 }, (_, place) => block(place)));
    await fc.assert(
      fc.asyncProperty(blocks, async (all) => {
        const text = all.map((lines, place) => `${lines.join("\n")}\nahead${place}:\n`).join("");
        const program = `
  li a0, ${DATA}
  li tp, 3
round:
  ${text}
  addi tp, tp, -1
  beqz tp, end
  j round
end:
  csrr s2, minstret
  ${PASS}`;
        const fast = await finish(program);
        const { machine } = await guest(program);
        expect(machine.runExact({ cycles: 1e6 }).reason).toBe("finished");
        expect(machine.hash()).toBe(fast.machine.hash());
      }),
      { numRuns: 30 },
    );
  });
});

describe("a C program", () => {
  it("gives the same result compiled with and without compressed instructions", async () => {
    const folder = mkdtempSync(join(tmpdir(), "quarterdeck-compressed-"));
    const results = [];
    for (const cpu of ["generic_rv32+m+a", "generic_rv32+m+a+c"]) {
      const out = join(folder, `${cpu}.elf`);
      const flags =
        `-target riscv32-freestanding-none -mcpu=${cpu} -O2 -ffreestanding -nostdlib ` +
        "-fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables " +
        "-DWORK=3 -DROUNDS=2 -T bench/guest/link.ld";
      const sources = ["bench/guest/start.S", "bench/guest/work.c"];
      const args = ["cc", ...flags.split(" "), "-o", out, ...sources];
      const done = spawnSync(zigPath(), args, { cwd: ROOT, encoding: "utf8" });
      expect(done.status, done.stderr).toBe(0);
      const firmware = readFileSync(out);
      const machine = await createMachine({ harts: 1, ramBytes: 64 * MIB, firmware });
      expect(machine.run({ cycles: 1e9 }).verdict).toBe("pass");
      const { value } = parseElf(firmware, cpu).symbols.find(({ name }) => name === "result") ?? {};
      results.push(word(machine, value as number));
    }
    expect(results[0]).not.toBe(0);
    expect(results[1]).toBe(results[0]);
  }, 60_000);
});
