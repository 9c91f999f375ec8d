// One connection of the client: it connects, asks, checks, thinks, and asks again. Where a change
// of kernels may break connections it connects again, looks which of its keys are still there, and
// goes on from that; a request that was under way is then lost, and nothing has failed.
import type { VsockStream } from "../vsock/host.js";
import type { ServiceClient } from "./client.js";
import { encodeCommand, type Reply, ReplyReader } from "./resp.js";
import { keysOf, type Request, Workload } from "./workload.js";

/**
 * Until a refused connection is tried again: the first; and one that was broken, twice as long each
 * time, up to so long for each connection there is, lest the guest does nothing but refuse.
 */
const RETRY_CYCLES = 1_000_000;
const AGAIN_CYCLES = 100_000;
/** How long a connection that may break waits for an answer before it asks whether it is known. */
const DOUBT_CYCLES = 1_000_000;
const SHOWN_CHARACTERS = 60;

function sorted(reply: Reply): string {
  return JSON.stringify(Array.isArray(reply) ? [...reply].sort() : reply);
}

/** What is wrong with a reply, or undefined. */
function difference({ words, expected }: Request, reply: Reply): string | undefined {
  const [got, due] = [sorted(reply), sorted(expected)];
  const short = (text: string) => text.slice(0, SHOWN_CHARACTERS);
  return got === due ? undefined : `${short(words.join(" "))}: ${short(got)}, not ${short(due)}`;
}

/** A look at the keys that a server started anew has: their names first, then each one's value. */
interface Search {
  names: readonly string[] | undefined;
  readonly found: Map<string, string>;
}

export class Session {
  /** Times that the connection was broken. */
  breaks = 0;
  private stream: VsockStream | undefined;
  private reader: ReplyReader | undefined;
  private request: Request | undefined;
  private search: Search | undefined;
  private foundKeys = 0;
  private goneKeys = 0;
  private sent = 0;
  private asked = 0;
  private stopped = false;
  private failed = false;
  private taken = false; // the present connection
  private refusals = 0; // since it was broken
  private readonly workload: Workload;

  constructor(
    private readonly client: ServiceClient,
    private readonly number: number,
  ) {
    this.workload = new Workload(number, client.config.seed);
  }

  private get reconnects(): boolean {
    return this.client.config.reconnects === true;
  }

  connect(): void {
    if (this.stopped) return;
    this.taken = false;
    this.reader = new ReplyReader(
      (reply) => this.answered(reply),
      (reason) => this.fail(reason),
    );
    const stream = this.client.vsock.connect(this.client.config.port, {
      connected: () => this.connected(),
      data: (bytes) => {
        this.client.tap?.(this.number, "in", bytes);
        this.reader?.take(bytes);
        this.stream?.consume(bytes.length);
      },
      ended: () => this.ended(),
      closed: () => this.closed(stream),
    });
    this.stream = stream;
    if (this.reconnects) this.doubt(stream);
  }

  /** Sends nothing more: ends after the reply that is due, or when it would have asked again. */
  stop(): void {
    this.stopped = true;
  }

  get waits(): boolean {
    return this.request !== undefined;
  }

  /** Keys found to be there, or known to be on a connection that never broke. */
  get keysKept(): number {
    return this.foundKeys + (this.breaks === 0 ? this.workload.size : 0);
  }

  /** Keys found to be gone, or of a connection that was never made again. */
  get keysLost(): number {
    const looking = this.breaks > 0 && (!this.taken || this.search !== undefined);
    return this.goneKeys + (looking ? this.workload.size : 0);
  }

  private connected(): void {
    this.taken = true;
    if (this.breaks === 0) this.ask();
    else this.look();
  }

  /** The guest sends no more: nor do we, unless a reply is due, which then never comes. */
  private ended(): void {
    if (this.reconnects && !this.stopped) this.stream?.reset();
    else this.stream?.end();
  }

