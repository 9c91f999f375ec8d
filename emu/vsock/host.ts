// The host's end of the socket device: streams to and from the guest, with credit in both
// directions. Nothing here waits or looks at a clock: it acts on the guest's packets and on calls,
// and each packet enters the guest a fixed latency after what caused it, so that a run in which
// only the guest and this code act is the same however the host slices it.
import type { Machine } from "../machine.js";
import {
  GUEST_CID,
  HOST_CID,
  OP,
  type Packet,
  readPacket,
  SHUT_RECEIVE,
  SHUT_SEND,
  STREAM,
  writePacket,
} from "./packet.js";

const BUFFER_BYTES = 65536;
const DATA_BYTES_MAX = 32768;
const IN_FLIGHT_MAX = 1 << 18; // whatever buffer the guest says it has
const STREAMS_MAX = 1024; // that the guest may open
const FIRST_PORT = 49152;
const LATENCY_CYCLES = 1000;
const NO_DATA = new Uint8Array(0);

/** What a stream tells its user; each is called at the cycle of the packet that causes it. */
export interface StreamHandlers {
  readonly connected?: () => void;
  /** Data from the guest. Call `consume` when it is done with; until then it uses up credit. */
  readonly data?: (bytes: Uint8Array) => void;
  /** The guest sends no more. */
  readonly ended?: () => void;
  /** The stream is over: both sides have ended, or it was refused or reset (`error`). */
  readonly closed?: (error: boolean) => void;
  /** All that was written has been given to the guest. */
  readonly drained?: () => void;
}

type State = "connecting" | "connected" | "closed";

/** One connection. */
export class VsockStream {
  handlers: StreamHandlers = {};
  private state: State;
  private queue: Uint8Array[] = [];
  private queued = 0;
  private sent = 0;
  private held = 0; // bytes received and not consumed
  private taken = 0;
  private reported = 0;
  private guestBuffer = 0;
  private guestTaken = 0;
  private ending = false;
  private endSent = false;
  private guestEnded = false;

  /** Use VsockHost.connect() and listen(). */
  constructor(
    private readonly host: VsockHost,
    readonly hostPort: number,
    readonly guestPort: number,
    state: State,
  ) {
    this.state = state;
  }

  /** Bytes that wait for the guest's credit. */
  get waiting(): number {
    return this.queued;
  }

  /** Sends data, as the guest's credit allows. */
  write(bytes: Uint8Array): void {
    if (this.ending || this.state === "closed" || bytes.length === 0) return;
    this.queue.push(bytes);
    this.queued += bytes.length;
    this.flush();
  }

  /** Sends no more once all that was written is sent. */
  end(): void {
    if (this.ending || this.state === "closed") return;
    this.ending = true;
    this.flush();
  }

  /** Breaks the connection off. */
  reset(): void {
    if (this.state === "closed") return;
    this.send(OP.reset, NO_DATA);
    this.close(false);
  }

  /** Asks for the guest's credit: a guest that does not know the connection resets it. */
  probe(): void {
    if (this.state === "connected") this.send(OP.creditRequest, NO_DATA);
  }

  /** `bytes` of received data are consumed: the guest may send as many more. */
  consume(bytes: number): void {
    this.taken += bytes;
    this.held -= bytes;
    if (this.state === "connected" && this.taken - this.reported >= BUFFER_BYTES / 2) {
      this.send(OP.creditUpdate, NO_DATA);
    }
  }

  private credit(): number {
    return Math.min(this.guestBuffer, IN_FLIGHT_MAX) - ((this.sent - this.guestTaken) >>> 0);
  }

  private flush(): void {
    while (this.state === "connected" && this.queued > 0 && this.credit() > 0) {
      const first = this.queue[0] as Uint8Array;
      const piece = first.subarray(0, Math.min(this.credit(), DATA_BYTES_MAX));
      if (piece.length === first.length) this.queue.shift();
      else this.queue[0] = first.subarray(piece.length);
      this.queued -= piece.length;
      this.sent = (this.sent + piece.length) >>> 0;
      this.send(OP.data, piece);
      if (this.queued === 0) this.handlers.drained?.();
    }
    if (this.state === "connected" && this.ending && !this.endSent && this.queued === 0) {
      this.endSent = true;
      this.send(OP.shutdown, NO_DATA, SHUT_SEND);
      this.closeIfOver();
    }
  }

  /** For VsockHost: a packet of the guest for this stream. */
  take(packet: Packet): void {
    this.guestBuffer = packet.bufferBytes;
    this.guestTaken = packet.takenBytes;
    if (packet.op === OP.reset) this.close(this.state === "connecting" || !this.guestEnded);
    else if (packet.op === OP.response && this.state === "connecting") {
      this.state = "connected";
      this.handlers.connected?.();
    } else if (packet.op === OP.data) this.takeData(packet.data);
    else if (packet.op === OP.creditRequest) this.send(OP.creditUpdate, NO_DATA);
    else if (packet.op === OP.shutdown) this.takeShutdown(packet.flags);
    this.flush();
  }

