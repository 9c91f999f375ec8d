// What a memory model allows of a small program: every outcome, found by going through every order
// of its memory operations. RVWMO is the manual's (Unprivileged ISA 20191213, chapter 14): a global
// order that keeps the preserved program order (14.3, rules 1 to 8 and 10), the load value axiom
// and the atomicity axiom (14.4). Sequential consistency (SC) is the same with all program order.

export type Location = "x" | "y";

/** One instruction of a thread. Registers are named; a thread's names are its own. */
export type Step =
  | { readonly op: "store"; readonly at: Location; readonly value: number | string; rl?: boolean }
  | { readonly op: "load"; readonly at: Location; readonly into: string }
  | {
      readonly op: "amoadd" | "amoswap";
      readonly at: Location;
      readonly value: number;
      readonly into: string;
      readonly aq?: boolean;
      readonly rl?: boolean;
    }
  /** LR, then SC of `value`: the old value, and whether the SC succeeded (1) or failed (0). */
  | {
      readonly op: "lrsc";
      readonly at: Location;
      readonly value: number;
      readonly into: string;
      readonly done: string;
    }
  | { readonly op: "fence" };

export interface Litmus {
  readonly name: string;
  readonly threads: readonly (readonly Step[])[];
}

export type Model = "SC" | "RVWMO";

interface Operation {
  readonly thread: number;
  readonly place: number; // in program order
  readonly at: Location;
  readonly reads?: string; // register that the load part fills
  readonly writes?: number | string; // value or register that the store part stores
  readonly adds?: boolean;
  readonly aq: boolean;
  readonly rl: boolean;
  readonly pairedWith?: number; // place of the LR that this SC belongs to
  readonly amo: boolean;
}

const FALSE = { aq: false, rl: false, amo: false };

/** The operations of a thread for one choice of which SCs succeed, and the registers of those. */
function operationsOf(
  steps: readonly Step[],
  thread: number,
  succeeds: (n: number) => boolean,
): { operations: Operation[]; fences: number[]; flags: Record<string, number> } {
  const operations: Operation[] = [];
  const fences: number[] = [];
  const flags: Record<string, number> = {};
  let [place, conditionals] = [0, 0];
  for (const step of steps) {
    const base = { thread, ...FALSE };
    if (step.op === "fence") fences.push(place++);
    else if (step.op === "load") {
      operations.push({ ...base, place: place++, at: step.at, reads: step.into });
    } else if (step.op === "store") {
      const { at, value, rl = false } = step;
      operations.push({ ...base, place: place++, at, writes: value, rl });
    } else if (step.op === "lrsc") {
      const { at, value, into, done } = step;
      const paired = place;
      operations.push({ ...base, place: place++, at, reads: into });
      const success = succeeds(conditionals++);
      flags[`${thread}:${done}`] = success ? 1 : 0;
      if (success) {
        operations.push({ ...base, place: place++, at, writes: value, pairedWith: paired });
      }
    } else {
      const { at, value, into, aq = false, rl = false, op } = step;
      const adds = op === "amoadd";
      const both = { reads: into, writes: value, adds, aq, rl, amo: true };
      operations.push({ ...base, place: place++, at, ...both });
    }
  }
  return { operations, fences, flags };
}

type Fences = readonly (readonly number[])[];

/** Whether `a` stays before `b` in the global order, as far as no values are needed. */
function preserved(a: Operation, b: Operation, fences: Fences, model: Model): boolean {
  if (a.thread !== b.thread || a.place >= b.place) return false;
  if (model === "SC") return true;
  const between = (fences[a.thread] ?? []).some((at) => a.place < at && at < b.place);
  if (between || a.aq || b.rl || b.pairedWith === a.place) return true; // rules 4 to 8
  if (a.at === b.at && b.writes !== undefined) return true; // rule 1
  return a.reads !== undefined && b.writes === a.reads; // rule 10: data
}

interface Written {
  readonly by: number; // place in the global order, -1 at first
  readonly value: number;
}

