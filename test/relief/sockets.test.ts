// Connections in every state while a kernel is relieved: a request that is half sent, one that
// comes while nobody listens to the device, an end, a break-off, and a server that stays.
import { describe, expect, test } from "vitest";
import {
  createMachine,
  type KernelName,
  type Machine,
  markTable,
  ReliefLog,
  watchFiles,
} from "../../emu/index.js";
import { VsockHost } from "../../emu/vsock/host.js";
import { images } from "../support/images.js";
import { ALL_WAYS } from "../support/relief.js";
import { runUntil } from "../support/watched.js";

const PORT = 6379;
const STEP_CYCLES = 500;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);

/** A client that keeps what it hears. */
class Client {
  heard = "";
  connected = false;
  ended = false;
  closed: "open" | "in order" | "broken off" = "open";
  private readonly stream;

  constructor(vsock: VsockHost) {
    this.stream = vsock.connect(PORT, {
      connected: () => {
        this.connected = true;
      },
      data: (data) => {
        this.heard += text(data);
        this.stream.consume(data.length);
      },
      ended: () => {
        this.ended = true;
        this.stream.end();
      },
      closed: (error) => {
        this.closed = error ? "broken off" : "in order";
      },
    });
  }

  say(words: string): void {
    this.stream.write(bytes(words));
  }
  end(): void {
    this.stream.end();
  }
  reset(): void {
    this.stream.reset();
  }
}

interface Scene {
  readonly machine: Machine;
  readonly client: () => Client;
  readonly until: (reached: () => boolean) => void;
  readonly phase: (name: string) => void;
}

/** The key-value server is up, and a relief will come. */
async function serve(from: KernelName, to: KernelName, harts: number): Promise<Scene> {
  const script = `kvd ${PORT} &\nsleep 0.02\nkexec /boot/${to}\nsleep 1000\n`;
  const machine = await createMachine({
    harts,
    ramBytes: 64 << 20,
    vsock: true,
    firmware: images().firmware,
    kernel: images().kernels[from],
    initrd: watchFiles(images(), script),
  });
  const log = new ReliefLog(await markTable());
  machine.on("mark", (mark) => log.add(mark));
  const vsock = new VsockHost(machine);
  const until = (reached: () => boolean) => runUntil(machine, STEP_CYCLES, reached);
  const phase = (name: string) =>
    until(() => log.reliefs[0]?.phases.some((begun) => begun.name === name) === true);
  const client = () => new Client(vsock);
  phase("load");
  return { machine, client, until, phase };
}

/** A client that the server has answered. */
function known({ client, until }: Scene): Client {
  const one = client();
  one.say("PING\r\n");
  until(() => one.heard === "+PONG\r\n");
  one.heard = "";
  return one;
}

describe.each(ALL_WAYS)("%s relieved by %s", (from, to) => {
  test.each([2, 3])("on %i harts keeps connections in every state", async (harts) => {
    const scene = await serve(from, to, harts);
    const [half, ending, leaving, quiet] = Array.from({ length: 4 }, () => known(scene));
    half?.say("SET key ");
    scene.phase("I am ready to be relieved");
    half?.say("val");
    scene.phase("I relieve you");
    const late = scene.client();
    late.say("PING\r\n");
    half?.say("ue\r\nGET key\r\n");
    ending?.say("ECHO last\r\n");
    ending?.end();
    scene.phase("transfer");
    leaving?.reset();
    scene.phase("assimilate");
    const after = scene.client();
    after.say("PING\r\n");
    scene.until(() => [half, ending, late, after].every((one) => one && one.heard.length > 6));
    expect(half?.heard).toBe("+OK\r\n$5\r\nvalue\r\n");
    expect(ending?.heard).toBe("$4\r\nlast\r\n");
    expect([late.heard, after.heard]).toEqual(["+PONG\r\n", "+PONG\r\n"]);
    quiet?.say("PING\r\n");
    scene.until(() => quiet?.heard === "+PONG\r\n");
    scene.until(() => ending?.closed !== "open");
    expect(ending?.closed).toBe("in order");
  });

  test("keeps what a server sends that is not taken, and what it waits to send", async () => {
    const scene = await serve(from, to, 2);
    const one = known(scene);
    const value = "x".repeat(30_000);
    one.say(`SET key ${value}\r\n`);
    scene.phase("I am ready to be relieved");
    one.say("GET key\r\n".repeat(8));
    const due = `+OK\r\n${`$${value.length}\r\n${value}\r\n`.repeat(8)}`;
    scene.until(() => one.heard.length >= due.length);
    expect(one.heard).toBe(due);
  });
});