  /** Data that the guest may not send, by its credit or by its state, ends the connection. */
  private takeData(data: Uint8Array): void {
    const open = this.state === "connected" && !this.guestEnded;
    if (!open || this.held + data.length > BUFFER_BYTES) {
      this.send(OP.reset, NO_DATA);
      this.close(true);
      return;
    }
    if (data.length === 0) return;
    this.held += data.length;
    if (this.handlers.data) this.handlers.data(data);
    else this.consume(data.length);
  }

  private takeShutdown(flags: number): void {
    if ((flags & SHUT_RECEIVE) !== 0) {
      this.queue = [];
      this.queued = 0;
      this.endSent = this.ending = true;
    }
    if ((flags & SHUT_SEND) !== 0 && !this.guestEnded) {
      this.guestEnded = true;
      this.handlers.ended?.();
    }
    this.closeIfOver();
  }

  private closeIfOver(): void {
    if (!this.endSent || !this.guestEnded || this.state === "closed") return;
    this.send(OP.reset, NO_DATA);
    this.close(false);
  }

  /** For VsockHost: a packet of this stream found no room, or the guest is gone. */
  lost(): void {
    this.close(true);
  }

  private close(error: boolean): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.host.forget(this);
    this.handlers.closed?.(error);
  }

  /** For VsockHost: sends a packet of this stream. */
  send(op: number, data: Uint8Array, flags = 0): void {
    this.reported = this.taken;
    this.host.send(this.hostPort, this.guestPort, op, data, flags, this.taken >>> 0);
  }
}

/** All streams between the host and one machine. */
export class VsockHost {
  private readonly streams = new Map<string, VsockStream>();
  private readonly listeners = new Map<number, (stream: VsockStream) => void>();
  private nextPort = FIRST_PORT;
  private now: number | undefined;

  /** `latencyCycles`: from a packet of the guest, or a call, until the answer enters the guest. */
  constructor(
    private readonly machine: Pick<Machine, "at" | "cycle" | "on" | "sendPacket">,
    private readonly latencyCycles = LATENCY_CYCLES,
  ) {
    machine.on("packet", ({ cycle, bytes }) => {
      const packet = readPacket(bytes);
      this.now = cycle;
      if (packet) this.take(packet);
      this.now = undefined;
    });
  }

  /** The cycle of the packet that is being acted on, or the one that the machine has reached. */
  get cycle(): number {
    return this.now ?? this.machine.cycle();
  }

  /** Opens a stream to a port of the guest; `connected` or `closed` tells how it went. */
  connect(guestPort: number, handlers: StreamHandlers = {}): VsockStream {
    const stream = new VsockStream(this, this.freePort(guestPort), guestPort, "connecting");
    stream.handlers = handlers;
    this.streams.set(keyOf(stream.hostPort, guestPort), stream);
    stream.send(OP.request, NO_DATA);
    return stream;
  }

  /** Takes connections of the guest to a port of the host. */
  listen(hostPort: number, accept: (stream: VsockStream) => void): void {
    this.listeners.set(hostPort, accept);
  }

  /** The machine was reset: nobody is left at the other end of any stream, and each closes. */
  peerReset(): void {
    for (const stream of [...this.streams.values()]) stream.lost();
  }

  private freePort(guestPort: number): number {
    while (this.streams.has(keyOf(this.nextPort, guestPort))) this.advance();
    const port = this.nextPort;
    this.advance();
    return port;
  }

  private advance(): void {
    this.nextPort = this.nextPort === 65535 ? FIRST_PORT : this.nextPort + 1;
  }

  private take(packet: Packet): void {
    if (packet.sourceCid !== GUEST_CID || packet.targetCid !== HOST_CID) return;
    if (packet.type !== STREAM) return;
    const stream = this.streams.get(keyOf(packet.targetPort, packet.sourcePort));
    const accept = this.listeners.get(packet.targetPort);
    if (stream) stream.take(packet);
    else if (packet.op === OP.request && accept && this.streams.size < STREAMS_MAX)
      this.accept(packet, accept);
    else if (packet.op !== OP.reset) {
      this.send(packet.targetPort, packet.sourcePort, OP.reset, NO_DATA, 0, 0);
    }
  }

  private accept(packet: Packet, accept: (stream: VsockStream) => void): void {
    const stream = new VsockStream(this, packet.targetPort, packet.sourcePort, "connected");
    this.streams.set(keyOf(packet.targetPort, packet.sourcePort), stream);
    stream.send(OP.response, NO_DATA);
    accept(stream);
    stream.take(packet); // its credit
  }

  /** For VsockStream. */
  forget(stream: VsockStream): void {
    this.streams.delete(keyOf(stream.hostPort, stream.guestPort));
  }

  /** For VsockStream. */
  send(
    hostPort: number,
    guestPort: number,
    op: number,
    data: Uint8Array,
    flags: number,
    takenBytes: number,
  ): void {
    const packet = writePacket({
      sourceCid: HOST_CID,
      targetCid: GUEST_CID,
      sourcePort: hostPort,
      targetPort: guestPort,
      type: STREAM,
      op,
      flags,
      bufferBytes: BUFFER_BYTES,
      takenBytes,
      data,
    });
    this.machine.at(this.cycle + this.latencyCycles, () => {
      if (!this.machine.sendPacket(packet)) this.streams.get(keyOf(hostPort, guestPort))?.lost();
    });
  }
}

function keyOf(hostPort: number, guestPort: number): string {
  return `${hostPort}:${guestPort}`;
}
