// Two runs of one seed side by side, with and without a change of kernels: whether what the world
// outside sees is the same, byte for byte, and by how much its replies came later.
import type { Exchange } from "../service/client.js";

/** Bytes by the name of their stream. */
export type Streams = ReadonlyMap<string, Uint8Array>;

/** The first place where two streams differ; null: that one has ended. */
export interface Difference {
  readonly stream: string;
  readonly offset: number;
  readonly bytes: readonly [number | null, number | null];
}

/** The first stream that differs, in the order of their names in `a`; null where none does. */
export function firstDifference(a: Streams, b: Streams): Difference | null {
  const none = new Uint8Array(0);
  for (const stream of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(stream) ?? none, b.get(stream) ?? none];
    if (Buffer.compare(one, other) === 0) continue;
    let offset = 0;
    while (one[offset] === other[offset]) offset++;
    return { stream, offset, bytes: [one[offset] ?? null, other[offset] ?? null] };
  }
  return null;
}

/** By how many cycles a reply came later in the second run; which one it was, counted from 0. */
export interface Shift {
  readonly cycles: number;
  readonly connection: number;
  readonly request: number;
}

export interface Shifts {
  /** Of all replies the one that came later by most. */
  readonly largest: Shift;
  /** Of the reply that came last in the second run. */
  readonly last: Shift;
}

const connectionOf = ({ connection = 0 }: Exchange) => connection;

function byConnection(exchanges: readonly Exchange[]): Map<number, Exchange[]> {
  const all = new Map<number, Exchange[]>();
  for (const exchange of exchanges) {
    const own = all.get(connectionOf(exchange)) ?? [];
    own.push(exchange);
    all.set(connectionOf(exchange), own);
  }
  return all;
}

/** Of the replies that both runs have; null where there is none. */
export function shiftsOf(alone: readonly Exchange[], changed: readonly Exchange[]): Shifts | null {
  const before = byConnection(alone);
  const shifts = [...byConnection(changed)].flatMap(([connection, own]) =>
    own.flatMap(({ answered }, request) => {
      const twin = before.get(connection)?.[request];
      return twin ? [{ cycles: answered - twin.answered, connection, request, answered }] : [];
    }),
  );
  const [first] = shifts;
  if (!first) return null;
  const further = (a: typeof first, b: typeof first) => (b.cycles > a.cycles ? b : a);
  const later = (a: typeof first, b: typeof first) => (b.answered > a.answered ? b : a);
  const plain = ({ cycles, connection, request }: typeof first) => ({
    ...{ cycles, connection, request },
  });
  return { largest: plain(shifts.reduce(further)), last: plain(shifts.reduce(later)) };
}
