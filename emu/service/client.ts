// A closed-loop client of the guest's key-value server, in machine time: each connection sends a
// request, checks the reply, thinks, and sends the next. What it does is a function of its
// configuration and of the guest alone.
import type { Machine } from "../machine.js";
import type { VsockHost, VsockStream } from "../vsock/host.js";
import { encodeCommand, type Reply, ReplyReader } from "./resp.js";
import { type Request, Workload } from "./workload.js";

export interface ClientConfig {
  readonly connections: number;
  readonly seed: number;
  /** The guest's port. */
  readonly port: number;
  /** From a reply to the next request of the same connection. */
  readonly thinkCycles: number;
}

/** A request that was answered: when it was sent, and when its last byte came back. */
export interface Exchange {
  readonly sent: number;
  readonly answered: number;
}

const RETRY_CYCLES = 1_000_000;
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

/** One connection, which connects anew until it is taken for the first time, and never again. */
class Session {
  private stream: VsockStream | undefined;
  private reader: ReplyReader | undefined;
  private request: Request | undefined;
  private sent = 0;
  private stopped = false;
  private failed = false;
  private readonly workload: Workload;

  constructor(
    private readonly client: ServiceClient,
    private readonly number: number,
  ) {
    this.workload = new Workload(number, client.config.seed);
  }

  connect(): void {
    if (this.stopped) return;
    let taken = false;
    this.reader = new ReplyReader(
      (reply) => this.answered(reply),
      (reason) => this.fail(reason),
    );
    this.stream = this.client.vsock.connect(this.client.config.port, {
      connected: () => {
        taken = true;
        this.ask();
      },
      data: (bytes) => {
        this.reader?.take(bytes);
        this.stream?.consume(bytes.length);
      },
      ended: () => this.stream?.end(),
      closed: () => {
        if (!taken) this.client.after(RETRY_CYCLES, () => this.connect());
        else if (!this.stopped || this.request) this.fail("the connection was closed");
      },
    });
  }

  /** Sends nothing more: ends after the reply that is due, or when it would have asked again. */
  stop(): void {
    this.stopped = true;
  }

  get waits(): boolean {
    return this.request !== undefined;
  }

  private ask(): void {
    if (this.stopped) {
      this.stream?.end();
      return;
    }
    this.request = this.workload.next();
    this.sent = this.client.vsock.cycle;
    this.stream?.write(encodeCommand(this.request.words));
  }

  private answered(reply: Reply): void {
    const request = this.request;
    this.request = undefined;
    const wrong = request ? difference(request, reply) : `nothing was asked: ${sorted(reply)}`;
    if (wrong !== undefined) {
      this.fail(wrong);
      return;
    }
    this.client.exchanges.push({ sent: this.sent, answered: this.client.vsock.cycle });
    if (this.stopped) this.stream?.end();
    else this.client.after(this.client.config.thinkCycles, () => this.ask());
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

export class ServiceClient {
  /** In the order of their replies. */
  readonly exchanges: Exchange[] = [];
  /** One line for each request that was not answered, or answered wrongly. */
  readonly failures: string[] = [];
  private readonly sessions: readonly Session[];

  constructor(
    private readonly machine: Pick<Machine, "at">,
    readonly vsock: VsockHost,
    readonly config: ClientConfig,
  ) {
    this.sessions = Array.from({ length: config.connections }, (_, i) => new Session(this, i));
  }

  /** Connects; what is refused is tried again every 10 ms of machine time. */
  start(): void {
    for (const session of this.sessions) session.connect();
  }

  /**
   * Ends each connection after its reply, or when it would have asked again. It does nothing
   * itself, so an event's listener may call it, whenever the host happens to read the event.
   */
  stop(): void {
    for (const session of this.sessions) session.stop();
  }

  /** Requests without a reply so far. */
  get waiting(): number {
    return this.sessions.filter((session) => session.waits).length;
  }

  /** For Session. */
  after(cycles: number, action: () => void): void {
    this.machine.at(this.vsock.cycle + cycles, action);
  }
}
