// The books of a relief, caught in memory: at a cycle, or when they have just been written.
import { KERNEL_LINEAR_OFFSET } from "../boot.js";
import { ConfigError } from "../errors.js";
import { booksAreWritten, findLogs, type ReadMemory } from "../handover/books.js";
import { LAYOUTS } from "../handover/layout.js";
import type { Machine } from "../machine.js";
import { markTable } from "../observe/marks.js";
import { ReliefLog } from "../observe/relief-log.js";
import { checkRelief, type ReliefConfig, reliefMachine } from "./relief.js";
import type { GuestImages } from "./watch.js";

const STEP_CYCLES = 4000;
const FREEZE_CYCLES_MAX = 200_000_000;
/** Offset in the log page of the off-going kernel's word. */
const OFFGOING_WORD = LAYOUTS.log_page?.fields.find(([name]) => name === "offgoing_word")?.[2] ?? 0;
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
 * Runs until the off-going kernel has just said that its books are written: behind the very store,
 * so that the other has read nothing of them. Gives the log page's address. Throws ConfigError when
 * the run ends without.
 */
export function runToBooks(machine: Machine, log: ReliefLog, ramBytes: number): number {
  const freezes = () => log.reliefs.at(-1)?.phases.at(-1)?.name === "I am ready to be relieved";
  while (machine.cycle() < CYCLES_MAX) {
    if (freezes()) {
      const written = runToWord(machine, logsIn(machine, ramBytes), ramOf(machine, ramBytes));
      if (written !== undefined) return written;
      break;
    }
    if (machine.run({ cycles: STEP_CYCLES }).reason !== "budget") break;
  }
  throw new ConfigError("handover: the run ends without books; give a configuration that relieves");
}

/** Runs exactly until the off-going word of one of the pages says it; gives that page. */
function runToWord(machine: Machine, pages: readonly number[], read: ReadMemory) {
  const { debug } = machine;
  const end = machine.cycle() + FREEZE_CYCLES_MAX;
  for (const page of pages) {
    const address = page + KERNEL_LINEAR_OFFSET + OFFGOING_WORD;
    debug.addWatchpoint({ address, bytes: 4, on: "write" });
  }
  let written: number | undefined;
  while (written === undefined && machine.cycle() < end) {
    const { reason } = machine.runExact({ cycles: end - machine.cycle() });
    written = pages.find((page) => booksAreWritten(read, page));
    if (reason !== "stopped") break;
  }
  debug.clearWatchpoints();
  return written;
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
