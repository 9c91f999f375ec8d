// What is measured of a change, on marks made by hand: a relief, a kexec and a cold boot, whose
// answers are worked out in the comments.
import { describe, expect, test } from "vitest";
import type { MarkEvent } from "../../emu/events.js";
import { changeOf } from "../../emu/measure/change.js";
import { downtimesOf } from "../../emu/measure/downtimes.js";
import { longestGap } from "../../emu/measure/gaps.js";
import { memoryOf } from "../../emu/measure/memory.js";
import { survivalOf } from "../../emu/measure/survival.js";
import { throughputOf } from "../../emu/measure/throughput.js";
import type { UserSpan } from "../../emu/measure/user-time.js";
import { beginningsOf, fatesOf } from "../../emu/measure/watch-programs.js";
import { workOf } from "../../emu/measure/work.js";
import { type Relief, ReliefLog } from "../../emu/observe/relief-log.js";
import { kernel, mark, phase, says, TABLE } from "../support/marks.js";

function logOf(marks: readonly MarkEvent[]): ReliefLog {
  const log = new ReliefLog(TABLE);
  for (const each of marks) log.add(each);
  log.finish(marks.at(-1)?.cycle ?? 0);
  return log;
}

const newIn = (log: ReliefLog) => (hart: number, cycle: number) => {
  const of = log.spans.filter((span) => span.hart === hart && span.start <= cycle);
  return of.length > 0 && log.sideOf(of.at(-1)?.node ?? 0, cycle) === "oncoming";
};

function downtimes(
  marks: readonly MarkEvent[],
  userSpans: readonly UserSpan[] = [],
  replies: readonly number[] = [],
  watch: readonly string[] = ["chain", "pair"],
) {
  const log = logOf(marks);
  const relief = log.reliefs.at(-1) as Relief;
  const beginnings = beginningsOf(marks, TABLE);
  return downtimesOf({
    change: changeOf(relief, beginnings),
    relief,
    marks,
    table: TABLE,
    userSpans,
    isNewKernel: newIn(log),
    beginnings,
    watch,
    exchanges: replies.map((answered) => ({ sent: answered - 5, answered })),
  });
}

const user = (hart: number, from: number, to: number, first = 0, last = 1): UserSpan => ({
  ...{ hart, from, to, first, last },
});

/** Two processes, frozen 250 to 450 and 280 to 470; the commit is at 300. */
const RELIEF = [
  kernel(0, 0, 1),
  kernel(0, 1, 1),
  phase(100, "halt", [50, 50]),
  phase(150, "relieving boot", [70, 80]),
  kernel(160, 1, 2, 80),
  phase(240, "I am ready to be relieved", [150, 130]),
  mark(250, "PROCESS_FROZEN", { argument: 5 }),
  mark(280, "PROCESS_FROZEN", { argument: 6 }),
  mark(285, "PROCESS_NAME", { argument: 5, text: "chain" }),
  mark(286, "PROCESS_NAME", { argument: 6, text: "pair" }),
  phase(300, "I relieve you", [190, 170], 1),
  phase(440, "assimilate", [200, 300], 1),
  mark(450, "PROCESS_THAWED", { argument: 5, hart: 1 }),
  mark(470, "PROCESS_THAWED", { argument: 6, hart: 1 }),
  kernel(475, 0, 2, 200),
  phase(500, "end", [210, 360], 1),
];
const RELIEF_USERS = [
  user(0, 90, 200, 45, 120),
  user(0, 205, 260, 125, 160),
  user(1, 455, 480, 310, 335),
  user(0, 490, 520, 205, 230),
];

