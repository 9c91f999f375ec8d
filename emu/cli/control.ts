// `quarterdeck control`: what it costs a kernel to be able to be relieved when it is not, as ratios
// to the same kernel built without that ability.
import type { Command } from "commander";
import {
  CONTROL_CYCLES,
  type ControlRow,
  controlReport,
  KERNELS,
  renderControl,
  runControl,
} from "../index.js";
import { readImages } from "./images.js";
import { Progress } from "./output.js";
import { wholeNumber } from "./parse.js";
import { configOf, type ReliefOptions, reliefOptions } from "./relieve.js";

interface Options extends ReliefOptions {
  json?: boolean;
  cycles: number;
}

const EXAMPLES = `
Examples:
  quarterdeck control                          both kernels, a second and a half of machine time
  quarterdeck control --harts 4 --connections 32 --cycles 500000000 --json`;

/** Adds the command to the program. */
export function addControl(program: Command): void {
  const cycles = wholeNumber("--cycles", 1_000_000, 100_000_000_000);
  reliefOptions(program.command("control"))
    .description("compare both kernels with builds that cannot be relieved, while nothing changes")
    .option("--cycles <n>", "of machine time that are compared", cycles, CONTROL_CYCLES)
    .option("--json", "print the rows as JSON")
    .addHelpText("after", EXAMPLES)
    .action(control);
}

async function control(options: Options): Promise<void> {
  const config = configOf(options);
  const [images, plain] = [readImages(), readImages(true)];
  const progress = new Progress();
  const rows: ControlRow[] = [];
  for (const kernel of KERNELS) {
    const slice = async (cycle: number) => {
      progress.update(`${kernel}: ${(cycle / 1e6).toFixed(0)} M cycles`);
      return { stop: false };
    };
    rows.push(...(await runControl(kernel, config, images, plain, { slice }, options.cycles)));
  }
  progress.clear();
  const report = controlReport(rows);
  const text = options.json ? `${JSON.stringify(report, null, 2)}\n` : renderControl(report);
  process.stdout.write(text);
}
