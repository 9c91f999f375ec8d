// The default relief, but for the client on the host, whose parser needs Node, and with code that
// is hot sooner: by each engine, in any JavaScript engine, what came of it.
import { ENGINES, type Engine } from "../../../emu/config.js";
import { runRelief } from "../../../emu/experiment/relief.js";
import type { GuestImages } from "../../../emu/experiment/watch.js";
import type { Machine } from "../../../emu/machine.js";
import type { Translation } from "../../../emu/translator.js";

export interface EngineRun {
  readonly engine: Engine;
  readonly reason: string;
  readonly cycles: number;
  readonly hash: string;
  /** What the kernels wrote. */
  readonly console: string;
  /** null: the engine is the interpreter. */
  readonly translation: Translation | null;
}

async function relieve(engine: Engine, images: GuestImages): Promise<EngineRun> {
  const machines: Machine[] = [];
  let text = "";
  const observer = {
    created: (machine: Machine) => void machines.push(machine),
    console: (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
    },
  };
  const config = { engine, connections: 0, hotCycles: 200_000 };
  const { result, cycles, finalStateHash } = await runRelief(config, images, observer);
  return {
    engine,
    reason: result.reason,
    cycles,
    hash: finalStateHash,
    console: text,
    translation: machines[0]?.translation() ?? null,
  };
}

export async function relieveByAll(images: GuestImages): Promise<EngineRun[]> {
  const runs: EngineRun[] = [];
  for (const engine of ENGINES) runs.push(await relieve(engine, images));
  return runs;
}
