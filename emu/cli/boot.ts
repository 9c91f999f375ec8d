// `quarterdeck boot`: a kernel with your terminal as its console. On a terminal, machine time keeps
// pace with the clock and Ctrl-A x quits; from a pipe it runs as fast as it can, until the guest
// powers off, or has nothing to do and the input has ended. A session can be recorded and replayed,
// and begin from a snapshot.
import { type Command, Option } from "commander";
import {
  buildFor,
  createMachine,
  type Engine,
  isElf,
  type Machine,
  markTable,
  RESET,
  Recorder,
  type RunResult,
  readSnapshot,
  statsText,
  switchTimingOn,
  type TimedConfig,
  VsockHost,
} from "../index.js";
import { Bridge, type Forward, forwards } from "./bridge.js";
import { EXIT, Interrupted, UsageError } from "./exit.js";
import { GdbServer } from "./gdb.js";
import { readInput, readKernel } from "./images.js";
import { type BootSource, bootImages, saveOverlay } from "./machines.js";
import { appendOutput, openOutput, writeOutput, writeWhole } from "./output.js";
import { checkParallel, type ParallelOptions, parallelOf, parallelOptions } from "./parallel.js";
import { byteSize, type Drive, driveOption, engineOption, gdbPort, wholeNumber } from "./parse.js";
import { replayBoot } from "./replay.js";
import { Doorbell, interact, Keyboard } from "./session.js";
import { type SnapshotOptions, SnapshotPlan, snapshotMoment } from "./snapshot.js";
import { STALL_HELP, Stalls, stallCycles } from "./stall.js";
import { Costs, type TimingOptions, timedOf, timingOptions } from "./timing.js";

interface Options extends SnapshotOptions, TimingOptions, ParallelOptions {
  stats?: string;
  harts?: number;
  smp?: number;
  memory?: number;
  seed: number;
  engine?: Engine;
  append?: string;
  kernel?: string;
  initrd?: string;
  bios?: string;
  virtio?: "modern" | "legacy";
  entropy?: boolean;
  drive?: Drive;
  rc?: string;
  firewall?: boolean;
  forward?: Forward[];
  hvc?: string;
  restore?: string;
  record?: string;
  replay?: string;
  stallCycles?: number;
  gdb?: number;
}

/** What a recording or a snapshot says by itself, so that no option may. */
const CONFIGURATION = [
  ...["harts", "smp", "memory", "seed", "append", "kernel", "initrd", "bios", "virtio"],
  ...["entropy", "drive", "rc", "firewall", "timing", "timingFrom", "warmUp"],
];
const STATS_FILE = "out/stats.txt";
/** What ends a session in order when it has something to keep. */
const ENDING = ["SIGINT", "SIGTERM"] as const;
const EXAMPLES = `
In the terminal: Ctrl-A x quits, Ctrl-A Ctrl-A sends one Ctrl-A.

With --gdb the machine stands until gdb lets it go on: gdb-multiarch -x scripts/gdb/quarterdeck.gdb,
then: target remote :PORT, kernels. It runs backwards too (reverse-stepi, reverse-continue), on all
harts; \`monitor help\` lists more. A change in the past drops what came after it.

A snapshot holds the machine alone: what a client outside was about to send is not in it. After
--restore of a snapshot that relieve took, the connections of its client stay silent.

Examples:
  quarterdeck boot                     larboard, two harts; try: ps, then kexec /boot/starboard
  quarterdeck boot starboard --harts 4
  quarterdeck boot --stall-cycles 500000000  ends with code 4 when the guest wedges
  quarterdeck boot --forward 6379:6379 then, in another terminal: redis-cli
  echo ps | quarterdeck boot           from a pipe: ends when there is nothing left to do
  quarterdeck boot --kernel Image --initrd initrd.gz --append "console=ttyS0" --smp 2 --memory 256M
  quarterdeck boot --kernel test.elf --bios none    an image for machine mode
  quarterdeck boot --drive disk.img,overlay=mine    writes go to the file "mine"
  quarterdeck boot --record session    then: quarterdeck boot --replay session
  quarterdeck boot --snapshot-at "I relieve you" --snapshot commit
  quarterdeck boot --restore commit    goes on from there
  quarterdeck boot --gdb 1234          then, in another terminal, gdb-multiarch`;

