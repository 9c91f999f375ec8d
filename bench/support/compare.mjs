// What bench/all.mjs makes of its samples: a median with its spread, in units of the calibration
// loop too, and ratios to QEMU in the same run and to a saved result. Nothing here reads a clock.

export const SCHEMA = "quarterdeck/bench/1";

function quantile(sorted, part) {
  const at = part * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Seconds of samples: the median, and half the distance of the quartiles over the median. */
export function summary(samples) {
  if (samples.length === 0) throw new Error("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median;
  return { seconds: median, spread, samples: sorted.length };
}

/** A result: its summary, and its median over that of the calibration that ran around it. */
export function resultOf(name, samples, calibration, { instructions } = {}) {
  const { seconds: unit } = summary(calibration);
  const { seconds, spread, samples: count } = summary(samples);
  const rate = instructions === undefined ? {} : { millionsASecond: instructions / seconds / 1e6 };
  const spreads = Math.hypot(spread, summary(calibration).spread);
  return { name, seconds, spread, samples: count, calibrated: seconds / unit, spreads, ...rate };
}

/** How much faster than in `saved` each is, calibrated; with the spread of both. */
export function against(results, saved) {
  const before = new Map(saved.results.map((result) => [result.name, result]));
  return results.map((result) => {
    const old = before.get(result.name);
    if (!old) return result;
    const spread = Math.hypot(result.spreads, old.spreads);
    return { ...result, faster: old.calibrated / result.calibrated, fasterSpread: spread };
  });
}

/** A saved result, or an error that says in one line why a text is none. */
export function readSaved(text, where) {
  let saved;
  try {
    saved = JSON.parse(text);
  } catch {
    throw new Error(`${where}: no JSON; give a file that \`npm run bench -- --save\` wrote`);
  }
  const isResult = ({ name, calibrated, spreads }) =>
    typeof name === "string" && calibrated > 0 && spreads >= 0;
  const good = saved?.schema === SCHEMA && Array.isArray(saved.results);
  if (!good || !saved.results.every(isResult)) {
    throw new Error(`${where}: no ${SCHEMA}; give a file that \`npm run bench -- --save\` wrote`);
  }
  return saved;
}

const percent = (part) => `${(100 * part).toFixed(0)} %`;

function timeText(seconds) {
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(1)} us`;
  return seconds < 1 ? `${(seconds * 1e3).toFixed(2)} ms` : `${seconds.toFixed(2)} s`;
}

/** A result as a line. */
export function lineOf({ name, seconds, spread, calibrated, millionsASecond, ...ratios }) {
  const rate = millionsASecond === undefined ? "" : `, ${millionsASecond.toFixed(0)} M instr/s`;
  const { qemu, faster, fasterSpread } = ratios;
  return [
    `${name.padEnd(24)} ${timeText(seconds).padStart(9)} +-${percent(spread).padStart(5)}`,
    `, ${calibrated.toPrecision(3)} calibrations${rate}`,
    qemu === undefined ? "" : `, ${qemu.toFixed(2)} of QEMU`,
    faster === undefined ? "" : `, ${faster.toFixed(2)} of saved +-${percent(fasterSpread)}`,
  ].join("");
}
