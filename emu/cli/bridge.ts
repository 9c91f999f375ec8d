// Connects TCP ports of this computer to socket ports of the guest: each connection to 127.0.0.1
// becomes a stream, with each side's flow control passed on to the other.
import { createServer, type Server, type Socket } from "node:net";
import { InvalidArgumentError } from "commander";
import type { VsockHost } from "../index.js";
import { UsageError } from "./exit.js";

export interface Forward {
  readonly hostPort: number;
  readonly guestPort: number;
}

const PORT_MAX = 65535;
const WAITING_MAX = 1 << 18; // bytes that the guest does not take yet, before TCP is held back

/** Parses a repeatable `--forward HOST:GUEST`. */
export function forwards(text: string, before: readonly Forward[] = []): Forward[] {
  const match = /^(\d+):(\d+)$/.exec(text);
  const [hostPort, guestPort] = [Number(match?.[1]), Number(match?.[2])];
  if (hostPort <= PORT_MAX && guestPort >= 1 && guestPort <= PORT_MAX) {
    return [...before, { hostPort, guestPort }];
  }
  throw new InvalidArgumentError(
    "--forward takes HOST:GUEST, two port numbers, such as 6379:6379.",
  );
}

/** All ports that are forwarded to one machine. */
export class Bridge {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private vsock: VsockHost;

  /** `woken` is called when something has come in that the machine should see. */
  constructor(
    vsock: VsockHost,
    private readonly woken: () => void,
  ) {
    this.vsock = vsock;
  }

  /** Another machine takes over the ports; the connections of the one before are broken. */
  attach(vsock: VsockHost): void {
    this.vsock = vsock;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Listens; a port of 0 is chosen by the system. Returns the port. Throws UsageError. */
  async listen({ hostPort, guestPort }: Forward): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.join(socket, guestPort));
    this.servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.code})`;
        reject(new UsageError(`--forward: port ${hostPort} of 127.0.0.1 ${why}; give another one`));
      });
      server.listen(hostPort, "127.0.0.1", resolve);
    });
    const address = server.address();
    return typeof address === "object" && address ? address.port : hostPort;
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(socket: Socket, guestPort: number): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    let open = true;
    const stream = this.vsock.connect(guestPort, {
      data: (bytes) => void socket.write(bytes, () => stream.consume(bytes.length)),
      ended: () => void socket.end(),
      drained: () => void socket.resume(),
      closed: (error) => {
        open = false;
        if (error) socket.resetAndDestroy();
        else socket.end();
      },
    });
    socket.on("data", (bytes) => {
      stream.write(bytes);
      if (stream.waiting > WAITING_MAX) socket.pause();
      this.woken();
    });
    socket.on("end", () => {
      stream.end();
      this.woken();
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      this.sockets.delete(socket);
      if (open) stream.reset();
      this.woken();
    });
    this.woken();
  }
}