/** The registers after the operations in this global order, or undefined where an axiom breaks. */
function outcomeOf(order: readonly Operation[]): Record<string, number> | undefined {
  const registers: Record<string, number> = {};
  const sources = new Map<Operation, number>();
  const stored: Written[] = [];
  const values = new Map<Operation, number>();
  // A load may read its own thread's store that is not global yet, whose value must be known.
  const storedBy = (operation: Operation): number | undefined => {
    const { writes } = operation;
    if (typeof writes === "number" && !operation.adds) return writes;
    return values.get(operation) ?? registers[`${operation.thread}:${writes}`];
  };
  for (const [now, operation] of order.entries()) {
    if (operation.reads !== undefined) {
      let source: Operation | undefined;
      order.forEach((other, at) => {
        if (other === operation || other.writes === undefined || other.at !== operation.at) return;
        const own = other.thread === operation.thread && other.place < operation.place;
        if (at < now || own) source = other; // the latest in the global order
      });
      const value = source ? storedBy(source) : 0;
      if (value === undefined) return undefined;
      registers[`${operation.thread}:${operation.reads}`] = value;
      sources.set(operation, source ? order.indexOf(source) : -1);
      if (operation.adds) values.set(operation, value + (operation.writes as number));
      // rule 3: what an AMO or SC stored is global before the thread's load reads it
      if (
        source &&
        order.indexOf(source) > now &&
        (source.amo || source.pairedWith !== undefined)
      ) {
        return undefined;
      }
    }
    if (operation.writes !== undefined) stored.push({ by: now, value: storedBy(operation) ?? 0 });
  }
  return inOrder(order, sources) && atomic(order, sources) ? registers : undefined;
}

/** Rule 2: loads of one place in one thread do not read from different stores the wrong way. */
function inOrder(order: readonly Operation[], sources: Map<Operation, number>): boolean {
  return order.every((b, later) =>
    order.slice(later + 1).every((a) => {
      const loads = a.reads !== undefined && b.reads !== undefined;
      const swapped = a.thread === b.thread && a.place < b.place && a.at === b.at;
      if (!loads || !swapped || sources.get(a) === sources.get(b)) return true;
      const source = order[sources.get(b) as number];
      return source?.thread === a.thread && source.place > a.place; // a store between the two
    }),
  );
}

/** The atomicity axiom: nobody else's store lies between an LR's source and its SC. */
function atomic(order: readonly Operation[], sources: Map<Operation, number>): boolean {
  return order.every((sc, at) => {
    if (sc.pairedWith === undefined) return true;
    const lr = order.find(({ thread, place }) => thread === sc.thread && place === sc.pairedWith);
    const from = sources.get(lr as Operation) as number;
    return order
      .slice(from + 1, at)
      .every((o) => o.writes === undefined || o.at !== sc.at || o.thread === sc.thread);
  });
}

/** Calls `use` with each global order that keeps what is preserved. */
function eachOrder(
  all: readonly Operation[],
  before: (a: Operation, b: Operation) => boolean,
  use: (order: readonly Operation[]) => void,
  order: readonly Operation[] = [],
): void {
  if (order.length === all.length) use(order);
  for (const next of all) {
    if (order.includes(next)) continue;
    if (all.some((other) => other !== next && !order.includes(other) && before(other, next))) {
      continue;
    }
    eachOrder(all, before, use, [...order, next]);
  }
}

/** Registers as one text, in a fixed order. */
export function outcomeText(registers: Readonly<Record<string, number>>): string {
  return Object.keys(registers)
    .sort()
    .map((name) => `${name}=${registers[name]}`)
    .join(" ");
}

/** All outcomes that the model allows: of each register `thread:name` its value, as one text. */
export function allowed({ threads }: Litmus, model: Model): Set<string> {
  const outcomes = new Set<string>();
  const conditionals = threads.flat().filter(({ op }) => op === "lrsc").length;
  for (let choice = 0; choice < 2 ** conditionals; choice++) {
    let used = 0;
    const parts = threads.map((steps, thread) =>
      operationsOf(steps, thread, () => ((choice >> used++) & 1) === 1),
    );
    const fences = parts.map((part) => part.fences);
    const flags = Object.assign({}, ...parts.map((part) => part.flags)) as Record<string, number>;
    const all = parts.flatMap((part) => part.operations);
    const before = (a: Operation, b: Operation) => preserved(a, b, fences, model);
    eachOrder(all, before, (order) => {
      const registers = outcomeOf(order);
      if (registers) outcomes.add(outcomeText({ ...registers, ...flags }));
    });
  }
  return outcomes;
}
