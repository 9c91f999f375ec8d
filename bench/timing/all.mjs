// Which suites run under which presets. A preset is also changed where a suite needs it: the
// server's caches to LRU, under which misses are exact; the one for 512 harts to eight nodes, so
// that two harts of each fit into a plan.
import { hopsOf, presetTiming } from "../../dist/index.js";
import {
  chaseSuite,
  codeSuite,
  SIZES,
  storeSuite,
  superpageSuite,
  translatedSuite,
} from "./chase.mjs";
import { classSuite, deviceSuite, dirtySuite } from "./classes.mjs";
import { loaded, portSuite } from "./port.mjs";
import { runSuite } from "./run.mjs";
import { modelOf } from "./suite.mjs";
import { togetherSuite } from "./together.mjs";
import { transitionSuite } from "./transitions.mjs";

const STRIDES = [64, 128, 4096];
const QUANTA = [1, 64];
const QUICK_SIZE = 32 * 1024;

/** @typedef {{ tier: string, timing: any, kind: string }} Tier */

const withLru = (timing) => ({ ...timing, cache: { ...timing.cache, replacement: "lru" } });
const withNodes = (timing, nodes) => ({ ...timing, topology: { ...timing.topology, nodes } });

/** @returns {Tier[]} */
export function tiers(quick) {
  const [embedded, server, ccnuma] = ["embedded", "server", "ccnuma-512"].map(presetTiming);
  const all = [
    { tier: "embedded", timing: embedded, kind: "full" },
    { tier: "server", timing: server, kind: "full" },
    { tier: "server, lru", timing: withLru(server), kind: "memory" },
    { tier: "ccnuma-512, 8 nodes", timing: withNodes(ccnuma, 8), kind: "full" },
  ];
  return quick ? all.slice(0, 2) : all;
}

/** The suites that need one hart and its memory. */
function memorySuites(timing, quick) {
  const hops = hopsOf(timing);
  const model = (harts = 1) => modelOf(timing, hops, harts);
  const sizes = quick ? SIZES.filter((size) => size <= QUICK_SIZE * 2) : SIZES;
  const strides = quick ? STRIDES.slice(0, 1) : STRIDES;
  const counts = quick ? [16, 128] : undefined;
  const remote = timing.topology.nodes > 1 ? [timing.topology.nodes - 1] : [];
  const code = quick ? [64, 256] : [64, 256, 512, 1024, 4096];
  const pages = timing.tlb.itlb_entries;
  return [
    ...strides.map((stride) => chaseSuite(model(), { stride, sizes })),
    ...remote.map((home) => chaseSuite(model(), { stride: 64, home, sizes })),
    translatedSuite(model(), counts),
    superpageSuite(model()),
    storeSuite(model()),
    codeSuite(model(), { stride: 64, counts: code }),
    ...[pages / 2, pages * 2].map((count) =>
      codeSuite(model(), { stride: 4096, counts: [count], translated: true }),
    ),
  ];
}

/** The suites that need several harts, and the classes. */
function otherSuites(timing, quick) {
  const hops = hopsOf(timing);
  const { nodes } = timing.topology;
  const few = modelOf(timing, hops, Math.max(4, 2 * nodes));
  const many = modelOf(timing, hops, quick ? 4 : 16);
  const counts = quick ? [1, 2, 4] : [1, 2, 4, 8, 16];
  const quanta = quick ? QUANTA.slice(0, 1) : QUANTA;
  return [
    classSuite(modelOf(timing, hops, 1)),
    deviceSuite(few),
    dirtySuite(modelOf(timing, hops, 1)),
    transitionSuite(few),
    ...quanta.map((quantumCycles) => togetherSuite(many, { quantumCycles, counts })),
  ];
}

const PORTS = [
  { port: "l2", occupancy: 128, window: 128 },
  { port: "l2", occupancy: 64, window: 128 },
  { port: "memory", occupancy: 512, window: 512 },
  { port: "memory", occupancy: 200, window: 512 },
  { port: "interconnect", occupancy: 512, window: 512, remote: true },
];

/** Ports that are asked for more than they have; what misses must be known, so under LRU. */
function portSuites(timing, quick) {
  const { nodes } = timing.topology;
  if (timing.cache.replacement !== "lru") return [];
  return PORTS.filter(({ remote }, i) => (nodes > 1 || !remote) && !(quick && i > 1)).map((load) =>
    portSuite(modelOf(loaded(timing, load), hopsOf(timing), 2 * nodes), load),
  );
}

/**
 * The suites of one tier.
 * @param {{ timing: any, kind: string }} tier
 */
export function suitesOf({ timing, kind }, quick) {
  const memory = memorySuites(timing, quick);
  if (kind === "memory") return [...memory, ...portSuites(timing, quick)];
  return [...otherSuites(timing, quick), ...memory, ...portSuites(timing, quick)];
}

/** With the quantum, where it decides the figures. */
function tierName(tier, { name, options }) {
  return name === "together" ? `${tier}, quantum ${options.quantumCycles}` : tier;
}

/** Runs everything; `tell` hears of each suite. @returns {Promise<import("./run.mjs").Row[]>} */
export async function measureAll({ quick = false, repeats = 2, tell = (_) => {} } = {}) {
  const rows = [];
  for (const tier of tiers(quick))
    for (const suite of suitesOf(tier, quick)) {
      tell(`${tier.tier}: ${suite.name}`);
      rows.push(...(await runSuite(suite, { tier: tierName(tier.tier, suite), repeats })));
    }
  return rows;
}
