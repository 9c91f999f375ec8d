// Other people's clients: redis-cli and redis-benchmark talk to kvd over TCP, through the bridge,
// on connections that stay open while the kernel below is relieved.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { hasOracle } from "../support/oracle.js";
import { ALL_WAYS } from "../support/relief.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const MILLISECONDS = 120_000;
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** A child's output so far, and a way to wait for something in it. */
class Output {
  text = "";

  constructor(private readonly child: ChildProcess) {
    const add = (bytes: Buffer) => {
      this.text += bytes.toString();
    };
    child.stdout?.on("data", add);
    child.stderr?.on("data", add);
    running.push(child);
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }
}

function redis(program: string, args: readonly string[]): Output {
  return new Output(spawn(program, args));
}

/** Boots a kernel with kvd on a port of this computer that the system chooses; it answers there. */
async function serve(kernel: string) {
  const child = spawn(process.execPath, [MAIN, "boot", kernel, "--forward", "0:6379"]);
  const output = new Output(child);
  const [, port = ""] = await output.until(/127\.0\.0\.1:(\d+) leads to port 6379/);
  child.stdin.write("kvd &\n");
  while (true) {
    const ping = redis("redis-cli", ["-p", port, "ping"]);
    await ping.ended();
    if (ping.text.includes("PONG")) break;
  }
  const type = (line: string) => void child.stdin.write(`${line}\n`);
  return { output, port, type };
}

/** The lines that a whole run of redis-benchmark prints, without -t. */
const DEFAULT_TESTS = [
  ...["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD"],
  ...["HSET", "SPOP", "ZADD", "ZPOPMIN", "LPUSH \\(needed to benchmark LRANGE\\)", "LRANGE_100"],
  ...["LRANGE_300", "LRANGE_500", "LRANGE_600", "MSET"],
];

/** Lines for redis-cli, and what it prints when it is no terminal that it prints to. */
const SESSION: readonly (readonly [line: string, printed: string])[] = [
  ["RPUSH list a b c", "3"],
  ["LPUSH list z", "4"],
  ["LRANGE list 0 -1", "z\na\nb\nc"],
  ["LPOP list", "z"],
  ["RPOP list 2", "c\nb"],
  ["LLEN list", "1"],
  ["SADD set one two one", "2"],
  ["SISMEMBER set two", "1"],
  ["SREM set two", "1"],
  ["SPOP set", "one"],
  ["SCARD set", "0"],
  ["HSET hash field value other 1", "2"],
  ["HDEL hash other", "1"],
  ["HGETALL hash", "field\nvalue"],
  ["ZADD sorted 2.5 two 1 one 10 ten", "3"],
  ["ZRANGE sorted 0 -1 WITHSCORES", "one\n1\ntwo\n2.5\nten\n10"],
  ["ZPOPMIN sorted 2", "one\n1\ntwo\n2.5"],
  ["ZSCORE sorted ten", "10"],
  ["TYPE sorted", "zset"],
  ["GET hash", "WRONGTYPE Operation against a key holding the wrong kind of value\n"],
  ["LPUSH list", "ERR wrong number of arguments for 'lpush' command\n"],
  ["DEL list hash sorted set", "3"],
  ["TYPE list", "none"],
];

const installed = hasOracle("redis-cli") && hasOracle("redis-benchmark");

describe.skipIf(!installed)("redis-tools through a relief", { retry: 1 }, () => {
  test.each(ALL_WAYS)(
    "%s to be relieved by %s under redis-benchmark, there, and back in groups",
    async (from, to) => {
      const { output, port, type } = await serve(from);
      const args = ["-p", port, "-n", "6000", "-c", "16", "-q", "-t", "ping,set,get,incr,mset"];
      const benchmark = redis("redis-benchmark", args);
      await benchmark.until(/PING_INLINE: /);
      type(`kexec /boot/${to}`);
      await output.until(/I stand relieved/);
      type(`kexec /boot/${from} transfer=groups`);
      await output.until(/I stand relieved[\s\S]*I stand relieved/);
      expect(await benchmark.ended()).toBe(0);
      expect(benchmark.text).not.toMatch(/error|closed|ERR/i);
      for (const name of ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET"]) {
        expect(benchmark.text).toMatch(new RegExp(`${name}.*requests per second`));
      }
      expect(output.text).not.toMatch(/panic|invariant/);
    },
    MILLISECONDS,
  );

  test(
    "a redis-cli that stays connected notices nothing",
    async () => {
      const { output, port, type } = await serve("larboard");
      const child = spawn("redis-cli", ["-p", port]);
      const client = new Output(child);
      const ask = (line: string) => void child.stdin.write(`${line}\n`);
      ask("SET greeting hello");
      await client.until(/OK/);
      type("kexec /boot/starboard");
      for (let i = 1; i <= 200; i++) ask("INCR counter");
      await output.until(/I stand relieved/);
      ask("GET greeting");
      await client.until(/\bhello\b/);
      for (let i = 201; i <= 300; i++) ask("INCR counter");
      ask("KEYS *");
      await client.until(/counter[\s\S]*greeting|greeting[\s\S]*counter/);
      child.stdin.end();
      expect(await client.ended()).toBe(0);
      const counted = [...client.text.matchAll(/^(?:\(integer\) )?(\d+)$/gm)].map(([, n]) =>
        Number(n),
      );
      expect(counted).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
      expect(client.text).not.toMatch(/Error|ERR|closed|not connected/i);
    },
    MILLISECONDS,
  );

  test(
    "all that redis-benchmark asks by default is answered, there and back",
    async () => {
      const { output, port, type } = await serve("larboard");
      const benchmark = redis("redis-benchmark", ["-p", port, "-q", "-n", "2000", "-c", "8"]);
      await benchmark.until(/LPUSH: .*requests per second/);
      type("kexec /boot/starboard");
      await output.until(/I stand relieved/);
      await benchmark.until(/LRANGE_300 .*requests per second/);
      type("kexec /boot/larboard");
      await output.until(/I stand relieved[\s\S]*I stand relieved/);
      expect(await benchmark.ended()).toBe(0);
      expect(benchmark.text).not.toMatch(/error|closed|ERR|OOM|WRONGTYPE/i);
      for (const name of DEFAULT_TESTS) {
        expect(benchmark.text).toMatch(new RegExp(`${name}.*requests per second`));
      }
      expect(output.text).not.toMatch(/panic|invariant/);
    },
    MILLISECONDS,
  );

  test(
    "redis-cli prints what Redis replies about lists, sets, hashes and sorted sets",
    async () => {
      const { port } = await serve("larboard");
      const child = spawn("redis-cli", ["-p", port]);
      const client = new Output(child);
      child.stdin.end(SESSION.map(([line]) => `${line}\n`).join(""));
      expect(await client.ended()).toBe(0);
      expect(client.text).toBe(SESSION.map(([, printed]) => `${printed}\n`).join(""));
    },
    MILLISECONDS,
  );
});
