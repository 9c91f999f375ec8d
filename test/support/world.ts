// A world for the closed-loop client: time, and a host whose streams end in a server that executes
// commands as the guest's should. A test can refuse connections, break them, and empty the server.
import { type Reply, ReplyReader } from "../../emu/service/resp.js";
import type { StreamHandlers, VsockHost, VsockStream } from "../../emu/vsock/host.js";

export const SERVICE_CYCLES = 500;

/** Executes commands as the guest's server should. */
class Store {
  private readonly values = new Map<string, string>();

  execute([name, key = "", value = ""]: readonly string[]): Reply {
    if (name === "PING") return "PONG";
    if (name === "ECHO") return key;
    if (name === "GET") return this.values.get(key) ?? null;
    if (name === "DEL") return this.values.delete(key) ? 1 : 0;
    if (name === "EXPIRE") return this.values.has(key) ? 1 : 0;
    if (name === "KEYS") {
      return [...this.values.keys()]
        .filter((known) => known.startsWith(key.slice(0, -1)))
        .reverse();
    }
    const next = name === "INCR" ? String(Number(this.values.get(key) ?? "0") + 1) : value;
    this.values.set(key, next);
    return name === "INCR" ? Number(next) : "OK";
  }
}

export function encodeReply(reply: Reply): string {
  if (reply === null) return "$-1\r\n";
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `$${reply.length}\r\n${reply}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join("")}`;
}

/** One connection; nothing comes of it any more once it is closed. */
class Stream {
  open = true;

  constructor(readonly handlers: StreamHandlers) {}

  data(bytes: Uint8Array): void {
    if (this.open) this.handlers.data?.(bytes);
  }

  close(error: boolean): void {
    if (!this.open) return;
    this.open = false;
    this.handlers.closed?.(error);
  }
}

/** Time, and a host whose streams end in a server; `answer` may change what it says. */
export class World {
  cycle = 0;
  refuse = 0;
  readonly streams: Stream[] = [];
  private store = new Store();
  private readonly due: { cycle: number; action: () => void }[] = [];

  constructor(private readonly answer: (text: string) => string = (text) => text) {}

  at = (cycle: number, action: () => void): void => {
    this.due.push({ cycle, action });
    this.due.sort((a, b) => a.cycle - b.cycle);
  };

  run(cycles: number): void {
    const end = this.cycle + cycles;
    while ((this.due[0]?.cycle ?? Number.POSITIVE_INFINITY) <= end) {
      const next = this.due.shift();
      this.cycle = next?.cycle ?? end;
      next?.action();
    }
    this.cycle = end;
  }

  /** The server has lost all its keys. */
  forget(): void {
    this.store = new Store();
  }

  /** All connections break, as at a reset. */
  breakAll(): void {
    for (const stream of [...this.streams]) stream.close(true);
  }

  host(): VsockHost {
    const connect = (_: number, handlers: StreamHandlers): VsockStream => {
      const stream = new Stream(handlers);
      this.streams.push(stream);
      if (this.refuse > 0) {
        this.refuse--;
        this.at(this.cycle, () => stream.close(true));
      } else this.at(this.cycle, () => stream.open && handlers.connected?.());
      const commands = new ReplyReader(
        (words) => {
          const text = this.answer(encodeReply(this.store.execute(words as string[])));
          for (const piece of [text.slice(0, 3), text.slice(3)]) {
            this.at(this.cycle + SERVICE_CYCLES, () => stream.data(Buffer.from(piece)));
          }
        },
        () => undefined,
      );
      const write = (bytes: Uint8Array) => commands.take(bytes);
      const end = () => this.at(this.cycle, () => stream.close(false));
      const reset = () => stream.close(false);
      return { write, consume: () => {}, probe: () => {}, end, reset } as unknown as VsockStream;
    };
    const world = this;
    return {
      connect,
      get cycle() {
        return world.cycle;
      },
    } as unknown as VsockHost;
  }
}
