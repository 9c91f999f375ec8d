// `--gdb` as a server: it is on the loopback, takes one client at a time, keeps the machine as it
// is when a client goes without a word, and ends with it.
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { frame } from "../../emu/gdb/packets.js";
import { type Ended, inFolder, quarterdeck } from "../support/quarterdeck.js";

/** A client without acknowledgements; `ask` gives the next packet. */
class Raw {
  private text = "";
  private wake: () => void = () => undefined;
  readonly closed: Promise<boolean>;

  constructor(private readonly socket: Socket) {
    socket.on("data", (bytes) => {
      this.text += bytes.toString("latin1");
      this.wake();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => socket.on("close", () => resolve(true)));
  }

  static async at(port: number): Promise<Raw> {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    return new Raw(socket);
  }

  async ask(packet: string): Promise<string> {
    this.send(packet);
    while (true) {
      const found = /\$([^#]*)#../.exec(this.text);
      if (found) {
        this.text = this.text.slice(found.index + found[0].length);
        return found[1] as string;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  send(packet: string): void {
    this.socket.write(frame(packet), "latin1");
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Runs `quarterdeck boot --gdb 0`, and `use` with its port. */
function served(use: (port: number) => Promise<void>): Promise<Ended> {
  return inFolder(async (cwd) => {
    let used: Promise<void> | undefined;
    const ended = await quarterdeck(["boot", "--gdb", "0"], {
      cwd,
      started: (child) => {
        let err = "";
        child.stderr?.on("data", (bytes) => {
          err += bytes;
          const port = /gdb: 127\.0\.0\.1:(\d+)\n/.exec(err)?.[1];
          if (!port || used) return;
          used = use(Number(port));
          used.catch(() => child.kill());
        });
      },
    });
    await used;
    return ended;
  });
}

test("one client at a time; the machine stands until it is let go, and ends with `k`", async () => {
  const ended = await served(async (port) => {
    const first = await Raw.at(port);
    expect(await first.ask("?")).toBe("T05thread:1;");
    const second = await Raw.at(port);
    expect(await second.closed).toBe(true);
    expect(await first.ask("p20")).toBe("00100000");
    await first.ask("vCont;s:1");
    first.leave();
    await first.closed;
    let third = await Raw.at(port);
    while ((await Promise.race([third.ask("p20"), third.closed])) === true) {
      third = await Raw.at(port); // the server has not seen yet that the first one left
    }
    expect(await third.ask("p20")).toBe("04100000");
    third.send("k");
    expect(await third.closed).toBe(true);
  });
  expect([ended.code, ended.out]).toEqual([130, ""]);
  expect(ended.err).toContain("killed by gdb");
});

test("what cannot be is refused in one line", async () => {
  await inFolder(async (cwd) => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? `${address.port}` : "";
    const cases: [string[], string][] = [
      [["boot", "--gdb", port], `port ${port} of 127.0.0.1 is in use`],
      [["boot", "--gdb", "70000"], "--gdb takes a whole number from 0 to 65535"],
      [["boot", "--gdb", "0", "--record", "r"], "leave --gdb out"],
      [["relieve", "--gdb", "0", "--record", "r"], "leave --gdb out"],
      [["boot", "no-such-file", "--gdb", "0"], "no-such-file"],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await quarterdeck(args, { cwd });
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    server.close();
  });
});
