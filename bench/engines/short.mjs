// Short runs: is one by the translator ever slower than by the interpreter? Each is a process of
// its own, so that the host's compiler begins with nothing, as for a user. A run is timed at the
// end of each slice of half a million cycles, and so stands for all that are shorter: from the call
// of run() on, and from the start of its process, which is what a user waits for. The guests'
// rounds are scaled so that the interpreter's run takes about a second.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buildGuest, ENGINES, enginesOf, PROGRAMS } from "./guests.mjs";
import { SHORT_TIMES } from "./options.mjs";
import { leastOf, meanFasterThan, scaledRounds, trimmedMean } from "./sums.mjs";

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));
const LONGEST = 1;
const LENGTHS = [0.05, 0.1, 0.2, 0.5, LONGEST];
/** Rounds of the first try are this part of the table's. */
const TRY = 0.2;

function runOnce(path, engine) {
  const args = ["--expose-gc", CHILD, path, engine];
  const done = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`a run by the ${engine}: ${done.stderr || done.error}`);
  return JSON.parse(done.stdout);
}

/** The ELF file of a guest whose run by the interpreter takes a little longer than the longest. */
function buildLongest(guest) {
  const timeOf = (rounds) => runOnce(buildGuest(guest, rounds), "interpreter").ends.at(-1);
  const rounds = Math.ceil(guest.rounds * TRY);
  const tried = { rounds, seconds: timeOf(rounds) };
  return buildGuest(guest, scaledRounds(1.2 * LONGEST, timeOf(0), tried));
}

/** A row: runs that end with slice `end`, by all samples of both engines. */
function rowAt(name, samples, end) {
  const [interpreter, translator] = ENGINES.map((engine) =>
    samples[engine].map(({ ends }) => ends[end]),
  );
  // Up to the run both do the same: what they took for it in a round is not told apart.
  const starts = samples.interpreter.map(
    ({ begun }, round) => (begun + samples.translator[round].begun) / 2,
  );
  const whole = (runs) => runs.map((run, round) => starts[round] + run);
  return {
    name,
    interpreter: trimmedMean(interpreter).mean,
    translator: trimmedMean(translator).mean,
    run: meanFasterThan(interpreter, translator),
    whole: meanFasterThan(whole(interpreter), whole(translator)),
  };
}

/** A guest's rows: its start, one of each length, and the least ratios, whatever their length. */
function measureOne(guest, rounds) {
  const path = buildLongest(guest);
  const samples = Object.fromEntries(ENGINES.map((engine) => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of enginesOf(round)) samples[engine].push(runOnce(path, engine));
  }
  const slices = samples.interpreter[0].ends.length;
  const all = Array.from({ length: slices }, (_, end) => rowAt(guest.name, samples, end));
  const short = all.filter(({ interpreter }) => interpreter <= LONGEST);
  const rows = LENGTHS.map((length) => ({
    ...(all.find(({ interpreter }) => interpreter >= length) ?? all.at(-1)),
    length,
  }));
  const least = ["run", "whole"].map((worst) => ({ ...leastOf(short, LENGTHS[0], worst), worst }));
  const starts = ENGINES.map((engine) => samples[engine].map(({ begun }) => begun));
  return [startOf(guest.name, starts), ...rows, ...least];
}

/** The row of what comes before the run: node's start, the library, the making of the machine. */
function startOf(name, starts) {
  const [interpreter, translator] = starts.map((seconds) => trimmedMean(seconds).mean);
  return { name, interpreter, translator, start: meanFasterThan(...starts) };
}

/** Rows by guest and length; `wanted` are names of guests. */
export function measureShort({ guests: wanted, rounds }, tell) {
  return PROGRAMS.filter(({ name }) => wanted.includes(name)).flatMap((guest) => {
    const rows = measureOne(guest, SHORT_TIMES * rounds);
    for (const row of rows) tell(row);
    return rows;
  });
}
