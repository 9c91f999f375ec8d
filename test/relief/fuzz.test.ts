// The books under mutation: any word of any record, altered between the two kernels, with or
// without its checksums made right again. What is not sealed must be refused; what is sealed, down
// to the log's sum, may be refused or taken for what it says; but never may a kernel fail, or the
// ledger be wrong. BOOKS_MUTATIONS=N tries N each way, FAST_CHECK_SEED=N repeats a run.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { offsetOf, readBooks, recordChecksum } from "../../emu/handover/books.js";
import { LAYOUTS } from "../../emu/handover/layout.js";
import {
  type Machine,
  type MarkEvent,
  type MarkTable,
  markTable,
  runToBooks,
  type Snapshot,
} from "../../emu/index.js";
import { ABORT_REASONS } from "../../emu/report/report.js";
import { WAYS } from "../support/relief.js";
import { type WatchedMachine, watched } from "../support/watched.js";

const MUTATIONS = Number(process.env.BOOKS_MUTATIONS ?? 150);
const SEED = process.env.FAST_CHECK_SEED;
const RAM_BYTES = 64 << 20;
const SLICE_CYCLES = 100_000;
const PROCESS = 2; // the type of its record
const PHASE_END = 12;
const PHASE_ABORTED = 13;
const DECISION_CYCLES = 20_000_000;
const AFTERWARDS_CYCLES = 1_000_000;
const MILLISECONDS_EACH = 2000;

const OPERATIONS = {
  flip: (value: number, draw: number) => value ^ (1 << (draw & 31)),
  zero: () => 0,
  ones: () => 0xffffffff,
  more: (value: number) => value + 1,
  less: (value: number) => value - 1,
  random: (_: number, draw: number) => draw,
  small: (_: number, draw: number) => draw & 63,
  page: (value: number, draw: number) => value ^ ((draw & 0xff) << 12),
} as const;

type Seal = "none" | "record" | "sum";

interface Mutation {
  readonly record: number;
  readonly word: number;
  readonly operation: keyof typeof OPERATIONS;
  readonly draw: number;
  readonly seal: Seal;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  record: fc.nat(0xffff),
  word: fc.nat(0xffff),
  operation: fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])),
  draw: fc.nat(0xffffffff),
  seal: fc.constantFrom<Seal>("none", "record", "sum", "sum", "sum"),
});

function view(machine: Machine, address: number, bytes: number): DataView {
  const copy = machine.readPhysical(address, bytes);
  return new DataView(copy.buffer, copy.byteOffset, bytes);
}

function setWord(machine: Machine, address: number, value: number): void {
  machine.writePhysical(address, new Uint8Array(Uint32Array.of(value).buffer));
}

/** A relief, stopped when the books are written. */
interface Stopped {
  readonly both: WatchedMachine;
  readonly snapshot: Snapshot;
  /** Physical addresses. */
  readonly log: number;
  readonly records: readonly number[];
}

async function stopAtBooks(from: "larboard" | "starboard", to: "larboard" | "starboard") {
  const both = await watched(from, to);
  const { machine, log } = both;
  const page = runToBooks(machine, log, RAM_BYTES);
  const read = (physical: number, bytes: number) => machine.readPhysical(physical, bytes);
  const records = readBooks(read, page).records.map(({ address }) => address);
  return { both, snapshot: machine.snapshot(), log: page, records };
}

/** Applies a mutation; false when it changes nothing. */
function apply({ both: { machine }, log, records }: Stopped, m: Mutation): boolean {
  const record = records[m.record % records.length] as number;
  const bytes = view(machine, record, LAYOUTS.record?.bytes ?? 0).getUint32(4, true);
  const words = view(machine, record, bytes);
  const at = (m.word % (bytes / 4)) * 4;
  const before = words.getUint32(at, true);
  const after = OPERATIONS[m.operation](before, m.draw) >>> 0;
  if (before === after) return false;
  setWord(machine, record + at, after);
  if (m.seal !== "none") sealRecord(machine, record, bytes, log, m.seal === "sum");
  return m.seal === "none" || at !== offsetOf("record", "checksum");
}

/** Makes the record's checksum right, and the log's sum of all if asked. */
function sealRecord(machine: Machine, record: number, bytes: number, log: number, sum: boolean) {
  const place = record + offsetOf("record", "checksum");
  const old = view(machine, place, 4).getUint32(0, true);
  const hash = recordChecksum(machine.readPhysical(record, bytes));
  setWord(machine, place, hash);
  const isManifest = view(machine, record, 4).getUint16(0, true) === 1;
  if (!sum || isManifest) return;
  const total = log + offsetOf("log_page", "books_checksum");
  const next = view(machine, total, 8).getBigUint64(0, true) + BigInt(hash) - BigInt(old);
  setWord(machine, total, Number(next & 0xffffffffn));
  setWord(machine, total + 4, Number((next >> 32n) & 0xffffffffn));
}

