// `quarterdeck twin`: the same seed with and without a change of kernels, and whether the world
// outside sees the same bytes from both.
import type { Command } from "commander";
import { checkTwin, renderTwin, runTwin, TWIN_REQUESTS, twinReport } from "../index.js";
import { EXIT } from "./exit.js";
import { readImages } from "./images.js";
import { Progress } from "./output.js";
import { configOf, type ReliefOptions, reliefOptions, withRequests } from "./relieve.js";

interface Options extends ReliefOptions {
  json?: boolean;
}

const EXAMPLES = `
Examples:
  quarterdeck twin                             exit code 1 unless all streams are identical
  quarterdeck twin --from starboard --transfer groups --requests 200
  quarterdeck twin --memory copy --json | jq .largestShift`;

/** Adds the command to the program. */
export function addTwin(program: Command): void {
  withRequests(reliefOptions(program.command("twin")), TWIN_REQUESTS)
    .description(
      "run a seed with and without the change, and compare what comes out of the machine",
    )
    .option("--json", "print what was found as JSON")
    .addHelpText("after", EXAMPLES)
    .action(twin);
}

async function twin(options: Options): Promise<void> {
  const config = checkTwin(configOf(options));
  const progress = new Progress();
  const outcome = await runTwin(config, readImages(), {
    slice: async (cycle) => {
      progress.update(`${(cycle / 1e6).toFixed(0)} M cycles`);
      return { stop: false };
    },
  });
  progress.clear();
  const report = twinReport(outcome);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderTwin(report));
  process.exitCode = report.identical ? EXIT.ok : EXIT.failed;
}
