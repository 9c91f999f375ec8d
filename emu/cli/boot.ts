// `quarterdeck boot`: a kernel with your terminal as its console. On a terminal, machine time keeps
// pace with the clock and Ctrl-A x quits; from a pipe it runs as fast as it can, until the guest
// powers off, or has nothing to do and the input has ended.
import type { Command } from "commander";
import { createMachine, type Machine, parseElf, type RunResult, watchFiles } from "../index.js";
import { EXIT } from "./exit.js";
import { readFirmware, readImages, readInput, readKernel } from "./images.js";
import { byteSize, wholeNumber } from "./parse.js";

interface Options {
  harts: number;
  memory: number;
  seed: number;
  append?: string;
  drive?: string;
  rc?: string;
  firewall?: boolean;
}

const CYCLES_PER_SECOND = 100_000_000;
const SLICE_CYCLES = 1_000_000;
const ESCAPE = 0x01; // Ctrl-A
const EXAMPLES = `
In the terminal: Ctrl-A x quits, Ctrl-A Ctrl-A sends one Ctrl-A.

Examples:
  quarterdeck boot                     larboard, two harts; try: ps, then kexec /boot/starboard
  quarterdeck boot starboard --harts 4
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
    .option("--firewall", "stores to frames of another kernel fault")
    .addHelpText("after", EXAMPLES)
    .action(boot);
}

/** Splits the escape keys from what is typed. */
class Keyboard {
  quit = false;
  ended = false;
  private escaped = false;

  constructor(public machine: Machine) {
    process.stdin.on("data", (bytes: Buffer) => this.typed(bytes));
    process.stdin.on("end", () => {
      this.ended = true;
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

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs until the guest ends, the user quits, or nothing can happen any more. */
async function interact(keyboard: Keyboard): Promise<RunResult | "quit"> {
  const { machine } = keyboard;
  const paced = process.stdin.isTTY === true;
  const begun = performance.now();
  while (!keyboard.quit) {
    const result = machine.run({ cycles: SLICE_CYCLES });
    if (result.reason === "finished") return result;
    if (result.reason === "idle" && keyboard.ended) return result;
    const ahead = (machine.cycle() / CYCLES_PER_SECOND) * 1000 - (performance.now() - begun);
    if (result.reason === "idle") await pause(10);
    else if (paced && ahead > 2) await pause(Math.min(ahead, 50));
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
    firmware: readFirmware(),
    kernel: image,
    initrd: watchFiles(readImages(), script),
    ...(options.append === undefined ? {} : { bootArgs: options.append }),
    ...(drive === undefined ? {} : { drive: { data: drive } }),
  });
  machine.on("console", ({ bytes }) => void process.stdout.write(bytes));
  return machine;
}

async function boot(kernel: string, options: Options): Promise<void> {
  const keyboard = new Keyboard(await machineOf(kernel, options));
  try {
    let result = await interact(keyboard);
    while (result !== "quit" && result.verdict === "reset") {
      keyboard.machine = await machineOf(kernel, options);
      result = await interact(keyboard);
    }
    const bad = result !== "quit" && result.verdict === "fail";
    process.exitCode = bad ? EXIT.failed : EXIT.ok;
  } finally {
    keyboard.close();
  }
}
