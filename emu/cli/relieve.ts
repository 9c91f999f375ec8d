// `quarterdeck relieve`: runs the main experiment, prints its report, and leaves it under out/.
import { type Command, Option } from "commander";
import {
  buildFor,
  checkRelief,
  DESCRIPTORS_MOST,
  type Engine,
  FAULTS,
  KERNELS,
  type KernelName,
  type Machine,
  MEMORY_MODES,
  METHODS,
  type MemoryMode,
  type Method,
  makeReport,
  markRecord,
  PROCESSES_MOST,
  RELIEF_DEFAULTS,
  Recorder,
  type ReliefConfig,
  type ReliefRun,
  type Report,
  type RunResult,
  renderReport,
  runRelief,
  TIMED_FROM,
  type TimedConfig,
  TRANSFER_MODES,
  type TransferMode,
  timelineSvg,
} from "../index.js";
import { EXIT, UsageError } from "./exit.js";
import { GdbServer } from "./gdb.js";
import { readImages } from "./images.js";
import { openOutput, Progress, useColor, writeFolder } from "./output.js";
import { checkParallel, type ParallelOptions, parallelOf, parallelOptions } from "./parallel.js";
import { byteSize, engineOption, gdbPort, wholeNumber } from "./parse.js";
import { type SnapshotOptions, SnapshotPlan, snapshotMoment } from "./snapshot.js";
import { STALL_HELP, Stalls, stallCycles } from "./stall.js";
import { Costs, type TimingOptions, timedOf, timingOptions } from "./timing.js";
import { versions } from "./version.js";

/** What says which relief it is; for every command that runs one. */
export interface ReliefOptions extends TimingOptions {
  from: KernelName;
  to?: KernelName;
  method: Method;
  harts: number;
  times: number;
  seed: number;
  ram: number;
  memory: MemoryMode;
  transfer: TransferMode;
  zoneNormal?: number;
  quantum: number;
  engine?: Engine;
  fault?: string;
  firewall?: boolean;
  connections?: number;
  requests?: number;
  ballast: number;
  processes: number;
  descriptors: number;
  calm: number;
  stallCycles?: number;
}

interface Options extends ReliefOptions, SnapshotOptions, ParallelOptions {
  record?: string;
  out: string;
  json?: boolean;
  console?: boolean;
  gdb?: number;
}

const EXAMPLES = `
Examples:
  quarterdeck relieve                          larboard is relieved by starboard, on two harts
  quarterdeck relieve --from starboard --harts 4
  quarterdeck relieve --times 20 --seed 7      there and back, twenty times
  quarterdeck relieve --fault hang             the relief hangs; the watch is kept (exit code 3)
  quarterdeck relieve --stall-cycles 500000000   if it wedges: what each hart is doing
  quarterdeck relieve --timing server          what caches and coherence make of it
  quarterdeck relieve --parallel               harts on cores of the host, in no order
  quarterdeck relieve --json | jq .phases`;

/** Adds the command to the program. */
export function addRelieve(program: Command): void {
  parallelOptions(withRequests(reliefOptions(program.command("relieve"))))
    .description("relieve one kernel by the other, and report what happened and what it cost")
    .option("--out <folder>", "where runs are kept", "out")
    .option("--json", "print report.json instead of the text")
    .option("--console", "show the guest's console on stderr")
    .option("--snapshot-at <moment>", "take a snapshot at a cycle, phase or mark", snapshotMoment)
    .option("--snapshot <file>", "where to (default: out/cycle-N.snapshot); see boot --restore")
    .option("--record <file>", "keep all that comes from outside, for `replay`")
    .option("--gdb <port>", "stand until a gdb comes to this port of 127.0.0.1; see boot", gdbPort)
    .addHelpText("after", EXAMPLES)
    .action(relieve);
}

