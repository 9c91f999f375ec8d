// What one connection of the client asks: a seeded mix of commands on keys of its own, so that it
// knows what every reply must be.
import { generator } from "./random.js";
import type { Reply } from "./resp.js";

export interface Request {
  readonly words: readonly string[];
  readonly expected: Reply;
}

/** What a server that was started anew has of a connection's keys. */
export interface Survey {
  readonly kept: number;
  readonly lost: number;
  /** Keys with a value that they never had. */
  readonly wrong: readonly string[];
}

/** The keys' names in a text. */
export const keysOf = (connection: number): string => `c${connection}:*`;

const KEYS = 8;
const COUNTERS = 4;
const SHORT_BYTES = 200;
const LONG_BYTES = 9000; // more than a guest's socket buffer holds
const EXPIRY_SECONDS = "100000";

export class Workload {
  private values = new Map<string, string>();
  private readonly random: () => number;
  private change: { readonly key: string; readonly before: string | undefined } | undefined;

  constructor(
    private readonly connection: number,
    seed: number,
  ) {
    this.random = generator(
      Math.imul(seed + 1, 0x2545f491) ^ Math.imul(connection + 1, 0x9e3779b1),
    );
  }

  /** Keys that the server must have. */
  get size(): number {
    return this.values.size;
  }

  /**
   * Compares with what the server has, and goes on from that. The last request may have been
   * executed or not, if it was not answered.
   */
  survey(found: ReadonlyMap<string, string>): Survey {
    const [known, change] = [this.values, this.change];
    const names = new Set([...known.keys(), ...found.keys(), ...(change ? [change.key] : [])]);
    const may = (key: string) =>
      change?.key === key ? [known.get(key), change.before] : [known.get(key)];
    const all = [...names].map((key) => ({ key, value: found.get(key), may: may(key) }));
    this.values = new Map(found);
    this.change = undefined;
    return {
      kept: all.filter(({ value, may }) => value !== undefined && may.includes(value)).length,
      lost: all.filter(({ value, may }) => value === undefined && !may.includes(value)).length,
      wrong: all
        .filter(({ value, may }) => value !== undefined && !may.includes(value))
        .map(({ key }) => key),
    };
  }

  /** The last request was answered. */
  settle(): void {
    this.change = undefined;
  }

  private put(key: string, value: string | undefined): void {
    this.change = { key, before: this.values.get(key) };
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
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
    this.put(key, value);
    return { words: ["SET", key, value], expected: "OK" };
  }

  private increment(): Request {
    const key = `c${this.connection}:n${this.pick(COUNTERS)}`;
    const value = Number(this.values.get(key) ?? "0") + 1;
    this.put(key, String(value));
    return { words: ["INCR", key], expected: value };
  }

  private echo(): Request {
    const text = this.text(1 + this.pick(SHORT_BYTES));
    return { words: ["ECHO", text], expected: text };
  }

  private remove(): Request {
    const key = this.key();
    const expected = this.values.has(key) ? 1 : 0;
    this.put(key, undefined);
    return { words: ["DEL", key], expected };
  }

  private expire(): Request {
    const key = this.key();
    return { words: ["EXPIRE", key, EXPIRY_SECONDS], expected: this.values.has(key) ? 1 : 0 };
  }

  private keys(): Request {
    const expected = [...this.values.keys()].sort();
    return { words: ["KEYS", keysOf(this.connection)], expected };
  }
}
