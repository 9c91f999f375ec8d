// `--gdb PORT`: a server for one gdb at a time, on 127.0.0.1 alone. The machine stands before its
// first instruction until gdb lets it go. After a detach it runs on, and another client may come; a
// client that goes away without one leaves the machine as it is, standing or running, as QEMU does.
import { createServer, type Server, type Socket } from "node:net";
import {
  Connection,
  type Machine,
  placedImages,
  type RunResult,
  Stub,
  type StubOwner,
} from "../index.js";
import { Interrupted, UsageError } from "./exit.js";
import { symbolFiles } from "./images.js";

/** Replies that the client has not taken, in bytes, before its packets have to wait. */
const UNREAD_MAX = 1 << 20;

const WAIT_MILLISECONDS = 1000;

interface Client {
  readonly socket: Socket;
  readonly connection: Connection;
}

export class GdbServer implements StubOwner {
  private readonly server: Server;
  private stub: Stub | undefined;
  private client: Client | undefined;
  private nudged: () => void = () => undefined;

  private constructor(private readonly kernel: string | undefined) {
    this.server = createServer((socket) => this.join(socket)).unref();
  }

  /**
   * Listens; a port of 0 is chosen by the system. `kernel` names what is booted, for its symbols.
   * Throws UsageError.
   */
  static async listen(port: number, kernel?: string): Promise<GdbServer> {
    const gdb = new GdbServer(kernel);
    await new Promise<void>((resolve, reject) => {
      gdb.server.once("error", (error: NodeJS.ErrnoException) => {
        const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.code})`;
        reject(new UsageError(`--gdb: port ${port} of 127.0.0.1 ${why}; give another one`));
      });
      gdb.server.listen(port, "127.0.0.1", resolve);
    });
    const address = gdb.server.address();
    const chosen = typeof address === "object" && address ? address.port : port;
    process.stderr.write(`gdb: 127.0.0.1:${chosen}\n`);
    return gdb;
  }

  /** Whether a change in the past has made another future than the one that was seen. */
  get forked(): boolean {
    return this.stub?.history.forked ?? false;
  }

  /** The machine to debug, at its beginning; or the next one, when the guest has reset it. */
  attach(machine: Machine): void {
    if (this.stub) this.stub.attach(machine);
    else this.stub = new Stub(machine, this);
  }

  /** Runs a slice as gdb wants it; waits while the machine stands. Throws Interrupted at a kill. */
  async run(cycles: number): Promise<RunResult> {
    const { stub } = this;
    if (stub?.wish === "kill") {
      this.close();
      throw new Interrupted("killed by gdb");
    }
    if (stub?.running) return stub.slice(cycles);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WAIT_MILLISECONDS); // which keeps the process alive
      this.nudged = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return { reason: "budget" };
  }

  /** Lets run() return, to look at what else has happened. */
  readonly nudge = (): void => this.nudged();

  /** The machine has come to its end: the client is told the exit code; nobody may come now. */
  close(code?: number): void {
    const exited = `W${((code ?? 0) & 0xff).toString(16).padStart(2, "0")}`;
    if (code !== undefined) this.client?.connection.send(exited);
    this.client?.socket.destroySoon();
    if (this.server.listening) this.server.close();
  }

  // --- What the stub asks for.

  readonly send = (reply: string): void => this.client?.connection.send(reply);

  readonly notice = (text: string): void => void process.stderr.write(`${text}\n`);

  readonly kernels = (machine: Machine): string[] => {
    const { files, paths } = symbolFiles(this.kernel);
    return placedImages(machine, files).map(({ name, virtualBase }) => {
      const offset = name === "firmware" ? 0 : virtualBase; // linked at its place, and at 0
      return `add-symbol-file ${paths.get(name)} -o 0x${offset.toString(16)}`;
    });
  };

  // --- Clients.

  private join(socket: Socket): void {
    const { stub } = this;
    if (this.client || !stub) {
      socket.destroy(); // one at a time
      return;
    }
    stub.hold();
    const connection = new Connection(stub, (bytes) => void socket.write(bytes, "latin1"));
    this.client = { socket, connection };
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      connection.receive(bytes);
      this.heed(stub, socket);
    });
    socket.on("drain", () => socket.resume());
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.left(socket));
  }

  private heed(stub: Stub, socket: Socket): void {
    if (socket.writableLength > UNREAD_MAX) socket.pause();
    if (stub.wish === "detach") {
      stub.release();
      socket.end();
    }
    this.nudge();
  }

  private left(socket: Socket): void {
    if (this.client?.socket !== socket) return;
    this.client = undefined;
    this.stub?.leave();
  }
}
