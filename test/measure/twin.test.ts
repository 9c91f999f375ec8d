// Twin runs: what is compared, and real ones, in which nothing but time may differ.
import { describe, expect, test } from "vitest";
import { checkTwin, runTwin } from "../../emu/experiment/twin.js";
import { firstDifference, shiftsOf } from "../../emu/measure/twin.js";
import { renderTwin, twinReport } from "../../emu/report/twin-text.js";
import { images } from "../support/images.js";
import { WAYS } from "../support/relief.js";

const streams = (all: Record<string, string>) =>
  new Map(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)]));

describe("streams", () => {
  test("are the same, or differ first somewhere", () => {
    const one = streams({ a: "hello", b: "world" });
    expect(firstDifference(one, streams({ b: "world", a: "hello" }))).toBeNull();
    expect(firstDifference(one, streams({ a: "hello", b: "wOrlD" }))).toEqual({
      ...{ stream: "b", offset: 1, bytes: [111, 79] },
    });
  });

  test("may end early, or be missing", () => {
    const one = streams({ a: "hello" });
    const at = (offset: number, bytes: unknown) => ({ stream: "a", offset, bytes });
    expect(firstDifference(one, streams({ a: "hell" }))).toEqual(at(4, [111, null]));
    expect(firstDifference(streams({ a: "hell" }), one)).toEqual(at(4, [null, 111]));
    expect(firstDifference(one, streams({}))).toEqual(at(0, [104, null]));
    expect(firstDifference(streams({ c: "" }), streams({}))).toBeNull();
  });
});

test("shifts are between the replies to the same request of the same connection", () => {
  const at = (connection: number, answered: number) => ({ sent: 0, answered, connection });
  const alone = [at(0, 10), at(1, 12), at(0, 20), at(1, 22), at(1, 32)];
  const changed = [at(1, 13), at(0, 15), at(0, 60), at(1, 61)];
  expect(shiftsOf(alone, changed)).toEqual({
    largest: { cycles: 40, connection: 0, request: 1 }, // 20 to 60
    last: { cycles: 39, connection: 1, request: 1 }, // 22 to 61
  });
  expect(shiftsOf([], changed)).toBeNull();
});

describe.each(WAYS)("%s with and without a relief by %s", (from, to) => {
  test.each(["all", "groups"] as const)("transfer %s: only time differs", async (transfer) => {
    const config = { from, to, transfer, connections: 6, requests: 100 };
    const twin = await runTwin(config, images());
    const report = twinReport(twin);
    expect(report).toMatchObject({ identical: true, difference: null, failures: [] });
    expect(report).toMatchObject({ streams: 2 * 6 + 2, requests: 600 });
    expect(twin.changed.log.reliefs.at(-1)?.outcome).toBe("relieved");
    // it went on beyond the relief, which it has felt
    const end = twin.changed.log.reliefs.at(-1)?.end ?? Number.POSITIVE_INFINITY;
    expect(twin.changed.service?.exchanges.at(-1)?.sent).toBeGreaterThan(end);
    expect(report.largestShift?.cycles).toBeGreaterThan(500_000);
    expect(report.finalStateHashes.alone).not.toBe(report.finalStateHashes.changed);
    expect(renderTwin(report)).toMatch(/identical/);
  });
});

test.each([
  [{ method: "kexec" } as const, /twin: kexec breaks connections/],
  [{ connections: 0 }, /twin: no connections/],
  [{ times: 0 }, /twin: times 0 is no change/],
  [{ requests: 0 }, /requests: 0 of each connection/],
])("%j is refused", (config, reason) => {
  expect(() => checkTwin(config)).toThrow(reason);
});
