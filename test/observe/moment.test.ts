// Moments: texts that name them, and who waits for one finds the machine right behind its mark,
// however many others wait for others.
import { describe, expect, test } from "vitest";
import { isMoment, momentOf, whenMarked } from "../../emu/index.js";
import { markTable } from "../../emu/observe/marks.js";
import { guest, PASS, R } from "../support/guest.js";

describe("a text", () => {
  test.each([
    ["0", 0],
    ["120000000", 120_000_000],
    ["i relieve you", "I relieve you"],
    ["END", "end"],
    ["cpu_open", "CPU_OPEN"],
    ["", undefined],
    ["noon", undefined],
    ["-1", undefined],
    ["1e3", undefined],
    ["99999999999999999999", undefined],
  ])("%j names %j", (text, moment) => {
    expect(momentOf(text)).toBe(moment);
  });
});

test.each([
  [5, true],
  ["halt", true],
  ["HALT", false], // a file says it as it is written there
  [-1, false],
  [0.5, false],
  [Number.NaN, false],
  [null, false],
  [["halt"], false],
])("%j from a file is a moment: %j", (value, expected) => {
  expect(isMoment(value)).toBe(expected);
});

test("each who waits finds the machine right behind its mark, whoever else waits", async () => {
  // CPU_OPEN, PROCESS_EXIT, CPU_OPEN, CPU_CLOSED; t1 counts what follows each
  const marks = [0x06000000, 0x05000001, 0x06000000, 0x07000000];
  const { machine } = await guest(`
    li a0, 0x102000
    li t1, 0
    ${marks.map((word) => `li t0, ${word}\nsw t0, 0(a0)\naddi t1, t1, 1`).join("\n")}
    ${PASS}`);
  const table = await markTable();
  const names = marks.map((word) => table.nameOf(word >>> 24));
  expect(names).toEqual(["CPU_OPEN", "PROCESS_EXIT", "CPU_OPEN", "CPU_CLOSED"]);
  const found: [string, number][] = [];
  const wait = (name: string) =>
    whenMarked(machine, table, name, () =>
      found.push([name, machine.registers(0)[R.t1] as number]),
    );
  wait("CPU_OPEN");
  wait("CPU_CLOSED");
  let others = 0;
  machine.on("mark", () => {
    others++;
  });
  expect(machine.run({ cycles: 1000 })).toMatchObject({ reason: "finished" });
  expect(found).toEqual([
    ["CPU_OPEN", 0],
    ["CPU_CLOSED", 3],
  ]);
  expect(others).toBe(4);
});
