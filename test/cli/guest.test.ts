// Guests of others on the command line: what is refused, images for machine mode, and drives whose
// writes go to an overlay.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ImageError, readOverlay, writeOverlay } from "../../emu/index.js";
import { assemble } from "../support/assembler.js";
import { PASS } from "../support/guest.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";
import { block } from "../support/virtio.js";

const HELLO = `
  li a0, 0x10000000
  li a1, 72
  sb a1, 0(a0)
  li a1, 105
  sb a1, 0(a0)
  li a1, 10
  sb a1, 0(a0)
`;
const FAILS = "li t0, 0x100000\nli t1, 0x00073333\nsw t1, 0(t0)";

/** Writes files into a folder of its own, and runs there. */
function withFiles<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  return inFolder((folder) => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    return use(folder);
  });
}

const raw = (text: string) => assemble(text).bytes;
const drive = () => Uint8Array.from({ length: 20_480 }, (_, n) => n * 3);

describe("images for machine mode", () => {
  test("start at the beginning of RAM, on every hart, with nothing below them", async () => {
    await withFiles({ image: raw(HELLO + PASS), bad: raw(HELLO + FAILS) }, async (cwd) => {
      const good = await quarterdeck(["boot", "--kernel", "image", "--bios", "none"], { cwd });
      expect(good).toEqual({ code: 0, out: "Hi\n", err: "" });
      const bad = await quarterdeck(["boot", "--kernel", "bad", "--bios", "none"], { cwd });
      expect(bad).toEqual({ code: 1, out: "Hi\n", err: "" });
    });
  });
});

test("what cannot be used is refused in one line", async () => {
  const files = {
    image: raw(PASS),
    short: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46),
    odd: "odd",
    empty: "",
  };
  await withFiles(files, async (cwd) => {
    const refused: [string[], RegExp][] = [
      [["--kernel", "none"], /^quarterdeck: --kernel: cannot read none \(ENOENT\); .*\n$/],
      [["--kernel", "/dev/zero"], /^quarterdeck: --kernel: \/dev\/zero is a device, which may/],
      [["--kernel", "empty"], /^quarterdeck: --kernel: empty is empty; give an image/],
      [["--kernel", "short"], /^quarterdeck: short: not an ELF file; .*\n$/],
      [["--kernel", "image", "--initrd", "none"], /^quarterdeck: --initrd: cannot read none /],
      [["--initrd", "image"], /^quarterdeck: --initrd: is for a guest of others; give --kernel/],
      [["--bios", "none"], /^quarterdeck: --bios: is for a guest of others; give --kernel/],
      [["--kernel", "image", "--rc", "odd"], /^quarterdeck: --rc: is for our own kernels/],
      [["larboard", "--kernel", "image"], /^quarterdeck: boot: --kernel says which kernel/],
      [["--kernel", "image", "--smp", "1", "--harts", "2"], /^quarterdeck: --smp: is --harts by/],
      [["--kernel", "image", "--drive", "odd"], /^quarterdeck: drive: 3 bytes; give a multiple/],
      [["--drive", "odd,what"], /--drive takes FILE, FILE,readonly or FILE,overlay=FILE2/],
      [["--virtio", "old"], /Allowed choices are modern, legacy/],
    ];
    for (const [args, message] of refused) {
      const { code, out, err } = await quarterdeck(["boot", ...args], { cwd });
      expect([args, code, out]).toEqual([args, 2, ""]);
      expect(err).toMatch(message);
      expect(err.trimEnd().split("\n").length, err).toBe(1);
    }
  });
}, 60_000);

describe("a drive's overlay", () => {
  const write = (sector: number) => raw(block(1, sector, 0));
  const boot = (cwd: string, kernel: string, setting: string) =>
    quarterdeck(["boot", "--kernel", kernel, "--bios", "none", "--drive", setting], { cwd });

  test("keeps what guests wrote, one after the other; the drive's file stays", async () => {
    await withFiles({ drive: drive(), one: write(3), two: write(39) }, async (cwd) => {
      const overlay = join(cwd, "mine");
      const before = drive();
      const now = () => readOverlay(readFileSync(overlay), before, "mine");
      const changed = () => [...now()].flatMap((byte, n) => (byte !== before[n] ? [n >> 9] : []));
      expect((await boot(cwd, "one", "drive,overlay=mine")).code).toBe(0);
      expect(new Set(changed())).toEqual(new Set([3]));
      expect((await boot(cwd, "two", "drive,overlay=mine")).code).toBe(0);
      expect(new Set(changed())).toEqual(new Set([3, 39]));
      expect(readFileSync(join(cwd, "drive")).equals(before)).toBe(true);
      expect((await boot(cwd, "one", "drive,readonly")).code).toBe(0);
      expect(existsSync(join(cwd, "readonly"))).toBe(false);
    });
  });

  test("is written by SIGTERM too, and one that cannot be is told at the start", async () => {
    const files = { drive: drive(), spin: raw("again:\nj again") };
    await withFiles(files, async (cwd) => {
      const bad = await boot(cwd, "spin", "drive,overlay=drive/x");
      expect([bad.code, bad.out]).toEqual([2, ""]);
      expect(bad.err).toMatch(/^quarterdeck: --drive: cannot write drive\/x \(ENOTDIR\); /);
      const args = ["boot", "--kernel", "spin", "--bios", "none", "--drive", "drive,overlay=mine"];
      const ended = await quarterdeck(args, {
        cwd,
        started: (child) => {
          const ready = setInterval(() => {
            if (!existsSync(join(cwd, "mine"))) return;
            clearInterval(ready);
            setTimeout(() => child.kill("SIGTERM"), 300);
          }, 20);
        },
      });
      expect(ended.code).toBe(130);
      expect(readOverlay(readFileSync(join(cwd, "mine")), drive(), "mine")).toEqual(drive());
    });
  });

  test("of another drive, damaged or cut off is refused, and kept as it was", async () => {
    const mine = writeOverlay(drive(), drive().fill(1, 5000, 5100));
    const other = Uint8Array.from(drive(), (byte) => byte + 1);
    const files = {
      drive: drive(),
      other,
      mine,
      cut: mine.slice(0, 300),
      odd: "odd",
      one: write(3),
    };
    await withFiles(files, async (cwd) => {
      const refused: [string, RegExp][] = [
        ["other,overlay=mine", /^quarterdeck: mine: belongs to a drive with other content; /],
        ["drive,overlay=cut", /^quarterdeck: cut: is damaged: its checksum is wrong; /],
        ["drive,overlay=odd", /^quarterdeck: odd: is no overlay of a drive; /],
      ];
      for (const [setting, message] of refused) {
        const { code, err } = await boot(cwd, "one", setting);
        expect(code).toBe(2);
        expect(err).toMatch(message);
      }
      expect(readFileSync(join(cwd, "mine"))).toEqual(Buffer.from(mine));
    });
  });

  test("whatever the file holds, it is read or refused", () => {
    const base = drive();
    const whole = writeOverlay(base, drive().fill(9, 100, 9000));
    expect(readOverlay(whole, base, "o")).toEqual(drive().fill(9, 100, 9000));
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          expect(readOverlay(bytes, base, "o")).toHaveLength(base.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          expect((error as Error).message).toMatch(/^o: .*; [^\n]*$/);
        }
      }),
    );
  });
});