describe("a relief", () => {
  test("five downtimes", () => {
    const replies = [95, 180, 240, 465, 480, 700];
    expect(downtimes(RELIEF, RELIEF_USERS, replies)).toEqual({
      // 250 to 450 is 200 for chain, 280 to 470 is 190 for pair
      processFreeze: { p50: 190, max: 200, name: "chain" },
      clientSilence: 225, // 240 to 465; 480 to 700 begins inside of the change and is 220
      noUserCode: 195, // 260 to 455
      deviceUnowned: null, // no kernel says so
      commitToUser: 155, // 300 to 455
    });
  });

  test("its cycles", () => {
    const [relief] = logOf(RELIEF).reliefs;
    expect(changeOf(relief as Relief, new Map())).toEqual({ start: 100, commit: 300, end: 500 });
  });

  test("user code of the old kernel behind the commit is no progress of the new one", () => {
    // where groups move: hart 0 is the old kernel's until 475
    const users = [...RELIEF_USERS, user(0, 310, 320)];
    expect(downtimes(RELIEF, users)).toMatchObject({ commitToUser: 155, noUserCode: 135 });
  });

  test("a process that was lost has no freeze", () => {
    const marks = RELIEF.filter(({ cycle }) => cycle !== 470);
    expect(downtimes(marks).processFreeze).toEqual({ p50: 200, max: 200, name: "chain" });
  });

  test("each phase's instructions, programs apart", () => {
    const log = logOf(RELIEF);
    const work = workOf(log.reliefs[0] as Relief, RELIEF, TABLE, RELIEF_USERS, newIn(log));
    expect(work.map(({ phase: name, kernel: k, user: u }) => [name, k, u])).toEqual([
      // halt: hart 0 does 50 to 70, all of it the program's; hart 1 30, and nobody's but its own
      ["halt", { offgoing: 30, oncoming: 0 }, { offgoing: 20, oncoming: 0 }],
      // hart 0 does 70 to 150: a program 70 to 120 and 125 to 150
      ["relieving boot", { offgoing: 5, oncoming: 50 }, { offgoing: 75, oncoming: 0 }],
      // 150 to 190: a program to 160
      ["I am ready to be relieved", { offgoing: 30, oncoming: 40 }, { offgoing: 10, oncoming: 0 }],
      ["I relieve you", { offgoing: 10, oncoming: 130 }, { offgoing: 0, oncoming: 0 }],
      // hart 1 does 300 to 360, a program 310 to 335; hart 0 does 200 to 210, a program from 205
      ["assimilate", { offgoing: 0, oncoming: 40 }, { offgoing: 0, oncoming: 30 }],
    ]);
  });
});

const COLD = [
  kernel(0, 0, 1),
  says(40, 5, "watch chain begins"),
  says(45, 6, "watch pair begins"),
  phase(100, "shutdown"),
  mark(110, "PROCESS_EXIT", { argument: 5 }),
  mark(130, "PROCESS_FROZEN", { argument: 6 }),
  mark(140, "DEVICE_RELEASED", { argument: 1 }),
  mark(142, "DEVICE_RELEASED", { argument: 10 }),
  phase(150, "firmware"),
  phase(200, "boot"),
  kernel(205, 0, 1), // the node has the old one's number
  mark(210, "DEVICE_OWNED", { argument: 10 }),
  mark(260, "DEVICE_OWNED", { argument: 1 }),
  phase(300, "restart"),
  says(350, 4, "watch chain begins"),
  says(400, 5, "watch pair begins"),
  phase(420, "end"),
];

describe("a cold boot", () => {
  test("five downtimes", () => {
    const users = [user(0, 50, 105), user(0, 310, 330)];
    expect(downtimes(COLD, users, [95, 415])).toEqual({
      processFreeze: { p50: 240, max: 270, name: "pair" }, // 110 to 350, and 130 to 400
      clientSilence: 320, // 95 to 415
      noUserCode: 205, // 105 to 310
      deviceUnowned: 120, // 140 to 260; the console's is 68
      commitToUser: 160, // from the firmware on
    });
  });

  test("no reply behind it, and no user code: nothing has ended", () => {
    const found = downtimes(COLD, [user(0, 50, 105)], [95]);
    expect(found).toMatchObject({ clientSilence: null, noUserCode: null, commitToUser: null });
  });

  test("nothing has survived of those who begin again", () => {
    const fates = fatesOf(
      ["chain", "pair", "poller"],
      ["chain", "pair", "poller"],
      begun(COLD),
      100,
    );
    expect([...fates.values()]).toEqual(["restarted", "restarted", "kept"]);
    const client = { connectionsKept: 0, connectionsLost: 8, keysKept: 0, keysLost: 90 };
    expect(survivalOf(fates, client)).toEqual({
      ...{ memory: "lost", files: "kept", pipes: "kept", sockets: "lost", timers: "kept" },
      ...{ programsKept: 1, programsRestarted: 2, ...client },
    });
  });
});

