// Snapshots of running kernels, through a file, at moments of any kind: at a mark, between two
// runs, and where a debugger stopped. The file's checks (assembly/check.ts) take them all.
import { expect, test } from "vitest";
import { KERNELS, watchDisk, watchFiles } from "../../emu/experiment/watch.js";
import { createMachine, readSnapshot, type Snapshot, writeSnapshot } from "../../emu/index.js";
import { MOUNT } from "../support/boot.js";
import { images } from "../support/images.js";

test.each(KERNELS)(
  "%s is taken at every moment",
  async (kernel) => {
    const { firmware, kernels } = images();
    const machine = await createMachine({
      ...{ harts: 3, ramBytes: 64 << 20, seed: 1, vsock: true, terminal: true },
      ...{ firmware, kernel: kernels[kernel], decodedPages: 64 },
      initrd: watchFiles(images(), `${MOUNT}ls /disk; cat /etc/rc; poweroff\n`),
      drive: { data: watchDisk(images()), readOnly: true },
    });
    const moments: Snapshot[] = [];
    let marks = 0;
    machine.stopAtMarks(true);
    machine.on("mark", () => {
      if (marks++ % 4 === 0 && moments.length < 8) moments.push(machine.snapshot());
    });
    for (let n = 1; n < 8; n++) {
      machine.run({ cycles: 700_001 * n });
      moments.push(machine.snapshot());
      machine.debug.stopAfterStep();
      machine.runExact({ cycles: 1000 });
      machine.debug.cancel();
      moments.push(machine.snapshot());
    }
    expect(moments.length).toBeGreaterThan(14);
    for (const moment of moments) {
      const file = await writeSnapshot(machine, moment);
      const { machine: again } = await readSnapshot(file, "file");
      machine.restore(moment);
      expect(again.hash()).toBe(machine.hash());
    }
  },
  60_000,
);
