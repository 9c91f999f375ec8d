// What was counted as gem5's stats.txt (gem5 21 and later): the same markers, columns and, where
// gem5 has one for the same thing, the same name, description and unit; other names are our own. A
// tick is a picosecond, as in gem5; a cycle is 10,000 of them, by the guest's timebase.
import { nodeOf } from "../timing/config.js";
import {
  type CacheCounts,
  type CounterName,
  type Counts,
  countOf,
  cyclesOf,
  instructionsOf,
  l1dOf,
  l1iOf,
  l2Of,
  ratio,
  STACK,
  sumOf,
} from "../timing/counters.js";
import type { Account } from "./attribution.js";
import { sumBy } from "./cells.js";
import { trapsOf } from "./summary.js";

const TICKS_PER_CYCLE = 10_000;
const TICKS_PER_SECOND = 1e12;
const BEGIN = "---------- Begin Simulation Statistics ----------";
const END = "---------- End Simulation Statistics   ----------";

type Line = readonly [name: string, value: number, description: string, unit: string];

/** gem5 writes whole numbers as they are, and others with six digits. */
function valueText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6);
}

/** A line as src/base/stats/text.cc of gem5 has it: the columns for pdf and cdf are empty. */
function lineText([name, value, description, unit]: Line): string {
  const columns = `${name.padEnd(40)} ${valueText(value).padStart(12)}`;
  return `${columns} ${" ".repeat(10)} ${" ".repeat(10)} # ${description} (${unit})`;
}

function cacheLines(prefix: string, who: string, cache: CacheCounts): Line[] {
  const { accesses, misses } = cache;
  const of = (stat: string, value: number, text: string, unit = "Count"): Line[] =>
    [who, "total"].map((end) => [`${prefix}.${stat}::${end}`, value, text, unit]);
  return [
    ...of("overallHits", accesses - misses, "number of overall hits"),
    ...of("overallMisses", misses, "number of overall misses"),
    ...of("overallAccesses", accesses, "number of overall (read+write) accesses"),
    ...of("overallMissRate", ratio(misses, accesses), "miss rate for overall accesses", "Ratio"),
  ];
}

const CLASSES = ["Cold", "Capacity", "Conflict", "Coherence"] as const;

function classLines(prefix: string, cache: "l1i" | "l1d" | "l2", counts: Counts): Line[] {
  return CLASSES.map((kind) => [
    `${prefix}.missClass::${kind.toLowerCase()}`,
    countOf(counts, `${cache}${kind}`),
    "number of misses by class",
    "Count",
  ]);
}

/** Counters of events that gem5 has no name for, under a hart's own. */
const OWN: readonly (readonly [CounterName, string])[] = [
  ["takenBranches", "taken branches, and jumps"],
  ["multiplies", "multiplications"],
  ["divides", "divisions and remainders"],
  ["atomics", "LR, SC and AMO instructions"],
  ["scFailures", "SC instructions without a reservation"],
  ["csrs", "CSR instructions"],
  ["fences", "fences"],
  ["sfences", "SFENCE.VMA instructions"],
  ["exceptions", "exceptions taken"],
  ["interrupts", "interrupts taken"],
  ["trapReturns", "returns from trap handlers"],
  ["deviceAccesses", "loads and stores of device registers"],
  ["ipis", "software interrupts sent"],
  ["splitAccesses", "accesses that go on in a second line"],
  ["walkReads", "page table entries read"],
  ["walkWrites", "page table entries written for A and D"],
  ["upgrades", "stores that found their line shared in the L1"],
  ["globalUpgrades", "stores that found their line shared among nodes"],
  ["invalidationsSent", "copies that stores of this hart invalidated"],
  ["invalidationsReceived", "copies that this hart has lost to stores of others and of devices"],
  ["remoteInvalidations", "L2 copies in other nodes that stores of this hart invalidated"],
  ["backInvalidations", "L1 copies that went with their line in the L2"],
  ["interventions", "lines that another L1 of the node gave"],
  ["remoteTransfers", "lines that another node's L2 gave"],
  ["l1Writebacks", "lines written back from an L1 to an L2"],
  ["l2Writebacks", "lines written back from an L2 to memory"],
  ["localAccesses", "L2 misses whose home is this node"],
  ["remoteAccesses", "L2 misses whose home is another node"],
  ["messages", "messages between nodes"],
];

function cpuLines(cpu: string, counts: Counts): Line[] {
  const cycles = cyclesOf(counts);
  const instructions = instructionsOf(counts);
  const idle = countOf(counts, "cyclesWait");
  const context = `${cpu}.exec_context.thread_0`;
  const perInstruction = "CPI: cycles per instruction (core level)";
  const perCycle = "IPC: instructions per cycle (core level)";
  return [
    [`${cpu}.numCycles`, cycles, "Number of cpu cycles simulated", "Cycle"],
    [`${cpu}.cpi`, ratio(cycles, instructions), perInstruction, "(Cycle/Count)"],
    [`${cpu}.ipc`, ratio(instructions, cycles), perCycle, "(Count/Cycle)"],
    [`${context}.numInsts`, instructions, "Number of instructions committed", "Count"],
    [`${context}.numLoadInsts`, countOf(counts, "loads"), "Number of load instructions", "Count"],
    [
      `${context}.numStoreInsts`,
      countOf(counts, "stores"),
      "Number of store instructions",
      "Count",
    ],
    [`${context}.numIdleCycles`, idle, "Number of idle cycles", "Cycle"],
    [`${context}.numBusyCycles`, cycles - idle, "Number of busy cycles", "Cycle"],
    [`${context}.idleFraction`, ratio(idle, cycles), "Percentage of idle cycles", "Ratio"],
  ];
}

