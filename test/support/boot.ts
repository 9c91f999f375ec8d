// Boots a kernel with a script as /etc/rc and no keyboard, and gives what it wrote on its console.
import { type KernelName, watchDisk, watchFiles } from "../../emu/experiment/watch.js";
import { createMachine, type MachineConfig, type RunResult } from "../../emu/index.js";
import { markTable } from "../../emu/observe/marks.js";
import { ReliefLog } from "../../emu/observe/relief-log.js";
import { images } from "./images.js";

export interface Booted {
  readonly result: RunResult;
  readonly console: string;
  /** What was written on the second console. */
  readonly terminal: string;
  /** What the marks say: reliefs, panics, and the ledger at power-off. */
  readonly log: ReliefLog;
}

const CYCLES_MAX = 3_000_000_000;
const decoder = new TextDecoder();

/** The line of a script that mounts the watch's disk. */
export const MOUNT = "mount /dev/vda /disk romfs\n";

/** Runs until power-off, or until `CYCLES_MAX`; with a disk, the watch's unless it is given. */
export async function bootScript(
  kernel: KernelName,
  harts: number,
  script: string,
  disk: Uint8Array = watchDisk(images()),
  more: Pick<MachineConfig, "parallel" | "hotCycles"> = {},
): Promise<Booted> {
  const { firmware, kernels } = images();
  const machine = await createMachine({
    harts,
    ramBytes: 64 << 20,
    seed: 1,
    firmware,
    kernel: kernels[kernel],
    initrd: watchFiles(images(), script),
    vsock: true,
    terminal: true,
    drive: { data: disk, readOnly: true },
    ...more,
  });
  const pieces: Uint8Array[] = [];
  const second: Uint8Array[] = [];
  const log = new ReliefLog(await markTable());
  machine.on("mark", (mark) => log.add(mark));
  machine.on("console", ({ bytes }) => void pieces.push(bytes));
  machine.on("terminal", ({ bytes }) => void second.push(bytes));
  const result = machine.run({ cycles: CYCLES_MAX });
  await machine.close();
  const [console, terminal] = [pieces, second].map((all) => decoder.decode(Buffer.concat(all)));
  return { result, console: console ?? "", terminal: terminal ?? "", log };
}
