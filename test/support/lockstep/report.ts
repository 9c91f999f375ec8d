// What a failure of the lockstep gate says: the program as fast-check has shrunk it, the first
// difference in the smallest part of a slice that shows one, and the code around the hart's pc.
import fc from "fast-check";
import { disassemble, instructionLength } from "../../../emu/image/disasm.js";
import { type Outcome, Pair, runPair, type Sabotage } from "./pair.js";
import { hex, RAM } from "./places.js";
import { type Loop, type Program, programs, type Side } from "./program.js";
import { type Difference, textOf } from "./state.js";

const SHRINKING = { interruptAfterTimeLimit: 30_000, numRuns: 1, endOnFailure: false };
const TRIALS = 600; // of smaller programs
const AROUND = 12; // instructions listed before pc and behind it

/** One run of a program, with what it needs to be run again. */
export interface Trial {
  readonly program: Program;
  readonly instructions: number;
  readonly sabotage?: Sabotage;
}

interface Narrow {
  readonly pair: Pair;
  readonly cycles: number;
  readonly difference: Difference;
}

/** Cuts the last slice down to the fewest cycles behind which the same hart differs. */
async function narrow(
  { program, instructions, sabotage }: Trial,
  { slices, difference: whole }: Outcome,
): Promise<Narrow | undefined> {
  const slice = slices.length - 1;
  const probe = async (cycles: number): Promise<Narrow | undefined> => {
    const pair = await Pair.of(program, sabotage, { slice, cycles });
    const { difference } = pair.drive(instructions);
    if (!difference || difference.hart !== whole?.hart) return undefined;
    return { pair, cycles, difference };
  };
  let [low, high] = [0, slices[slice] as number];
  let found = await probe(high);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const there = await probe(middle);
    if (there) [found, high] = [there, middle];
    else low = middle + 1;
  }
  return found;
}

/** The instructions around a hart's pc on the first machine; `>` marks pc on either. */
function listing({ machines, image }: Pair, hart: number): string[] {
  const [machine] = machines;
  const pcs = machines.map(({ debug }) => debug.pc(hart));
  const pc = pcs[0] as number;
  const pa = machine.debug.translate(hart, pc, "fetch");
  if (pa === undefined || pa < RAM) return [`pc ${hex(pc)} leads to no RAM`];
  const section = image.sections.find(
    ({ address, bytes }) => pa >= address && pa < address + bytes.length,
  );
  const lines: string[] = [];
  let at = section?.address ?? pa;
  for (const end = pa + 4 * AROUND; at < end; ) {
    const bytes = machine.readPhysical(at, 4);
    const word = new DataView(bytes.buffer).getUint32(0, true);
    const here = (pc + at - pa) >>> 0;
    const marks = pcs.map((each) => (each === here ? ">" : " ")).join("");
    lines.push(`${marks} ${hex(here)}: ${disassemble(word, here)}`);
    at += instructionLength(word);
  }
  const name = section?.name ?? "the handlers, or a function";
  return [`${name}, on the first machine:`, ...lines.slice(-2 * AROUND)];
}

/** The first difference of a run, cut down, and what was about to be executed there. */
export async function describe(trial: Trial, outcome: Outcome): Promise<string> {
  const { slices, difference } = outcome;
  const all = [
    `behind slice ${slices.length - 1} of ${slices.at(-1)} cycles: ` +
      (difference ? textOf(difference) : "nothing"),
  ];
  const found = await narrow(trial, outcome);
  if (!found) return [...all, "not when it is run again with that slice cut"].join("\n");
  all.push(`behind ${found.cycles} cycles of it: ${textOf(found.difference)}`);
  return [...all, ...listing(found.pair, found.difference.hart ?? 0)].join("\n");
}

/** All lists that are one element shorter, but none that is empty. */
const shorter = <T>(list: readonly T[]): T[][] =>
  list.length < 2 ? [] : list.map((_, n) => list.filter((_, other) => other !== n));

/** All lists with one element replaced by something less. */
const lesser = <T>(list: readonly T[], less: (each: T) => T[]): T[][] =>
  list.flatMap((each, n) => less(each).map((one) => list.with(n, one)));

const lessLoop = (loop: Loop): Loop[] => [
  ...shorter(loop.genes).map((genes) => ({ ...loop, genes })),
  ...(loop.back > 0 ? [{ ...loop, back: 0 }] : []),
  ...(loop.entry > 0 ? [{ ...loop, entry: 0 }] : []),
];

const lessSide = (side: Side): Side[] => [
  ...shorter(side.loops).map((loops) => ({ ...side, loops })),
  ...(side.timer[0] > 0 ? [{ ...side, timer: [0, 0, 0, 0] as const }] : []),
  ...lesser(side.loops, lessLoop).map((loops) => ({ ...side, loops })),
];

/** Programs that have a little less than this one. */
function lessThan(program: Program): Program[] {
  const plain = {
    quantumCycles: 64,
    decodedPages: 1024,
    hotCycles: 2000,
    delegated: 0,
    split: 60,
    reset: 30,
  };
  const entries = Object.entries(plain) as [keyof typeof plain, number][];
  return [
    ...shorter(program.sides).map((sides) => ({ ...program, sides })),
    ...shorter(program.steps).map((steps) => ({ ...program, steps })),
    ...entries
      .filter(([name, value]) => program[name] !== value)
      .map(([name, value]) => ({ ...program, [name]: value })),
    ...lesser(program.sides, lessSide).map((sides) => ({ ...program, sides })),
  ];
}

/** Takes parts of the program away as long as it fails without them. */
async function fewer(bad: Program, fails: (one: Program) => Promise<boolean>): Promise<Program> {
  let kept = bad;
  let left = TRIALS;
  for (let found: Program | undefined = bad; found; ) {
    found = undefined;
    for (const less of lessThan(kept)) {
      if (left-- <= 0) return kept;
      if (!(await fails(less))) continue;
      kept = found = less;
      break;
    }
  }
  return kept;
}

/** The smallest program that fails, in words. */
export async function failure(trial: Trial, seed: number): Promise<string> {
  const { instructions, sabotage } = trial;
  const fails = async (program: Program) =>
    (await runPair(program, instructions, sabotage)).difference !== undefined;
  const examples: [Program][] = [[await fewer(trial.program, fails)]];
  const agrees = fc.asyncProperty(programs, async (program) => !(await fails(program)));
  const shrunk = await fc.check(agrees, { ...SHRINKING, examples });
  const [program] = shrunk.counterexample ?? [trial.program];
  const outcome = await runPair(program, instructions, sabotage);
  return [
    `LOCKSTEP_SEED=${seed}: interpreter and translator differ, first and second of each pair`,
    await describe({ ...trial, program }, outcome),
    JSON.stringify(program),
  ].join("\n");
}
