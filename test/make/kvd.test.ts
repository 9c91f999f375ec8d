// kvd on its own input and output, under qemu-riscv32: commands about lists, sets, hashes and
// sorted sets reply as Redis does, agree with a plain model over a long mix, and give memory back.
// At its end kvd counts its table afresh, and its exit code says whether all was as it should be.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeCommand, type Reply, ReplyReader } from "../../emu/service/resp.js";
import { ROOT } from "../../scripts/make/run.mjs";
import { hasOracle } from "../support/oracle.js";

const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";
const NOT_POSITIVE = "-ERR value is out of range, must be positive";
const NO_MEMORY = "-OOM command not allowed when used memory > 'maxmemory'.";
const wrongCount = (name: string) => `-ERR wrong number of arguments for '${name}' command`;

/** What kvd replies to each command, within so many KiB; an error is a text that begins with -. */
function ask(commands: readonly (readonly string[])[], kib = 16384): Reply[] {
  const input = Buffer.concat(commands.map(encodeCommand));
  const args = [join(ROOT, "build/guest/bin/kvd"), "-", String(kib)];
  const result = spawnSync("qemu-riscv32", args, { input, maxBuffer: 1 << 26 });
  expect(result.stderr.toString()).toBe("");
  expect(result.status).toBe(0);
  const replies: Reply[] = [];
  const reader = new ReplyReader(
    (reply) => replies.push(reply),
    (reason) => replies.push(`-${reason}`),
  );
  reader.take(result.stdout);
  return replies;
}

/** A session of lines, each with the reply that Redis gives. */
function session(lines: readonly (readonly [line: string, reply: Reply])[]): void {
  const replies = ask(lines.map(([line]) => line.split(" ")));
  expect(lines.map(([line], index) => [line, replies[index]])).toEqual(lines);
}

/** What INFO says kvd uses. */
function usedMemory(info: Reply | undefined): number {
  return Number(/used_memory:(\d+)/.exec(String(info))?.[1]);
}

beforeAll(() => {
  const args = ["scripts/build.mjs", "user"];
  expect(spawnSync(process.execPath, args, { cwd: ROOT }).status).toBe(0);
}, 300_000);

