// Packets of the GDB remote serial protocol (GDB manual, appendix E): framing, checksums, escapes.
// The reader is fed whatever comes, in any pieces, and holds at most one packet of PACKET_BYTES:
// longer ones are skipped to their end, and told of as too long.
export const PACKET_BYTES = 0x4000;

/** What has come in: a packet's unescaped content (a character a byte), or something between. */
export type Incoming =
  | { readonly kind: "packet"; readonly text: string }
  | { readonly kind: "interrupt" | "damaged" | "oversized" | "resend" };

const [DOLLAR, HASH, ESCAPE, MINUS, INTERRUPT] = [0x24, 0x23, 0x7d, 0x2d, 0x03];

export class PacketReader {
  private readonly bytes = new Uint8Array(PACKET_BYTES);
  private used = 0;
  private sum = 0;
  private state: "between" | "inside" | "first" | "second" = "between";
  private first = 0;

  /** `checked`: packets with a wrong checksum are damaged; without acknowledgements none is. */
  push(input: Uint8Array, checked: () => boolean): Incoming[] {
    const found: Incoming[] = [];
    for (const byte of input) {
      const one = this.take(byte, checked);
      if (one) found.push(one);
    }
    return found;
  }

  private take(byte: number, checked: () => boolean): Incoming | undefined {
    if (this.state === "first") {
      this.first = byte;
      this.state = "second";
      return undefined;
    }
    if (this.state === "second") return this.end(byte, checked());
    if (byte === DOLLAR) {
      this.state = "inside"; // in the middle of a packet too: its end was lost
      this.used = this.sum = 0;
    } else if (this.state === "between") {
      if (byte === INTERRUPT) return { kind: "interrupt" };
      return byte === MINUS ? { kind: "resend" } : undefined;
    } else if (byte === HASH) this.state = "first";
    else {
      this.sum = (this.sum + byte) & 0xff;
      if (this.used < PACKET_BYTES) this.bytes[this.used] = byte;
      this.used = Math.min(this.used + 1, PACKET_BYTES + 1);
    }
    return undefined;
  }

  private end(second: number, checked: boolean): Incoming {
    this.state = "between";
    const digits = String.fromCharCode(this.first, second);
    const right = /^[\da-f]{2}$/i.test(digits) && Number.parseInt(digits, 16) === this.sum;
    if (checked && !right) return { kind: "damaged" };
    if (this.used > PACKET_BYTES) return { kind: "oversized" };
    return { kind: "packet", text: unescaped(this.bytes.subarray(0, this.used)) };
  }
}

function unescaped(bytes: Uint8Array): string {
  const plain: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== ESCAPE) plain.push(byte);
    else if (at + 1 < bytes.length) plain.push((bytes[++at] as number) ^ 0x20);
  }
  return Buffer.from(plain).toString("latin1");
}

/** A packet around `text`, whose characters are bytes. */
export function frame(text: string): string {
  const escaped = text.replace(
    /[#$}*]/g,
    (one) => `}${String.fromCharCode(one.charCodeAt(0) ^ 0x20)}`,
  );
  let sum = 0;
  for (let at = 0; at < escaped.length; at++) sum = (sum + escaped.charCodeAt(at)) & 0xff;
  return `$${escaped}#${sum.toString(16).padStart(2, "0")}`;
}

/** The low 32 bits of a hexadecimal number; undefined when it is none. */
export function hexNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^[\da-f]{1,16}$/i.test(text)) return undefined;
  return Number.parseInt(text.slice(-8), 16);
}

/** Bytes in hexadecimal; undefined when the text is no pairs of digits. */
export function hexBytes(text: string): Uint8Array | undefined {
  if (!/^([\da-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, "hex"));
}

export function toHex(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString("hex");
}

/** A 32-bit register as the protocol has it: bytes in the target's order. */
export function wordHex(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString("hex");
}

/** The inverse; undefined when it is no 32-bit register. */
export function hexWord(text: string): number | undefined {
  const bytes = text.length === 8 ? hexBytes(text) : undefined;
  return bytes && new DataView(bytes.buffer).getUint32(0, true);
}
