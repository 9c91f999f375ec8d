// The client where connections may break: they are made again, what was under way is lost, and the
// keys that the server still has are found and gone on from.
import { describe, expect, test } from "vitest";
import { ServiceClient } from "../../emu/service/client.js";
import { Workload } from "../../emu/service/workload.js";
import { World } from "../support/world.js";

function clientOf(world: World, connections = 3, more = {}): ServiceClient {
  const base = { connections, seed: 7, port: 6379, thinkCycles: 1000, reconnects: true };
  return new ServiceClient(world, world.host(), { ...base, ...more });
}

describe("a server that goes away", () => {
  test("and comes back with all its keys: none is lost, and nothing fails", () => {
    const world = new World();
    const client = clientOf(world);
    client.start();
    world.run(600_300);
    const before = client.exchanges.length;
    world.breakAll();
    world.run(600_000);
    expect(client.failures).toEqual([]);
    expect(client.exchanges.length).toBeGreaterThan(before + 900);
    const { survival } = client;
    expect(survival).toMatchObject({ connectionsKept: 0, connectionsLost: 3, keysLost: 0 });
    expect(survival.keysKept).toBeGreaterThan(3 * 6);
  });

  test("and comes back empty: all its keys are lost, and the client goes on from nothing", () => {
    const world = new World();
    const client = clientOf(world);
    client.start();
    world.run(600_300);
    world.forget();
    world.breakAll();
    world.run(600_000);
    expect(client.failures).toEqual([]);
    const { survival } = client;
    expect(survival).toMatchObject({ connectionsLost: 3, keysKept: 0 });
    expect(survival.keysLost).toBeGreaterThan(3 * 6);
  });

  test("loses the requests that were under way, and no others", () => {
    const world = new World();
    const client = clientOf(world);
    client.start();
    world.run(100); // all have asked, nobody is answered
    world.breakAll();
    world.run(50_000); // not yet again
    expect(client.lost).toBe(3);
    expect(client.waiting).toBe(0);
    expect(world.streams).toHaveLength(3);
    world.run(200_000);
    world.breakAll();
    expect(client.lost).toBeLessThanOrEqual(6);
    expect(client.failures).toEqual([]);
  });

  test("for long: it is tried again after 1 ms, 2 ms, 4 ms, and so on up to 10 ms", () => {
    const world = new World();
    const client = clientOf(world, 1);
    client.start();
    world.run(10_000);
    world.refuse = 6;
    world.breakAll();
    // refused at 1, 3, 7, 15, 25 and 35 ms, taken at 45
    world.run(100_000 * 45 - 1);
    expect(world.streams).toHaveLength(7);
    world.run(100_000);
    expect(world.streams).toHaveLength(8);
    expect(client.exchanges.at(-1)?.answered).toBeGreaterThan(4_500_000);
  });

  test("for good: its keys are lost too", () => {
    const world = new World();
    const client = clientOf(world);
    client.start();
    world.run(600_300);
    world.refuse = 1_000_000;
    world.breakAll();
    world.run(600_000);
    client.stop();
    expect(client.survival.keysLost).toBeGreaterThan(3 * 6);
    expect(client.survival.keysKept).toBe(0);
  });
});

test("a connection never asks twice at once, whenever it breaks", () => {
  for (let cycle = 0; cycle < 3200; cycle += 100) {
    const world = new World();
    const client = clientOf(world, 1);
    client.start();
    world.run(10_000 + cycle);
    world.breakAll();
    world.run(1_000_000);
    expect(client.failures).toEqual([]);
    const { exchanges } = client;
    const early = exchanges.filter(({ sent }, i) => sent < (exchanges[i - 1]?.answered ?? 0));
    expect(early).toEqual([]);
  }
});

test("where connections may not break, one that does is a failure", () => {
  const world = new World();
  const client = clientOf(world, 1, { reconnects: false });
  client.start();
  world.run(10_000);
  world.breakAll();
  expect(client.failures).toEqual(["connection 0: the connection was closed"]);
  expect(client.survival).toMatchObject({ connectionsKept: 1, connectionsLost: 0 });
});

test("a number of requests ends each connection, all answered", () => {
  const world = new World();
  const client = clientOf(world, 3, { requests: 40 });
  client.start();
  world.run(10_000_000);
  expect(client.exchanges).toHaveLength(3 * 40);
  expect(client.failures).toEqual([]);
  expect(client.waiting).toBe(0);
});

/** What a command makes of a server's keys. */
function apply(values: Map<string, string>, [name, key = "", value = ""]: readonly string[]): void {
  if (name === "SET") values.set(key, value);
  if (name === "INCR") values.set(key, String(Number(values.get(key) ?? "0") + 1));
  if (name === "DEL") values.delete(key);
}

/** Asks until there are so many keys, all answered; then on to the next of a command. */
function workloadWith(stored: number, command: string) {
  const workload = new Workload(0, 1);
  const values = new Map<string, string>();
  let { words } = workload.next();
  while (values.size < stored || words[0] !== command) {
    apply(values, words);
    workload.settle();
    words = workload.next().words;
  }
  return { workload, values, words };
}

describe("a survey of keys", () => {
  test("counts what is there, what is not, and what never was", () => {
    const { workload, values } = workloadWith(5, "PING");
    const [first = "", second = ""] = values.keys();
    const count = values.size;
    values.delete(first);
    values.set(second, "never");
    expect(workload.survey(values)).toEqual({ kept: count - 2, lost: 1, wrong: [second] });
    expect(workload.size).toBe(count - 1);
  });

  test.each(["SET", "INCR", "DEL"])("a %s without an answer was made or not", (command) => {
    for (const made of [true, false]) {
      const { workload, values, words } = workloadWith(5, command);
      if (made) apply(values, words);
      expect(workload.survey(values)).toEqual({ kept: values.size, lost: 0, wrong: [] });
    }
  });

  test("one that was answered was made", () => {
    const { workload, values, words } = workloadWith(5, "SET");
    workload.settle();
    values.delete(words[1] as string);
    expect(workload.survey(values)).toMatchObject({ kept: values.size, lost: 1 });
  });
});