/** All that is counted for one hart. */
function hartLines(hart: number, counts: Counts): Line[] {
  const cpu = `system.cpu${hart}`;
  return [
    ...cpuLines(cpu, counts),
    ...cacheLines(`${cpu}.icache`, `cpu${hart}.inst`, l1iOf(counts)),
    ...classLines(`${cpu}.icache`, "l1i", counts),
    ...cacheLines(`${cpu}.dcache`, `cpu${hart}.data`, l1dOf(counts)),
    ...classLines(`${cpu}.dcache`, "l1d", counts),
    [
      `${cpu}.mmu.itb.misses`,
      countOf(counts, "itlbMisses"),
      "Total TLB (read and write) misses",
      "Count",
    ],
    [
      `${cpu}.mmu.dtb.misses`,
      countOf(counts, "dtlbMisses"),
      "Total TLB (read and write) misses",
      "Count",
    ],
    ...STACK.map((name): Line => {
      const part = name.replace(/^cycles/, "");
      const own = part.charAt(0).toLowerCase() + part.slice(1);
      const cycles = countOf(counts, name as CounterName);
      return [`${cpu}.cycleStack::${own}`, cycles, "cycles by cause, all of them", "Cycle"];
    }),
    ...OWN.map(([name, text]): Line => [`${cpu}.${name}`, countOf(counts, name), text, "Count"]),
    [`${cpu}.bytes`, countOf(counts, "bytes"), "bytes of messages between nodes", "Byte"],
  ];
}

function trapLines(account: Account, hart: number): Line[] {
  return Object.entries(trapsOf(account, hart)).map(([cause, count]) => [
    `system.cpu${hart}.traps::${cause.replaceAll(" ", "_")}`,
    count,
    "traps taken, by cause",
    "Count",
  ]);
}

function nodeLines(node: number, members: ReadonlyMap<number, Counts>): Line[] {
  const l2 = `system.l2cache${node}`;
  const sum = sumOf(members.values());
  const stats = [
    ["overallHits", "number of overall hits", (c: CacheCounts) => c.accesses - c.misses],
    ["overallMisses", "number of overall misses", (c: CacheCounts) => c.misses],
    ["overallAccesses", "number of overall (read+write) accesses", (c: CacheCounts) => c.accesses],
  ] as const;
  const { accesses, misses } = l2Of(sum);
  return [
    ...stats.flatMap(([name, text, of]): Line[] => [
      ...[...members].map(
        ([hart, counts]): Line => [`${l2}.${name}::cpu${hart}`, of(l2Of(counts)), text, "Count"],
      ),
      [`${l2}.${name}::total`, of(l2Of(sum)), text, "Count"],
    ]),
    [
      `${l2}.overallMissRate::total`,
      ratio(misses, accesses),
      "miss rate for overall accesses",
      "Ratio",
    ],
    ...classLines(l2, "l2", sum),
  ];
}

function trafficLines({ traffic }: Account): Line[] {
  return traffic.flatMap(({ messagesSent, messagesReceived, bytesSent, bytesReceived }, node) => {
    const of = (name: string, value: number, text: string, unit: string): Line => [
      `system.node${node}.${name}`,
      value,
      text,
      unit,
    ];
    return [
      of("messagesSent", messagesSent, "messages to other nodes", "Count"),
      of("messagesReceived", messagesReceived, "messages from other nodes", "Count"),
      of("bytesSent", bytesSent, "bytes of messages to other nodes", "Byte"),
      of("bytesReceived", bytesReceived, "bytes of messages from other nodes", "Byte"),
    ];
  });
}

function headLines({ start, end }: Account, instructions: number): Line[] {
  const ticks = (end - start) * TICKS_PER_CYCLE;
  const never = "(restored from checkpoints and never reset)";
  const last = `Number of ticks from beginning of simulation ${never}`;
  const perSecond = "The number of ticks per simulated second";
  return [
    ["simSeconds", ticks / TICKS_PER_SECOND, "Number of seconds simulated", "Second"],
    ["simTicks", ticks, "Number of ticks simulated", "Tick"],
    ["finalTick", end * TICKS_PER_CYCLE, last, "Tick"],
    ["simFreq", TICKS_PER_SECOND, perSecond, "(Tick/Second)"],
    ["simInsts", instructions, "Number of instructions simulated", "Count"],
    ["simOps", instructions, "Number of ops (including micro ops) simulated", "Count"],
    ["system.clk_domain.clock", TICKS_PER_CYCLE, "Clock period in ticks", "Tick"],
  ];
}

/** The text of stats.txt. */
export function statsText(account: Account): string {
  const { model, harts, cells } = account;
  const counted = sumBy(cells, ({ hart }) => hart);
  const byHart = Array.from({ length: harts }, (_, hart) => counted.get(hart) ?? sumOf([]));
  const nodes = Array.from({ length: model.topology.nodes }, () => new Map<number, Counts>());
  byHart.forEach((counts, hart) => {
    nodes[nodeOf(model, hart, harts)]?.set(hart, counts);
  });
  const lines = [
    ...headLines(account, instructionsOf(sumOf(byHart))),
    ...byHart.flatMap((counts, hart) => [...hartLines(hart, counts), ...trapLines(account, hart)]),
    ...nodes.flatMap((members, node) => nodeLines(node, members)),
    ...trafficLines(account),
  ];
  return `\n${[BEGIN, ...lines.map(lineText), "", END].join("\n")}\n`;
}
