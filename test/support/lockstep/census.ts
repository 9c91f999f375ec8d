// What the programs of a run of the gate have contained and caused, so that it can say so, and fail
// when something that it is there for was not among it.
import { KINDS, type Kind, kindOf } from "./genes.js";
import type { Outcome, Translation } from "./pair.js";
import { MODES, type Mode } from "./places.js";
import type { Program } from "./program.js";

export class Census {
  programs = 0;
  instructions = 0;
  resets = 0;
  readonly kinds = new Map<Kind, number>();
  readonly modes = new Map<Mode, number>();
  readonly causes = new Map<number, number>();
  /** Of the second machines; undefined: they do not tell. */
  translated: Translation | undefined;

  add({ sides }: Program, outcome: Outcome): void {
    this.programs++;
    this.instructions += outcome.instructions;
    this.resets += outcome.resets;
    for (const { mode } of sides) count(this.modes, MODES[mode] as Mode, 1);
    for (const gene of sides.flatMap(({ loops }) => loops.flatMap(({ genes }) => genes))) {
      count(this.kinds, kindOf(gene), 1);
    }
    for (const [cause, many] of outcome.traps) count(this.causes, cause, many);
    this.translated = sum(this.translated, outcome.translated);
  }

  /** Kinds of genes that no program had. */
  get missing(): Kind[] {
    return (Object.keys(KINDS) as Kind[]).filter((kind) => !this.kinds.has(kind));
  }
}

function count<T>(all: Map<T, number>, key: T, many: number): void {
  all.set(key, (all.get(key) ?? 0) + many);
}

function sum(a: Translation | undefined, b: Translation | undefined): Translation | undefined {
  if (!a || !b) return a ?? b;
  return {
    regions: a.regions + b.regions,
    instructions: a.instructions + b.instructions,
    entered: a.entered + b.entered,
  };
}
