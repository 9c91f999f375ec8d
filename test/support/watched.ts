// A machine with the standing watch and one relief in its script, for tests that step in between.
import {
  createMachine,
  type KernelName,
  type Machine,
  markTable,
  ReliefLog,
  WATCH,
  watchDisk,
  watchFiles,
  watchScript,
} from "../../emu/index.js";
import { images } from "./images.js";

export interface WatchedMachine {
  readonly machine: Machine;
  readonly log: ReliefLog;
}

/** Two harts, 64 MiB; `from` has the watch, and is to be relieved by `to`. */
export async function watched(
  from: KernelName,
  to: KernelName,
  modes: { readonly memory?: string; readonly transfer?: string } = {},
): Promise<WatchedMachine> {
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    seed: 3,
    firmware: images().firmware,
    kernel: images().kernels[from],
    initrd: watchFiles(
      images(),
      watchScript({ to: [to], seed: 3, mounted: true, service: true, ...modes }),
    ),
    drive: { data: watchDisk(images()), readOnly: true },
    vsock: true,
    terminal: true,
  });
  const log = new ReliefLog(await markTable());
  machine.on("mark", (mark) => log.add(mark));
  return { machine, log };
}

/** Runs in slices of `cycles` until it is so. Throws when the machine stops before. */
export function runUntil(machine: Machine, cycles: number, reached: () => boolean): void {
  while (!reached()) {
    const { reason } = machine.run({ cycles });
    if (reason !== "budget") throw new Error(`the machine stopped: ${reason}`);
  }
}

/** Programs of the watch that did not report at the end, or whose invariants broke. */
export function broken(log: ReliefLog): string[] {
  const kept = log.userLines.flatMap(({ text }) => /^watch (\w+) kept/.exec(text)?.[1] ?? []);
  const loud = log.userLines.filter(({ text }) => text.startsWith("invariant"));
  return [...WATCH.filter((name) => !kept.includes(name)), ...loud.map(({ text }) => text)];
}
