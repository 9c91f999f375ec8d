// Time while the kernel itself is busy: who sleeps is woken all the same.
import { expect, test } from "vitest";
import { KERNELS } from "../../emu/experiment/watch.js";
import { bootScript } from "../support/boot.js";

test.each(KERNELS)("on %s a sleeper wakes while the last CPU loads an image", async (kernel) => {
  const other = KERNELS.find((name) => name !== kernel);
  const script = `kexec /boot/${other} &\nsleep 0.005; echo woken\nwait\npoweroff\n`;
  const { console } = await bootScript(kernel, 2, script);
  const [woken, ready] = [console.indexOf("woken"), console.indexOf("I am ready to relieve you")];
  expect(woken).toBeGreaterThan(0);
  expect(ready).toBeGreaterThan(woken);
});
