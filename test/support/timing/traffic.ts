// Random traffic for a timing model: accesses of all harts to few lines, so that they meet, and now
// and then a device that writes memory. Hart and line are given as numbers to be taken modulo what
// a configuration has, so that an example shrinks well.
import fc from "fast-check";
import { type Kind, STORE } from "./reference/access.js";
import { LINES_OF_A_FRAME, type ReferenceConfig } from "./reference/parameters.js";

/** How many harts have traffic; they are spread over those that there are. */
const HARTS = 8;

/** Cycles between two accesses, mostly. */
const A_WHILE = 30;

export interface Step {
  readonly hart: number;
  /** Which line of the pool. */
  readonly line: number;
  /** An access, or a device's write. */
  readonly kind: Kind | "dma";
  /** Cycles since the hart's last access was over. */
  readonly after: number;
}

export interface Traffic {
  readonly lines: readonly number[];
  readonly steps: readonly Step[];
  /**
   * How a hart's clock goes: as it does; but not for its stalls, so that many accesses meet; or
   * hardly ever, so that all meet in one cycle and fill all windows.
   */
  readonly pace: "runs" | "piles" | "stands";
}

const kindArbitrary: fc.Arbitrary<Kind | "dma"> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Kind>(1) },
  { weight: 5, arbitrary: fc.constant<Kind>(STORE) },
  { weight: 4, arbitrary: fc.constant<Kind>(0) },
  { weight: 2, arbitrary: fc.constantFrom<Kind>(3, 4) },
  { weight: 1, arbitrary: fc.constant<"dma">("dma") },
);

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  hart: fc.nat({ max: HARTS - 1 }),
  line: fc.nat({ max: 13 }),
  kind: kindArbitrary,
  after: fc.oneof(
    { weight: 30, arbitrary: fc.nat({ max: A_WHILE }) },
    { weight: 1, arbitrary: fc.nat({ max: 5000 }) },
  ),
});

/** Up to 14 lines in few places of a frame, of frames all over RAM and the ROM. */
function linesArbitrary(frames: number): fc.Arbitrary<number[]> {
  const line = fc
    .tuple(
      fc.oneof(fc.nat({ max: 7 }), fc.nat({ max: frames - 1 })),
      fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: LINES_OF_A_FRAME - 1 })),
    )
    .map(([frame, place]) => frame * LINES_OF_A_FRAME + place);
  return fc.uniqueArray(line, { minLength: 1, maxLength: 14, size: "max" });
}

export function trafficArbitrary(frames: number, steps: number): fc.Arbitrary<Traffic> {
  return fc.record({
    lines: linesArbitrary(frames),
    steps: fc.array(stepArbitrary, { minLength: 1, maxLength: steps, size: "max" }),
    pace: fc.constantFrom("runs", "piles", "stands"),
  });
}

/** What the harts of one configuration do: each step with its hart, its line and its cycle. */
export class Clocks {
  private readonly clocks: number[];

  constructor(
    private readonly config: ReferenceConfig,
    private readonly traffic: Traffic,
  ) {
    this.clocks = new Array(config.harts).fill(0);
  }

  next(step: Step): { hart: number; line: number; cycle: number } {
    const { harts } = this.config;
    const isFew = harts <= HARTS;
    const hart = isFew ? step.hart % harts : Math.floor((step.hart * (harts - 1)) / (HARTS - 1));
    const { lines } = this.traffic;
    const isLate = this.traffic.pace !== "stands" || step.after > A_WHILE;
    const cycle = (this.clocks[hart] as number) + (isLate ? step.after : 0);
    this.clocks[hart] = cycle;
    return { hart, line: lines[step.line % lines.length] as number, cycle };
  }

  stalled(hart: number, cycles: number): void {
    if (this.traffic.pace === "runs") this.clocks[hart] = (this.clocks[hart] as number) + cycles;
  }
}
