// `quarterdeck trace`: runs a relief and writes what was executed: instructions as text, a trace
// for the Perfetto UI, or a profile, as collapsed stacks or as a table of functions.
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  checkRelief,
  Enough,
  functionRows,
  functionsCsv,
  functionsText,
  KERNELS,
  type Machine,
  type MarkTable,
  type Mode,
  PerfettoTrace,
  Profile,
  runRelief,
  SCENE_PHASES,
  Scene,
  Symbolizer,
  type TraceFilter,
  traceText,
} from "../index.js";
import { EXIT, UsageError } from "./exit.js";
import { readImages, readSymbols } from "./images.js";
import { Progress } from "./output.js";
import { wholeNumber } from "./parse.js";
import { configOf, type ReliefOptions, reliefOptions } from "./relieve.js";
import { Sink } from "./sink.js";
import { Stalls } from "./stall.js";

interface Options extends ReliefOptions {
  format: (typeof FORMATS)[number];
  out?: string;
  hart?: number[];
  mode?: Mode[];
  pc?: { first: number; last: number };
  symbol?: string;
  kernel?: string;
  phase?: string[];
  fromCycle?: number;
  toCycle?: number;
  limit?: number;
  every: number;
  all?: boolean;
}

const FORMATS = ["text", "perfetto", "folded", "functions", "functions-csv"] as const;
const PROFILES: readonly string[] = FORMATS.slice(2);
const MODES = { m: "machine", s: "supervisor", u: "user" } as const;
const CYCLES_MAX = Number.MAX_SAFE_INTEGER;
/** Short, so that programs are looked up in memory soon after they ran. */
const SLICE_CYCLES = 500_000;
/** Options that only a trace as text obeys. */
const TEXT_ONLY = [
  ...(["hart", "mode", "pc", "symbol", "kernel", "fromCycle", "toCycle", "limit"] as const),
];
const HELP = `
A kernel's instructions are those of the harts that run it, programs and firmware calls included;
firmware means M-mode. Phases: ${SCENE_PHASES.join(", ")}.
A line of text: cycle, hart, mode, pc, image:symbol+offset, bytes, instruction.
A folded line: kernel;phase;mode;function (in user mode program;function) and instructions retired,
or with --timing cycles; waiting (wfi) has a frame of its own. The same is a table with --format
functions, by cost within each phase; rows under 0.5 % of it are "others" without --all.

Examples:
  quarterdeck trace --phase verify --kernel starboard --mode s | head -100
  quarterdeck trace --symbol log_speak              every instruction of one function
  quarterdeck trace --from-cycle 0x6a00000 --limit 50 --hart 1
  quarterdeck trace --format perfetto --out relief.perfetto    open it at https://ui.perfetto.dev
  quarterdeck trace --format folded --every 100 | flamegraph.pl > relief.svg
  quarterdeck trace --format functions --timing server --every 1 --phase transfer,verify`;

/** Adds the command to the program. */
export function addTrace(program: Command): void {
  const cycle = (flags: string, text: string) =>
    new Option(flags, text).argParser(wholeNumber(flags.split(" ")[0] as string, 0, CYCLES_MAX));
  reliefOptions(program.command("trace"))
    .description("run a relief, and write what was executed")
    .addOption(
      new Option("--format <format>", "instructions, a Perfetto trace, or a profile")
        .choices(FORMATS)
        .default("text"),
    )
    .option("--out <file>", "write it there (default: standard output)")
    .option("--hart <list>", "only these harts, as 0,2-3", hartList)
    .option("--mode <letters>", "only these modes: m, s, u, as s,u", modeList)
    .option("--pc <from-to>", "only instructions at these virtual addresses", addressRange)
    .option("--symbol <name>", "only this function")
    .addOption(
      new Option("--kernel <name>", "only harts of this kernel").choices([...KERNELS, "firmware"]),
    )
    .option("--phase <names>", "only in these phases, with commas between", phaseList)
    .addOption(cycle("--from-cycle <n>", "only from this cycle on"))
    .addOption(cycle("--to-cycle <n>", "only up to this cycle"))
    .option("--limit <n>", "end behind so many lines", wholeNumber("--limit", 1, CYCLES_MAX))
    .option(
      "--every <n>",
      "profile: sample every n-th instruction of a hart",
      wholeNumber("--every", 1, 1_000_000_000),
      1000,
    )
    .option("--all", "functions: those that cost little too")
    .addHelpText("after", HELP)
    .action(trace);
}

function hartList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || to < from || to > 511) {
      throw new InvalidArgumentError("--hart takes harts from 0 to 511, as 0,2-3.");
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function modeList(text: string): Mode[] {
  return text.split(",").map((letter) => {
    const mode = Object.hasOwn(MODES, letter) ? MODES[letter as keyof typeof MODES] : undefined;
    if (!mode) throw new InvalidArgumentError("--mode takes m, s and u, as s,u.");
    return mode;
  });
}

function addressRange(text: string): { first: number; last: number } {
  const [, from = "", to = ""] = /^(0x[\da-f]+|\d+)-(0x[\da-f]+|\d+)$/i.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === "" || last < first || last > 0xffffffff) {
    throw new InvalidArgumentError("--pc takes FROM-TO, as 0xc0400000-0xc0400fff.");
  }
  return { first, last };
}

