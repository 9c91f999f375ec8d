// The books of a group, and the mailboxes, under mutation while groups move. Books that are damaged
// must be refused, written again, and then taken; those that are sealed again may be taken for what
// they say, or be refused to the end, which is that group's. No kernel may fail but by saying that
// services are lost. What is in a mailbox may be anything. GROUP_MUTATIONS=N tries N each way,
// FAST_CHECK_SEED=N repeats a run.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { offsetOf, readBooks, recordChecksum } from "../../emu/handover/books.js";
import {
  type KernelName,
  type Machine,
  type MarkTable,
  markTable,
  ReliefLog,
  type Snapshot,
} from "../../emu/index.js";
import { WAYS } from "../support/relief.js";
import { broken, runUntil, watched } from "../support/watched.js";
import { logOfGroups, movesGroups, setWord, word } from "../support/window.js";

const MUTATIONS = Number(process.env.GROUP_MUTATIONS ?? 4);
const SEED = process.env.FAST_CHECK_SEED;
const MAILBOX_BYTES = 8192;
const MANIFEST = 1;
const STEP_CYCLES = 200;
const SLICE_CYCLES = 100_000;
const CYCLES_MAX = 600_000_000;
const MAILBOX_WORDS = 16; // before the data
const MILLISECONDS_EACH = 15_000; // on a machine with much else to do
const GROUPS = [1, 2, 4, 7] as const;
const LOST = /while groups move: the services are lost with it|without init/;

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

const seed = SEED === undefined ? {} : { seed: Number(SEED) };
const operation = fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]));
const bookMutation = fc.record({
  group: fc.nat(GROUPS.length - 1),
  record: fc.nat(0xffff),
  word: fc.nat(0xffff),
  operation,
  draw: fc.nat(0xffffffff),
});
const mailMutation = fc.record({
  group: fc.nat(GROUPS.length - 1),
  reply: fc.boolean(),
  after: fc.nat(20_000),
  mailbox: fc.nat(0xffff),
  word: fc.nat(MAILBOX_WORDS - 1),
  operation,
  draw: fc.nat(0xffffffff),
});
type BookMutation = typeof bookMutation extends fc.Arbitrary<infer T> ? T : never;
type MailMutation = typeof mailMutation extends fc.Arbitrary<infer T> ? T : never;

function inLog(page: number, field: string): number {
  return page + offsetOf("log_page", field);
}

/** What came of it, up to power-off. */
interface Outcome {
  readonly log: ReliefLog;
  readonly console: string;
  readonly reason: string;
}

/** A relief that can be gone on with from where the books of each of GROUPS were written. */
class Stopped {
  private log: ReliefLog;
  private console = "";

  private constructor(
    readonly machine: Machine,
    readonly page: number,
    private readonly snapshots: readonly Snapshot[],
    private readonly table: MarkTable,
  ) {
    this.log = new ReliefLog(table);
    machine.on("mark", (mark) => this.log.add(mark));
    machine.on("console", ({ bytes }) => {
      this.console += new TextDecoder("latin1").decode(bytes);
    });
  }

  static async make(from: KernelName, to: KernelName): Promise<Stopped> {
    const { machine, log } = await watched(from, to, { transfer: "groups", memory: "copy" });
    runUntil(machine, SLICE_CYCLES / 10, () => movesGroups(log));
    const page = logOfGroups(machine);
    const snapshots = GROUPS.map((group) => {
      const at = inLog(page, "offgoing_group");
      runUntil(machine, STEP_CYCLES, () => word(machine, at) >= 2 * group);
      return machine.snapshot();
    });
    return new Stopped(machine, page, snapshots, await markTable());
  }

  /** Goes on from a snapshot, as `alter` says, to power-off; undefined if that alters nothing. */
  outcome(group: number, alter: () => boolean): Outcome | undefined {
    this.machine.restore(this.snapshots[group] as Snapshot);
    if (!alter()) return undefined;
    this.log = new ReliefLog(this.table);
    this.console = "";
    const end = this.machine.cycle() + CYCLES_MAX;
    let { reason } = this.machine.run({ cycles: SLICE_CYCLES });
    while (reason === "budget" && this.machine.cycle() < end) {
      ({ reason } = this.machine.run({ cycles: SLICE_CYCLES }));
    }
    return { log: this.log, console: this.console, reason };
  }
}

