// Time while the kernel itself is busy: who sleeps is woken all the same.
import { expect, test } from "vitest";
import { KERNELS, watchFiles } from "../../emu/experiment/watch.js";
import { createMachine } from "../../emu/index.js";
import { images } from "../support/images.js";

const SCRIPT = "sleep 0.01; echo woken\nwait\npoweroff\n";
const CYCLES = 1_000_000_000;

test.each(KERNELS)("on %s a sleeper wakes while the last CPU loads an image", async (kernel) => {
  const other = KERNELS.find((name) => name !== kernel);
  const { firmware, kernels } = images();
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    firmware,
    kernel: kernels[kernel],
    initrd: watchFiles(images(), `kexec /boot/${other} &\n${SCRIPT}`),
  });
  const seen = new Map<string, number>();
  machine.on("console", ({ cycle, bytes }) => {
    for (const word of ["halted", "woken", "I am ready to relieve you"]) {
      if (Buffer.from(bytes).includes(word) && !seen.has(word)) seen.set(word, cycle);
    }
  });
  machine.run({ cycles: CYCLES });
  const at = (word: string) => seen.get(word) ?? Number.NaN;
  const loading = at("I am ready to relieve you") - at("halted");
  expect(at("woken") - at("halted")).toBeLessThan(loading * 0.75);
});