interface Outcome {
  readonly ended: "relieved" | "aborted" | "neither";
  readonly reason: string;
  readonly panics: readonly string[];
}

/** Tells what the marks since `reset` say. */
class Witness {
  private outcome: { ended: Outcome["ended"]; reason: string; panics: string[] } = this.fresh();

  constructor(
    machine: Machine,
    private readonly table: MarkTable,
  ) {
    machine.on("mark", (mark) => this.see(mark));
  }

  private fresh(): { ended: Outcome["ended"]; reason: string; panics: string[] } {
    return { ended: "neither", reason: "none", panics: [] };
  }

  reset(): void {
    this.outcome = this.fresh();
  }

  read(): Outcome {
    return this.outcome;
  }

  private see({ code, argument, text }: MarkEvent): void {
    const name = this.table.nameOf(code);
    if (name === "PANIC") this.outcome.panics.push(text ?? "");
    if (name === "ABORT") this.outcome.reason = ABORT_REASONS[argument] ?? "unknown";
    if (name === "PHASE" && argument === PHASE_END) this.outcome.ended = "relieved";
    if (name === "PHASE" && argument === PHASE_ABORTED) this.outcome.ended = "aborted";
  }
}

/** Runs on from the snapshot with a mutation; undefined when it changes nothing. */
function outcomeOf(stopped: Stopped, witness: Witness, m: Mutation): Outcome | undefined {
  const { machine } = stopped.both;
  machine.restore(stopped.snapshot);
  witness.reset();
  if (!apply(stopped, m)) return undefined;
  const end = machine.cycle() + DECISION_CYCLES;
  while (witness.read().ended === "neither" && machine.cycle() < end) {
    if (machine.run({ cycles: SLICE_CYCLES }).reason !== "budget") break;
  }
  machine.run({ cycles: AFTERWARDS_CYCLES });
  return witness.read();
}

describe.each(WAYS)("%s relieved by %s", (from, to) => {
  let stopped: Stopped;
  let witness: Witness;
  beforeAll(async () => {
    stopped = await stopAtBooks(from, to);
    witness = new Witness(stopped.both.machine, await markTable());
  });

  test("unaltered, they are taken over", () => {
    const nothing: Mutation = { record: 0, word: 3, operation: "flip", draw: 0, seal: "none" };
    expect(outcomeOf(stopped, witness, nothing)?.ended).toBe("aborted");
    stopped.both.machine.restore(stopped.snapshot);
    witness.reset();
    stopped.both.machine.run({ cycles: DECISION_CYCLES });
    expect(witness.read()).toEqual({ ended: "relieved", reason: "none", panics: [] });
  });

  test("a process's name that is changed and sealed is found by the receipt", () => {
    const read = (place: number) => view(stopped.both.machine, place, 4).getUint16(0, true);
    stopped.both.machine.restore(stopped.snapshot);
    const record = stopped.records.findIndex((place) => read(place) === PROCESS);
    const word = offsetOf("record_process", "name") / 4;
    const named: Mutation = { record, word, operation: "flip", draw: 0, seal: "sum" };
    expect(outcomeOf(stopped, witness, named)).toMatchObject({ reason: "receipt", panics: [] });
    const unsealed = outcomeOf(stopped, witness, { ...named, seal: "record" });
    expect(unsealed).toMatchObject({ reason: "record", panics: [] });
  });

  test(
    `${MUTATIONS} mutations end in an abort or a relief`,
    () => {
      const ends = { relieved: 0, aborted: 0 };
      fc.assert(
        fc.property(mutation, (m) => {
          const outcome = outcomeOf(stopped, witness, m);
          if (outcome === undefined) return;
          expect(outcome.panics).toEqual([]);
          expect(outcome.ended).not.toBe("neither");
          if (m.seal !== "sum")
            expect(outcome).toMatchObject({ ended: "aborted", reason: "record" });
          ends[outcome.ended as keyof typeof ends]++;
        }),
        { numRuns: MUTATIONS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      );
      expect(ends.aborted).toBeGreaterThan(0);
    },
    MUTATIONS * MILLISECONDS_EACH,
  );
});
