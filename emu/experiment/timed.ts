// When a run's timing model is switched on. Boots are long, and what they cost is rarely asked; so
// the model begins at a moment of the run, and what is counted begins a warm-up later.
import { ConfigError } from "../errors.js";
import type { Machine } from "../machine.js";
import type { MarkTable } from "../observe/marks.js";
import { isMoment, type Moment, whenMarked } from "../observe/moment.js";
import { checkTiming, type TimingConfig } from "../timing/config.js";

/** From the first instruction on. */
export const RESET = "reset";

export interface TimedConfig {
  readonly model: TimingConfig;
  /** RESET, or the moment right behind which the model is switched on. */
  readonly from: Moment;
  /** Cycles from then on that are run with the model, but not counted. */
  readonly warmUpCycles: number;
}

/** The first program of the user has ended: the kernel of the cold boot has the watch. */
export const TIMED_FROM: Moment = "PROCESS_EXIT";
const WARM_UP_MAX = 1e12;
/** From a mark until the switch, which has to enter at a cycle that no hart has reached. */
const AFTER_MARK_CYCLES = 1000;

/** Checks what may come from a file. Throws ConfigError. */
export function checkTimed(value: TimedConfig): TimedConfig {
  const { model, from, warmUpCycles } = value;
  checkTiming(model);
  if (from !== RESET && !isMoment(from)) {
    throw new ConfigError(`timing-from: "${from}" is no moment; give ${RESET} or a cycle`);
  }
  if (!Number.isInteger(warmUpCycles) || warmUpCycles < 0 || warmUpCycles > WARM_UP_MAX) {
    throw new ConfigError(`warm-up: ${warmUpCycles}; give a whole number of cycles`);
  }
  return value;
}

/** Switches the machine's model on when it comes to `from`; the machine is at reset. */
export function switchTimingOn(machine: Machine, table: MarkTable, from: Moment): void {
  const { timing } = machine;
  if (!timing) return;
  if (from === RESET) timing.on();
  else if (typeof from === "number") machine.at(from, () => timing.on());
  else {
    whenMarked(machine, table, from, (cycle) =>
      machine.at(cycle + AFTER_MARK_CYCLES, () => timing.on()),
    );
  }
}
