// What one connection of the client asks: a seeded mix of commands on keys of its own, so that it
// knows what every reply must be.
import type { Reply } from "./resp.js";

export interface Request {
  readonly words: readonly string[];
  readonly expected: Reply;
}

const KEYS = 8;
const COUNTERS = 4;
const SHORT_BYTES = 200;
const LONG_BYTES = 9000; // more than a guest's socket buffer holds
const EXPIRY_SECONDS = "100000";

/** Uniform numbers in [0, 1) from a seed: a 32-bit counter through MurmurHash3's finalizer. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}

export class Workload {
  private readonly values = new Map<string, string>();
  private readonly random: () => number;

  constructor(
    private readonly connection: number,
    seed: number,
  ) {
    this.random = generator(
      Math.imul(seed + 1, 0x2545f491) ^ Math.imul(connection + 1, 0x9e3779b1),
    );
  }

  next(): Request {
    const draw = this.random();
    if (draw < 0.4) return this.get();
    if (draw < 0.7) return this.set();
    if (draw < 0.85) return this.increment();
    if (draw < 0.9) return { words: ["PING"], expected: "PONG" };
    if (draw < 0.94) return this.echo();
    if (draw < 0.97) return this.remove();
    return draw < 0.99 ? this.expire() : this.keys();
  }

  private pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  private key(): string {
    return `c${this.connection}:k${this.pick(KEYS)}`;
  }

  private text(bytes: number): string {
    const letters = Array.from({ length: 16 }, () => String.fromCharCode(97 + this.pick(26)));
    return letters
      .join("")
      .repeat(Math.ceil(bytes / 16))
      .slice(0, bytes);
  }

  private get(): Request {
    const key = this.key();
    return { words: ["GET", key], expected: this.values.get(key) ?? null };
  }

  private set(): Request {
    const [key, long] = [this.key(), this.random() < 0.03];
    const value = this.text(long ? LONG_BYTES : 1 + this.pick(SHORT_BYTES));
    this.values.set(key, value);
    return { words: ["SET", key, value], expected: "OK" };
  }

  private increment(): Request {
    const key = `c${this.connection}:n${this.pick(COUNTERS)}`;
    const value = Number(this.values.get(key) ?? "0") + 1;
    this.values.set(key, String(value));
    return { words: ["INCR", key], expected: value };
  }

  private echo(): Request {
    const text = this.text(1 + this.pick(SHORT_BYTES));
    return { words: ["ECHO", text], expected: text };
  }

  private remove(): Request {
    const key = this.key();
    return { words: ["DEL", key], expected: this.values.delete(key) ? 1 : 0 };
  }

  private expire(): Request {
    const key = this.key();
    return { words: ["EXPIRE", key, EXPIRY_SECONDS], expected: this.values.has(key) ? 1 : 0 };
  }

  private keys(): Request {
    const expected = [...this.values.keys()].sort();
    return { words: ["KEYS", `c${this.connection}:*`], expected };
  }
}
