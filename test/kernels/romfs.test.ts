// The file system on the disk, on each kernel and across reliefs: names, bytes, what is in use, and
// images that are damaged in ways which must harm nothing but themselves.
import { describe, expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { writeRomfs } from "../../emu/image/romfs.js";
import { type Booted, bootScript, MOUNT } from "../support/boot.js";

const LONG_BYTES = 10_000;
const SUMMED_BYTES = 512;
const [NEXT_AND_KIND, INFO, SIZE] = [0, 1, 2];

function image(): Uint8Array {
  const text = (characters: string) => new TextEncoder().encode(characters);
  return writeRomfs([
    { path: "one", data: text("one\n") },
    { path: "deep/er/two", data: text("two\n") },
    { path: "long", data: new Uint8Array(LONG_BYTES).fill(65) },
  ]);
}

/** The console's lines between `echo START` and `echo END`. */
function between({ console }: Booted, start: string, end: string): string[] {
  const lines = console.split("\n").map((line) => line.trimEnd());
  return lines.slice(lines.indexOf(start) + 1, lines.indexOf(end));
}

function expectSound({ result, log, console }: Booted): void {
  expect(log.panics).toEqual([]);
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(console).toMatch(/audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/);
}

const LISTED = ["-         4 one", "d         0 deep", `-     ${LONG_BYTES} long`];

describe.each(KERNELS)("%s", (kernel) => {
  test("shows what is on the disk, and takes it away again", async () => {
    const script = `${MOUNT}echo A
ls /disk; cat /disk/one /disk/deep/er/two; wc /disk/long
cd /disk/deep/er; cat ../../one; umount /disk; cd /; umount /disk; ls /disk
echo B
${MOUNT}${MOUNT}mv /disk /old; cat /disk/one
echo C
poweroff\n`;
    const booted = await bootScript(kernel, 2, script, image());
    expectSound(booted);
    expect(between(booted, "A", "B")).toEqual([
      ...LISTED,
      ...["one", "two", `      0       1   ${LONG_BYTES} /disk/long`, "one"],
      "umount: /disk: busy (16)",
    ]);
    expect(between(booted, "B", "C")).toEqual([
      "mount: /dev/vda: busy (16)",
      "mv: /disk: busy (16)",
      "one",
    ]);
  });

  test("gives no frame away to a mount that is over", async () => {
    const used = async (times: number) => {
      const round = `${MOUNT}cat /disk/long /disk/deep/er/two > /dev/null; umount /disk\n`;
      const booted = await bootScript(kernel, 1, `${round.repeat(times)}poweroff\n`, image());
      expectSound(booted);
      return Number(/(\d+) in use/.exec(booted.console)?.[1]);
    };
    expect(await used(12)).toBe(await used(2));
  });
});

/** The image with a word of the header before a name changed. */
function damaged(name: string, word: number, change: (old: number, header: number) => number) {
  const disk = image();
  const header = Buffer.from(disk).indexOf(`${name}\0`, 32, "latin1") - 16;
  const view = new DataView(disk.buffer, disk.byteOffset, disk.length);
  view.setUint32(header + word * 4, change(view.getUint32(header + word * 4), header) >>> 0);
  const summed = Math.min(SUMMED_BYTES, view.getUint32(8));
  let sum = 0;
  for (let at = 0; at < summed; at += 4) sum += at === 12 ? 0 : view.getUint32(at);
  view.setUint32(12, -sum >>> 0); // the superblock's sum covers the first headers
  return disk;
}

const DAMAGES: Readonly<Record<string, Uint8Array>> = {
  "a list that goes round": damaged("long", NEXT_AND_KIND, (old, header) => header | (old & 15)),
  "a list that goes back": damaged("long", NEXT_AND_KIND, (old) => 32 | (old & 15)),
  "a list that leaves the disk": damaged("long", NEXT_AND_KIND, (old) => 0x7ffffff0 | (old & 15)),
  "a hard link to itself": damaged("one", NEXT_AND_KIND, (old) => old & ~7),
  "a directory that lists nothing there is": damaged("deep", INFO, () => 0x7ffffff0),
  "a directory that lists its own": damaged("deep", INFO, () => 64),
  "a file that is longer than the disk": damaged("long", SIZE, () => 0x7fffffff),
  "a file of 4 GiB": damaged("long", SIZE, () => 0xffffffff),
};

describe.each(KERNELS)("%s", (kernel) => {
  test.each(Object.entries(DAMAGES))("%s harms nothing else", async (_, disk) => {
    const script = `${MOUNT}ls /disk; ls /disk/deep; ls /disk/deep/er; cat /disk/one
wc /disk/long; cd /disk/deep/er; cd ..; cat two; cd /
echo A; umount /disk; echo B; poweroff\n`;
    const booted = await bootScript(kernel, 2, script, disk);
    expectSound(booted);
    expect(between(booted, "A", "B")).toEqual([]);
  });

  test("a disk with a wrong sum, or without the magic, is not mounted", async () => {
    for (const at of [0, 13]) {
      const disk = image();
      disk[at] = (disk[at] ?? 0) ^ 1;
      const booted = await bootScript(kernel, 1, `${MOUNT}echo A; ls /disk; poweroff\n`, disk);
      expectSound(booted);
      expect(booted.console).toMatch(/mount: \/dev\/vda: invalid/);
    }
  });
});

const DIRECTIONS = KERNELS.flatMap((from) => KERNELS.map((to) => ({ from, to })));
const CASES = DIRECTIONS.flatMap((way) =>
  ["adopt", "remap", "copy"].map((memory) => ({ ...way, memory })),
);

test.each(CASES)(
  "a mount crosses from $from to $to and back, memory $memory",
  async ({ from, to, memory }) => {
    const script = `${MOUNT}cd /disk/deep; cat er/two ../long > /dev/null
sleep 4 < /disk/one &
kexec /boot/${to} memory=${memory}; echo A; ls ..; cat er/two; umount /disk; echo B
cd er; kexec /boot/${from} memory=${memory}; echo C; cat ../../one two; cd ..; cat er/two
cd /; umount /disk; echo D; wait; umount /disk; ${MOUNT}ls /disk; umount /disk; ls /disk
echo E; poweroff\n`;
    const booted = await bootScript(from, 3, script, image());
    expectSound(booted);
    expect(booted.log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved", "relieved"]);
    expect(between(booted, "A", "B")).toEqual([...LISTED, "two", "umount: /disk: busy (16)"]);
    expect(between(booted, "C", "D")).toEqual(["one", "two", "two", "umount: /disk: busy (16)"]);
    expect(between(booted, "D", "E").slice(-LISTED.length)).toEqual(LISTED);
  },
);
