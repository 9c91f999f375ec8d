// What the programs of a run of the gate have contained and caused, so that it can say so, and fail
// when something that it is there for was not among it.

import type { Translation } from "../../../emu/index.js";
import { KINDS, type Kind, kindOf } from "./genes.js";
import type { Outcome } from "./pair.js";
import { MODES, type Mode } from "./places.js";
import type { Program } from "./program.js";

export class Census {
  programs = 0;
  instructions = 0;
  resets = 0;
  readonly kinds = new Map<Kind, number>();
  readonly modes = new Map<Mode, number>();
  readonly causes = new Map<number, number>();
  /** Of the second machines, summed up. */
  readonly translated: Record<keyof Translation, number> = {
    ...{ regions: 0, modules: 0, bytes: 0, instructions: 0, entered: 0, dropped: 0 },
  };

  add({ sides }: Program, outcome: Outcome): void {
    this.programs++;
    this.instructions += outcome.instructions;
    this.resets += outcome.resets;
    for (const { mode } of sides) count(this.modes, MODES[mode] as Mode, 1);
    for (const gene of sides.flatMap(({ loops }) => loops.flatMap(({ genes }) => genes))) {
      count(this.kinds, kindOf(gene), 1);
    }
    for (const [cause, many] of outcome.traps) count(this.causes, cause, many);
    for (const [name, value] of Object.entries(outcome.translated ?? {})) {
      this.translated[name as keyof Translation] += value;
    }
  }

  /** Kinds of genes that no program had. */
  get missing(): Kind[] {
    return (Object.keys(KINDS) as Kind[]).filter((kind) => !this.kinds.has(kind));
  }
}

function count<T>(all: Map<T, number>, key: T, many: number): void {
  all.set(key, (all.get(key) ?? 0) + many);
}