/** Adds the options of ReliefOptions to a command. */
export function reliefOptions(command: Command): Command {
  const kernel = (flags: string, text: string) => new Option(flags, text).choices(KERNELS);
  return timingOptions(command, "the first exit of a program")
    .addOption(kernel("--from <kernel>", "the off-going kernel").default(RELIEF_DEFAULTS.from))
    .addOption(kernel("--to <kernel>", "the on-coming kernel (default: the other one)"))
    .addOption(
      new Option("--method <name>", "the relief, or a rival to compare it with")
        .choices(METHODS)
        .default(RELIEF_DEFAULTS.method),
    )
    .option("--harts <n>", "harts, 2 to 512", wholeNumber("--harts", 2, 512), RELIEF_DEFAULTS.harts)
    .option("--times <n>", "reliefs, there and back", wholeNumber("--times", 1, 10_000), 1)
    .option(
      "--seed <n>",
      "seed of the run",
      wholeNumber("--seed", 0, 0xffffffff),
      RELIEF_DEFAULTS.seed,
    )
    .option(
      "--ram <size>",
      "RAM, 16M to 2G",
      byteSize("--ram", "16M", "2G"),
      RELIEF_DEFAULTS.ramBytes,
    )
    .option(
      "--zone-normal <size>",
      "ZONE_NORMAL (default: 24M of 64M)",
      byteSize("--zone-normal", "8M", "896M"),
    )
    .option(
      "--quantum <cycles>",
      "quantum of the interleaving",
      wholeNumber("--quantum", 1, 1_000_000),
      64,
    )
    .addOption(engineOption())
    .option(
      "--connections <n>",
      "of a client to a key-value server, 0 to 128 (default: 8)",
      wholeNumber("--connections", 0, 128),
    )
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
    .option(
      "--ballast <KiB>",
      "memory of one more process, to see what it costs",
      wholeNumber("--ballast", 0, 2 << 20),
      RELIEF_DEFAULTS.ballast,
    )
    .option(
      "--processes <n>",
      "more processes, which mostly sleep",
      wholeNumber("--processes", 0, PROCESSES_MOST),
      RELIEF_DEFAULTS.processes,
    )
    .option(
      "--descriptors <n>",
      "files that one more process has open",
      wholeNumber("--descriptors", 0, DESCRIPTORS_MOST),
      RELIEF_DEFAULTS.descriptors,
    )
    .option(
      "--calm <cycles>",
      "from the start of the watch until the change",
      wholeNumber("--calm", 100_000, 10_000_000_000),
      RELIEF_DEFAULTS.calmCycles,
    )
    .option("--firewall", "stores to frames of another kernel fault")
    .option("--fault <name[@phase]>", "provoke a failure; `list` names them")
    .option("--stall-cycles <n>", STALL_HELP, stallCycles);
}

/** Adds the option of how many requests each connection makes. */
export function withRequests(command: Command, requests?: number): Command {
  const text = "of each connection, which then ends (default: until the watch stands down)";
  const parse = wholeNumber("--requests", 1, 100_000);
  if (requests === undefined) return command.option("--requests <n>", text, parse);
  return command.option("--requests <n>", "of each connection, which then ends", parse, requests);
}

function listFaults(): void {
  for (const [name, { summary, phases = [] }] of Object.entries(FAULTS)) {
    const where = phases.length > 1 ? ` (@${phases.join(", @")})` : "";
    process.stdout.write(`${name.padEnd(20)} ${summary}${where}\n`);
  }
}

/** The experiment that the options describe. */
export function configOf(
  options: ReliefOptions,
): Partial<ReliefConfig> & Pick<ReliefConfig, "from" | "to"> {
  const to = options.to ?? (options.from === "larboard" ? "starboard" : "larboard");
  const timing = timedOf(options);
  return {
    from: options.from,
    to,
    method: options.method,
    harts: options.harts,
    times: options.times,
    seed: options.seed,
    ramBytes: options.ram,
    memory: options.memory,
    transfer: options.transfer,
    quantumCycles: options.quantum,
    firewall: options.firewall === true,
    ballast: options.ballast,
    processes: options.processes,
    descriptors: options.descriptors,
    calmCycles: options.calm,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    ...(options.zoneNormal === undefined ? {} : { zoneNormalBytes: options.zoneNormal }),
    ...(options.connections === undefined ? {} : { connections: options.connections }),
    ...(options.requests === undefined ? {} : { requests: options.requests }),
    ...(options.fault === undefined ? {} : { fault: options.fault }),
    ...(timing ? { timing } : {}),
  };
}

