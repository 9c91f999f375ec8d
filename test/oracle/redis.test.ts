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
});
