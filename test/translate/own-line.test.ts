// Atomics on the line of code that they stand in: the store forgets the decoded line, and with it
// the instruction under way, whose operands must have been read before.
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../emu/config.js";
import { finish, PASS, S, word } from "../support/guest.js";

const OLD = 0x00001234;
const SOURCE = 0x80000f0f;
const RESULTS: Readonly<Record<string, number>> = {
  "amoswap.w": SOURCE,
  "amoadd.w": (OLD + SOURCE) >>> 0,
  "amoxor.w": (OLD ^ SOURCE) >>> 0,
  "amoand.w": (OLD & SOURCE) >>> 0,
  "amoor.w": (OLD | SOURCE) >>> 0,
  "amomin.w": SOURCE,
  "amomax.w": OLD,
  "amominu.w": OLD,
  "amomaxu.w": SOURCE,
};

describe.each(ENGINES)("by the %s", (engine) => {
  test.each(Object.entries(RESULTS))("%s beside itself", async (name, result) => {
    const { x, machine, labels } = await finish(
      `
      la s2, place
      li s3, ${SOURCE}
      j over
      .align 64
over:
      ${name} s4, s3, (s2)
      j on
place:
      .word ${OLD}
on:
      ${PASS}`,
      { engine },
    );
    expect([x[0], x[S.s4]]).toEqual([0, OLD]);
    expect(word(machine, labels.get("place") as number)).toBe(result);
  });
});
