// What of a run is traced: harts, modes, addresses, kernel, phase, cycles. The core leaves out what
// it can by itself, and observes nothing at all while phase, kernel or cycles are others, so that
// the run then goes at full speed.
import type { Mode } from "../debug.js";
import type { EventStamp } from "../events.js";
import type { Machine } from "../machine.js";
import type { CodeRange } from "../symbols/symbolizer.js";
import { NO_KERNEL, type Scene } from "./scene.js";

export interface TraceFilter {
  readonly harts?: readonly number[];
  readonly modes?: readonly Mode[];
  /** Virtual addresses, both included. */
  readonly pc?: { readonly first: number; readonly last: number };
  /** Only code of this function, in whatever image. */
  readonly symbol?: string;
  /** Harts that work for this kernel, in any mode; or the firmware: M-mode. */
  readonly kernel?: string;
  /** Names of SCENE_PHASES. */
  readonly phases?: readonly string[];
  /** Of a hart's clock, both included. */
  readonly cycles?: { readonly first: number; readonly last: number };
}

/** Thrown by a listener when nothing more is wanted of the run. */
export class Enough extends Error {
  override name = "Enough";
}

/** Harts run ahead of Machine.at's cycle by less: to an event, at the latest at a page's end. */
const AHEAD_CYCLES = 4096;

export class Sieve {
  private inTime: boolean;
  private ranges: readonly CodeRange[] | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
    private readonly filter: TraceFilter,
    private readonly traps: boolean,
  ) {
    const { first, last } = filter.cycles ?? { first: 0, last: Number.POSITIVE_INFINITY };
    this.inTime = first <= AHEAD_CYCLES;
    if (!this.inTime) {
      machine.at(first - AHEAD_CYCLES, () => {
        this.inTime = true;
        this.update();
      });
    }
    if (Number.isFinite(last)) {
      machine.at(last + AHEAD_CYCLES, () => {
        throw new Enough();
      });
    }
    this.update();
  }

  /** Observes what is to be observed now; call it behind each mark. */
  update(): void {
    const { machine, filter } = this;
    this.ranges = filter.symbol === undefined ? undefined : this.symbolRanges(filter.symbol);
    const steps = this.isOn() && (this.ranges?.length ?? 1) > 0;
    const firmware = filter.kernel === NO_KERNEL;
    const modes = firmware ? (["machine"] as const) : filter.modes;
    machine.debug.observe({
      marks: true,
      traps: steps && this.traps,
      steps: steps && {
        pc: this.ranges ?? (filter.pc ? [filter.pc] : []),
        ...(filter.harts ? { harts: spanOf(filter.harts) } : {}),
        ...(modes ? { modes } : {}),
      },
    });
  }

  private symbolRanges(symbol: string): CodeRange[] {
    return this.scene.symbolizer.rangesOf(symbol);
  }

  private isOn(): boolean {
    const { phases, kernel } = this.filter;
    if (!this.inTime || (phases && !phases.includes(this.scene.phase))) return false;
    if (kernel === undefined || kernel === NO_KERNEL) return true;
    return this.machine.stats().some((_, hart) => this.scene.kernelOf(hart) === kernel);
  }

  /** Whether an instruction, or a trap from one, is wanted. */
  lets({ hart, cycle }: EventStamp, mode: Mode, pc: number): boolean {
    const { harts, modes, kernel, cycles, pc: range, phases } = this.filter;
    if (harts && !harts.includes(hart)) return false;
    if (modes && !modes.includes(mode)) return false;
    if (cycles && (cycle < cycles.first || cycle > cycles.last)) return false;
    if (range && (pc < range.first || pc > range.last)) return false;
    if (phases && !phases.includes(this.scene.phase)) return false;
    if (kernel === NO_KERNEL && mode !== "machine") return false;
    if (kernel !== undefined && kernel !== NO_KERNEL && this.scene.kernelOf(hart) !== kernel) {
      return false;
    }
    if (!this.ranges) return true;
    return this.ranges.some((each) => each.mode === mode && pc >= each.first && pc <= each.last);
  }
}

function spanOf(harts: readonly number[]): { first: number; last: number } {
  return { first: Math.min(...harts), last: Math.max(...harts) };
}
