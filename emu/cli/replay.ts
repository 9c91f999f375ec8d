// `quarterdeck replay` and `boot --replay`: runs again what a report or a recording describes, and
// compares. Exit code 0 when it is the same, 1 when it differs; where the build is another one,
// that is said first.
import type { Command } from "commander";
import {
  buildFor,
  ConfigError,
  checkRelief,
  type GuestImages,
  ImageError,
  isRecording,
  KERNELS,
  type Machine,
  makeReport,
  REPORT_SCHEMA,
  type Recording,
  type ReliefConfig,
  type Report,
  readRecording,
  reliefMachine,
  replaySegment,
  runRelief,
  type Segment,
} from "../index.js";
import { EXIT, UsageError } from "./exit.js";
import { GdbServer } from "./gdb.js";
import { readImages, readInput } from "./images.js";
import { type BootSource, isBootSource, recordedMachine } from "./machines.js";
import { Progress } from "./output.js";
import { SnapshotPlan } from "./snapshot.js";
import { versions } from "./version.js";

const EXAMPLES = `
Examples:
  quarterdeck replay out/larboard-starboard-2h-seed1/report.json
  quarterdeck replay session             what \`boot --record session\` kept`;

/** Adds the command to the program. */
export function addReplay(program: Command): void {
  program
    .command("replay")
    .description("run what a report or a recording describes again, and compare the result")
    .argument("<file>", "report.json of a relief, or a recording")
    .addHelpText("after", EXAMPLES)
    .action(replay);
}

async function replay(file: string): Promise<void> {
  const bytes = readInput(file, "replay");
  if (isRecording(bytes)) {
    return replayRecording(readRecording(bytes, file), file, await SnapshotPlan.of({}));
  }
  await replayReport(readReport(bytes, file), file);
}

