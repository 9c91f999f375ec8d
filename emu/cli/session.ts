// An interactive session: what is typed, and a machine that runs at the pace of the clock when a
// person sits at the terminal, or as fast as it can from a pipe.
import type { Machine, RunResult } from "../index.js";

const CYCLES_PER_SECOND = 100_000_000;
const SLICE_CYCLES = 1_000_000;
const ESCAPE = 0x01; // Ctrl-A

/** Splits the escape keys from what is typed. */
export class Keyboard {
  quit = false;
  interrupted = false;
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

  /** Ends the session as Ctrl-A x does. */
  interrupt(): void {
    this.quit = this.interrupted = true;
    this.woken();
  }

  close(): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

/** A sleep that something from outside can end early. */
export class Doorbell {
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

/** What is done with each slice of machine time. */
export interface Slices {
  /** The longest. */
  readonly sliceCycles?: number;
  /** In place of machine.run(). */
  readonly run?: (cycles: number) => Promise<RunResult>;
  /** After each. */
  readonly after?: () => Promise<void>;
  readonly stalled?: () => boolean;
}

/** Runs until the guest ends or stalls, the user quits, or nothing can happen any more. */
export async function interact(
  keyboard: Keyboard,
  doorbell: Doorbell,
  bridged: boolean,
  { sliceCycles = SLICE_CYCLES, run, after, stalled }: Slices = {},
): Promise<RunResult | "quit" | "stalled"> {
  const { machine } = keyboard;
  const paced = process.stdin.isTTY === true;
  const begun = performance.now() - (machine.cycle() / CYCLES_PER_SECOND) * 1000;
  while (!keyboard.quit) {
    const cycles = Math.min(SLICE_CYCLES, sliceCycles);
    const result = run ? await run(cycles) : machine.run({ cycles });
    await after?.();
    if (result.reason === "finished") return result;
    if (stalled?.() && result.reason !== "idle") return "stalled";
    if (result.reason === "idle" && keyboard.ended && !bridged) return result;
    const ahead = (machine.cycle() / CYCLES_PER_SECOND) * 1000 - (performance.now() - begun);
    if (result.reason === "idle") await doorbell.sleep(10);
    else if (paced && ahead > 2) await doorbell.sleep(Math.min(ahead, 50));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return "quit";
}
