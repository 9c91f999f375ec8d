// The results of bench/engines.bench.mjs as lines of text.
const percent = (part) => `${(100 * part).toFixed(0)} %`;
const part = (spread) => `+-${percent(spread)}`;
export const ratioText = ({ ratio, spread }) => `${ratio.toFixed(2)} ${part(spread)}`;

const WORST = { run: "run", whole: "process" };
const SHOWN = { interpreter: "interpreter", translator: "translator", qemu: "QEMU" };

function engineText(engine, { seconds, spread, millions }) {
  const rate = millions === undefined ? "" : `, ${millions.toFixed(0)} M instr/s`;
  return `${SHOWN[engine]} ${seconds.toFixed(3)} s ${part(spread)}${rate}`;
}

/** A row of the table: two lines. */
export function rowText({ name, engines, ratios }) {
  const all = Object.entries(engines).map(([engine, one]) => engineText(engine, one));
  const compared = Object.entries(ratios).map(([pair, ratio]) => {
    const [mine, other] = pair.split("/");
    return `${SHOWN[mine]}/${SHOWN[other]} ${ratioText(ratio)}`;
  });
  return `${name.padEnd(14)} ${all.join("; ")}\n${"".padEnd(14)} ${compared.join("; ")}`;
}

export function aimText({ aim, value, met }) {
  if (value === undefined) return `${aim}: not measured`;
  if (met === undefined) return `${aim}: ${value.toFixed(2)}, not known well enough; more --rounds`;
  return `${aim}: ${value.toFixed(2)}, ${met ? "met" : "missed"}`;
}

export function meanText(engine, mean) {
  return `${SHOWN[engine]}: geometric mean of the first three ${mean?.toFixed(2) ?? "?"} of QEMU`;
}

/** What one guest made the translator do. */
export function translationText({ name, translated }) {
  if (!translated) return `${name.padEnd(14)} no translator`;
  const { regions, modules, bytes, dropped, compiling, instantiating, share } = translated;
  const each = (seconds) => (regions > 0 ? `${((seconds * 1e6) / regions).toFixed(0)} us` : "-");
  return (
    `${name.padEnd(14)} ${regions} regions in ${modules} modules, ${bytes} bytes, ` +
    `${dropped} dropped; a region takes the host ${each(compiling)} to compile and ` +
    `${each(instantiating)} to instantiate, ${percent(translated.partOfRun)} of the run; ` +
    `${percent(share)} of the instructions in translated code`
  );
}

/** Many harts against one. */
export function switchingText({ harts, quantum, interpreter, translator }) {
  const of = ({ millions, ofOne }) => `${millions.toFixed(0)} M instr/s, ${ratioText(ofOne)}`;
  return (
    `${harts} harts, quantum ${quantum}: interpreter ${of(interpreter)} of one hart; ` +
    `translator ${of(translator)} of one hart, ${percent(translator.share)} in translated code`
  );
}

const meanRatioText = ({ ratio, error }) => `${ratio.toFixed(3)} +-${(100 * error).toFixed(1)} %`;

/** Short runs, each in a process of its own: of some length, the worst in a way, or their start. */
export function shortText({ name, length, worst, interpreter, translator, run, whole, start }) {
  const of = worst === undefined ? `about ${length} s` : `worst ${WORST[worst]}`;
  const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;
  const ratios = start
    ? meanRatioText(start)
    : `${meanRatioText(run)}, with the process's start ${meanRatioText(whole)}`;
  return (
    `${name}, ${start ? "start" : of}: interpreter ${ms(interpreter)}, ` +
    `translator ${ms(translator)}; translator/interpreter ${ratios}`
  );
}