describe.skipIf(!hasOracle("qemu-riscv32"))("kvd under qemu-riscv32", () => {
  test("lists", () => {
    session([
      ["LPUSH l a b c", 3],
      ["RPUSH l d", 4],
      ["TYPE l", "list"],
      ["LLEN l", 4],
      ["LRANGE l 0 -1", ["c", "b", "a", "d"]],
      ["LRANGE l -2 9", ["a", "d"]],
      ["LRANGE l 2 1", []],
      ["LRANGE l 0 x", "-ERR value is not an integer or out of range"],
      ["LPOP l", "c"],
      ["RPOP l 2", ["d", "a"]],
      ["LPOP l 0", []],
      ["LPOP l -1", NOT_POSITIVE],
      ["LPOP l 1 1", wrongCount("lpop")],
      ["RPOP l 9", ["b"]],
      ["EXISTS l", 0],
      ["LPOP l", null],
      ["LPOP l 1", null],
      ["LPUSH l", wrongCount("lpush")],
      ["GET l", null],
    ]);
  });

  test("sets", () => {
    session([
      ["SADD s a b a", 2],
      ["SADD s b c", 1],
      ["TYPE s", "set"],
      ["SCARD s", 3],
      ["SISMEMBER s a", 1],
      ["SISMEMBER s z", 0],
      ["SREM s a b z", 2],
      ["SMEMBERS s", ["c"]],
      ["SPOP s 0", []],
      ["SPOP s", "c"],
      ["EXISTS s", 0],
      ["SPOP s", null],
      ["SPOP s 2", []],
      ["SMEMBERS s", []],
    ]);
  });

  test("hashes", () => {
    session([
      ["HSET h a 1 b 2", 2],
      ["HSET h a 3", 0],
      ["TYPE h", "hash"],
      ["HLEN h", 2],
      ["HGET h a", "3"],
      ["HGET h z", null],
      ["HDEL h a z", 1],
      ["HGETALL h", ["b", "2"]],
      ["HDEL h b", 1],
      ["EXISTS h", 0],
      ["HGETALL h", []],
      ["HSET h a 1 b", wrongCount("hset")],
    ]);
  });

  test("sorted sets", () => {
    const range = "-ERR value is not a valid float of at most 15 digits and 3 decimals";
    session([
      ["ZADD z 1 a 2.50 b -3.125 c 1 aa", 4],
      ["ZADD z 000000000012 a", 0],
      ["TYPE z", "zset"],
      ["ZCARD z", 4],
      ["ZSCORE z b", "2.5"],
      ["ZSCORE z q", null],
      ["ZRANGE z 0 -1 WITHSCORES", ["c", "-3.125", "aa", "1", "b", "2.5", "a", "12"]],
      ["ZRANGE z -1 -1", ["a"]],
      ["ZRANGE z 0 1 REV", "-ERR syntax error"],
      ["ZPOPMIN z", ["c", "-3.125"]],
      ["ZPOPMIN z 9", ["aa", "1", "b", "2.5", "a", "12"]],
      ["EXISTS z", 0],
      ["ZPOPMIN z", []],
      ["ZADD z 1 a 2", "-ERR syntax error"],
      ["ZADD z 1.2345 a", range],
      ["ZADD z 1000000000000000 a", range],
      ["ZADD z 1 a x b", range],
      ["EXISTS z", 0],
      ["ZADD z -999999999999999.999 a", 1],
      ["ZSCORE z a", "-999999999999999.999"],
    ]);
  });

  test("KEYS tells keys in an order that these alone decide", () => {
    const set = (key: string) => ["SET", key, "1"];
    const own = ["k0", "k1", "k2", "k3", "k4", "n0", "n1", "n2"].map((name) => `own:${name}`);
    const [first] = ask([...own.map(set), ["KEYS", "own:*"]]).slice(-1);
    const others = Array.from({ length: 300 }, (_, i) => `other:${i}`); // the table grows
    const more = fc.shuffledSubarray(others);
    fc.assert(
      fc.property(fc.shuffledSubarray(own, { minLength: 8 }), more, more, (keys, before, among) => {
        const mixed = keys.flatMap((key, i) => [
          set(key),
          ...among.slice(i * 9, i * 9 + 9).map(set),
        ]);
        const replies = ask([...before.map(set), ...mixed, ["DBSIZE"], ["KEYS", "own:*"]]);
        expect(replies.at(-1)).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  test("a key of another kind is refused, but SET and DEL take it", () => {
    const kinds = ["SET t 1", "LPUSH l a", "SADD s a", "HSET h a 1", "ZADD z 1 a"];
    const others: [string, string][] = [
      ...["GET", "INCR", "STRLEN"].map((name): [string, string] => [name, "t"]),
      ...["LLEN", "LPOP", "RPOP"].map((name): [string, string] => [name, "l"]),
      ...["SCARD", "SPOP", "SMEMBERS"].map((name): [string, string] => [name, "s"]),
      ...["HLEN", "HGETALL"].map((name): [string, string] => [name, "h"]),
      ...["ZCARD", "ZPOPMIN"].map((name): [string, string] => [name, "z"]),
    ];
    const keys = ["t", "l", "s", "h", "z"];
    const wrong = others.flatMap(([name, own]) =>
      keys.filter((key) => key !== own).map((key) => [name, key]),
    );
    wrong.push(["APPEND", "l", "a"], ["LPUSH", "t", "a"], ["LRANGE", "z", "0", "1"]);
    wrong.push(["SADD", "h", "a"], ["SREM", "h", "a"], ["HSET", "s", "a", "1"], ["HGET", "z", "a"]);
    wrong.push(["ZADD", "s", "1", "a"], ["ZSCORE", "h", "a"], ["ZRANGE", "l", "0", "1"]);
    const made = kinds.map((line) => line.split(" "));
    const after = [
      ["MGET", ...keys],
      ["SET", "l", "x"],
      ["EXPIRE", "z", "9"],
      ["TTL", "z"],
    ];
    const replies = ask([...made, ...wrong, ...after, ["DEL", ...keys], ["DBSIZE"]]);
    const refused = replies.slice(made.length, made.length + wrong.length);
    expect(refused).toEqual(wrong.map(() => WRONG_TYPE));
    const last = [["1", null, null, null, null], "OK", 1, 9, 5, 0];
    expect(replies.slice(made.length + wrong.length)).toEqual(last);
  });

  test("a list agrees with an array, over any pushes and pops", () => {
    const text = fc.string({ unit: "binary-ascii", maxLength: 200 });
    const step = fc.oneof(
      fc.record({
        name: fc.constantFrom("LPUSH", "RPUSH"),
        texts: fc.array(text, { minLength: 1 }),
      }),
      fc.record({ name: fc.constantFrom("LPOP", "RPOP"), texts: fc.constant([]) }),
    );
    const property = fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
      const model: string[] = [];
      const expected = steps.map(({ name, texts }): Reply => {
        if (name === "LPUSH") return model.unshift(...[...texts].reverse());
        if (name === "RPUSH") return model.push(...texts);
        return (name === "LPOP" ? model.shift() : model.pop()) ?? null;
      });
      const commands = steps.map(({ name, texts }) => [name, "l", ...texts]);
      expect(ask([...commands, ["LRANGE", "l", "0", "-1"]])).toEqual([...expected, model]);
    });
    fc.assert(property, { numRuns: 10 });
  }, 60_000);

  test("a sorted set agrees with a sorted array, and a hash with a map", () => {
    const score = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer().map((n) => n / 8),
    );
    const pair = fc.tuple(fc.integer({ min: 0, max: 200 }).map(String), score);
    const property = fc.property(fc.array(pair, { minLength: 300, maxLength: 1500 }), (pairs) => {
      const model = new Map(pairs);
      const order = [...model].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
      const flat = order.flatMap(([name, value]) => [name, String(value)]);
      const added = pairs.flatMap(([name, value]) => [
        ["ZADD", "z", String(value), name],
        ["HSET", "h", name, String(value)],
      ]);
      const asked = [
        ["ZRANGE", "z", "0", "-1", "WITHSCORES"],
        ["HGETALL", "h"],
      ];
      const popped = [
        ["ZPOPMIN", "z", "30"],
        ["ZRANGE", "z", "0", "-1", "WITHSCORES"],
      ];
      const replies = ask([...added, ...asked, ...popped]).slice(added.length);
      const fields = replies[1] as string[];
      expect(replies[0]).toEqual(flat);
      expect(
        new Map(
          fields
            .map((field, i) => [field, Number(fields[i + 1])] as const)
            .filter((_, i) => i % 2 === 0),
        ),
      ).toEqual(model);
      expect(replies.slice(2)).toEqual([flat.slice(0, 60), flat.slice(60)]);
    });
    fc.assert(property, { numRuns: 10 });
  }, 60_000);

  test("100000 elements are packed, and all memory is given back", () => {
    const many = Array.from({ length: 200 }, (_, i) => i);
    const pushes = many.map((i) => ["RPUSH", "l", ...Array<string>(500).fill(`${i % 1000}`)]);
    const adds = many.map((i) => [
      "SADD",
      "s",
      ...Array.from({ length: 500 }, (_, j) => `${i}:${j}`),
    ]);
    const replies = ask([
      ["INFO"],
      ...pushes,
      ["INFO"],
      ["LRANGE", "l", "99000", "99001"],
      ["DEL", "l"],
      ...adds,
      ["INFO"],
      ["SCARD", "s"],
      ["FLUSHALL"],
      ["INFO"],
    ]);
    const used = replies.filter((reply) => String(reply).includes("used_memory")).map(usedMemory);
    const [before = 0, list = 0, set = 0, after = 0] = used;
    expect(replies[1 + pushes.length + 1]).toEqual(["198", "198"]);
    expect(list - before).toBeLessThan(100_000 * 6);
    expect(set - before).toBeLessThan(100_000 * 45);
    expect(after).toBe(before);
  }, 60_000);

  test("out of memory is an error, after which kvd goes on", () => {
    const text = "x".repeat(100);
    const rounds = Array.from({ length: 400 }, (_, i) => [
      ["LPUSH", "l", text, text],
      ["SADD", "s", `${text}${i}`],
      ["HSET", "h", `${i}`, text],
      ["ZADD", "z", `${i}`, text + i],
    ]);
    const replies = ask([...rounds.flat(), ["DEL", "l", "s", "h", "z"], ["LPUSH", "l", text]], 64);
    expect(replies.filter((reply) => reply === NO_MEMORY).length).toBeGreaterThan(100);
    expect(replies.filter((reply) => typeof reply !== "number" && reply !== NO_MEMORY)).toEqual([]);
    expect(replies.slice(-2)).toEqual([4, 1]);
  });
});
