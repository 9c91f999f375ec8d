// Short runs: is one by the translator ever slower than by the interpreter? Each is a process of
// its own, so that the host's compiler begins with nothing, as for a user. A run is timed at the
// end of each slice of half a million cycles, and so stands for all that are shorter. The guests'
// rounds are scaled so that the interpreter's run takes about a second.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { summary } from "../support/compare.mjs";
import { buildGuest, ENGINES, enginesOf, PROGRAMS } from "./guests.mjs";
import { fasterThan, leastOf, scaledRounds } from "./sums.mjs";

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
  const times = (engine) => samples[engine].map(({ ends }) => ends[end]);
  const made = (engine) => samples[engine].map(({ making, ends }) => making + ends[end]);
  const [interpreter, translator] = [times("interpreter"), times("translator")];
  return {
    name,
    interpreter: summary(interpreter).seconds,
    translator: summary(translator).seconds,
    run: fasterThan(interpreter, translator),
    made: fasterThan(made("interpreter"), made("translator")),
  };
}

/** A guest's rows: one of each length, and the one with the least ratio, whatever its length. */
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
  return [...rows, leastOf(short, LENGTHS[0])];
}

/** Rows by guest and length; `wanted` are names of guests. */
export function measureShort({ guests: wanted, rounds }, tell) {
  return PROGRAMS.filter(({ name }) => wanted.includes(name)).flatMap((guest) => {
    const rows = measureOne(guest, rounds);
    for (const row of rows) tell(row);
    return rows;
  });
}
