// --timing and what belongs to it: which model, from when on it is counted, and what becomes of the
// counts; and `quarterdeck timing`, which shows the presets. A model is a preset's name or a TOML
// file.
import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import {
  type Account,
  Attribution,
  CounterTracks,
  DEFAULT_PRESET,
  type Machine,
  type MarkTable,
  type Moment,
  PRESETS,
  parseTiming,
  pathTrack,
  presetTiming,
  RESET,
  ReliefPaths,
  Scene,
  Symbolizer,
  statsText,
  TIMED_FROM,
  type TimedConfig,
  type TimingConfig,
} from "../index.js";
import { UsageError } from "./exit.js";
import { readInput, readSymbols } from "./images.js";
import { wholeNumber } from "./parse.js";
import { momentOption } from "./snapshot.js";

export interface TimingOptions {
  readonly timing?: string;
  readonly timingFrom?: Moment;
  readonly warmUp?: number;
}

/** Between two samples of the counter tracks. */
const SAMPLE_CYCLES = 100_000;
const FILE_BYTES_MAX = 1 << 20;
const WARM_UP_MAX = 1_000_000_000_000;
const HELP = `
A file has the same tables and keys; what it leaves out is as in "${DEFAULT_PRESET}".

Examples:
  quarterdeck timing                   the presets
  quarterdeck timing server > mine.toml
  quarterdeck relieve --timing mine.toml`;

const moment = momentOption("--timing-from");

/** Adds --timing, --timing-from and --warm-up; `from` says in words when the model begins. */
export function timingOptions(command: Command, from: string): Command {
  return command
    .option("--timing <model>", "what instructions cost: a preset of `timing`, or a TOML file")
    .option(
      "--timing-from <moment>",
      `from when on: "reset", a cycle, phase or mark (default: ${from})`,
      (text) => (text === RESET ? RESET : moment(text)),
    )
    .option(
      "--warm-up <cycles>",
      "with the model, but not counted (default: 0)",
      wholeNumber("--warm-up", 0, WARM_UP_MAX),
    );
}

/** Adds the command to the program. */
export function addTiming(program: Command): void {
  program
    .command("timing")
    .description("list the presets of --timing, or print one as TOML")
    .argument("[preset]", Object.keys(PRESETS).join(", "))
    .addHelpText("after", HELP)
    .action((name: string | undefined) => {
      if (name !== undefined) process.stdout.write(tomlOf(name));
      else for (const one of Object.keys(PRESETS)) process.stdout.write(presetLine(one));
    });
}

function presetLine(name: string): string {
  const { description = "", source = "" } = presetTiming(name) ?? {};
  return `${name.padEnd(12)} ${description}\n${" ".repeat(13)}${source}\n`;
}

function presetNames(): string {
  return Object.keys(PRESETS).join(", ");
}

function tomlOf(name: string): string {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name] as string;
  throw new UsageError(`timing: there is no preset "${name}"; give one of ${presetNames()}`);
}

/** The model that --timing names. Throws UsageError, ConfigError. */
function modelOf(name: string): TimingConfig {
  return presetTiming(name) ?? modelIn(modelText(name, "--timing"), name);
}

/** The text of a model's file, which `option` named. Throws UsageError. */
export function modelText(name: string, option: string): string {
  if (!existsSync(name)) {
    throw new UsageError(`${option}: "${name}" is no preset (${presetNames()}) and no file`);
  }
  const { size } = statSync(name);
  if (size > FILE_BYTES_MAX) {
    throw new UsageError(`${option}: ${name} has ${size} bytes; give a TOML file of at most 1 MiB`);
  }
  return new TextDecoder().decode(readInput(name, option));
}

/** The model in a file's text. Throws ConfigError. */
export function modelIn(text: string, name: string): TimingConfig {
  const stem = basename(name).replace(/\.toml$/i, "");
  return parseTiming(text, name, stem.replace(/[^\w.-]/g, "-").replace(/^[^a-z\d]+|$^/i, "t"));
}

/** What the options ask for; undefined without --timing. Throws UsageError, ConfigError. */
export function timedOf(
  { timing, timingFrom, warmUp }: TimingOptions,
  from: Moment = TIMED_FROM,
): TimedConfig | undefined {
  if (timing !== undefined) {
    return { model: modelOf(timing), from: timingFrom ?? from, warmUpCycles: warmUp ?? 0 };
  }
  const idle = timingFrom === undefined ? "--warm-up" : "--timing-from";
  if (timingFrom === undefined && warmUp === undefined) return undefined;
  throw new UsageError(`${idle}: says when, not which model; give --timing too`);
}

/** Counts what machines cost, one after the other; does nothing without a model. */
export class Costs {
  private attribution: Attribution | undefined;
  private tracks: CounterTracks | undefined;
  private paths: ReliefPaths | undefined;
  private packets: Uint8Array[] = [];

  constructor(private readonly timed: Pick<TimedConfig, "warmUpCycles"> | undefined) {}

  /** Slices of run() behind each of which sample() belongs, as an option. */
  get sliceCycles(): { readonly sliceCycles?: number } {
    return this.timed ? { sliceCycles: SAMPLE_CYCLES } : {};
  }

  /** For a new machine, before it runs. */
  attach(machine: Machine, table: MarkTable): void {
    if (!machine.timing) return;
    const scene = new Scene(table, new Symbolizer(machine, readSymbols()), machine.harts);
    this.attribution = new Attribution(machine, scene, this.timed?.warmUpCycles ?? 0);
    this.packets = [];
    this.tracks = new CounterTracks(machine, (packet) => void this.packets.push(packet));
  }

  /** The same, and finds the critical paths of its reliefs. */
  attachRelief(machine: Machine, table: MarkTable): void {
    this.attach(machine, table);
    if (machine.timing) this.paths = new ReliefPaths(machine, table);
  }

  /** Of the last relief that has ended. */
  get path(): ReliefPaths["last"] {
    return this.paths?.last;
  }

  sample(): void {
    this.attribution?.tidy();
    this.tracks?.sample();
  }

  /** What was counted; undefined when the model was not switched on. */
  finish(): Account | undefined {
    return this.attribution?.finish();
  }

  /** Files of a run's folder, by name. */
  filesOf(account: Account | undefined): Record<string, string | Uint8Array> {
    if (!account) return {};
    const { path, tracks, packets } = this;
    if (path && tracks) pathTrack(path, (packet) => void packets.push(packet), tracks.nextUuid());
    return { "stats.txt": statsText(account), "counters.perfetto": Buffer.concat(packets) };
  }
}