  private closed(stream: VsockStream): void {
    if (stream !== this.stream) return;
    if (!this.taken) this.client.after(this.pause(), () => this.connect());
    else if (!this.reconnects) {
      if (!this.stopped || this.request) this.fail("the connection was closed");
    } else this.broken();
  }

  /** Until the next attempt. */
  private pause(): number {
    if (this.breaks === 0) return RETRY_CYCLES;
    const most = Math.max(RETRY_CYCLES, AGAIN_CYCLES * this.client.config.connections);
    return Math.min(most, AGAIN_CYCLES * 2 ** this.refusals++);
  }

  private broken(): void {
    if (this.failed || (this.stopped && !this.request)) return;
    this.breaks++;
    if (this.request) this.client.lost++;
    this.request = undefined;
    this.search = undefined;
    this.taken = false;
    this.refusals = 0;
    this.client.after(this.pause(), () => this.connect());
  }

  /** Looks now and then whether the guest still knows this connection, while it waits for it. */
  private doubt(stream: VsockStream): void {
    this.client.after(DOUBT_CYCLES, () => {
      if (stream !== this.stream || this.stopped) return;
      if (!this.taken && this.breaks > 0) {
        stream.reset(); // a guest that went down has taken the request along
        return;
      }
      if (this.request || this.search) stream.probe();
      this.doubt(stream);
    });
  }

  private send(words: readonly string[]): void {
    const bytes = encodeCommand(words);
    this.client.tap?.(this.number, "out", bytes);
    this.stream?.write(bytes);
  }

  private ask(): void {
    if (!this.taken) return; // broken meanwhile
    const { requests = Number.POSITIVE_INFINITY } = this.client.config;
    if (this.asked >= requests) this.stopped = true;
    if (this.stopped) {
      this.stream?.end();
      return;
    }
    this.asked++;
    this.request = this.workload.next();
    this.sent = this.client.vsock.cycle;
    this.send(this.request.words);
  }

  private answered(reply: Reply): void {
    if (this.search) {
      this.found(this.search, reply);
      return;
    }
    const request = this.request;
    this.request = undefined;
    const wrong = request ? difference(request, reply) : `nothing was asked: ${sorted(reply)}`;
    if (wrong !== undefined) {
      this.fail(wrong);
      return;
    }
    this.workload.settle();
    const answered = this.client.vsock.cycle;
    this.client.exchanges.push({ sent: this.sent, answered, connection: this.number });
    if (this.stopped) this.stream?.end();
    else this.think();
  }

  private think(): void {
    const { stream } = this;
    this.client.after(this.client.config.thinkCycles, () => {
      if (stream === this.stream) this.ask();
    });
  }

  /** Asks a server that was started anew for this connection's keys. */
  private look(): void {
    this.search = { names: undefined, found: new Map() };
    this.send(["KEYS", keysOf(this.number)]);
  }

  private found(search: Search, reply: Reply): void {
    const next = search.names?.[search.found.size];
    if (search.names === undefined && Array.isArray(reply)) search.names = reply.map(String);
    else if (next !== undefined && typeof reply === "string") search.found.set(next, reply);
    else {
      this.fail(`GET of a key that is there: ${sorted(reply)}`);
      return;
    }
    const name = search.names?.[search.found.size];
    if (name === undefined) this.goOn(search.found);
    else this.send(["GET", name]);
  }

  private goOn(found: ReadonlyMap<string, string>): void {
    this.search = undefined;
    const { kept, lost, wrong } = this.workload.survey(found);
    this.foundKeys += kept;
    this.goneKeys += lost;
    if (wrong.length > 0) this.fail(`${wrong[0]} has a value that it never had`);
    else this.ask();
  }

  private fail(reason: string): void {
    if (this.failed) return;
    this.failed = true;
    this.client.failures.push(`connection ${this.number}: ${reason}`);
    this.request = undefined;
    this.stopped = true;
    this.stream?.reset();
  }
}
