// The table's measurement: each engine and QEMU in turn, round by round, in one process. One run of
// each comes first, so that the host has compiled the core well (short.mjs has the other case); it
// shows, too, that both engines end in the same state. Each sample is a machine of its own, so that
// a translator has translated nothing when the clock starts.
import { ENGINES, enginesOf, retired } from "./guests.mjs";
import { rowOf } from "./sums.mjs";

/** Runs everything once; gives the instructions that a busy run retires beyond an idle one. */
async function warmUp({ name, idle, busy }) {
  const ends = [];
  for (const engine of ENGINES) {
    const start = idle ? retired((await idle(engine)).machine) : 0;
    const { machine } = await busy(engine);
    ends.push({ hash: machine.hash(), instructions: retired(machine) - start });
  }
  const [one, other] = ends;
  if (one.hash === other.hash && one.instructions === other.instructions) return one.instructions;
  throw new Error(`${name}: the engines end differently: ${JSON.stringify(ends)}`);
}

/** One row: seconds, rates and ratios; without QEMU's where it is not installed. */
export async function measureRow(one, rounds) {
  const instructions = await warmUp(one);
  const samples = Object.fromEntries(ENGINES.map((engine) => [engine, { idle: [], busy: [] }]));
  const theirs = { idle: [], busy: [] };
  for (let round = 0; round < rounds; round++) {
    for (const engine of enginesOf(round)) {
      if (one.idle) samples[engine].idle.push((await one.idle(engine)).seconds);
      samples[engine].busy.push((await one.busy(engine)).seconds);
    }
    const other = one.qemu?.();
    if (other?.busy === undefined) continue;
    theirs.idle.push(other.idle);
    theirs.busy.push(other.busy);
  }
  const qemu = theirs.busy.length > 0 ? { qemu: theirs } : {};
  return rowOf(one.name, { ...samples, ...qemu }, instructions, one.idle !== undefined);
}
