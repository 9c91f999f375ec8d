// The books of a relief, caught in memory: at a cycle, or when they have just been written.
import { ConfigError } from "../errors.js";
import { booksAreWritten, findLogs, type ReadMemory } from "../handover/books.js";
import type { Machine } from "../machine.js";
import { markTable } from "../observe/marks.js";
import { ReliefLog } from "../observe/relief-log.js";
import { checkRelief, type ReliefConfig, reliefMachine } from "./relief.js";
import type { GuestImages } from "./watch.js";

const STEP_CYCLES = 200;
const CYCLES_MAX = 2_000_000_000;

/** The machine's RAM, for reading. */
function ramOf(machine: Machine, bytes: number): ReadMemory {
  const base = machine.abi("RAM_BASE");
  return (physical, length) =>
    physical >= base && physical + length <= base + bytes
      ? machine.readPhysical(physical, length)
      : undefined;
}

function logsIn(machine: Machine, bytes: number): number[] {
  const base = machine.abi("RAM_BASE");
  return findLogs(machine.readPhysical(base, bytes), base);
}

/**
 * Runs until the off-going kernel has just said that its books are written, before the other has
 * read them; gives the log page's address. Throws ConfigError when the run ends without.
 */
export function runToBooks(machine: Machine, log: ReliefLog, ramBytes: number): number {
  const read = ramOf(machine, ramBytes);
  const freezes = () => log.reliefs.at(-1)?.phases.at(-1)?.name === "I am ready to be relieved";
  let pages: number[] | undefined;
  while (machine.cycle() < CYCLES_MAX) {
    if (freezes()) pages ??= logsIn(machine, ramBytes);
    const written = pages?.find((page) => booksAreWritten(read, page));
    if (written !== undefined) return written;
    if (machine.run({ cycles: pages ? STEP_CYCLES : 20 * STEP_CYCLES }).reason !== "budget") break;
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
  const read = ramOf(machine, config.ramBytes);
  if (cycle === undefined) {
    const address = runToBooks(machine, log, config.ramBytes);
    return { read, address, cycle: machine.cycle() };
  }
  machine.run({ cycles: cycle });
  const pages = logsIn(machine, config.ramBytes);
  const address = pages.filter((page) => booksAreWritten(read, page)).at(-1);
  if (address === undefined) {
    throw new ConfigError(`handover: no books at cycle ${machine.cycle()}; leave the cycle out`);
  }
  return { read, address, cycle: machine.cycle() };
}
