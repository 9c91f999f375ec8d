// Short runs: is one by the translator ever slower than by the interpreter? Each is a process of
// its own, so that the host's compiler begins with nothing, as for a user. The guests' rounds are
// scaled so that the interpreter's run takes about the seconds of LENGTHS.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { summary } from "../support/compare.mjs";
import { buildGuest, ENGINES, enginesOf, PROGRAMS } from "./guests.mjs";
import { fasterThan, scaledRounds } from "./sums.mjs";

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));
export const LENGTHS = [0.05, 0.2, 0.5, 1];
/** Rounds of the first try are this part of the table's. */
const TRY = 0.2;
const TRIES = 2;

function runOnce(path, engine) {
  const args = ["--expose-gc", CHILD, path, engine];
  const done = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`a run by the ${engine}: ${done.stderr || done.error}`);
  return JSON.parse(done.stdout);
}

/**
 * The ELF file of a guest whose run by the interpreter takes about so long. The host's code gets
 * better as it runs, so what one try says of another length is checked by a second.
 */
function buildFor(guest, seconds) {
  const timeOf = (rounds) => runOnce(buildGuest(guest, rounds), "interpreter").run;
  const start = timeOf(0);
  let rounds = Math.ceil(guest.rounds * TRY);
  for (let tries = 0; tries < TRIES; tries++) {
    rounds = scaledRounds(seconds, start, { rounds, seconds: timeOf(rounds) });
  }
  return buildGuest(guest, rounds);
}

function measureOne(guest, seconds, rounds) {
  const path = buildFor(guest, seconds);
  const samples = Object.fromEntries(ENGINES.map((engine) => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of enginesOf(round)) samples[engine].push(runOnce(path, engine));
  }
  const times = (engine, what) => samples[engine].map((sample) => sample[what]);
  const ratio = (what) => fasterThan(times("interpreter", what), times("translator", what));
  const took = (engine) => summary(times(engine, "run")).seconds;
  return {
    name: guest.name,
    length: seconds,
    interpreter: took("interpreter"),
    translator: took("translator"),
    run: ratio("run"),
    made: ratio("made"),
  };
}

/** Rows by guest and length; `wanted` are names of guests. */
export function measureShort({ guests: wanted, rounds }, tell) {
  const guests = PROGRAMS.filter(({ name }) => wanted.includes(name));
  const cases = guests.flatMap((guest) => LENGTHS.map((seconds) => [guest, seconds]));
  return cases.map(([guest, seconds]) => {
    const row = measureOne(guest, seconds, rounds);
    tell(row);
    return row;
  });
}
