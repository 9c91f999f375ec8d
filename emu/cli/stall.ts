// `--stall-cycles`: watches a run for a guest that has wedged, and says what each hart is doing.
import { hartLines, type Machine, StallWatch, Symbolizer } from "../index.js";
import { readSymbols } from "./images.js";
import { wholeNumber } from "./parse.js";

export const STALL_HELP = "end with code 4 when the guest has said nothing for so long";
export const stallCycles = wholeNumber("--stall-cycles", 1000, 1_000_000_000_000);

export class Stalls {
  private machine: Machine | undefined;
  private silence: StallWatch | undefined;

  /** Without `cycles` nothing is a stall. */
  constructor(
    private readonly cycles: number | undefined,
    /** Kernels with symbols besides those of the build. */
    private readonly others: ReadonlyMap<string, Uint8Array> = new Map(),
  ) {}

  /** For a new machine, before it runs. */
  watch(machine: Machine): void {
    this.machine = machine;
    this.silence = this.cycles === undefined ? undefined : new StallWatch(machine, this.cycles);
  }

  get stalled(): boolean {
    return this.silence?.stalled === true;
  }

  /** Slices of run() that suit it, as an option. */
  get sliceCycles(): { readonly sliceCycles?: number } {
    if (this.cycles === undefined) return {};
    return { sliceCycles: StallWatch.sliceFor(this.cycles) };
  }

  /** Writes the report to stderr; `idle`: nothing can wake any hart. The machine runs on a bit. */
  explain(idle = false): void {
    const { machine } = this;
    if (!machine) return;
    if (machine.configuration.parallel) {
      process.stderr.write("stalled: every hart waits, and nothing can wake one\n");
      return;
    }
    const headline = idle ? "stalled: every hart waits, and nothing can wake one" : "";
    const files = readSymbols();
    const kernels = new Map([...this.others, ...files.kernels]);
    const lines = hartLines(machine, new Symbolizer(machine, { ...files, kernels }));
    process.stderr.write(`${[headline || this.silence?.headline, ...lines].join("\n")}\n`);
  }
}
