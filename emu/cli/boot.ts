// `quarterdeck boot`: a kernel with your terminal as its console. On a terminal, machine time keeps
// pace with the clock and Ctrl-A x quits; from a pipe it runs as fast as it can, until the guest
// powers off, or has nothing to do and the input has ended.
import type { Command } from "commander";
import {
  createMachine,
  type Machine,
  parseElf,
  type RunResult,
  VsockHost,
  watchFiles,
} from "../index.js";
import { Bridge, type Forward, forwards } from "./bridge.js";
import { EXIT } from "./exit.js";
import { readFirmware, readImages, readInput, readKernel } from "./images.js";
import { appendOutput, writeOutput } from "./output.js";
import { byteSize, wholeNumber } from "./parse.js";
import { STALL_HELP, Stalls, stallCycles } from "./stall.js";

interface Options {
  harts: number;
  memory: number;
  seed: number;
  append?: string;
  drive?: string;
  rc?: string;
  firewall?: boolean;
  forward?: Forward[];
  hvc?: string;
  stallCycles?: number;
}

const CYCLES_PER_SECOND = 100_000_000;
const SLICE_CYCLES = 1_000_000;
const ESCAPE = 0x01; // Ctrl-A
const EXAMPLES = `
In the terminal: Ctrl-A x quits, Ctrl-A Ctrl-A sends one Ctrl-A.

Examples:
  quarterdeck boot                     larboard, two harts; try: ps, then kexec /boot/starboard
  quarterdeck boot starboard --harts 4
  quarterdeck boot --stall-cycles 500000000  ends with code 4 when the guest wedges
  quarterdeck boot --forward 6379:6379 then, in another terminal: redis-cli
  echo ps | quarterdeck boot           from a pipe: ends when there is nothing left to do`;

/** Adds the command to the program. */
export function addBoot(program: Command): void {
  program
    .command("boot")
    .description("boot a kernel, with your terminal as its console")
    .argument("[kernel]", "larboard, starboard, or an ELF file", "larboard")
    .option("--harts <n>", "harts, 1 to 512", wholeNumber("--harts", 1, 512), 2)
    .option("--memory <size>", "RAM, 16M to 2G", byteSize("--memory", "16M", "2G"), 64 << 20)
    .option("--seed <n>", "seed of the run", wholeNumber("--seed", 0, 0xffffffff), 1)
    .option("--append <arguments>", "the kernel's command line")
    .option("--drive <file>", "a block device with this file's content; writes are not kept")
    .option("--rc <file>", "a script to run as /etc/rc")
    .option(
      "--forward <host:guest>",
      "TCP port of 127.0.0.1 to a socket port of the guest",
      forwards,
    )
    .option("--hvc <file>", "keep what the guest writes to /dev/hvc0, its second console")
    .option("--firewall", "stores to frames of another kernel fault")
    .option("--stall-cycles <n>", STALL_HELP, stallCycles)
    .addHelpText("after", EXAMPLES)
    .action(boot);
}

/** Splits the escape keys from what is typed. */
class Keyboard {
  quit = false;
  ended = false;
  private escaped = false;

  constructor(
    public machine: Machine,
    private readonly woken: () => void,
  ) {
    process.stdin.on("data", (bytes: Buffer) => {
      this.typed(bytes);
      this.woken();
    });
    process.stdin.on("end", () => {
      this.ended = true;
      this.woken();
    });
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
  }

  private typed(bytes: Buffer): void {
    if (!process.stdin.isTTY) {
      this.machine.consoleInput(bytes);
      return;
    }
    for (const byte of bytes) {
      if (this.escaped && (byte === 0x78 || byte === 0x58)) this.quit = true;
      else if (this.escaped || byte !== ESCAPE) this.machine.consoleInput(Uint8Array.of(byte));
      this.escaped = !this.escaped && byte === ESCAPE;
    }
  }

  close(): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

/** A sleep that something from outside can end early. */
class Doorbell {
  private ring: (() => void) | undefined;

