// Where a long output goes: a file or standard output, in pieces, and no faster than it is taken,
// so that memory stays bounded. A reader that goes away ends it: then write() throws Enough.
import { closeSync, openSync, writeSync } from "node:fs";
import { Enough } from "../index.js";
import { UsageError } from "./exit.js";

const PIECE_BYTES = 1 << 16;
const STDOUT = 1;
const RETRY_MILLISECONDS = 1;

export class Sink {
  private readonly file: number;
  private readonly piece = Buffer.alloc(PIECE_BYTES);
  private used = 0;
  private gone = false;

  /** Without a path: standard output. Throws UsageError. */
  constructor(
    private readonly path: string | undefined,
    private readonly option: string,
  ) {
    this.file = path === undefined ? STDOUT : this.attempt(() => openSync(path, "w"));
  }

  /** Throws Enough when nobody reads on, and UsageError when it cannot be written. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (this.used + bytes.length > PIECE_BYTES) this.flush();
    if (bytes.length > PIECE_BYTES) {
      this.put(bytes);
      return;
    }
    this.piece.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Writes what is left; a reader that has gone is no error any more. */
  close(): void {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
    }
    if (this.path !== undefined) closeSync(this.file);
  }

  private flush(): void {
    const bytes = this.piece.subarray(0, this.used);
    this.used = 0;
    this.put(bytes);
  }

  private put(bytes: Uint8Array): void {
    if (this.gone) throw new Enough();
    for (let at = 0; at < bytes.length; ) {
      at += this.attempt(() => writeSync(this.file, bytes, at));
    }
  }

  private attempt(act: () => number): number {
    while (true) {
      try {
        return act();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EPIPE") {
          this.gone = true;
          throw new Enough();
        }
        if (code !== "EAGAIN") {
          const where = this.path ?? "standard output";
          throw new UsageError(
            `${this.option}: cannot write ${where} (${code}); give another file`,
          );
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
      }
    }
  }
}
