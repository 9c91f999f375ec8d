// Seeded uniform numbers: what a client asks, and which values a bootstrap draws, is a function of
// the seed alone. The host's own randomness is used nowhere in a run or in what is made of it.

/** Uniform numbers in [0, 1) from a seed: a 32-bit counter through MurmurHash3's finalizer. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}
