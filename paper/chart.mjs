// What several figures do alike: rows by method, scales that give each method its colour, shape and
// dash, cycles in millions, and phases with the moments at which they begin.
import { groups } from "./statistics.mjs";
import { METHODS, PHASE_KINDS } from "./style.mjs";

export const MILLION = 1e6;

/** Rows of each method of `shown` (labels; all by default) by seed, in the legends' order. */
export function byMethod(rows, shown = METHODS.map(({ label }) => label)) {
  const bySeed = [...rows].sort((a, b) => a.number("seed") - b.number("seed"));
  const all = groups(bySeed, (row) => row.method);
  return METHODS.filter((method) => all.has(method) && shown.includes(method.label)).map(
    (method) => ({ ...method, rows: all.get(method) }),
  );
}

/** The encoding of methods by colour or shape; those with the same `legend` share one. */
export function methodChannel(methods, channel, legend) {
  const pick = { color: ({ colour }) => colour, shape: ({ shape }) => shape }[channel];
  const domain = methods.map(({ label }) => label);
  return {
    field: "method",
    type: "nominal",
    scale: { domain, range: methods.map(pick) },
    legend: { title: null, orient: "bottom", ...legend },
  };
}

/** A layer of lines for each method, with its own dash; `layer` has mark, data and encoding. */
export function methodLines(methods, layer) {
  return methods.map(({ label, dash }) => ({
    ...layer,
    transform: [{ filter: { field: "method", equal: label } }],
    mark: { type: "line", strokeWidth: 0.9, strokeDash: dash },
  }));
}

/** The kind of a phase, by the phase's name; `where` is said in errors. */
export function kindOf(name, where) {
  const found = PHASE_KINDS.find(({ phases }) => phases.includes(name));
  if (!found) throw new Error(`${where}: no kind of phase has "${name}"`);
  return found.kind;
}

/** The phases of the last change of a run, from its start: kind, start and end in cycles. */
export function phasesOf(row) {
  let end = 0;
  return row.list("report.phases").map(({ name, cycles }) => {
    if (!Number.isFinite(cycles)) throw new Error(`${row.where}: "${name}" has no cycles`);
    const start = end;
    end += cycles;
    return { name, kind: kindOf(name, row.where), start, end };
  });
}

/** Kinds of phases that occur, and the scale that gives them their colours. */
export function kindScale(found) {
  const kinds = PHASE_KINDS.filter(({ kind }) => found.includes(kind));
  return { domain: kinds.map(({ kind }) => kind), range: kinds.map(({ colour }) => colour) };
}