/** Adds the command to the program. */
export function addBoot(program: Command): void {
  parallelOptions(timingOptions(program.command("boot"), RESET))
    .description("boot a kernel, with your terminal as its console")
    .argument("[kernel]", "larboard, starboard, or an ELF file", "larboard")
    .option(
      "--harts <n>",
      "harts, 1 to 512 (default: 2; with --kernel 1)",
      wholeNumber("--harts", 1, 512),
    )
    .option("--smp <n>", "the same, as QEMU calls it", wholeNumber("--smp", 1, 512))
    .option(
      "--memory <size>",
      "RAM, 16M to 2G (default: 64M; with --kernel 128M)",
      byteSize("--memory", "16M", "2G"),
    )
    .option("--seed <n>", "seed of the run", wholeNumber("--seed", 0, 0xffffffff), 1)
    .addOption(engineOption())
    .option("--append <arguments>", "the kernel's command line")
    .option("--kernel <file>", "a guest of others, as QEMU's virt board takes it: ELF or raw")
    .option("--initrd <file>", "its initial RAM disk")
    .option("--bios <file>", '"none", or another firmware than ours, for --kernel')
    .addOption(
      new Option("--virtio <version>", "transport of the virtio devices")
        .choices(["modern", "legacy"])
        .default("modern"),
    )
    .option("--entropy", "a virtio entropy device, whose bytes follow from the seed")
    .option(
      "--drive <file>",
      "a block device with this file's content, which is only read; FILE,readonly refuses " +
        "writes, FILE,overlay=FILE2 keeps them in FILE2, else they are forgotten",
      driveOption,
    )
    .option("--rc <file>", "a script to run as /etc/rc")
    .option(
      "--forward <host:guest>",
      "TCP port of 127.0.0.1 to a socket port of the guest",
      forwards,
    )
    .option("--hvc <file>", "keep what the guest writes to /dev/hvc0, its second console")
    .option("--firewall", "stores to frames of another kernel fault")
    .option("--snapshot-at <moment>", "take a snapshot at a cycle, phase or mark", snapshotMoment)
    .option("--snapshot <file>", "where to (default: out/cycle-N.snapshot)")
    .option("--restore <file>", "go on from a snapshot")
    .option("--record <file>", "keep all that comes from outside, to replay the session")
    .option("--replay <file>", "run a recorded session again, and compare its final-state hash")
    .option("--stall-cycles <n>", STALL_HELP, stallCycles)
    .option("--stats <file>", `with --timing: where statistics go (default: ${STATS_FILE})`)
    .option("--gdb <port>", "stand until a gdb comes to this port of 127.0.0.1 (0: any)", gdbPort)
    .addHelpText("after", EXAMPLES)
    .action(boot);
}

