// A machine that others wrote: both kernels on QEMU's `virt` board, one relieving the other, with
// nothing of ours but what runs inside. Time there is the host's: on one that is busy elsewhere a
// relief would be too late for the usual watchdog, rightly; and a test may try once more.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { TRANSFER_MODES } from "../../emu/experiment/relief.js";
import { WATCH, watchDisk, watchFiles } from "../../emu/experiment/watch.js";
import { initramfs } from "../../scripts/initramfs.mjs";
import { ROOT } from "../../scripts/make/run.mjs";
import { images } from "../support/images.js";
import { counted, hasOracle } from "../support/oracle.js";
import { inFolder } from "../support/quarterdeck.js";
import { WAYS } from "../support/relief.js";

const UTTERANCES = [
  "I am ready to relieve you",
  "I am ready to be relieved",
  "I relieve you",
  "I stand relieved",
];

/**
 * Boots `kernel` with a script as /etc/rc; gives what it said, on both consoles, and how it ended.
 */
async function onQemu(kernel: string, harts: number, script: string, next?: Uint8Array) {
  return inFolder(async (folder) => {
    const [initrd, drive] = [join(folder, "initrd"), join(folder, "drive")];
    const second = join(folder, "second");
    const files = next && watchFiles(images(), script, undefined, next);
    writeFileSync(initrd, files ?? (await initramfs(Buffer.from(script))));
    writeFileSync(drive, watchDisk(images()));
    const args = ["--harts", `${harts}`, "--memory", "64M", "--initrd", initrd, "--drive", drive];
    args.push("--", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=second");
    args.push("-chardev", `file,id=second,path=${second}`);
    const ended = spawnSync(process.execPath, ["scripts/qemu.mjs", kernel, ...args], {
      cwd: ROOT,
      encoding: "utf8",
      input: "",
      timeout: 100_000,
    });
    return { ...ended, second: readFileSync(second, "utf8") };
  });
}

const TRIES = { retry: 1 };
let reliefs = 0;
let changes = 0;
afterAll(() => {
  const after = "complete, with usertests after each pair; by their rivals:";
  counted("QEMU, reliefs", `${reliefs} ${after} ${changes}`);
});

describe.skipIf(!hasOracle("qemu-system-riscv32"))("on QEMU's virt board", TRIES, () => {
  const cases = WAYS.flatMap(([from, to]) =>
    TRANSFER_MODES.map((transfer) => ({ from, to, transfer, harts: transfer === "all" ? 2 : 3 })),
  );
  test.each(cases)(
    "$from is relieved by $to, there and back, transfer $transfer, $harts harts; the watch is kept",
    async ({ from, to, transfer, harts }) => {
      const script = [
        "mount /dev/vda /disk romfs",
        ...WATCH.map((name, index) => `${name} ${index} && echo ${name} kept &`),
        ...[to, from].flatMap((kernel) => [
          ...[
            "sleep 0.2",
            `kexec /boot/${kernel} transfer=${transfer} watchdog=50`,
            `echo ${kernel} > /dev/hvc0`,
          ],
        ]),
        "sleep 0.2; touch /run/stand-down; wait; usertests; poweroff",
      ];
      const { stdout, status, second } = await onQemu(from, harts, `${script.join("\n")}\n`);
      const said = [...stdout.matchAll(/^\[(\w+)\] (I [^.\r\n]*)\./gm)];
      expect(said.map(([, , text]) => text)).toEqual([...UTTERANCES, ...UTTERANCES]);
      expect(said.map(([, kernel]) => kernel)).toEqual([
        ...[to, from, to, from],
        ...[from, to, from, to],
      ]);
      for (const name of WATCH) expect(stdout).toContain(`${name} kept`);
      expect(stdout).not.toContain("invariant");
      expect(second).toBe(`${to}\n${from}\nusertests\n`);
      expect(stdout).toMatch(/usertests: \d+ passed, 0 failed/);
      const audit =
        /^\[(\w+)\] audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/m;
      expect(audit.exec(stdout)?.[1]).toBe(from);
      expect(status).toBe(0);
      reliefs += 2;
    },
  );

  const rivals = WAYS.flatMap(([from, to]) =>
    [2, 3].map((harts) => ({ from, to, harts, memory: harts === 2 ? "adopt" : "copy" })),
  );
  test.each(rivals)(
    "$to goes on from a checkpoint of $from, $harts harts, memory $memory; the watch is kept",
    async ({ from, to, harts, memory }) => {
      const script = [
        "mount /dev/vda /disk romfs",
        ...WATCH.map((name, index) => `${name} ${index} && echo ${name} kept &`),
        `sleep 0.2; kexec /boot/${to} method=checkpoint memory=${memory}`,
        `echo ${to} > /dev/hvc0; sleep 0.2; touch /run/stand-down; wait; usertests; poweroff`,
      ];
      const { stdout, status, second } = await onQemu(from, harts, `${script.join("\n")}\n`);
      expect(stdout).toMatch(new RegExp(`^\\[${to}\\] I go on from \\d+ records`, "m"));
      for (const name of WATCH) expect(stdout).toContain(`${name} kept`);
      expect(stdout).not.toContain("invariant");
      expect(second).toBe(`${to}\nusertests\n`);
      expect(stdout).toMatch(/usertests: \d+ passed, 0 failed/);
      expect(stdout).toMatch(/^\[(\w+)\] audit: .* 0 owned by nobody, 0 claimed twice/m);
      expect(status).toBe(0);
      changes++;
    },
  );

  test.each(WAYS)("%s ends, and kexec starts %s with nothing of it", async (from, to) => {
    const first = ["mount /dev/vda /disk romfs", ...WATCH.map((name) => `${name} 1 &`)];
    const script = `${first.join("\n")}
sleep 0.2; kexec /boot/${to} method=kexec initrd=/boot/initramfs\n`;
    const again = [
      "mount /dev/vda /disk romfs",
      ...WATCH.map((name, index) => `${name} ${index} && echo ${name} kept &`),
      "up; sleep 0.2; touch /run/stand-down; wait; poweroff",
    ];
    const next = await initramfs(Buffer.from(`${again.join("\n")}\n`));
    const { stdout, status } = await onQemu(from, 3, script, next);
    expect(stdout).toMatch(new RegExp(`^\\[${to}\\] .*3 harts, 65536 KiB`, "m"));
    expect(stdout.slice(stdout.indexOf(`[${to}]`))).not.toContain("invariant");
    for (const name of WATCH) expect(stdout).toContain(`${name} kept`);
    expect(stdout).toMatch(new RegExp(`^\\[${to}\\] audit: .* 0 owned by nobody, 0 claimed`, "m"));
    expect(status).toBe(0);
    changes++;
  });

  test("a relief that is refused leaves larboard on watch", async () => {
    const script = "kexec /boot/starboard blacklist=virtio-blk || echo kept\nusertests\npoweroff\n";
    const { stdout, status } = await onQemu("larboard", 2, script);
    expect(stdout).toMatch(/I cannot relieve you: I have no virtio-blk/);
    expect(stdout).toMatch(/^kept\r?$/m);
    expect(stdout).toMatch(/usertests: \d+ passed, 0 failed/);
    expect(stdout).toMatch(/^\[larboard\] audit: .* 0 owned by nobody, 0 claimed twice/m);
    expect(status).toBe(0);
  });
});