const begun = (marks: readonly MarkEvent[]) => beginningsOf(marks, TABLE);

test("a kexec begins with load, and commits with boot", () => {
  const [relief] = logOf([
    phase(10, "load"),
    phase(20, "shutdown"),
    phase(30, "boot"),
    phase(40, "restart"),
    phase(50, "end"),
  ]).reliefs;
  expect(changeOf(relief as Relief, new Map())).toEqual({ start: 10, commit: 30, end: 50 });
  expect(relief?.phases.map(({ name, cycles }) => [name, cycles])).toEqual([
    ["load", 10],
    ["shutdown", 10],
    ["boot", 10],
    ["restart", 10],
  ]);
});

test("a change is over when the last program that was started anew has begun", () => {
  const [relief] = logOf([phase(10, "load"), phase(30, "boot"), phase(50, "end")]).reliefs;
  const beginnings = new Map([
    ["chain", [3, 45].map((cycle) => ({ pid: 1, cycle }))],
    ["pair", [4, 62].map((cycle) => ({ pid: 2, cycle }))],
  ]);
  expect(changeOf(relief as Relief, beginnings)).toEqual({ start: 10, commit: 30, end: 62 });
});

test("who neither reported nor began again is lost, and with it what it checks", () => {
  const fates = fatesOf(["chain", "metronome"], ["chain"], new Map(), 0);
  expect(survivalOf(fates, null)).toMatchObject({
    ...{ memory: "kept", timers: "lost", programsKept: 1, programsRestarted: 0 },
    ...{ connectionsKept: null, keysLost: null },
  });
});

describe("gaps", () => {
  const stretch = (from: number, to = from) => ({ from, to });

  test("overlapping stretches are one, in any order", () => {
    const all = [stretch(60, 70), stretch(0, 50), stretch(20, 30), stretch(90, 95)];
    expect(longestGap(all, stretch(10, 80))).toBe(20);
    expect(longestGap(all, stretch(10, 65))).toBe(10);
    expect(longestGap([stretch(0, 100)], stretch(10, 80))).toBeNull();
  });

  test("what lies before is not counted, unless it is asked for", () => {
    const all = [stretch(10), stretch(100), stretch(110)];
    expect(longestGap(all, stretch(90, 105))).toBe(10);
    expect(longestGap(all, stretch(90, 105), true)).toBe(90);
    expect(longestGap(all, stretch(101, 105), true)).toBe(10);
  });
});

describe("throughput", () => {
  const at = (...answered: number[]) => answered.map((cycle) => ({ sent: 0, answered: cycle }));
  const change = { start: 30, commit: 35, end: 45 };

  test("bins begin with the change, and what is missing is lost until the rate is back", () => {
    // before: 2, 2, 2; from 30 on: 0, 1, 2 (back); later ones do not matter
    const found = throughputOf(at(1, 2, 11, 12, 21, 22, 41, 51, 52, 61), change, 10);
    expect(found).toEqual({
      ...{ binCycles: 10, start: 0, answered: [2, 2, 2, 0, 1, 2, 1], perBin: 2, lost: 3 },
    });
  });

  test("the rate before is a mean over all of the time before, not of whole bins", () => {
    // 7 in the 30 cycles from the first request on
    const found = throughputOf(at(1, 2, 3, 11, 12, 21, 22, 61, 62, 63), change, 10);
    expect(found?.perBin).toBeCloseTo(70 / 30, 9);
    expect(found?.lost).toBe(Math.round(3 * (70 / 30)));
  });

  test("without a change there is nothing lost, and without replies no throughput", () => {
    expect(throughputOf(at(1, 2), null, 10)).toMatchObject({ perBin: null, lost: null });
    expect(throughputOf([], change, 10)).toBeNull();
  });

  test("what is caught up is not lost", () => {
    expect(throughputOf(at(1, 2, 11, 12, 21, 22, 41, 42, 43, 44), change, 10)?.lost).toBe(0);
  });
});

test("frames that no kernel counts are unknown, not 0", () => {
  const none = { reservedFrames: null, copiedFrames: null, givenFrames: null, booksFrames: null };
  expect(memoryOf(RELIEF, TABLE, { start: 100, commit: 300, end: 500 })).toEqual(none);
});
