// What bench/engines.bench.mjs makes of its samples: times without the start-up, ratios of what was
// measured in the same round, a geometric mean, and which aims are met. Nothing here reads a clock.
import { summary } from "../support/compare.mjs";

export const AIMS = { mean: 1.2, least: 0.9, kernel: 0.7, slower: 0.02 };

/** Busy seconds, by round, less the median of the idle ones. */
export function without(idle, busy) {
  const start = idle.length === 0 ? 0 : summary(idle).seconds;
  const net = busy.map((seconds) => seconds - start);
  if (net.every((seconds) => seconds > 0)) return net;
  throw new Error("a run takes no longer than its start; give the host some rest");
}

/** How many times as fast as `other` something is: both in seconds by round. */
export function fasterThan(other, seconds) {
  const quotients = seconds.map((mine, round) => other[round] / mine);
  const { seconds: ratio, spread } = summary(quotients);
  return { ratio, spread };
}

/** Parts of the samples that are left out, or moved in, at either end. */
const TRIMMED = 0.2;

/**
 * The mean of numbers without a fifth of them at either end, and its standard error, which is
 * infinite for one number (Tukey and McLaughlin 1963: from the winsorized variance).
 */
export function trimmedMean(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const cut = Math.floor(TRIMMED * sorted.length);
  const [low, high] = [sorted[cut], sorted[sorted.length - 1 - cut]];
  const meanOf = (some) => some.reduce((sum, one) => sum + one, 0) / some.length;
  const moved = sorted.map((one) => Math.min(Math.max(one, low), high));
  const squares = moved.reduce((sum, one) => sum + (one - meanOf(moved)) ** 2, 0);
  const kept = sorted.slice(cut, sorted.length - cut);
  const variance = sorted.length < 2 ? Number.POSITIVE_INFINITY : squares / (sorted.length - 1);
  return {
    mean: meanOf(kept),
    error: Math.sqrt(variance * sorted.length) / kept.length,
  };
}

/**
 * The same as fasterThan, for many rounds on a host that is disturbed now and then: the trimmed
 * mean of the quotients' logarithms, with its standard error as a part of the ratio.
 */
export function meanFasterThan(other, seconds) {
  const logs = seconds.map((mine, round) => Math.log(other[round] / mine));
  const { mean, error } = trimmedMean(logs);
  return { ratio: Math.exp(mean), error };
}

/** Rounds of a guest that take so long, its start included, from one try; at least one. */
export function scaledRounds(seconds, start, tried) {
  const each = Math.max(tried.seconds - start, tried.seconds / 100) / tried.rounds;
  return Math.max(1, Math.round((seconds - start) / each));
}

/** Of numbers that are all there; undefined when one is not. */
export function geometricMean(ratios) {
  if (ratios.length === 0 || ratios.includes(undefined)) return undefined;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

const PAIRS = [
  ["translator", "interpreter"],
  ["interpreter", "qemu"],
  ["translator", "qemu"],
];

/**
 * One row of the table from `{ engine: { idle, busy } }` in seconds by round. The instructions are
 * QEMU's too, unless it does not start from the same state (`same` false).
 */
export function rowOf(name, samples, instructions, same = true) {
  const nets = Object.fromEntries(
    Object.entries(samples).map(([engine, { idle, busy }]) => [engine, without(idle, busy)]),
  );
  const engines = Object.fromEntries(
    Object.entries(nets).map(([engine, net]) => {
      const { seconds, spread } = summary(net);
      const counts = same || engine !== "qemu";
      const rate = counts ? { millions: instructions / seconds / 1e6 } : {};
      return [engine, { seconds, spread, ...rate }];
    }),
  );
  const ratios = PAIRS.filter(([mine, other]) => nets[mine] && nets[other]).map(([mine, other]) => [
    `${mine}/${other}`,
    fasterThan(nets[other], nets[mine]),
  ]);
  return { name, instructions, engines, ratios: Object.fromEntries(ratios) };
}

/** The row's ratio, or undefined where it was not measured. */
const ratioIn = (rows, name, pair) => rows.find((row) => row.name === name)?.ratios[pair]?.ratio;

function aim(text, value, least) {
  return { aim: text, value, met: value === undefined ? undefined : value >= least };
}

/** Of rows of rising length: that with the least ratio `of` a kind, from so many seconds on. */
export function leastOf(rows, from, of) {
  const long = rows.filter(({ interpreter }) => interpreter >= from);
  if (long.length === 0) throw new Error(`no run is as long as ${from} s; give the host some rest`);
  return long.reduce((least, row) => (row[of].ratio < least[of].ratio ? row : least));
}

/** A ratio is below another surely by so many standard errors: many are judged at a time. */
const SURE = 3;

/** A run is slower when it surely is, and by more than a part in fifty. */
export const isSlower = ({ ratio, error }) => ratio < 1 - Math.max(SURE * error, AIMS.slower);

/** Runs are judged from their process's start on, when each is known to a part in a hundred. */
function shortAim(short) {
  const text = "no process shorter than a second is slower than by the interpreter (least ratio)";
  const wholes = short.flatMap(({ whole }) => whole ?? []);
  if (wholes.length === 0) return { aim: text, value: undefined, met: undefined };
  const value = Math.min(...wholes.map(({ ratio }) => ratio));
  const slower = short.some(({ whole, start }) => isSlower(whole ?? start));
  const known = wholes.every(({ error }) => 2 * error <= AIMS.slower);
  return { aim: text, value, met: slower ? false : known || undefined };
}

/** Each aim, with what was measured, and whether that is enough; undefined: it was not measured. */
export function aimsOf(rows, { mean, calls, boot }, short) {
  const pair = "translator/qemu";
  const ratios = mean.map((name) => ratioIn(rows, name, pair));
  const least = ratios.includes(undefined) ? undefined : Math.min(...ratios);
  const names = mean.join(", ");
  return [
    aim(`${names}: geometric mean at least ${AIMS.mean} of QEMU`, geometricMean(ratios), AIMS.mean),
    aim(`${names}: none below ${AIMS.least} of QEMU`, least, AIMS.least),
    ...[boot, calls].map((name) =>
      aim(`${name}: at least ${AIMS.kernel} of QEMU`, ratioIn(rows, name, pair), AIMS.kernel),
    ),
    shortAim(short),
  ];
}