/** Alters a word of a record, and makes all sums right again if `sealed`. */
function alterBooks({ machine, page }: Stopped, m: BookMutation, sealed: boolean): boolean {
  const read = (physical: number, bytes: number) => machine.readPhysical(physical, bytes);
  const { records } = readBooks(read, page);
  const record = (records[m.record % records.length] as { address: number }).address;
  const bytes = word(machine, record + 4);
  const at = record + (m.word % (bytes / 4)) * 4;
  const before = word(machine, at);
  const after = OPERATIONS[m.operation](before, m.draw) >>> 0;
  if (before === after) return false;
  setWord(machine, at, after);
  if (!sealed) return true;
  const place = record + offsetOf("record", "checksum");
  if (at === place) return false;
  const old = word(machine, place);
  const hash = recordChecksum(machine.readPhysical(record, bytes));
  setWord(machine, place, hash);
  if ((word(machine, record) & 0xffff) === MANIFEST) return true;
  const total = inLog(page, "books_checksum");
  const low = BigInt(word(machine, total)) | (BigInt(word(machine, total + 4)) << 32n);
  const sum = low + BigInt(hash) - BigInt(old);
  setWord(machine, total, Number(sum & 0xffffffffn));
  setWord(machine, total + 4, Number((sum >> 32n) & 0xffffffffn));
  return true;
}

/** Alters a word of a request or a reply, a while later. */
function alterMail({ machine, page }: Stopped, m: MailMutation): boolean {
  machine.run({ cycles: m.after });
  const mailboxes = word(machine, inLog(page, "mailboxes"));
  const index = (m.mailbox % mailboxes) + (m.reply ? mailboxes : 0);
  const first = word(machine, inLog(page, "mailboxes_physical")) + index * MAILBOX_BYTES;
  const at = first + m.word * 4;
  const before = word(machine, at);
  const after = OPERATIONS[m.operation](before, m.draw) >>> 0;
  setWord(machine, at, after);
  return before !== after;
}

/** No kernel failed otherwise than it may, and none hangs. */
function expectNoFailure({ log, console, reason }: Outcome): void {
  expect(log.panics.filter((text) => !LOST.test(text))).toEqual([]);
  expect(console).not.toMatch(/kernel fault|kernel trap/);
  if (log.panics.length > 0) return;
  expect(reason === "finished" || console.includes("is lost")).toBe(true);
  if (log.finalLedger) expect(log.finalLedger).toMatchObject({ unowned: 0, doublyOwned: 0 });
}

describe.each(WAYS)("%s relieved by %s, group after group", (from, to) => {
  let stopped: Stopped;
  beforeAll(async () => {
    stopped = await Stopped.make(from, to);
  });

  test(
    "damaged books are refused, written again and taken",
    () => {
      fc.assert(
        fc.property(bookMutation, (m) => {
          const outcome = stopped.outcome(m.group, () => alterBooks(stopped, m, false));
          if (!outcome) return;
          expectNoFailure(outcome);
          expect(outcome.console).toMatch(/cannot take this group now: the books hold a record/);
          expect(broken(outcome.log)).toEqual([]);
          expect(outcome.log.finalLedger).toMatchObject({ unowned: 0, doublyOwned: 0 });
        }),
        { numRuns: MUTATIONS, ...seed },
      );
    },
    MUTATIONS * MILLISECONDS_EACH,
  );

  test(
    "sealed books may be taken for what they say",
    () => {
      fc.assert(
        fc.property(bookMutation, (m) => {
          const outcome = stopped.outcome(m.group, () => alterBooks(stopped, m, true));
          if (outcome) expectNoFailure(outcome);
        }),
        { numRuns: MUTATIONS, ...seed },
      );
    },
    MUTATIONS * MILLISECONDS_EACH,
  );

  test(
    "mailboxes may hold anything",
    () => {
      fc.assert(
        fc.property(mailMutation, (m) => {
          const outcome = stopped.outcome(m.group, () => alterMail(stopped, m));
          if (outcome) expectNoFailure(outcome);
        }),
        { numRuns: MUTATIONS, ...seed },
      );
    },
    MUTATIONS * MILLISECONDS_EACH,
  );
});
