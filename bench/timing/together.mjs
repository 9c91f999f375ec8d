// Suites of what several harts do at once: a line that goes to and fro, false sharing, a contended
// word, locks, interrupts and TLB shootdowns. How harts interleave decides the figures, so they
// have bounds. Low is what a hart must do itself. A store takes effect when it begins, and harts
// run a quantum, or to the first backward branch after it, before others do; so what two of them do
// for each other may overlap in time. High is everything one after the other, with the dearest
// transfer, the longest queues, and a quantum for each time that one waits for another.
import { dearest, nodeOf, queueMost, stall } from "./expected.mjs";
import { TOGETHER, VICTIM } from "./guest.mjs";
import { LINE, Suite, Tables } from "./suite.mjs";

const CLINT_MSIP = 0x02000000;
const PAUSE_INSIDE = 4; // turns while a lock is held, and before a shootdown: operations.S
const PAUSE_BEFORE = 1000;
const PAGES_AT = 0x90000000;
const FRAME = 4096;

const most = (results) => Math.max(...results);
const other = (harts) => (harts.length > 1 ? most(harts) : "");
const all = (count) => Array.from({ length: count }, (_, i) => i);
const together = { flags: TOGETHER };

/** What one hart may have to wait beyond its own work when it waits for another's store. */
const slack = (suite) => suite.options.quantumCycles + dearest(suite.model);

const firstOf = (model, node) => Math.ceil((node * model.harts) / model.nodes);

/** [where, hart] of partners for hart 0: in its node, and in the last one. */
function partners(model) {
  const near = model.harts > 1 && nodeOf(model, 1) === 0 ? [["same node", 1]] : [];
  const far = model.nodes > 1 ? [["other node", firstOf(model, model.nodes - 1)]] : [];
  return [...near, ...far];
}

/** Stalls of a hand-over: one has read what the other wrote, writes, and is read. */
function handOver(model, from, to, home) {
  if (from === to) return { write: stall.invalidation(model), read: stall.intervention(model) };
  return {
    write: stall.globalUpgrade(model, from, home, [to]),
    read: stall.transfer(model, to, home, from),
  };
}

function pingPong(suite, rounds) {
  const { model } = suite;
  const { core } = model.t;
  for (const [variant, hart] of partners(model)) {
    const read = suite.step("ping_pong", [0, hart], {
      ...{ address: suite.frames.take(0), count: rounds, ...together },
    });
    const [a, b] = [nodeOf(model, 0), nodeOf(model, hart)];
    const [there, back] = [handOver(model, a, b, 0), handOver(model, b, a, 0)];
    const own = core.store_cycles + core.load_cycles;
    const poll = core.load_cycles + core.branch_taken_cycles + 4;
    const sum = there.write + there.read + back.write + back.read + 2 * own;
    const low = Math.max(there.write + back.read, back.write + there.read) + own;
    const queues = 4 * queueMost(model, 2);
    suite.measure(
      {
        ...{ test: "ping-pong", variant, cpuB: hart, size: rounds },
        ...{ metric: "cycles_per_round_trip" },
        source: "low: a hart's own store and load; high: both in turn, and waits",
      },
      (result) => most([read(result, 0), read(result, hart)]) / rounds,
      { low: low * (1 - 2 / rounds), high: sum + 2 * (poll + slack(suite)) + queues },
    );
  }
}

function falseSharing(suite, times) {
  const { model } = suite;
  const { core } = model.t;
  const own = core.load_cycles + core.store_cycles + 2 + core.branch_taken_cycles;
  for (const [where, hart] of partners(model)) {
    for (const [what, apart] of [
      ["one line", 4],
      ["two lines", LINE],
    ]) {
      const read = suite.step("increment", [0, hart], {
        ...{ address: suite.frames.take(0), apart, count: times, warms: 1, ...together },
      });
      const exact = apart === LINE;
      const turn = own + (core.csr_cycles - core.branch_taken_cycles + 1) / times;
      const high = turn + 2 * (dearest(model) + queueMost(model, 2));
      suite.measure(
        {
          ...{ test: "false sharing", variant: `${what}, ${where}`, cpuB: hart, size: times },
          ...{ metric: "cycles_per_increment" },
          source: exact ? "no misses" : "low: no misses; high: a transfer for load and store",
        },
        (result) => most([read(result, 0), read(result, hart)]) / times,
        exact ? { expected: turn } : { low: turn, high },
      );
    }
  }
}