  /** Ends the sleep under way; nothing, if there is none. */
  readonly rung = (): void => this.ring?.();

  async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.ring = undefined;
  }
}

/** Runs until the guest ends, the user quits, or nothing can happen any more. */
async function interact(
  keyboard: Keyboard,
  doorbell: Doorbell,
  bridged: boolean,
  stalls: Stalls,
): Promise<RunResult | "quit" | "stalled"> {
  const { machine } = keyboard;
  const paced = process.stdin.isTTY === true;
  const begun = performance.now();
  const slice = stalls.sliceCycles.sliceCycles ?? SLICE_CYCLES;
  while (!keyboard.quit) {
    const result = machine.run({ cycles: Math.min(SLICE_CYCLES, slice) });
    if (result.reason === "finished") return result;
    if (stalls.stalled && result.reason !== "idle") return "stalled";
    if (result.reason === "idle" && keyboard.ended && !bridged) return result;
    const ahead = (machine.cycle() / CYCLES_PER_SECOND) * 1000 - (performance.now() - begun);
    if (result.reason === "idle") await doorbell.sleep(10);
    else if (paced && ahead > 2) await doorbell.sleep(Math.min(ahead, 50));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return "quit";
}

/** The machine that the options describe, at reset. */
async function machineOf(kernel: string, options: Options): Promise<Machine> {
  const rc = options.rc === undefined ? undefined : readInput(options.rc, "--rc");
  const drive = options.drive === undefined ? undefined : readInput(options.drive, "--drive");
  const script = rc && new TextDecoder().decode(rc);
  const image = readKernel(kernel);
  parseElf(image, kernel); // refuses what is none, which the machine would run as raw bytes
  const machine = await createMachine({
    harts: options.harts,
    ramBytes: options.memory,
    seed: options.seed,
    firewall: options.firewall === true,
    vsock: options.forward !== undefined,
    terminal: options.hvc !== undefined,
    firmware: readFirmware(),
    kernel: image,
    initrd: watchFiles(readImages(), script),
    ...(options.append === undefined ? {} : { bootArgs: options.append }),
    ...(drive === undefined ? {} : { drive: { data: drive } }),
  });
  machine.on("console", ({ bytes }) => void process.stdout.write(bytes));
  const { hvc } = options;
  if (hvc !== undefined) machine.on("terminal", ({ bytes }) => appendOutput(hvc, "--hvc", bytes));
  return machine;
}

async function boot(kernel: string, options: Options): Promise<void> {
  if (options.hvc !== undefined) writeOutput(options.hvc, "--hvc", new Uint8Array(0));
  const doorbell = new Doorbell();
  const machine = await machineOf(kernel, options);
  const bridge = new Bridge(new VsockHost(machine), doorbell.rung);
  const forwarded = options.forward ?? [];
  for (const forward of forwarded) {
    const port = await bridge.listen(forward);
    process.stderr.write(`127.0.0.1:${port} leads to port ${forward.guestPort} of the guest\n`);
  }
  const keyboard = new Keyboard(machine, doorbell.rung);
  const stalls = new Stalls(options.stallCycles, new Map([[kernel, readKernel(kernel)]]));
  stalls.watch(machine);
  try {
    let result = await interact(keyboard, doorbell, forwarded.length > 0, stalls);
    while (typeof result !== "string" && result.verdict === "reset") {
      keyboard.machine = await machineOf(kernel, options);
      stalls.watch(keyboard.machine);
      bridge.attach(new VsockHost(keyboard.machine));
      result = await interact(keyboard, doorbell, forwarded.length > 0, stalls);
    }
    const bad = typeof result !== "string" && result.verdict === "fail";
    if (result === "stalled") stalls.explain();
    process.exitCode = result === "stalled" ? EXIT.stalled : bad ? EXIT.failed : EXIT.ok;
  } finally {
    keyboard.close();
    bridge.close();
  }
}
