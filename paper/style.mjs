// What all figures have in common: column widths, colours that the colour-blind can tell apart
// (Okabe and Ito, 2008), with a shape and a dash each so that they can be told in grey too, and the
// names of methods, phases and causes of cycles.
import { FAMILY } from "./font.mjs";

/** Widths in points (1/72 inch): a column of a two-column page, and the page. */
export const WIDTH = { single: 240, double: 504 };

export const COLOURS = {
  black: "#000000",
  orange: "#E69F00",
  sky: "#56B4E9",
  green: "#009E73",
  yellow: "#F0E442",
  blue: "#0072B2",
  red: "#D55E00",
  purple: "#CC79A7",
  grey: "#999999",
};

const { black, orange, sky, green, yellow, blue, red, purple, grey } = COLOURS;

/** Methods in the order of all legends: how memory and processes go, and how each is drawn. */
export const METHODS = [
  ["relief", "adopt", "all", "relief", blue, "circle", []],
  ["relief", "remap", "all", "relief, remap", sky, "diamond", [1, 1]],
  ["relief", "copy", "all", "relief, copy", green, "square", [6, 2]],
  ["relief", "adopt", "groups", "relief, groups", purple, "triangle-up", [4, 2]],
  ["relief", "remap", "groups", "relief, remap, groups", purple, "wedge", [3, 1]],
  ["relief", "copy", "groups", "relief, copy, groups", purple, "triangle-left", [2, 1]],
  ["checkpoint", "adopt", "all", "checkpoint", orange, "triangle-down", [5, 1, 1, 1]],
  ["checkpoint", "remap", "all", "checkpoint, remap", yellow, "triangle-down", [1, 2]],
  ["checkpoint", "copy", "all", "checkpoint, copy", grey, "triangle-right", [3, 3]],
  ["kexec", "adopt", "all", "kexec", red, "cross", [2, 2]],
  ["cold", "adopt", "all", "cold", black, "diamond", [1, 3]],
].map(([method, memory, transfer, label, colour, shape, dash]) => {
  return { method, memory, transfer, label, colour, shape, dash };
});

/** Phases of all methods by what is done in them; colours differ in lightness too. */
export const PHASE_KINDS = [
  { kind: "load", colour: "#DDDDDD", phases: ["halt", "load"] },
  { kind: "boot", colour: sky, phases: ["firmware", "relieving boot", "boot"] },
  { kind: "check", colour: yellow, phases: ["qualification", "I am ready to relieve you"] },
  {
    kind: "freeze, write",
    colour: red,
    phases: ["I am ready to be relieved", "checkpoint"],
  },
  { kind: "shut down", colour: black, phases: ["shutdown"] },
  {
    kind: "transfer",
    colour: green,
    phases: ["I relieve you", "transfer", "groups", "restore"],
  },
  { kind: "verify", colour: purple, phases: ["verify", "I stand relieved"] },
  { kind: "restart", colour: orange, phases: ["restart"] },
  { kind: "assimilate", colour: blue, phases: ["assimilate"] },
];

/** Causes of cycles, each the sum of counters of the timing model. */
export const CAUSES = [
  ["instructions", blue, /^cycles(Base|Load|Multiply|Divide|Branch|Csr|Fence|Atomic|Trap)$/],
  ["fetch", yellow, /^cyclesFetch/],
  ["load", sky, /^cyclesLoad./],
  ["store", green, /^cyclesStore/],
  ["translation", purple, /^cyclesWalk/],
  ["device, IPI", red, /^cycles(Device|Ipi)$/],
  ["waiting", "#DDDDDD", /^cyclesWait$/],
].map(([cause, colour, counters]) => ({ cause, colour, counters }));

/** A `scale` that gives each of `items` its own colour, shape or dash, in their order. */
export function scaleOf(items, name, pick) {
  return { domain: items.map(name), range: items.map(pick) };
}

/** Configuration of every specification. */
export const CONFIG = {
  font: FAMILY,
  background: "white",
  aria: false,
  view: { stroke: null },
  axis: {
    labelFontSize: 7.5,
    titleFontSize: 8,
    titleFontWeight: "normal",
    gridColor: "#E5E5E5",
    gridWidth: 0.5,
    domainColor: black,
    domainWidth: 0.5,
    tickColor: black,
    tickWidth: 0.5,
    tickSize: 3,
    titlePadding: 4,
    labelPadding: 2,
  },
  legend: {
    labelFontSize: 7.5,
    titleFontSize: 8,
    titleFontWeight: "normal",
    symbolSize: 30,
    rowPadding: 1,
    columnPadding: 8,
    labelLimit: 0,
    titlePadding: 3,
    offset: 6,
  },
  header: { labelFontSize: 8, titleFontSize: 8, labelPadding: 3, labelFontWeight: "normal" },
  title: { fontSize: 8, fontWeight: "normal", offset: 4 },
  text: { fontSize: 7.5 },
  line: { strokeWidth: 1 },
  point: { size: 18, strokeWidth: 0.8 },
  rule: { strokeWidth: 0.8 },
};
