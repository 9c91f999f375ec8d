// Every claim that README.md makes with a number, with the command that prints it. `value` takes
// what the command said (text, json, code) and gives the number; expected values of exact claims
// stand in claims.json. A claim of the host's speed has a range, for no two hosts are alike.
const RELIEF = "npm start --silent -- --json";
const FITS = "node bench/blackout.bench.mjs --json";
const INTERPRETER = "node bench/interpreter.bench.mjs --json";
const TIMING = "node bench/timing.bench.mjs --json";
const SNAPSHOT = "node bench/snapshot.bench.mjs --json";

const least = (values) => Math.min(...values);
const most = (values) => Math.max(...values);
const span = (values) => [least(values), most(values)].map((value) => Number(value.toFixed(1)));
/** Fits of blackouts where all processes move at once, by who takes over. */
const slopes = (json, memory, to) =>
  json
    .filter((one) => one.memory === memory && one.transfer === "all")
    .filter((one) => to === undefined || one.to === to)
    .map(({ cyclesPerFrame }) => cyclesPerFrame);
const others = (json, memory, transfer) =>
  json
    .filter((one) => one.memory === memory && one.transfer === transfer)
    .map(({ rows }) => rows.at(-1).othersCycles);
const works = (json) => json.works.slice(0, 3);
const named = (json, name, harts = 1) =>
  json.results.find((one) => one.name === name && one.harts === harts);

const reliefs = [
  {
    id: "relief-hash",
    claim: "The default relief ends in one state, on every computer.",
    command: RELIEF,
    what: "`finalStateHash`",
    value: ({ json }) => json.finalStateHash,
  },
  {
    id: "relief-kept",
    claim: "The default relief moves every process and loses nothing.",
    command: RELIEF,
    what: "processes moved, lost; invariants broken; requests failed",
    value: ({ json }) => [
      json.processes.length,
      json.processesLost,
      json.invariantsBroken,
      json.service.failed,
    ],
  },
  {
    id: "relief-cycles",
    claim: "What the default relief takes, and without loading the kernel.",
    command: RELIEF,
    what: "cycles of all phases; without `halt` and `load`",
    value: ({ json }) => {
      const sum = (phases) => phases.reduce((cycles, phase) => cycles + phase.cycles, 0);
      const loading = ({ name }) => ["halt", "load"].includes(name);
      return [sum(json.phases), sum(json.phases.filter((phase) => !loading(phase)))];
    },
  },
  {
    id: "relief-blackout",
    claim: "The longest blackout of a process in the default relief.",
    command: RELIEF,
    what: "cycles",
    value: ({ json }) => most(json.processes.map(({ blackoutCycles }) => blackoutCycles)),
  },
  {
    id: "relief-text",
    claim: "What README.md shows is what `npm start` prints.",
    command: "npm start --silent",
    what: "the text in README.md is printed",
    value: ({ text, readme }) => {
      const [, shown] = /## What it prints[\s\S]*?```\n([\s\S]*?)```/.exec(readme) ?? [];
      return text.trim() === shown?.trim() ? true : undefined;
    },
  },
  {
    id: "twenty-reliefs",
    claim: "There and back, twenty times: nothing is lost.",
    command: "npm start --silent -- --times 20 --seed 7 --json",
    what: "reliefs, processes lost, invariants broken, `finalStateHash`",
    value: ({ json }) => [
      json.reliefs,
      json.processesLost,
      json.invariantsBroken,
      json.finalStateHash,
    ],
  },
  {
    id: "hang",
    claim: "The relief hangs; the old kernel keeps the watch, and nothing is lost.",
    command: "npm start --silent -- --fault hang --json",
    what: "exit code, outcome, processes lost, `finalStateHash`",
    value: ({ json, code }) => [code, json.outcome, json.processesLost, json.finalStateHash],
  },
  {
    id: "timed-cycles",
    claim: "With the timing model every cycle of every hart is somebody's.",
    command: "npm start --silent -- --timing server --json",
    what: "cycles attributed, in all; `finalStateHash`",
    value: ({ json }) => [
      json.timing.cycles.attributed,
      json.timing.cycles.total,
      json.finalStateHash,
    ],
  },
];

const DOWNTIMES = ["clientSilence", "noUserCode", "deviceUnowned", "commitToUser"];
const rivals = ["checkpoint", "kexec", "cold"].map((method) => ({
  id: `rival-${method}`,
  claim: {
    checkpoint: "A checkpoint and another kernel: all that programs have survives.",
    kexec: "kexec keeps nothing of the programs.",
    cold: "Nor does a cold reboot.",
  }[method],
  command: `npm start --silent -- --method ${method} --json`,
  what:
    "kinds of state kept of five; longest process frozen, client silence, no user code, device " +
    "unowned, commit to user, in cycles; `finalStateHash`",
  value: ({ json }) => [
    ["memory", "files", "pipes", "sockets", "timers"].filter(
      (kind) => json.survival[kind] === "kept",
    ).length,
    json.downtimes.processFreeze.max,
    ...DOWNTIMES.map((name) => json.downtimes[name]),
    json.finalStateHash,
  ],
}));