/** A word, and after it what must stand there, in a machine's memory. */
const word = (machine, address) => {
  const bytes = machine.readPhysical(address, 4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
};

function fetchAdd(suite, harts, times) {
  const address = suite.frames.take(0);
  const read = suite.step("fetch_add", harts, { address, count: times, ...together });
  const what = { test: "fetch-add", variant: "one word", cpuB: other(harts), size: harts.length };
  suite.measure(
    { ...what, metric: "cycles_per_addition", ...fetchAddBounds(suite, harts.length, times) },
    (result) => most(harts.map((hart) => read(result, hart))) / times,
  );
  suite.measure(
    { ...what, metric: "sum", unit: "additions", source: "harts x additions" },
    (_, machine) => word(machine, address),
    { expected: harts.length * times },
  );
}

/**
 * What an addition costs each of so many harts. In one node, and when harts take turns at every
 * event, the line goes round: each waits for all others' transfers, or for its own if that is more.
 */
function fetchAddBounds(suite, harts, times) {
  const { model, options } = suite;
  const { core, coherence, contention } = model.t;
  const own = core.atomic_cycles + 1 + core.branch_taken_cycles;
  if (harts > 1 && model.nodes === 1 && options.quantumCycles === 1 && contention.window_cycles) {
    const round = harts * coherence.intervention_cycles;
    const cycles = Math.max(own + stall.intervention(model), round);
    const source = "the line goes round: harts x coherence.intervention_cycles, at least its own";
    return { source: `${source}; within 5 %`, low: 0.95 * cycles, high: 1.05 * cycles };
  }
  const turns = (harts - 1) * (dearest(model) + queueMost(model, harts));
  const waits = queueMost(model, harts) + turns + options.quantumCycles;
  return {
    source: "low: hits; high: the dearest transfer behind those of all others",
    low: own * (1 - 1 / times),
    high: own + 2 + core.csr_cycles + dearest(model) + waits,
  };
}

function lock(suite, test, harts, times) {
  const { model } = suite;
  const { core } = model.t;
  const address = suite.frames.take(0);
  const counter = address + 8 * LINE;
  const read = suite.step(test.replaceAll("-", "_"), harts, {
    ...{ address, extra: counter, count: times, ...together },
  });
  const pause = 1 + PAUSE_INSIDE * (1 + core.branch_taken_cycles);
  const inside = core.load_cycles + pause + 2 * core.store_cycles + core.fence_cycles;
  const own = core.load_cycles + core.atomic_cycles + inside + 4 + 2 * core.branch_taken_cycles;
  const one = dearest(model) + queueMost(model, harts.length);
  // Test, set, data, release: each a transfer; and the waiters' tests and sets in between.
  const high = own + (6 + 2 * harts.length) * one + slack(suite) * harts.length;
  const what = { test, variant: "lock", cpuB: other(harts), size: harts.length };
  suite.measure(
    {
      ...{ ...what, metric: "cycles_per_acquisition" },
      source: "low: a hart's own work, all harts at once; high: everything in turn",
    },
    (result) => most(harts.map((hart) => read(result, hart))) / times / harts.length,
    { low: inside / harts.length, high },
  );
  suite.measure(
    { ...what, metric: "counter", unit: "increments", source: "harts x acquisitions" },
    (_, machine) => word(machine, counter),
    { expected: harts.length * times },
  );
}

function interrupts(suite, rounds) {
  const { model } = suite;
  const { core } = model.t;
  for (const [where, hart] of partners(model)) {
    for (const [how, name] of [
      ["wfi", "interrupt_wait"],
      ["polls mip", "interrupt_poll"],
    ]) {
      const read = suite.step(name, [0, hart], {
        ...{ address: CLINT_MSIP + 4 * hart, apart: -4 * hart, count: rounds, ...together },
      });
      addInterrupt(suite, { where, how, hart, rounds, read, core, model });
    }
  }
}

function addInterrupt(suite, { where, how, hart, rounds, read, core, model }) {
  const [a, b] = [0, hart].map((one) => stall.device(model, nodeOf(model, one)));
  const store = (device) => 2 * (core.store_cycles + device);
  const poll = 2 + core.csr_cycles + 1 + core.branch_taken_cycles;
  const low = store(Math.max(a, b)) + core.csr_cycles;
  const high = store(a) + store(b) + 4 * poll + 4 * core.branch_taken_cycles;
  suite.measure(
    {
      ...{ test: "interrupt round trip", variant: `${how}, ${where}`, cpuB: hart, size: rounds },
      ...{ metric: "cycles_per_round_trip" },
      source: "low: a hart's own two stores to msip; high: both in turn, and waits",
    },
    (result) => most([read(result, 0), read(result, hart)]) / rounds,
    { low: low * (1 - 2 / rounds), high: high + 2 * slack(suite) },
  );
}

/** Cycles of the trap vector's instructions for a shootdown, without stalls (start.S). */
function handlerCycles({ core }) {
  const csrs = 3 * core.csr_cycles;
  const stores = 2 * core.store_cycles;
  const loads = 4 * core.load_cycles;
  const rest = 1 + 1 + core.sfence_cycles + core.atomic_cycles;
  return core.trap_entry_cycles + csrs + stores + loads + rest + core.trap_return_cycles;
}

const VICTIM_PAGES = 16;
const SHOOTDOWN_PLACES = 13; // memory accesses of the handler and the refill that may miss

/** Shootdowns by hart 0 of `victims` harts, and what they cost each; and the same without. */
function shootdown(suite, victims, rounds, passes) {
  const tables = new Tables(suite);
  for (let page = 0; page <= VICTIM_PAGES; page++)
    tables.map(PAGES_AT + page * FRAME, suite.frames.take(0));
  tables.finish();
  const harts = all(victims + 1);
  const fields = { extra: victims, satp: tables.satp, warms: passes, flags: TOGETHER | VICTIM };
  const step = (count) =>
    suite.step("shootdown", harts, {
      ...{ ...fields, count, address: suite.frames.take(0), scratch: PAGES_AT },
    });
  step(0); // for the caches
  const control = step(0);
  const real = step(rounds);
  addInitiator(suite, { victims, rounds, real });
  addVictim(suite, { victims, rounds, real, control, harts });
}

function addInitiator(suite, { victims, rounds, real }) {
  const { model } = suite;
  const { core } = model.t;
  const send = victims * (core.store_cycles + stall.device(model, 0));
  const handled = handlerCycles(model.t) + stall.device(model, model.nodes - 1) + core.store_cycles;
  const one = dearest(model) + queueMost(model, victims + 1);
  const refill = 2 * VICTIM_PAGES * one;
  const pause = PAUSE_BEFORE * (1 + core.branch_taken_cycles) + 2 - core.branch_taken_cycles;
  suite.measure(
    {
      ...{ test: "shootdown", variant: "initiator", cpuB: victims, size: victims },
      ...{ metric: "cycles_per_shootdown" },
      source: "low: an msip store to each victim; high: all victims in turn, and waits",
    },
    (result) => real(result, 0) / rounds - pause,
    {
      low: send,
      high: send + victims * (4 + handled + SHOOTDOWN_PLACES * one + slack(suite)) + refill,
    },
  );
}

function addVictim(suite, { victims, rounds, real, control, harts }) {
  const { model } = suite;
  const { t } = model;
  const entries = Math.min(VICTIM_PAGES, t.tlb.dtlb_entries);
  const device = t.core.store_cycles + stall.device(model, 0);
  const handled = handlerCycles(t) + device;
  const walks = (entries + 1) * t.tlb.walk_cycles; // its pages, and its code
  const one = dearest(model) + queueMost(model, victims + 1);
  const lost = (result) =>
    harts.slice(1).map((hart) => (real(result, hart) - control(result, hart)) / rounds);
  suite.measure(
    {
      ...{ test: "shootdown", variant: "victim, against control", cpuB: victims, size: victims },
      ...{ metric: "cycles_lost_per_shootdown" },
      source: "low: trap, handler, return and walks for 16 pages; high: and misses of each access",
    },
    (result) => most(lost(result)),
    { low: handled + walks, high: handled + walks + (SHOOTDOWN_PLACES + 4) * one },
  );
}

/** Harts that are spread evenly over the machine's nodes. */
const spread = (model, count) => all(count).map((i) => Math.floor((i * model.harts) / count));

/**
 * All of them on one machine, by its harts.
 * @returns {Suite}
 */
export function togetherSuite(model, { quantumCycles, counts, times = 100 }) {
  const suite = new Suite("together", model, { quantumCycles });
  pingPong(suite, times);
  falseSharing(suite, times);
  interrupts(suite, times);
  for (const count of counts.filter((one) => one <= model.harts)) {
    const harts = spread(model, count);
    fetchAdd(suite, harts, times);
    lock(suite, "test-and-set", harts, times);
    lock(suite, "ticket", harts, times);
  }
  for (const victims of counts.filter((one) => one < model.harts))
    shootdown(suite, victims, 10, times * 20);
  return suite;
}
