// Collected rows made small enough to ship: what figures and tables need of each experiment, and
// all of the provenance. A row stays one line of JSON, and keeps its key and final-state hash.

const ALWAYS = [
  "schema",
  "key",
  "outcome",
  "seed",
  "finalStateHash",
  "configuration",
  "provenance",
];
const REQUESTS_OF = 5; // seeds of each method whose requests are kept

const ONE_PROCESS = [
  "report.phases",
  "report.work",
  "report.downtimes.processFreeze",
  "report.processes",
];
const PATHS = {
  methods: [
    "report.change",
    "report.phases",
    "report.downtimes",
    "report.survival",
    "report.throughput",
    "report.memory",
    "report.service.exchanges",
  ],
  pages: ONE_PROCESS,
  descriptors: ONE_PROCESS,
  processes: ONE_PROCESS,
  harts: ["report.phases", "report.downtimes.processFreeze"],
  timing: ["report.timing.phases"],
};
const LARGEST = { pages: "ballast", descriptors: "crowd", processes: "crowd" };

function put(object, path, value) {
  const parts = path.split(".");
  const last = parts.pop();
  let at = object;
  for (const part of parts) {
    at[part] ??= {};
    at = at[part];
  }
  at[last] = value;
}

/** Causes of cycles only, and only of the change. */
function cyclesOf({ relief, name, start, end, counters }) {
  const cycles = Object.entries(counters).filter(([key]) => key.startsWith("cycles"));
  return { relief, name, start, end, counters: Object.fromEntries(cycles) };
}

const SHORTER = {
  "report.timing.phases": (phases) =>
    phases.filter(({ name }) => !["before", "after"].includes(name)).map(cyclesOf),
  "report.processes": (processes, experiment) =>
    processes.filter(({ name }) => name === LARGEST[experiment]),
  "report.phases": (phases) =>
    phases.map(({ name, cycles, instructions }) => ({ name, cycles, instructions })),
};

/** The rows of an experiment as lines of JSON, by seed; throws for an experiment without paths. */
export function trimmed(experiment, rows) {
  if (!PATHS[experiment]) throw new Error(`nobody has said what to keep of ${experiment}`);
  const seen = new Map();
  const bySeed = [...rows].sort((a, b) => a.number("seed") - b.number("seed"));
  const lines = bySeed.map((row) => {
    const small = {};
    const number = (seen.get(row.method) ?? 0) + 1;
    seen.set(row.method, number);
    for (const path of [...ALWAYS, ...PATHS[experiment]]) {
      const value = row.optional(path);
      if (value === null || (path === "report.service.exchanges" && number > REQUESTS_OF)) continue;
      put(small, path, SHORTER[path] ? SHORTER[path](value, experiment) : value);
    }
    return `${JSON.stringify(small)}\n`;
  });
  return lines.join("");
}
