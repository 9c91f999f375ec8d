// A closed-loop client of the guest's key-value server, in machine time: each connection sends a
// request, checks the reply, thinks, and sends the next. What it does is a function of its
// configuration and of the guest alone.
import type { Machine } from "../machine.js";
import type { VsockHost } from "../vsock/host.js";
import { Session } from "./session.js";

export interface ClientConfig {
  readonly connections: number;
  readonly seed: number;
  /** The guest's port. */
  readonly port: number;
  /** From a reply to the next request of the same connection. */
  readonly thinkCycles: number;
  /** A connection that breaks is no failure: it is connected again, and its keys are looked for. */
  readonly reconnects?: boolean;
  /** Of each connection, which ends after so many; without, until stop(). */
  readonly requests?: number;
}

/** A request that was answered: when it was sent, and when its last byte came back. */
export interface Exchange {
  readonly sent: number;
  readonly answered: number;
  readonly connection?: number;
}

/** Bytes as the host sees them: "out" is towards the guest. */
export type Tap = (connection: number, way: "in" | "out", bytes: Uint8Array) => void;

export class ServiceClient {
  /** In the order of their replies. */
  readonly exchanges: Exchange[] = [];
  /** One line for each request that was not answered, or answered wrongly. */
  readonly failures: string[] = [];
  /** Requests under way on connections that broke, where that is no failure. */
  lost = 0;
  /** Sees all bytes of all connections. */
  tap: Tap | undefined;
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

  /** What became of the connections, and of the keys that each had stored. */
  get survival() {
    const sum = (of: (session: Session) => number) =>
      this.sessions.reduce((total, session) => total + of(session), 0);
    return {
      connectionsKept: sum(({ breaks }) => (breaks === 0 ? 1 : 0)),
      connectionsLost: sum(({ breaks }) => breaks),
      keysKept: sum(({ keysKept }) => keysKept),
      keysLost: sum(({ keysLost }) => keysLost),
    };
  }

  /** For Session. */
  after(cycles: number, action: () => void): void {
    this.machine.at(this.vsock.cycle + cycles, action);
  }
}
