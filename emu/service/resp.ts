// The Redis serialization protocol, version 2 (redis.io, "Redis serialization protocol
// specification"): commands as arrays of bulk strings, and replies as plain values.
import Parser from "redis-parser";

export type Reply = string | number | null | readonly Reply[];

export function encodeCommand(words: readonly string[]): Uint8Array {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

const REPLY_BYTES_MAX = 1 << 20;

/** Reads replies from the pieces of a stream, in whatever pieces it comes. */
export class ReplyReader {
  private readonly parser: Parser;
  private waiting = 0; // bytes since the last reply
  private over = false;

  /** `failed`: an error reply, or bytes that are no reply. */
  constructor(
    reply: (value: Reply) => void,
    private readonly failed: (reason: string) => void,
  ) {
    this.parser = new Parser({
      returnReply: (value) => {
        this.waiting = 0;
        reply(value);
      },
      returnError: (error) => failed(error.message),
      returnFatalError: (error) => failed(error.message),
    });
  }

  /** After bytes that make the parser give up, or a reply of more than 1 MiB, nothing is read. */
  take(bytes: Uint8Array): void {
    if (this.over) return;
    this.waiting += bytes.length;
    try {
      if (this.waiting > REPLY_BYTES_MAX) throw new RangeError("too long");
      this.parser.execute(Buffer.from(bytes));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // of a length that is none, or of its depth
      this.over = true;
      this.failed(`the reply is none: ${error.message}`);
    }
  }
}
