// The results of bench/engines.bench.mjs as lines of text.
const part = (spread) => `+-${(100 * spread).toFixed(0)} %`;
export const ratioText = ({ ratio, spread }) => `${ratio.toFixed(2)} ${part(spread)}`;

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
  if (met === undefined) return `${aim}: not measured`;
  return `${aim}: ${value.toFixed(2)}, ${met ? "met" : "missed"}`;
}

export function meanText(engine, mean) {
  return `${SHOWN[engine]}: geometric mean of the first three ${mean?.toFixed(2) ?? "?"} of QEMU`;
}
