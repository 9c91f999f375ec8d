// The rows: generated files are current, decoding is unambiguous, text is objdump's.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CSR_NAMES } from "../../emu/image/disasm.js";
import { disassemble, instructionLength } from "../../emu/index.js";
import {
  COMPRESSED,
  encodeImmediate,
  INSTRUCTIONS,
  immediate,
  immediateOf,
} from "../../emu/isa/decoder.js";
import { isaTables } from "../../scripts/isa-tables.mjs";
import { counted, hasOracle } from "../support/oracle.js";

const OBJDUMP = "riscv64-unknown-elf-objdump";
const ASSEMBLER = "riscv64-unknown-elf-as";
const ARCHITECTURE = "rv32imac_zicsr_zifencei";
const BASE = 0x80000000;

describe("rows", () => {
  it("the generated tables are what the rows give", () => {
    for (const [path, text] of Object.entries(isaTables() as Record<string, string>)) {
      const file = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
      expect(file, path).toBe(text);
    }
  });

  it("no word matches two rows", () => {
    for (const a of INSTRUCTIONS) {
      for (const b of INSTRUCTIONS) {
        if (a === b) continue;
        const common = a.mask & b.mask;
        expect((a.match & common) === (b.match & common), `${a.mnemonic} ${b.mnemonic}`).toBe(
          false,
        );
      }
    }
  });

  it("of two compressed rows that both match, the narrower stands first", () => {
    const overlaps = COMPRESSED.flatMap((a, first) =>
      COMPRESSED.slice(first + 1).filter((b) => ((a.match ^ b.match) & a.mask & b.mask) === 0),
    );
    expect(overlaps.length).toBeGreaterThan(0);
    COMPRESSED.forEach((b, second) => {
      for (const a of COMPRESSED.slice(0, second)) {
        if (((a.match ^ b.match) & a.mask & b.mask) !== 0) continue;
        expect(a.mask & b.mask, `${a.mnemonic} ${b.mnemonic}`).toBe(b.mask);
      }
    });
  });

  it("an immediate that is encoded is decoded again, in every format", () => {
    const row = fc.constantFrom(...INSTRUCTIONS, ...COMPRESSED);
    fc.assert(
      fc.property(row, fc.nat(0xffffffff), ({ format }, bits) => {
        const value = immediate(bits, format);
        expect(immediate(encodeImmediate(value, format), format)).toBe(value);
      }),
    );
    expect(immediateOf("B").sign).toBe(12);
    expect(immediateOf("CSR").sign).toBeUndefined();
  });

  it("the core's switch over ops is one br_table", () => {
    const wat = readFileSync(new URL("../../build/machine.wat", import.meta.url), "utf8");
    const loop = wat.slice(wat.indexOf("(func $assembly/execute/loop"));
    expect(loop.slice(0, 40_000)).toMatch(/br_table( \d+| \$\S+){80,}/);
  });
});

/** Random instructions: some of each row, and as many words that may be anything. */
function samples(): number[] {
  const words: number[] = [];
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) ^ (state << 13)) >>> 0;
  };
  for (const row of [...INSTRUCTIONS, ...COMPRESSED]) {
    for (let n = 0; n < 20; n++) words.push(((random() & ~row.mask) | row.match) >>> 0);
  }
  for (let n = 0; n < 4000; n++) words.push(random(), (random() | 3) >>> 0);
  // Random words are seldom near what we have: all major opcodes, with the other bits often 0.
  for (let n = 0; n < 8000; n++) {
    const opcode = INSTRUCTIONS[n % INSTRUCTIONS.length]?.match ?? 0;
    words.push(((opcode & 0x7f) | (random() & random() & ~0x7f)) >>> 0);
  }
  return words
    .map((word) => (instructionLength(word) === 2 ? word & 0xffff : word))
    .filter((word) => !leftOut(word));
}

/** Fences with reserved fields, which we take and objdump does not; and what has over 32 bits. */
function leftOut(word: number): boolean {
  const fence = (word & 0x607f) === 0x000f;
  const reserved = (word & 0x1000) !== 0 ? 0xffff8f80 : 0xf00f8f80; // of fence.i, of fence
  return (word & 0x1f) === 0x1f || (fence && (word & reserved) !== 0);
}

/** Instructions one behind the other, as bytes, with the address of each. */
function layOut(words: readonly number[]): { bytes: Uint8Array; places: number[] } {
  const halves: number[] = [];
  const places = words.map((word) => {
    const place = BASE + halves.length * 2;
    halves.push(word & 0xffff);
    if (instructionLength(word) === 4) halves.push(word >>> 16);
    return place;
  });
  return { bytes: new Uint8Array(Uint16Array.from(halves).buffer), places };
}

/** objdump's text by address; it reads in an ELF file which extensions there are. */
function objdump(bytes: Uint8Array): Map<number, string> {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-disasm-"));
  const [binary, source, elf] = ["bin", "s", "o"].map((end) => join(folder, `code.${end}`));
  writeFileSync(binary as string, bytes);
  writeFileSync(source as string, `.text\n.incbin "${binary}"\n`);
  const as = `-march=${ARCHITECTURE} -mabi=ilp32 -o ${elf} ${source}`;
  expect(spawnSync(ASSEMBLER, as.split(" ")).status).toBe(0);
  const flags = `-D -j .text -M no-aliases --adjust-vma=${BASE} ${elf}`;
  const options = { encoding: "utf8", maxBuffer: 64 << 20 } as const;
  const dump = spawnSync(OBJDUMP, flags.split(" "), options);
  const lines = dump.stdout.matchAll(/^\s*([0-9a-f]+):\t\S+\s+(.*)$/gm);
  return new Map(
    [...lines].map(([, at, text = ""]) => {
      const plain = text
        .replace(/([0-9a-f]+) <.*>/, "0x$1")
        .replace(/\s*#.*/, "")
        .replace("\t", " ");
      return [Number.parseInt(at as string, 16), plain.trim()];
    }),
  );
}

const ROWS_IN_ALL = INSTRUCTIONS.length + COMPRESSED.length;

describe("disassembler", () => {
  it.skipIf(!hasOracle(OBJDUMP))("prints what objdump prints", () => {
    const words = samples();
    words.push(0x0ff0000f, 0x0330000f, 0x0000100f, 0x30529073, 0x34202573, 0xf1402573);
    const { bytes, places } = layOut(words);
    const theirs = objdump(bytes);
    const different: string[] = [];
    words.forEach((word, index) => {
      const place = places[index] as number;
      const [ours, other] = [disassemble(word, place), theirs.get(place) ?? "nothing"];
      const unknown = /^\.(2byte|4byte|word|short)/;
      if (ours === other || (unknown.test(ours) && unknown.test(other))) return;
      // objdump takes shifts by 32 and more, reserved on RV32, and what we do not have: uret, CSRs.
      if (unknown.test(ours) && /s(ll|rl|ra)i .*,0x[23].$|^uret$/.test(other)) return;
      if (ours.startsWith("csr") && !CSR_NAMES.has(word >>> 20)) return;
      different.push(`${word.toString(16)}: ${ours} | ${other}`);
    });
    expect(different).toEqual([]);
    counted("binutils", `${words.length} instructions and random words, ${ROWS_IN_ALL} rows`);
  });

  it("a word that no row matches is printed as a word", () => {
    expect(disassemble(0xffffffff, 0)).toBe(".word 0xffffffff");
    expect(disassemble(0xffff0000, 0)).toBe(".2byte 0x0");
  });
});
