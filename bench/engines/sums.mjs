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

/** Of rows of rising length: that with the least ratio, from so many seconds on. */
export function leastOf(rows, from) {
  const long = rows.filter(({ interpreter }) => interpreter >= from);
  if (long.length === 0) throw new Error(`no run is as long as ${from} s; give the host some rest`);
  return long.reduce((least, row) => (row.run.ratio < least.run.ratio ? row : least));
}

/** A run is slower when it is by more than its spread, and by more than a part in fifty. */
export const isSlower = ({ ratio, spread }) => ratio < 1 - Math.max(spread, AIMS.slower);

function shortAim(short) {
  const text = "no run shorter than a second is slower than with the interpreter (least ratio)";
  if (short.length === 0) return { aim: text, value: undefined, met: undefined };
  const all = short.flatMap(({ run, made }) => [run, made]);
  const value = Math.min(...all.map(({ ratio }) => ratio));
  return { aim: text, value, met: !all.some(isSlower) };
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
