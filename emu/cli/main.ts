#!/usr/bin/env node
// The command line. Each command is a file of its own; here they are put together, and errors
// become one line and an exit code.
import { Command, CommanderError } from "commander";
import { ConfigError, ImageError } from "../index.js";
import { addBoot } from "./boot.js";
import { leaveCore } from "./compile-threads.js";
import { addControl } from "./control.js";
import { addDisasm } from "./disasm.js";
import { EXIT, EXIT_HELP, Interrupted, UsageError } from "./exit.js";
import { addFdt } from "./fdt.js";
import { addHandover } from "./handover.js";
import { addRelieve } from "./relieve.js";
import { addReplay } from "./replay.js";
import { addSweepChild } from "./sweep/child.js";
import { addQuery } from "./sweep/query.js";
import { addWorker } from "./sweep/worker.js";
import { addSweep } from "./sweep.js";
import { addTiming } from "./timing.js";
import { addTrace } from "./trace.js";
import { addTwin } from "./twin.js";
import { packageVersion } from "./version.js";

const EXAMPLES = `
Examples:
  quarterdeck relieve                    one relief, reported; \`relieve --help\` has more
  quarterdeck boot                       a kernel with your terminal as its console
  quarterdeck replay out/RUN/report.json run it again, and compare its final-state hash
  quarterdeck disasm larboard            what it is made of
  quarterdeck fdt --harts 4              the device tree of a machine
  quarterdeck sweep experiment.toml      parameters x seeds; \`sweep --help\` has more
  quarterdeck trace --format perfetto --out relief.perfetto
  quarterdeck twin                       what the world outside can tell of a relief
  quarterdeck control                    what it costs to be able to be relieved
  quarterdeck handover                   the records that one kernel hands to the other
`;

function makeProgram(): Command {
  const program = new Command("quarterdeck")
    .description("Swap a running kernel for another with no halt, and measure every instruction.")
    .version(packageVersion())
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ helpWidth: 100 })
    .addHelpText("after", EXAMPLES + EXIT_HELP);
  addRelieve(program);
  addBoot(program);
  addReplay(program);
  addDisasm(program);
  addFdt(program);
  addHandover(program);
  addSweep(program);
  addSweepChild(program);
  addWorker(program);
  addQuery(program);
  addTiming(program);
  addTrace(program);
  addTwin(program);
  addControl(program);
  for (const command of program.commands) command.exitOverride().showSuggestionAfterError();
  return program;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // commander has said why
  }
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.interrupted;
  }
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof ImageError) {
    process.stderr.write(`quarterdeck: ${error.message}\n`);
    return EXIT.usage;
  }
  process.stderr.write(`quarterdeck: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failed;
}

// A reader that goes away (`| head`) ends the output, and nothing else; a full disk ends the run.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`quarterdeck: cannot write standard output (${error.code})\n`);
  process.exit(EXIT.usage);
});

leaveCore();
try {
  await makeProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
