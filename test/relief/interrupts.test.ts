// Interrupts that another CPU is serving in the moment in which the old kernel lets go of its
// devices: no source may stay claimed, or the new kernel never hears of that device again.
import { expect, test } from "vitest";
import {
  createMachine,
  type KernelName,
  markTable,
  ReliefLog,
  watchFiles,
} from "../../emu/index.js";
import { images } from "../support/images.js";
import { ALL_WAYS } from "../support/relief.js";
import { runUntil } from "../support/watched.js";

const END_CYCLES = 1_000_000_000;
const KEYS = 200;

const script = (to: KernelName) =>
  `cat > /tmp/typed &\nkexec /boot/${to}\nwait\necho -n '['; cat /tmp/typed; echo ']'\npoweroff\n`;

/** Types a key every `pause` cycles while all is frozen, and a line afterwards. */
async function typed(from: KernelName, to: KernelName, pause: number): Promise<string> {
  const machine = await createMachine({
    harts: 3,
    ramBytes: 64 << 20,
    firmware: images().firmware,
    kernel: images().kernels[from],
    initrd: watchFiles(images(), script(to)),
  });
  const log = new ReliefLog(await markTable());
  const text = new TextEncoder();
  const pieces: Uint8Array[] = [];
  machine.on("mark", (mark) => log.add(mark));
  machine.on("console", ({ bytes }) => void pieces.push(bytes));
  const reached = (phase: string) => () => log.reliefs[0]?.phases.at(-1)?.name === phase;
  runUntil(machine, 500, reached("I am ready to be relieved"));
  for (let i = 0; i < KEYS; i++) {
    machine.consoleInput(text.encode("x"));
    machine.run({ cycles: pause });
  }
  runUntil(machine, 5000, () => log.reliefs[0]?.outcome === "relieved");
  machine.consoleInput(text.encode("y\n\u0004"));
  machine.run({ cycles: END_CYCLES });
  return Buffer.concat(pieces).toString();
}

test.each(ALL_WAYS)("%s relieved by %s while keys are served on another CPU", async (from, to) => {
  for (let pause = 300; pause < 1000; pause += 50) {
    expect(await typed(from, to, pause), `${pause}`).toContain(`[${"x".repeat(KEYS)}y\r\n]`);
  }
});
