// What a sweep says of its progress: a line that is renewed on a terminal, a line each tenth
// elsewhere, and how long the rest will take.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SweepProgress, timeText } from "../../emu/cli/sweep/progress.js";
import { quoted } from "../../emu/cli/sweep/run.js";

let said: string;
let now: number;
const terminal = process.stderr.isTTY;

beforeEach(() => {
  said = "";
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = terminal;
});

test.each([
  [0, "0 s"],
  [59.4, "59 s"],
  [60, "1 min 0 s"],
  [3599.6, "1 h 0 min"],
  [7260, "2 h 1 min"],
])("%d seconds are %s", (seconds, text) => expect(timeText(seconds)).toBe(text));

test("elsewhere than on a terminal there is a line each tenth", () => {
  process.stderr.isTTY = false;
  const progress = new SweepProgress("s", 200, 100);
  progress.show(2);
  for (let n = 1; n <= 100; n++) {
    now = n * 1000;
    progress.ended(n === 50);
  }
  expect(said.split("\n")).toEqual([
    "s: 120 of 200 done, 1 min 20 s left",
    "s: 140 of 200 done, 1 min 0 s left",
    "s: 159 of 200 done, 1 failed, 41 s left",
    "s: 179 of 200 done, 1 failed, 20 s left",
    "s: 199 of 200 done, 1 failed",
    "",
  ]);
});

test("on a terminal one line is renewed, and what is said stands above it", () => {
  process.stderr.isTTY = true;
  const progress = new SweepProgress("s", 4, 0);
  progress.show(2);
  now = 3000;
  progress.ended(false);
  progress.show(1);
  progress.say("the database is away");
  expect(said).toBe(
    "\r\u001b[Ks: 0 of 4 done, 2 running" +
      "\r\u001b[Ks: 1 of 4 done, 9 s left, 1 running" +
      "\r\u001b[Ks: the database is away\n",
  );
});

test("words of a command are quoted where a shell needs it", () => {
  expect(quoted(["sweep", "out/a b", "it's", "--jobs", "2"])).toBe(
    "sweep 'out/a b' 'it'\\''s' --jobs 2",
  );
});
