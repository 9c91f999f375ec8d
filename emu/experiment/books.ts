// The books of a relief, caught in memory: at a cycle, or when the off-going kernel has written them.
import { ConfigError } from "../errors.js";
import { findBooks, type ReadMemory } from "../handover/books.js";
import type { Machine } from "../machine.js";
import { markTable } from "../observe/marks.js";
import { ReliefLog } from "../observe/relief-log.js";
import { checkRelief, type ReliefConfig, reliefMachine } from "./relief.js";
import type { GuestImages } from "./watch.js";

const STEP_CYCLES = 200;
const CYCLES_MAX = 2_000_000_000;

function booksIn(machine: Machine, bytes: number): number[] {
  const base = machine.abi("RAM_BASE");
  return findBooks(machine.readPhysical(base, bytes), base);
}

/** Runs until the off-going kernel has said that its books are written. */
function runToBooks(machine: Machine, log: ReliefLog, normalBytes: number): void {
  const freezes = () => log.reliefs.at(-1)?.phases.at(-1)?.name === "I am ready to be relieved";
  let cycles = STEP_CYCLES * 20;
  while (machine.cycle() < CYCLES_MAX) {
    if (freezes()) {
      cycles = STEP_CYCLES;
      if (booksIn(machine, normalBytes).length > 0) return;
    }
    if (machine.run({ cycles }).reason !== "budget") break;
  }
  throw new ConfigError("handover: the run ends without books; give a configuration that relieves");
}

/**
 * Runs the experiment to `cycle`, or to the first books; gives the machine's memory and the address
 * of the log page. Throws ConfigError when there are no books in memory then.
 */
export async function catchBooks(
  partial: Partial<ReliefConfig>,
  images: GuestImages,
  cycle?: number,
): Promise<{ readonly read: ReadMemory; readonly address: number; readonly cycle: number }> {
  const config = checkRelief(partial);
  const machine = await reliefMachine(config, images);
  const log = new ReliefLog(await markTable());
  machine.on("mark", (mark) => log.add(mark));
  if (cycle === undefined) runToBooks(machine, log, config.ramBytes);
  else machine.run({ cycles: cycle });
  const address = booksIn(machine, config.ramBytes).at(-1);
  if (address === undefined) {
    throw new ConfigError(`handover: no books at cycle ${machine.cycle()}; leave the cycle out`);
  }
  const end = machine.abi("RAM_BASE") + config.ramBytes;
  const read: ReadMemory = (physical, bytes) =>
    physical >= machine.abi("RAM_BASE") && physical + bytes <= end
      ? machine.readPhysical(physical, bytes)
      : undefined;
  return { read, address, cycle: machine.cycle() };
}