function phaseList(text: string): string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !SCENE_PHASES.includes(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`--phase takes ${SCENE_PHASES.join(", ")}.`);
}

/** Refuses what would be ignored. */
function checkIdle(options: Options): void {
  const { format, phase, all } = options;
  const idle = TEXT_ONLY.find((name) => options[name] !== undefined);
  if (format !== "text" && idle !== undefined) {
    const flag = idle.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag}: only a trace as text obeys it; leave it out`);
  }
  if (format === "perfetto" && phase !== undefined) {
    throw new UsageError("--phase: a Perfetto trace has all phases; leave it out");
  }
  if (all && !format.startsWith("functions")) {
    throw new UsageError("--all: only the table of functions obeys it; leave it out");
  }
}

/** Refuses what would be ignored, or would spoil a terminal. */
function check(options: Options, harts: number): void {
  checkIdle(options);
  if (options.format === "perfetto" && options.out === undefined && process.stdout.isTTY) {
    throw new UsageError("--out: a Perfetto trace is no text; give a file");
  }
  const absent = options.hart?.find((hart) => hart >= harts);
  if (absent !== undefined) {
    throw new UsageError(`--hart: there is no hart ${absent}; give 0 to ${harts - 1}`);
  }
}

function filterOf({ hart, mode, pc, symbol, kernel, phase, ...more }: Options): TraceFilter {
  const { fromCycle, toCycle } = more;
  const cycles = { first: fromCycle ?? 0, last: toCycle ?? Number.POSITIVE_INFINITY };
  return {
    ...(hart ? { harts: hart } : {}),
    ...(mode ? { modes: mode } : {}),
    ...(pc ? { pc } : {}),
    ...(symbol === undefined ? {} : { symbol }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(phase ? { phases: phase } : {}),
    ...(fromCycle === undefined && toCycle === undefined ? {} : { cycles }),
  };
}

function profileLines(profile: Profile, { format, all }: Options): string[] {
  if (format === "folded") return profile.lines();
  const { hasCycles } = profile;
  const rows = functionRows(profile.rows(), hasCycles, all === true);
  return format === "functions" ? functionsText(rows, hasCycles) : functionsCsv(rows, hasCycles);
}

/** Begins to trace a machine; gives what is to be done at the end. */
function begin(machine: Machine, table: MarkTable, options: Options, sink: Sink): () => void {
  const symbolizer = new Symbolizer(machine, readSymbols());
  const scene = new Scene(table, symbolizer, machine.harts);
  if (options.format === "perfetto") {
    const perfetto = new PerfettoTrace(machine, scene, (packet) => sink.write(packet));
    return () => perfetto.finish();
  }
  if (PROFILES.includes(options.format)) {
    const { every, phase, warmUp } = options;
    const asked = { every, ...(phase ? { phases: phase } : {}), warmUpCycles: warmUp ?? 0 };
    const profile = new Profile(machine, scene, asked);
    return () => {
      for (const line of profileLines(profile, options)) sink.write(`${line}\n`);
    };
  }
  const { symbol } = options;
  if (symbol !== undefined && !symbolizer.knows(symbol)) {
    throw new UsageError(`--symbol: no image has a function "${symbol}"; \`nm\` lists them`);
  }
  traceText(machine, scene, filterOf(options), (line) => sink.write(line), options.limit);
  return () => {};
}

async function trace(options: Options): Promise<void> {
  const config = checkRelief(configOf(options));
  check(options, config.harts);
  const sink = new Sink(options.out, "--out");
  const stalls = new Stalls(options.stallCycles);
  const progress = new Progress();
  let [interrupted, finish] = [false, () => {}];
  const interrupt = () => {
    interrupted = true;
  };
  process.once("SIGINT", interrupt);
  let idle = false;
  try {
    const run = await runRelief(config, readImages(), {
      sliceCycles: Math.min(SLICE_CYCLES, stalls.sliceCycles.sliceCycles ?? SLICE_CYCLES),
      created: (machine, table) => {
        stalls.watch(machine);
        finish = begin(machine, table, options, sink);
      },
      slice: async (cycle) => {
        if (options.out !== undefined) progress.update(`${(cycle / 1e6).toFixed(0)} M cycles`);
        await new Promise((resolve) => setImmediate(resolve)); // lets a Ctrl-C in
        return { stop: interrupted || stalls.stalled };
      },
    });
    idle = run.result.reason === "idle";
    finish();
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  } finally {
    progress.clear();
    process.removeListener("SIGINT", interrupt);
    sink.close();
  }
  if (interrupted) process.exitCode = EXIT.interrupted;
  else if (stalls.stalled || idle) {
    stalls.explain(idle);
    process.exitCode = EXIT.stalled;
  }
}