/** Refuses options that contradict each other, or the file of another one. */
function checkOptions(options: Options, command: Command): void {
  if (options.gdb !== undefined && options.record !== undefined) {
    throw new UsageError("--record: a debugger's changes are in no recording; leave --gdb out");
  }
  const given = (name: string) => command.getOptionValueSource(name) === "cli";
  const file = options.replay === undefined ? "restore" : "replay";
  if (options[file] === undefined) {
    checkGuest(options, command);
    return;
  }
  const others = file === "replay" ? ["restore", "record", "forward", "hvc"] : ["record"];
  const clash = [...CONFIGURATION, ...others].find(given);
  if (clash) throw new UsageError(`${flagOf(clash)}: cannot be given with --${file}; leave it out`);
  if (command.args.length > 0) {
    throw new UsageError(`boot: --${file} says which kernel; leave "${command.args[0]}" out`);
  }
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Refuses what only makes sense for guests of others, or only for ours. */
function checkGuest(options: Options, command: Command): void {
  if (options.harts !== undefined && options.smp !== undefined) {
    throw new UsageError("--smp: is --harts by another name; give one of them");
  }
  if (options.kernel === undefined) {
    const alone = (["initrd", "bios"] as const).find((name) => options[name] !== undefined);
    if (alone) throw new UsageError(`--${alone}: is for a guest of others; give --kernel too`);
  } else if (command.args.length > 0) {
    throw new UsageError(`boot: --kernel says which kernel; leave "${command.args[0]}" out`);
  } else if (options.rc !== undefined) {
    throw new UsageError("--rc: is for our own kernels; leave it out with --kernel");
  }
}

function sourceOf(kernel: string, options: Options): BootSource {
  const { rc, drive, initrd, bios } = options;
  const script = rc === undefined ? undefined : new TextDecoder().decode(readInput(rc, "--rc"));
  return {
    command: "boot",
    kernel: options.kernel ?? kernel,
    ...(options.kernel === undefined ? {} : { other: true }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(bios === undefined ? {} : { bios }),
    ...(script === undefined ? {} : { script }),
    ...drive,
  };
}

/** The machine that the options describe, at reset; with another drive, if one is given. */
function machineOf(
  source: BootSource,
  options: Options,
  timed: TimedConfig | undefined,
  drive?: Uint8Array,
): Promise<Machine> {
  const images = bootImages(source);
  return createMachine({
    harts: options.smp ?? options.harts ?? (source.other ? 1 : 2),
    ramBytes: options.memory ?? (source.other ? 128 : 64) << 20,
    seed: options.seed,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    firewall: options.firewall === true,
    vsock: options.forward !== undefined,
    terminal: options.hvc !== undefined,
    entropy: options.entropy === true,
    legacyVirtio: options.virtio === "legacy",
    ...images,
    ...(images.drive && drive ? { drive: { ...images.drive, data: drive } } : {}),
    ...(options.append === undefined ? {} : { bootArgs: options.append }),
    ...(timed ? { timing: timed.model } : {}),
    ...parallelOf(options),
  });
}

/** The machine of --restore. Throws ImageError or UsageError. */
async function restoredMachine(file: string, { forward, hvc }: Options): Promise<Machine> {
  const { machine } = await readSnapshot(readInput(file, "--restore"), file);
  const { vsock, terminal } = machine.configuration;
  if (forward && !vsock) {
    throw new UsageError(`--forward: the machine in ${file} has no socket device; leave it out`);
  }
  if (hvc !== undefined && !terminal) {
    throw new UsageError(`--hvc: the machine in ${file} has no second console; leave it out`);
  }
  return machine;
}

function show(machine: Machine, { hvc }: Options): void {
  machine.on("console", ({ bytes }) => void process.stdout.write(bytes));
  if (hvc !== undefined) machine.on("terminal", ({ bytes }) => appendOutput(hvc, "--hvc", bytes));
}

async function listen(bridge: Bridge, forwarded: readonly Forward[]): Promise<void> {
  for (const forward of forwarded) {
    const port = await bridge.listen(forward);
    process.stderr.write(`127.0.0.1:${port} leads to port ${forward.guestPort} of the guest\n`);
  }
}

/** Writes what the last machine's model has counted; false: it was asked for, and never on. */
function writeStats(costs: Costs, { stats = STATS_FILE, timing }: Options): boolean {
  const account = costs.finish();
  if (!account) {
    if (timing === undefined) return true;
    process.stderr.write("quarterdeck: --timing-from: the run did not come to it; no statistics\n");
    return false;
  }
  writeWhole(stats, "--stats", Buffer.from(statsText(account)));
  process.stderr.write(`${stats}: what ${account.end - account.start} cycles were spent on\n`);
  return true;
}

/** A session: machines one after the other, as the guest resets them. */
class Boot {
  constructor(
    private readonly options: Options,
    private readonly source: BootSource,
    private readonly plan: SnapshotPlan,
    private readonly recorder: Recorder | undefined,
    private readonly stalls: Stalls,
    private readonly gdb: GdbServer | undefined,
    private readonly timed: TimedConfig | undefined,
    readonly costs: Costs,
  ) {}

  /** The first machine, or the one after a reset, which keeps its drive. */
  async machine(drive?: Uint8Array): Promise<Machine> {
    const { restore } = this.options;
    const machine = await (restore === undefined
      ? machineOf(this.source, this.options, this.timed, drive)
      : restoredMachine(restore, this.options));
    show(machine, this.options);
    this.recorder?.attach(machine);
    this.plan.attach(machine);
    this.stalls.watch(machine);
    await this.time(machine);
    this.gdb?.attach(machine);
    return machine;
  }

  private async time(machine: Machine): Promise<void> {
    if (!machine.timing) return;
    const table = await markTable();
    this.costs.attach(machine, table);
    if (this.timed) switchTimingOn(machine, table, this.timed.from);
  }

  async run(
    keyboard: Keyboard,
    doorbell: Doorbell,
    bridge: Bridge,
  ): Promise<RunResult | "quit" | "stalled"> {
    const bridged = (this.options.forward ?? []).length > 0;
    const { sliceCycles } = this.stalls.sliceCycles;
    const { gdb } = this;
    const slices = {
      ...(sliceCycles === undefined ? {} : { sliceCycles }),
      ...(gdb ? { run: (cycles: number) => gdb.run(cycles) } : {}),
      after: () => this.plan.save(),
      stalled: () => this.stalls.stalled,
    };
    while (true) {
      const result = await interact(keyboard, doorbell, bridged, slices);
      this.recorder?.end(typeof result === "string" ? "stopped" : result);
      if (typeof result === "string" || result.verdict !== "reset") return result;
      if (this.options.restore !== undefined) {
        process.stderr.write("quarterdeck: the guest asks for a reset; a snapshot has no images\n");
        return result;
      }
      await keyboard.machine.close();
      keyboard.machine = await this.machine(keyboard.machine.readDrive());
      bridge.attach(new VsockHost(keyboard.machine));
    }
  }
}

function exitOf(result: RunResult | "quit" | "stalled"): number {
  if (result === "stalled") return EXIT.stalled;
  return result !== "quit" && result.verdict === "fail" ? EXIT.failed : EXIT.ok;
}

/** Symbols that the build does not have: those of a kernel that the user named. */
function symbolsOf({ kernel, other }: BootSource): ReadonlyMap<string, Uint8Array> {
  const image = other ? readInput(kernel, "--kernel") : readKernel(kernel);
  return new Map(isElf(image) ? [[kernel, image]] : []);
}

async function boot(kernel: string, options: Options, command: Command): Promise<void> {
  checkParallel(options);
  checkOptions(options, command);
  const plan = await SnapshotPlan.of(options);
  if (options.replay !== undefined) return replayBoot(options.replay, plan, options.gdb);
  const timed = timedOf(options, RESET);
  if (options.stats !== undefined && !timed && options.restore === undefined) {
    throw new UsageError("--stats: there are none without a model; give --timing too");
  }
  const source = sourceOf(kernel, options);
  if (options.hvc !== undefined) writeOutput(options.hvc, "--hvc", new Uint8Array(0));
  const write = options.record && openOutput(options.record, "--record");
  const recorder = write
    ? await Recorder.begin(source, write, buildFor({ timing: timed }))
    : undefined;
  const stalls = new Stalls(options.stallCycles, symbolsOf(source));
  const own = source.other ? undefined : source.kernel;
  const gdb = options.gdb === undefined ? undefined : await GdbServer.listen(options.gdb, own);
  const costs = new Costs(timed);
  const session = new Boot(options, source, plan, recorder, stalls, gdb, timed, costs);
  const doorbell = new Doorbell();
  const woken = () => {
    doorbell.rung();
    gdb?.nudge();
  };
  const machine = await session.machine();
  saveOverlay(machine, source); // so that one that cannot be written is known before it matters
  const bridge = new Bridge(new VsockHost(machine), woken);
  await listen(bridge, options.forward ?? []);
  const keyboard = new Keyboard(machine, woken);
  const interrupt = () => keyboard.interrupt();
  const signals = recorder || source.overlay !== undefined ? ENDING : [];
  for (const signal of signals) process.once(signal, interrupt);
  try {
    const result = await session.run(keyboard, doorbell, bridge);
    recorder?.seal();
    saveOverlay(keyboard.machine, source);
    const counted = writeStats(costs, options);
    if (result === "stalled") stalls.explain();
    process.exitCode = keyboard.interrupted ? EXIT.interrupted : exitOf(result);
    if (!counted && process.exitCode === EXIT.ok) process.exitCode = EXIT.failed;
    gdb?.close(Number(process.exitCode));
    await plan.finish();
  } catch (error) {
    if (error instanceof Interrupted) saveOverlay(keyboard.machine, source);
    throw error;
  } finally {
    gdb?.close();
    for (const signal of signals) process.removeListener(signal, interrupt);
    keyboard.close();
    bridge.close();
    await keyboard.machine.close();
  }
}
