// One client of the stub: bytes in, bytes out. Acknowledges packets, sends again what was damaged,
// and refuses what is too long, so that the stub sees packets alone.
import { frame, type Incoming, PacketReader } from "./packets.js";
import type { Stub } from "./stub.js";

export class Connection {
  private readonly reader = new PacketReader();
  private last = "";

  constructor(
    private readonly stub: Stub,
    private readonly write: (bytes: string) => void,
  ) {}

  /** A reply or a stop; its characters are bytes. */
  readonly send = (text: string): void => {
    this.last = frame(text);
    this.write(this.last);
  };

  /** What the client has sent, in any pieces. */
  receive(bytes: Uint8Array): void {
    for (const incoming of this.reader.push(bytes, () => this.stub.acknowledges)) {
      this.act(incoming);
    }
  }

  private act(incoming: Incoming): void {
    const { stub } = this;
    if (incoming.kind === "interrupt") stub.interrupt();
    else if (incoming.kind === "damaged") this.write("-");
    else if (incoming.kind !== "resend") this.answer(incoming);
    else if (stub.acknowledges && this.last !== "") this.write(this.last);
  }

  private answer(incoming: Incoming): void {
    const { stub } = this;
    if (stub.acknowledges) this.write("+");
    const text = incoming.kind === "packet" ? incoming.text : undefined;
    const reply = text === undefined ? "E.packet is too long" : stub.receive(text);
    if (reply !== undefined) this.send(reply);
  }
}