/** The shorter slices of the two, if either asks for any. */
function shorterSlices(...askers: readonly { readonly sliceCycles: { sliceCycles?: number } }[]) {
  const asked = askers.flatMap(({ sliceCycles }) => sliceCycles.sliceCycles ?? []);
  return asked.length === 0 ? {} : { sliceCycles: Math.min(...asked) };
}

/** Runs with a progress line, and stops at the first Ctrl-C. */
async function runObserved(config: ReliefConfig, options: Options, stalls: Stalls, costs: Costs) {
  const plan = await SnapshotPlan.of(options);
  const write = options.record && openOutput(options.record, "--record");
  const source = { command: "relieve", config };
  const recorder = write ? await Recorder.begin(source, write, buildFor(config)) : undefined;
  const images = readImages();
  const progress = new Progress();
  const gdb = options.gdb === undefined ? undefined : await GdbServer.listen(options.gdb);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    gdb?.nudge();
  };
  process.once("SIGINT", interrupt);
  const run = await runRelief(config, images, {
    created: (machine, table) => {
      recorder?.attach(machine);
      plan.attach(machine);
      stalls.watch(machine);
      costs.attachRelief(machine, table);
      gdb?.attach(machine);
    },
    ...shorterSlices(stalls, costs),
    ...(gdb ? { run: (_: Machine, cycles: number) => gdb.run(cycles) } : {}),
    slice: async (cycle, log) => {
      const done = log.reliefs.filter(({ outcome }) => outcome !== "unfinished").length;
      const phase =
        log.reliefs.at(-1)?.outcome === "unfinished"
          ? log.reliefs.at(-1)?.phases.at(-1)?.name
          : undefined;
      const where = phase ?? (done === 0 ? "the old kernel has the watch" : "the watch goes on");
      progress.update(
        `${(cycle / 1e6).toFixed(0)} M cycles, relief ${done} of ${config.times}: ${where}`,
      );
      costs.sample();
      await plan.save();
      await new Promise((resolve) => setImmediate(resolve)); // lets a Ctrl-C in
      return { stop: interrupted || stalls.stalled };
    },
    ...(options.console
      ? { console: (bytes: Uint8Array) => void process.stderr.write(bytes) }
      : {}),
  });
  progress.clear();
  process.removeListener("SIGINT", interrupt);
  const { result } = run;
  const ended = result.reason === "finished" || result.reason === "idle";
  recorder?.end(ended ? (result as RunResult) : "stopped");
  recorder?.seal();
  return { run, images, plan, gdb };
}

/** A folder for each configuration: what differs from the defaults is in its name. */
function runName(config: ReliefConfig): string {
  const { from, to, harts, seed, times, fault, ramBytes, zoneNormalBytes, quantumCycles } = config;
  const parts = [from, to, `${harts}h`, `seed${seed}`];
  if (config.method !== RELIEF_DEFAULTS.method) parts.push(config.method);
  if (times > 1) parts.push(`${times}x`);
  if (ramBytes !== RELIEF_DEFAULTS.ramBytes) parts.push(`ram${ramBytes / 1024}K`);
  if (zoneNormalBytes !== undefined) parts.push(`zone${zoneNormalBytes / 1024}K`);
  if (quantumCycles !== RELIEF_DEFAULTS.quantumCycles) parts.push(`quantum${quantumCycles}`);
  if (config.memory !== RELIEF_DEFAULTS.memory) parts.push(config.memory);
  if (config.transfer !== RELIEF_DEFAULTS.transfer) parts.push(config.transfer);
  if (config.connections !== checkRelief({ from, to }).connections)
    parts.push(`${config.connections}c`);
  if (config.processes > 0) parts.push(`${config.processes}p`);
  if (config.calmCycles !== RELIEF_DEFAULTS.calmCycles) parts.push(`calm${config.calmCycles}`);
  if (config.descriptors > 0) parts.push(`${config.descriptors}d`);
  if (config.requests !== undefined) parts.push(`${config.requests}r`);
  if (config.ballast > 0) parts.push(`ballast${config.ballast}K`);
  if (config.firewall) parts.push("firewall");
  if (config.timing) parts.push(...timingName(config.timing));
  if (config.parallel) parts.push("parallel");
  if (fault) parts.push(fault);
  return parts.join("-");
}

