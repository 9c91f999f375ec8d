// `quarterdeck control`: what it costs a kernel to be able to be relieved when it is not, as ratios
// to the same kernel built without that ability.
import type { Command } from "commander";
import {
  CONTROL_CYCLES,
  CONTROL_SCHEMA,
  type ControlReport,
  type ControlRow,
  controlReport,
  KERNELS,
  renderControl,
  renderControlSummary,
  runControl,
  summarizeControl,
} from "../index.js";
import { UsageError } from "./exit.js";
import { readImages } from "./images.js";
import { Progress } from "./output.js";
import { wholeNumber } from "./parse.js";
import { configOf, type ReliefOptions, reliefOptions } from "./relieve.js";

interface Options extends ReliefOptions {
  json?: boolean;
  cycles: number;
  seeds: number;
}

const EXAMPLES = `
Examples:
  quarterdeck control                          both kernels, a second and a half of machine time
  quarterdeck control --seeds 10               medians with intervals
  quarterdeck control --harts 4 --connections 32 --cycles 500000000 --json`;

/** Adds the command to the program. */
export function addControl(program: Command): void {
  const cycles = wholeNumber("--cycles", 1_000_000, 100_000_000_000);
  reliefOptions(program.command("control"))
    .description("compare both kernels with builds that cannot be relieved, while nothing changes")
    .option("--cycles <n>", "of machine time that are compared", cycles, CONTROL_CYCLES)
    .option("--seeds <n>", "so many, from --seed on", wholeNumber("--seeds", 1, 10_000), 1)
    .option("--json", "print the rows as JSON")
    .addHelpText("after", EXAMPLES)
    .action(control);
}

/** What one seed gives, for both kernels. */
async function ofSeed(options: Options, seed: number, progress: Progress) {
  const config = { ...configOf(options), seed };
  const [images, plain] = [readImages(), readImages(true)];
  const rows: ControlRow[] = [];
  for (const kernel of KERNELS) {
    const slice = async (cycle: number) => {
      progress.update(`seed ${seed}, ${kernel}: ${(cycle / 1e6).toFixed(0)} M cycles`);
      return { stop: false };
    };
    rows.push(...(await runControl(kernel, config, images, plain, { slice }, options.cycles)));
  }
  return controlReport(rows);
}

/** Options of a relief that mean nothing where none is asked for. */
const MEANINGLESS = ["method", "times", "memory", "transfer", "fault", "from", "to", "calm"];

async function control(options: Options, command: Command): Promise<void> {
  const given = MEANINGLESS.find((name) => command.getOptionValueSource(name) === "cli");
  if (given) throw new UsageError(`--${given}: nothing changes in a control; leave it out`);
  const progress = new Progress();
  const reports: ControlReport[] = [];
  for (let n = 0; n < options.seeds; n++) {
    reports.push(await ofSeed(options, options.seed + n, progress));
  }
  progress.clear();
  const only = options.seeds === 1 ? reports[0] : undefined;
  const summary = summarizeControl(reports);
  if (options.json) {
    const result = only ?? { schema: CONTROL_SCHEMA, seeds: reports, summary };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    const text = only ? renderControl(only) : renderControlSummary(summary, options.seeds);
    process.stdout.write(text);
  }
}
