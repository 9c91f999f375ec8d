// The Redis serialization protocol, version 2 (redis.io, "Redis serialization protocol
// specification"): commands as arrays of bulk strings, and replies as plain values.
import Parser from "redis-parser";

export type Reply = string | number | null | readonly Reply[];

export function encodeCommand(words: readonly string[]): Uint8Array {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

/** Reads replies from the pieces of a stream, in whatever pieces it comes. */
export class ReplyReader {
  private readonly parser: Parser;

  /** `failed`: an error reply, or bytes that are no reply. */
  constructor(reply: (value: Reply) => void, failed: (reason: string) => void) {
    this.parser = new Parser({
      returnReply: reply,
      returnError: (error) => failed(error.message),
      returnFatalError: (error) => failed(error.message),
    });
  }

  take(bytes: Uint8Array): void {
    this.parser.execute(Buffer.from(bytes));
  }
}
