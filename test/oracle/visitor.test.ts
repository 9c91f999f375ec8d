// Guests of others: an S-mode program with OpenSBI's conventions must find on `quarterdeck boot`
// what it finds on QEMU's virt board, as ELF and as a flat image, with either virtio transport.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { layElf, parseElf } from "../../emu/index.js";
import { ROOT } from "../../scripts/make/run.mjs";
import { counted, hasOracle } from "../support/oracle.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";
import { linkGuest } from "../support/zig.js";

const GUESTS = join(ROOT, "test/support/guests");
const FIRMWARE = join(ROOT, "build/guest/firmware.elf");

interface Files {
  readonly folder: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly drive: string;
}

/** The visitor and what it is given, in a folder; flat or as an ELF. */
function prepare(folder: string, { flat, cpu }: { flat: boolean; cpu: string }): Files {
  const elf = linkGuest(folder, `${GUESTS}/visitor.c`, `${GUESTS}/visitor.ld`, cpu);
  const [kernel, initrd, drive] = ["kernel", "initrd", "drive"].map((name) => join(folder, name));
  const { pieces, start, end } = layElf(parseElf(elf), 0);
  const image = new Uint8Array(end - start);
  for (const piece of pieces) image.set(piece.bytes, piece.address - start);
  writeFileSync(kernel as string, flat ? image : elf);
  writeFileSync(initrd as string, "initial RAM disk");
  writeFileSync(
    drive as string,
    Uint8Array.from({ length: 8192 }, (_, n) => n * 7),
  );
  return { folder, kernel, initrd, drive } as Files;
}

function onQemu({ kernel, initrd, drive }: Files, legacy: boolean): string {
  const args = ["-M", "virt", "-bios", FIRMWARE, "-kernel", kernel, "-initrd", initrd];
  args.push("-smp", "2", "-m", "128M", "-append", "one two=3", "-nographic");
  args.push("-global", `virtio-mmio.force-legacy=${legacy}`);
  args.push("-drive", `file=${drive},format=raw,id=vda,if=none,readonly=on`);
  args.push("-device", "virtio-blk-device,drive=vda", "-device", "virtio-rng-device");
  const ended = spawnSync("qemu-system-riscv32", args, { input: "", timeout: 60_000 });
  return ended.stdout.toString();
}

async function onOurs({ kernel, initrd, drive }: Files, legacy: boolean): Promise<string> {
  const args = ["boot", "--kernel", kernel, "--initrd", initrd, "--drive", `${drive},readonly`];
  args.push("--smp", "2", "--memory", "128M", "--append", "one two=3", "--entropy");
  if (legacy) args.push("--virtio", "legacy");
  const { code, out, err } = await quarterdeck(args);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

let compared = 0;
afterAll(() => counted("QEMU, guests of others", `${compared} lines of a visitor are the same`));

/** Lines without their order, which is the order of slots. */
const lines = (text: string) => text.split(/\r?\n/).filter(Boolean).sort();

describe.skipIf(!hasOracle("qemu-system-riscv32"))("a guest of others", () => {
  const cases = [
    { flat: false, legacy: false, cpu: "generic_rv32+m+a" },
    { flat: true, legacy: true, cpu: "generic_rv32+m+a" },
    { flat: true, legacy: false, cpu: "generic_rv32+m+a+c" },
  ];
  test.each(cases)(
    "finds what it finds on QEMU: flat $flat, legacy $legacy, $cpu",
    async (how) => {
      await inFolder(async (folder) => {
        const files = prepare(folder, how);
        const ours = await onOurs(files, how.legacy);
        expect(lines(ours)).toEqual(lines(onQemu(files, how.legacy)));
        expect(ours).toContain("bootargs one two=3");
        expect(ours).toContain("second hart is the other 00000001");
        expect(ours).toContain("block status 00000000");
        expect(ours).toContain("about half of the bits are ones 00000001");
        expect(ours).toMatch(/visitor leaves\s*$/);
        compared += lines(ours).length;
      });
    },
    120_000,
  );
});
