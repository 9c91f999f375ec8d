// Runs a relief under a trace, for tests.
import { readSymbols } from "../../emu/cli/images.js";
import { type ReliefConfig, type ReliefRun, runRelief } from "../../emu/experiment/relief.js";
import type { Machine } from "../../emu/machine.js";
import type { SymbolFiles } from "../../emu/symbols/placed.js";
import { Symbolizer } from "../../emu/symbols/symbolizer.js";
import { Scene } from "../../emu/trace/scene.js";
import { images } from "./images.js";

let read: SymbolFiles | undefined;

/** Images with their symbols, read once. */
export function symbols(): SymbolFiles {
  read ??= readSymbols();
  return read;
}

/** `attach` gets the machine before it runs, and gives what is to be done when it has. */
export async function traced<T>(
  config: Partial<ReliefConfig>,
  attach: (machine: Machine, scene: Scene) => () => T,
  slice?: (machine: Machine) => boolean,
): Promise<{ run: ReliefRun; machine: Machine; result: T }> {
  const held: { machine?: Machine; finish?: () => T } = {};
  const run = await runRelief(config, images(), {
    sliceCycles: 500_000,
    created: (machine, table) => {
      const symbolizer = new Symbolizer(machine, symbols());
      held.machine = machine;
      held.finish = attach(machine, new Scene(table, symbolizer, machine.harts));
    },
    ...(slice ? { slice: async () => ({ stop: slice(held.machine as Machine) }) } : {}),
  });
  const { machine, finish } = held;
  if (!machine || !finish) throw new Error("the run did not begin");
  return { run, machine, result: finish() };
}