/** The model's name, and from when on it is counted where that is not as ever. */
function timingName({ model, from, warmUpCycles }: TimedConfig): string[] {
  const moment = from === TIMED_FROM ? [] : [`from-${String(from).replaceAll(" ", "-")}`];
  return [model.name, ...moment, ...(warmUpCycles > 0 ? [`warm${warmUpCycles}`] : [])];
}

function filesOf(run: ReliefRun, report: Report): Record<string, string> {
  const events = run.marks.map((mark) => JSON.stringify(markRecord(run.table, mark)));
  const relief = run.log.reliefs.at(-1);
  const { spans } = run.log;
  const path = report.timing?.criticalPath?.segments;
  return {
    "report.json": `${JSON.stringify(report, null, 2)}\n`,
    "events.jsonl": `${events.join("\n")}\n`,
    ...(relief ? { "timeline.svg": timelineSvg(relief, spans, run.config.harts, path) } : {}),
  };
}

/** The machine is reset in the middle, which neither a recording nor a debugger's past can hold. */
function refuseAtReset({ method }: ReliefConfig, { record, gdb }: Options): void {
  if (method !== "cold") return;
  if (record !== undefined) throw new UsageError("--record: not with --method cold, which resets");
  if (gdb !== undefined) throw new UsageError("--gdb: not with --method cold, which resets");
}

const EXIT_OF: Readonly<Record<Report["outcome"], number>> = {
  relieved: EXIT.ok,
  replaced: EXIT.ok,
  kept: EXIT.ok,
  aborted: EXIT.aborted,
  failed: EXIT.failed,
};

async function relieve(options: Options): Promise<void> {
  if (options.fault === "list") return listFaults();
  checkParallel(options);
  const config = checkRelief({ ...configOf(options), ...parallelOf(options) });
  refuseAtReset(config, options);
  if (options.gdb !== undefined && options.record !== undefined) {
    throw new UsageError("--record: a debugger's changes are in no recording; leave --gdb out");
  }
  const stalls = new Stalls(options.stallCycles);
  const costs = new Costs(config.timing);
  const { run, images, plan, gdb } = await runObserved(config, options, stalls, costs);
  if ((run.result.reason === "stopped" && !stalls.stalled) || gdb?.forked) {
    const why = gdb?.forked ? "the past was changed by gdb" : "interrupted";
    process.stderr.write(`${why}: no report is written\n`);
    process.exitCode = gdb?.forked ? EXIT.failed : EXIT.interrupted;
    gdb?.close(Number(process.exitCode));
    return;
  }
  const account = costs.finish();
  const report = makeReport(run, images, await versions(buildFor(config)), account, costs.path);
  // printed first: a folder that cannot be written must not cost the result
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(renderReport(report, { color: useColor(process.stdout) }));
  const folder = `${options.out}/${runName(config)}`;
  const files = { ...filesOf(run, report), ...costs.filesOf(account) };
  writeFolder(folder, files);
  if (!options.json) process.stdout.write(`${folder}: ${Object.keys(files).join(", ")}\n`);
  if (stalls.stalled || run.result.reason === "idle") {
    stalls.explain(run.result.reason === "idle");
    process.exitCode = EXIT.stalled;
    return;
  }
  process.exitCode = EXIT_OF[report.outcome];
  gdb?.close(Number(process.exitCode));
  if (config.timing && !account) notBegun(config.timing);
  await plan.finish();
}

function notBegun({ from, warmUpCycles }: TimedConfig): void {
  const when = warmUpCycles > 0 ? `${from}" and ${warmUpCycles} cycles further` : `${from}"`;
  process.stderr.write(`quarterdeck: --timing-from: the run did not come to "${when}\n`);
  process.exitCode = EXIT.failed;
}
