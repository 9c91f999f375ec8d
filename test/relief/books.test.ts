// Books that are damaged between the kernels: whatever is altered, cut off or unknown is refused
// before "I relieve you", and the off-going kernel keeps the watch as if nothing had been asked.
import { describe, expect, test } from "vitest";
import { offsetOf, recordChecksum } from "../../emu/handover/books.js";
import { LAYOUTS, RECORDS } from "../../emu/handover/layout.js";
import { type Machine, runToBooks } from "../../emu/index.js";
import { ABORT_REASONS } from "../../emu/report/report.js";
import { WAYS } from "../support/relief.js";
import { broken, type WatchedMachine, watched } from "../support/watched.js";

const RAM_BYTES = 64 << 20;
const PAGE_BYTES = 4096;
const END_CYCLES = 2_000_000_000;

const layout = {
  LOG_BOOKS: offsetOf("log_page", "books_physical"),
  FRAME_NEXT: offsetOf("books_frame", "next_physical"),
  FRAME_USED: offsetOf("books_frame", "used"),
  FRAME_BYTES: LAYOUTS.books_frame?.bytes ?? 0,
  RECORD_BYTES: offsetOf("record", "bytes"),
  RECORD_CHECKSUM: offsetOf("record", "checksum"),
  RECORD_HEAD_BYTES: LAYOUTS.record?.bytes ?? 0,
  RECORD_TYPES: RECORDS.length + 1,
};

function word(machine: Machine, address: number): number {
  return Buffer.from(machine.readPhysical(address, 4)).readUInt32LE();
}

function setWord(machine: Machine, address: number, value: number): void {
  machine.writePhysical(address, new Uint8Array(Uint32Array.of(value).buffer));
}

function recordsIn(machine: Machine, frame: number): number[] {
  const records: number[] = [];
  const used = word(machine, frame + layout.FRAME_USED);
  for (let at: number = layout.FRAME_BYTES; at < used; ) {
    records.push(frame + at);
    at += word(machine, frame + at + layout.RECORD_BYTES);
  }
  return records;
}

/** The last frame of the books that has several records: it is read when most has been read. */
function lastFrame(machine: Machine, log: number): { frame: number; records: number[] } {
  let last: { frame: number; records: number[] } | undefined;
  let frame = word(machine, log + layout.LOG_BOOKS);
  for (; frame !== 0; frame = word(machine, frame + layout.FRAME_NEXT)) {
    const records = recordsIn(machine, frame);
    if (records.length > 1) last = { frame, records };
  }
  if (!last) throw new Error("no frame of the books has several records");
  return last;
}

function seal(machine: Machine, record: number): void {
  const bytes = machine.readPhysical(record, word(machine, record + layout.RECORD_BYTES));
  setWord(machine, record + layout.RECORD_CHECKSUM, recordChecksum(bytes));
}

type Damage = (machine: Machine, frame: number, record: number) => void;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "one bit of a record's content": (machine, _, record) => {
    const at = record + layout.RECORD_HEAD_BYTES;
    setWord(machine, at, word(machine, at) ^ 0x80);
  },
  "a content that is altered and sealed again": (machine, _, record) => {
    const at = record + layout.RECORD_HEAD_BYTES;
    setWord(machine, at, word(machine, at) ^ 0x80);
    seal(machine, record);
  },
  "a record of an unknown type": (machine, _, record) => {
    setWord(machine, record, (word(machine, record) & 0xffff0000) | layout.RECORD_TYPES);
    seal(machine, record);
  },
  "a record of another version": (machine, _, record) => {
    setWord(machine, record, (word(machine, record) + 0x10000) >>> 0);
    seal(machine, record);
  },
  "a record of no length": (machine, _, record) => {
    setWord(machine, record + layout.RECORD_BYTES, 0);
  },
  "a record that is longer than its frame": (machine, _, record) => {
    setWord(machine, record + layout.RECORD_BYTES, PAGE_BYTES);
  },
  "a frame that ends before its records do": (machine, frame) => {
    setWord(machine, frame + layout.FRAME_USED, layout.FRAME_BYTES + 8);
  },
  "a frame that says it is larger than it is": (machine, frame) => {
    setWord(machine, frame + layout.FRAME_USED, PAGE_BYTES + 4);
  },
  "a chain that goes on into nowhere": (machine, frame) => {
    setWord(machine, frame + layout.FRAME_NEXT, 0xfffff000);
  },
  "a chain that goes round": (machine, frame) => {
    setWord(machine, frame + layout.FRAME_NEXT, frame);
  },
};

function expectRefused({ machine, log }: WatchedMachine): void {
  const result = machine.run({ cycles: END_CYCLES });
  expect(log.panics).toEqual([]);
  const relief = log.reliefs[0];
  expect(relief?.outcome).toBe("aborted");
  expect(ABORT_REASONS[relief?.abortCode ?? 0]).toBe("record");
  expect(relief?.phases.at(-1)?.name).toBe("I am ready to be relieved");
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(broken(log)).toEqual([]);
  expect(log.finalLedger).toEqual({ frames: 16384, unowned: 0, doublyOwned: 0 });
}

describe.each(WAYS)("%s relieved by %s", (from, to) => {
  test.each(Object.entries(DAMAGES))("%s is refused", async (_, damage) => {
    const both = await watched(from, to);
    const { frame, records } = lastFrame(
      both.machine,
      runToBooks(both.machine, both.log, RAM_BYTES),
    );
    const record = records.at(-2);
    if (record === undefined) throw new Error("the last frame has but one record");
    damage(both.machine, frame, record);
    expectRefused(both);
  });
});
