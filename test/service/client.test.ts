// The closed-loop client against a server played by the test: right and wrong replies, refusals,
// broken connections, and the latencies it makes of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serviceLatency } from "../../emu/measure/latency.js";
import { ServiceClient } from "../../emu/service/client.js";
import { encodeCommand, type Reply, ReplyReader } from "../../emu/service/resp.js";
import { Workload } from "../../emu/service/workload.js";
import { encodeReply, SERVICE_CYCLES, World } from "../support/world.js";

describe("replies of a server that keeps no rule", () => {
  test.each([
    ["an array too long to be", "*99999999999\r\n"],
    ["arrays in arrays without end", "*1\r\n".repeat(100_000)],
    ["a text without end", `$2000000000\r\n${"x".repeat(1 << 20)}`],
  ])("%s fails, and throws nothing", (_, text) => {
    const failures: string[] = [];
    const reader = new ReplyReader(
      () => undefined,
      (reason) => void failures.push(reason),
    );
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 60_000) reader.take(bytes.subarray(at, at + 60_000));
    reader.take(Buffer.from("+OK\r\n"));
    expect(failures.length).toBe(1);
  });
});

function clientOf(world: World, connections = 3): ServiceClient {
  const config = { connections, seed: 7, port: 6379, thinkCycles: 1000 };
  return new ServiceClient(world, world.host(), config);
}

describe("the client", () => {
  test("asks, checks and thinks on every connection, until it is stopped", () => {
    const world = new World();
    const client = clientOf(world);
    client.start();
    world.run(600_000);
    client.stop();
    world.run(10_000);
    expect(client.failures).toEqual([]);
    expect(client.exchanges).toHaveLength(3 * 401);
    expect(client.waiting).toBe(0);
    for (const { sent, answered } of client.exchanges) expect(answered - sent).toBe(SERVICE_CYCLES);
  });

  test("connects anew while nobody listens", () => {
    const world = new World();
    world.refuse = 4;
    const client = clientOf(world);
    client.start();
    world.run(5_000_000);
    expect(world.streams).toHaveLength(7);
    expect(client.failures).toEqual([]);
    expect(client.exchanges.length).toBeGreaterThan(0);
  });

  test.each([
    ["a wrong value", (text: string) => text.replace("PONG", "PANG"), /PING: "PANG", not "PONG"/],
    ["an error", (text: string) => text.replace(/^:\d+/, "-ERR no"), /ERR no/],
    ["no protocol", (text: string) => text.replace(/^\$4/, "!4"), /Protocol error/],
  ])("counts %s as a failure, and ends that connection", (_, answer, reason) => {
    const client = clientOf(new World(answer), 1);
    const world = new World(answer);
    const broken = clientOf(world, 1);
    broken.start();
    world.run(10_000_000);
    expect(broken.failures).toHaveLength(1);
    expect(broken.failures[0]).toMatch(reason);
    expect(broken.waiting).toBe(0);
    expect(client.failures).toEqual([]);
  });

  test("counts a connection that breaks as a failure", () => {
    const world = new World();
    const client = clientOf(world, 1);
    client.start();
    world.run(700);
    world.streams[0]?.handlers.closed?.(true);
    expect(client.failures).toEqual(["connection 0: the connection was closed"]);
  });
});

test("the same seed asks the same; another seed, or connection, something else", () => {
  const words = (connection: number, seed: number) => {
    const workload = new Workload(connection, seed);
    return JSON.stringify(Array.from({ length: 50 }, () => workload.next().words));
  };
  expect(words(1, 2)).toBe(words(1, 2));
  expect(new Set([words(1, 2), words(2, 1), words(1, 3), words(2, 2)]).size).toBe(4);
});

test("replies are read from any pieces", () => {
  const replies: Reply[] = ["OK", 42, null, ["a", "b\r\nc"], "x".repeat(300)];
  const bytes = Buffer.from(replies.map(encodeReply).join(""));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: bytes.length })), (cuts) => {
      const got: Reply[] = [];
      const reader = new ReplyReader(
        (reply) => got.push(reply),
        (reason) => expect.unreachable(reason),
      );
      const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
      let from = 0;
      for (const end of ends) {
        reader.take(bytes.subarray(from, end));
        from = end;
      }
      expect(got).toEqual(replies);
    }),
  );
});

test("commands are arrays of bulk strings, counted in bytes", () => {
  expect(new TextDecoder().decode(encodeCommand(["SET", "é", ""]))).toBe(
    "*3\r\n$3\r\nSET\r\n$2\r\né\r\n$0\r\n\r\n",
  );
});

test("latencies are split by the spans of change, and ranked", () => {
  const exchanges = Array.from({ length: 300 }, (_, i) => ({
    sent: i * 10,
    answered: i * 10 + (i % 100) + 1,
  }));
  const { before, during, after } = serviceLatency(exchanges, [{ start: 1500, end: 1600 }]);
  expect(before.count + during.count + after.count).toBe(300);
  expect(before.count).toBe(exchanges.filter(({ answered }) => answered < 1500).length);
  expect(during.count).toBe(
    exchanges.filter(({ sent, answered }) => answered >= 1500 && sent <= 1600).length,
  );
  const none = { p50: null, p90: null, p99: null, p999: null, max: null };
  expect(serviceLatency([], []).after).toEqual({ count: 0, ...none });
  const even = Array.from({ length: 100 }, (_, i) => ({ sent: 0, answered: i + 1 }));
  const ranks = { p50: 50, p90: 90, p99: 99, p999: 100, max: 100 };
  expect(serviceLatency(even, []).before).toEqual({ count: 100, ...ranks });
});