const steady = [
  {
    id: "twin",
    claim: "A relief changes no byte that leaves the machine, only when it leaves.",
    command: "npm run -s quarterdeck -- twin --json",
    what: "streams and bytes compared, identical; largest shift of a reply in cycles",
    value: ({ json }) => [json.streams, json.bytes, json.identical, json.largestShift.cycles],
  },
  {
    id: "control",
    claim: "What the ability to be relieved costs when nobody is: larboard, starboard.",
    command: "npm run -s quarterdeck -- control --seeds 10 --json",
    what: "requests answered, kernel instructions a request: medians of ratios to the control",
    value: ({ json }) =>
      json.summary
        .filter(({ variant }) => variant === "can be relieved")
        .flatMap(({ ratios }) => [ratios.answered, ratios.kernelInstructionsPerRequest])
        .map(({ median }) => Number(median.toFixed(4))),
  },
];

const blackouts = [
  {
    id: "blackout-adopt",
    claim: "A page costs a process's blackout little where memory is adopted.",
    command: FITS,
    what: "cycles a page, least and most of all ways",
    value: ({ json }) => span(slopes(json, "adopt")),
  },
  {
    id: "blackout-remap",
    claim: "And where new page tables are built: by larboard, by starboard.",
    command: FITS,
    what: "cycles a page, least and most",
    value: ({ json }) => [
      ...span(slopes(json, "remap", "larboard")),
      ...span(slopes(json, "remap", "starboard")),
    ],
  },
  {
    id: "blackout-copy",
    claim: "And where pages are copied.",
    command: FITS,
    what: "cycles a page, least and most",
    value: ({ json }) => span(slopes(json, "copy")),
  },
  {
    id: "blackout-others",
    claim: "What the others wait while 16 MiB are copied: all at once, in groups.",
    command: FITS,
    what: "median of their blackouts in cycles, least and most",
    value: ({ json }) => [
      ...span(others(json, "copy", "all")),
      ...span(others(json, "copy", "groups")),
    ],
  },
  {
    id: "blackout-others-adopt",
    claim: "And while 16 MiB are adopted, either way.",
    command: FITS,
    what: "median of their blackouts in cycles, least and most",
    value: ({ json }) =>
      span([...others(json, "adopt", "all"), ...others(json, "adopt", "groups")]),
  },
];

const speeds = [
  {
    id: "interpreter-speed",
    claim: "The interpreter's speed on a mix, a sort and a sieve.",
    command: INTERPRETER,
    what: "million instructions a second, each",
    range: [150, 1500],
    value: ({ json }) => works(json).map(({ millions }) => millions),
  },
  {
    id: "interpreter-qemu",
    claim: "Its ratio to QEMU's translator in the same run (needs qemu-system-riscv32).",
    command: INTERPRETER,
    what: "geometric mean of three",
    range: [0.25, 0.6],
    value: ({ json }) => json.geometricMean,
  },
  {
    id: "interpreter-compressed",
    claim: "Compressed instructions cost nothing, or little.",
    command: INTERPRETER,
    what: "time of plain over compressed code, each",
    range: [0.75, 1.15],
    value: ({ json }) => json.works.map(({ compressedRatio }) => compressedRatio),
  },
  {
    id: "snapshot-restore",
    claim: "A restore of a whole relief costs a small part of a copy of RAM.",
    command: SNAPSHOT,
    what: "restore over copy",
    range: [0.01, 0.2],
    value: ({ json }) => json.restoreToCopy,
  },
  {
    id: "timing-speed",
    claim: "The speed with the timing model, over that of the functional machine: mix, sort.",
    command: TIMING,
    what: "ratio, each",
    range: [0.35, 0.9],
    value: ({ json }) => ["integer mix", "sort"].map((name) => named(json, name).ratio),
  },
  {
    id: "timing-sieve",
    claim: "And of a sieve in which one of 17 instructions misses L1.",
    command: TIMING,
    what: "ratio",
    range: [0.07, 0.3],
    value: ({ json }) => named(json, "sieve").ratio,
  },
  {
    id: "timing-growth",
    claim: "What an instruction costs with 512 harts, over what it costs with 2.",
    command: TIMING,
    what: "ratio",
    range: [1, 3],
    value: ({ json }) => json.costAt512OverCostAt2,
  },
  {
    id: "timing-state",
    claim: "The model's state for each hart.",
    command: TIMING,
    what: "KiB, all configurations",
    range: [200, 1800],
    value: ({ json }) => json.results.map(({ bytesPerHart }) => bytesPerHart / 1024),
  },
].map((claim) => ({ ...claim, host: true }));

const checks = [
  {
    id: "validation",
    claim: "What guests measure is what follows from the timing model's parameters.",
    command: "npm run --silent validate 2>&1",
    what: "exact figures, figures with bounds, wrong ones, exit code",
    value: ({ text, code }) => {
      const [, ...counts] = /(\d+) exact, (\d+) with bounds, (\d+) not as/.exec(text) ?? [];
      return counts.length === 3 ? [...counts.map(Number), code] : undefined;
    },
  },
  {
    id: "figures",
    claim: "The paper set follows from the shipped rows, byte for byte.",
    command: "npm run --silent figures",
    what: "SHA-256 of all files",
    value: ({ text }) => /SHA-256 of all: ([\da-f]{64})/.exec(text)?.[1],
  },
];

export const CLAIMS = [...reliefs, ...rivals, ...steady, ...blackouts, ...checks, ...speeds];