/** `boot --replay FILE`. */
export async function replayBoot(file: string, plan: SnapshotPlan, port?: number): Promise<void> {
  const recording = readRecording(readInput(file, "--replay"), file);
  const gdb = port === undefined ? undefined : await GdbServer.listen(port);
  try {
    await replayRecording(recording, file, plan, gdb);
    gdb?.close(Number(process.exitCode));
  } finally {
    gdb?.close();
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints what makes a difference likely. */
function sayVersions(differences: readonly string[]): void {
  if (differences.length === 0) return;
  say(`not the same build: ${differences.join("; ")}; expect another hash`);
}

// --- Recordings.

type Source = BootSource | { readonly command: "relieve"; readonly config: ReliefConfig };

function sourceOf({ source }: Recording, file: string): Source {
  const fields = (source ?? {}) as Record<string, unknown>;
  const { command, config } = fields;
  if (command === "relieve") return { command, config: reliefConfig(config, file) };
  if (isBootSource(fields)) return source as BootSource;
  throw new ImageError(`${file}: the recording does not say what was run; use the original`);
}

function machineOf(source: Source, segment: Segment, before?: Machine): Promise<Machine> {
  if (source.command === "boot") return recordedMachine(segment, source, before?.readDrive());
  return reliefMachine(source.config, readImages());
}

async function replayRecording(
  recording: Recording,
  file: string,
  plan: SnapshotPlan,
  gdb?: GdbServer,
): Promise<void> {
  const source = sourceOf(recording, file);
  const { core } = await versions(buildFor(recording.segments[0]?.config ?? {}));
  if (recording.core !== core) {
    sayVersions([`core ${recording.core.slice(0, 12)}, now ${core.slice(0, 12)}`]);
  }
  const { segments } = recording;
  if (segments.length === 0) throw new UsageError(`${file}: holds no session; record one`);
  process.exitCode = EXIT.ok;
  let before: Machine | undefined;
  for (const [index, segment] of segments.entries()) {
    const machine = await machineOf(source, segment, before);
    before = machine;
    machine.on("console", ({ bytes }) => void process.stdout.write(bytes));
    plan.attach(machine);
    gdb?.attach(machine);
    const { hash, cycle, differs } = await replaySegment(
      machine,
      segment,
      () => plan.save(),
      undefined,
      gdb ? (cycles: number) => gdb.run(cycles) : undefined,
    );
    const which = segments.length > 1 ? `machine ${index + 1} of ${segments.length}: ` : "";
    if (differs.length > 0) {
      say(`${which}replayed, but differs: ${differs.join("; ")}`);
      process.exitCode = EXIT.failed;
    } else if (segment.end) say(`${which}replayed: hash ${hash}, as recorded`);
    else {
      say(`${which}replayed to cycle ${cycle}: the recording is unfinished, nothing to compare`);
      process.exitCode = EXIT.failed;
    }
  }
  if (!recording.sealed && process.exitCode === EXIT.ok) {
    say(`${file}: has no seal, so what follows may be cut off; it was not ended in order`);
    process.exitCode = EXIT.failed;
  }
  await plan.finish();
}

// --- Reports.

type Known = Pick<
  Report,
  "outcome" | "finalStateHash" | "configuration" | "versions" | "images" | "reliefs"
>;

function readReport(bytes: Uint8Array, file: string): Known {
  let value: Partial<Report> | null;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Report> | null;
  } catch {
    throw new UsageError(`${file}: is neither a report nor a recording; give report.json`);
  }
  if (value?.schema !== REPORT_SCHEMA) {
    const found = typeof value?.schema === "string" ? `has schema ${value.schema}` : "is no report";
    throw new UsageError(`${file}: ${found}; give a report.json with schema ${REPORT_SCHEMA}`);
  }
  const { outcome, finalStateHash, configuration, versions: made, images } = value;
  const whole = typeof outcome === "string" && typeof finalStateHash === "string";
  if (!whole || typeof made?.core !== "string" || typeof images !== "object" || !images) {
    throw new UsageError(`${file}: the report lacks what a replay needs; use the original`);
  }
  if (reliefConfig(configuration, file).parallel) {
    throw new UsageError(
      `${file}: harts ran in parallel, in an order that is not known; no replay`,
    );
  }
  return value as Report;
}

/** A relief's configuration from a file. Throws UsageError. */
function reliefConfig(value: unknown, file: string): ReliefConfig {
  const config = value as ReliefConfig;
  const known = (name: unknown) => (KERNELS as readonly unknown[]).includes(name);
  try {
    if (typeof value === "object" && value && known(config.from) && known(config.to)) {
      return checkRelief(config);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(`${file}: its configuration is refused: ${error.message}`);
  }
  throw new UsageError(`${file}: says no configuration; use the original`);
}

function differencesOf(report: Known, again: Report): string[] {
  const differences: string[] = [];
  const compare = (what: string, then: string | undefined, now: string | undefined) => {
    if (then === now || then === undefined) return;
    differences.push(`${what} ${then.slice(0, 12)}, now ${now?.slice(0, 12) ?? "none"}`);
  };
  compare("quarterdeck", report.versions.quarterdeck, again.versions.quarterdeck);
  compare("core", report.versions.core, again.versions.core);
  for (const [name, hash] of Object.entries(report.images)) {
    compare(name, String(hash), again.images[name]);
  }
  return differences;
}

async function runAgain(config: ReliefConfig, images: GuestImages): Promise<Report> {
  const progress = new Progress();
  const run = await runRelief(config, images, {
    slice: async (cycle) => {
      progress.update(`${(cycle / 1e6).toFixed(0)} M cycles`);
      await new Promise((resolve) => setImmediate(resolve)); // lets a Ctrl-C in
      return { stop: false };
    },
  });
  progress.clear();
  return makeReport(run, images, await versions(buildFor(config)));
}

async function replayReport(report: Known, file: string): Promise<void> {
  const again = await runAgain(reliefConfig(report.configuration, file), readImages());
  sayVersions(differencesOf(report, again));
  const differs: string[] = [];
  const compare = (what: string, then: unknown, now: unknown) => {
    if (then !== now) differs.push(`${what} ${now}, the report has ${then}`);
  };
  compare("final-state hash", report.finalStateHash, again.finalStateHash);
  compare("outcome", report.outcome, again.outcome);
  compare("reliefs", report.reliefs, again.reliefs);
  if (differs.length > 0) process.stdout.write(`replayed, but differs: ${differs.join("; ")}\n`);
  else {
    const { finalStateHash, outcome } = again;
    process.stdout.write(`replayed: ${outcome}, hash ${finalStateHash}, as reported\n`);
  }
  process.exitCode = differs.length > 0 ? EXIT.failed : EXIT.ok;
}
