// Disks of hostile content: both kernels mount them or say an error, and neither panics, hangs or
// loses a frame.
import fc from "fast-check";
import { expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { writeRomfs } from "../../emu/image/romfs.js";
import { bootScript, MOUNT } from "../support/boot.js";

/** By hand: `HOSTILE_DISKS=200 npx vitest run test/kernels/romfs-fuzz`. */
const RUNS = Number(process.env.HOSTILE_DISKS ?? 25);
const SUMMED_BYTES = 512;

const text = (characters: string) => new TextEncoder().encode(characters);
const IMAGE = writeRomfs([
  { path: "one", data: text("one\n") },
  { path: "deep/er/two", data: text("two\n") },
  { path: "run", data: text("\u007fELF"), executable: true },
  { path: "long", data: new Uint8Array(10_000).fill(65) },
]);

const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 8, 9, 16, 0x7ffffff0, 0x80000000, 0xfffffff0, 0xffffffff),
  fc.nat(IMAGE.length / 16).chain((place) => fc.nat(15).map((kind) => place * 16 + kind)),
);
/** Words of the superblock and the headers, cut or with other bytes; the sum is made right. */
const disk = fc
  .record({
    words: fc.array(fc.tuple(fc.nat(SUMMED_BYTES / 4 - 3), word), { minLength: 1, maxLength: 6 }),
    sectors: fc.constantFrom(1, 2, 3, IMAGE.length / 512, IMAGE.length / 512),
    size: fc.oneof({ weight: 3, arbitrary: fc.constant(IMAGE.length) }, word),
  })
  .map(({ words, sectors, size }) => {
    const bytes = Uint8Array.from(IMAGE);
    const view = new DataView(bytes.buffer);
    for (const [place, value] of words) view.setUint32(8 + place * 4, value);
    view.setUint32(8, size);
    const summed = Math.min(SUMMED_BYTES, size & ~3);
    let sum = 0;
    for (let at = 0; at < summed; at += 4) sum += at === 12 ? 0 : view.getUint32(at);
    view.setUint32(12, -sum >>> 0);
    return bytes.slice(0, sectors * 512);
  });

const SCRIPT = `${MOUNT}ls /disk; ls /disk/deep; ls /disk/deep/er; cat /disk/one /disk/deep/er/two
wc /disk/long; /disk/run; cd /disk/deep/er; cd ..; cat two; cd /; umount /disk
${MOUNT}ls /disk; umount /disk; echo END; poweroff\n`;

test.each(KERNELS)(
  "%s harms nothing",
  async (kernel) => {
    await fc.assert(
      fc.asyncProperty(disk, async (bytes) => {
        const { result, log, console } = await bootScript(kernel, 1, SCRIPT, bytes);
        expect(log.panics).toEqual([]);
        expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
        expect(console).toContain("\nEND");
        expect(console).toMatch(/in use, 0 owned by nobody, 0 claimed twice/);
      }),
      { numRuns: RUNS },
    );
  },
  600_000,
);
