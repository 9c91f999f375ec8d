// `quarterdeck twin` and `quarterdeck control` as a user runs them.
import { describe, expect, test } from "vitest";
import { quarterdeck } from "../support/quarterdeck.js";

const LONG = 120_000;

describe("twin", () => {
  test(
    "says that all streams are the same, and by how much replies moved",
    async () => {
      const args = ["twin", "--requests", "6", "--connections", "3"];
      const { code, out, err } = await quarterdeck(args);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toMatch(
        /^streams: 8 \(each of 3 connections both ways, the terminal, the drive\)/m,
      );
      expect(out).toMatch(/^largest shift of a reply: [\d,]+ cycles/m);
      expect(out).toMatch(/^identical: /m);
      const json = await quarterdeck([...args, "--json", "--method", "checkpoint"]);
      expect(JSON.parse(json.out)).toMatchObject({
        ...{ schema: "quarterdeck/twin/1", identical: true, streams: 8, difference: null },
        requests: 18,
      });
    },
    LONG,
  );

  test("a method that breaks connections has no twin", async () => {
    const { code, out, err } = await quarterdeck(["twin", "--method", "cold"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe("quarterdeck: twin: cold breaks connections; give relief or checkpoint\n");
  });
});

describe("control", () => {
  test(
    "compares both kernels with themselves, over seeds too",
    async () => {
      const args = ["control", "--connections", "2", "--cycles", "3000000"];
      const one = await quarterdeck(args);
      expect([one.code, one.err]).toEqual([0, ""]);
      for (const kernel of ["larboard", "starboard"]) {
        expect(one.out).toMatch(new RegExp(`^${kernel} control +1\\.0000`, "m"));
        expect(one.out).toMatch(new RegExp(`^${kernel} can be relieved +\\d\\.\\d{4}`, "m"));
      }
      const two = await quarterdeck([...args, "--seeds", "2", "--json"]);
      const { schema, seeds, summary } = JSON.parse(two.out);
      expect([schema, seeds.length, summary.length]).toEqual(["quarterdeck/control/1", 2, 6]);
    },
    LONG,
  );

  test.each(["--fault hang", "--times 2", "--method kexec", "--from larboard"])(
    "%s means nothing there, and is refused in one line",
    async (words) => {
      const { code, out, err } = await quarterdeck(["control", ...words.split(" ")]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(/^quarterdeck: --\w+: nothing changes in a control; leave it out\n$/);
    },
  );
});
