// `quarterdeck handover`: the books of a relief as text, from a run or from a file.
import { type Command, Option } from "commander";
import {
  catchBooks,
  KERNELS,
  type KernelName,
  MEMORY_MODES,
  type MemoryMode,
  RELIEF_DEFAULTS,
  readBooks,
  readBooksFile,
  renderBooks,
  TRANSFER_MODES,
  type TransferMode,
  writeBooksFile,
} from "../index.js";
import { EXIT } from "./exit.js";
import { readImages, readInput } from "./images.js";
import { writeOutput } from "./output.js";
import { wholeNumber } from "./parse.js";

interface Options {
  from: KernelName;
  to?: KernelName;
  harts: number;
  seed: number;
  memory: MemoryMode;
  transfer: TransferMode;
  save?: string;
  json?: boolean;
}

const EXAMPLES = `
Examples:
  quarterdeck handover                       as soon as the off-going kernel has written them
  quarterdeck handover 38500000 --harts 4    as they lie in memory at that cycle
  quarterdeck handover --transfer groups     of services; a later cycle has a group's
  quarterdeck handover --save books.bin      and keeps them
  quarterdeck handover books.bin             from such a file`;

/** Adds the command to the program. */
export function addHandover(program: Command): void {
  const kernel = (flags: string, text: string) => new Option(flags, text).choices(KERNELS);
  program
    .command("handover")
    .description("print the records that one kernel hands to the other")
    .argument("[source]", "a file of --save, or a cycle of the run")
    .addOption(kernel("--from <kernel>", "the off-going kernel").default(RELIEF_DEFAULTS.from))
    .addOption(kernel("--to <kernel>", "the on-coming kernel (default: the other one)"))
    .option("--harts <n>", "harts, 2 to 512", wholeNumber("--harts", 2, 512), RELIEF_DEFAULTS.harts)
    .option("--seed <n>", "seed", wholeNumber("--seed", 0, 0xffffffff), RELIEF_DEFAULTS.seed)
    .addOption(
      new Option("--memory <mode>", "how memory is taken over")
        .choices(MEMORY_MODES)
        .default(RELIEF_DEFAULTS.memory),
    )
    .addOption(
      new Option("--transfer <mode>", "all processes at once, or one closed group at a time")
        .choices(TRANSFER_MODES)
        .default(RELIEF_DEFAULTS.transfer),
    )
    .option("--save <file>", "also write the log page and the books to a file")
    .option("--json", "print them as JSON")
    .addHelpText("after", EXAMPLES)
    .action(handover);
}

async function sourceOf(source: string | undefined, options: Options) {
  const cycle = source === undefined || /^\d+$/.test(source) ? source : undefined;
  if (source !== undefined && cycle === undefined) {
    return readBooksFile(readInput(source, "handover"), source);
  }
  const to = options.to ?? (options.from === "larboard" ? "starboard" : "larboard");
  const { from, harts, seed, memory, transfer } = options;
  const config = { from, to, harts, seed, memory, transfer };
  return catchBooks(config, readImages(), cycle === undefined ? undefined : Number(cycle));
}

async function handover(source: string | undefined, options: Options): Promise<void> {
  const { read, address } = await sourceOf(source, options);
  const books = readBooks(read, address);
  if (options.save !== undefined) {
    writeOutput(options.save, "--save", writeBooksFile(read, address));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(books, null, 2)}\n`);
  else process.stdout.write(renderBooks(books));
  const bad = books.problems.length + books.records.filter(({ problem }) => problem).length;
  process.exitCode = bad > 0 ? EXIT.failed : EXIT.ok;
}
