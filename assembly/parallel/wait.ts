// Waiting for a word of memory to change, by the host. WebAssembly has an instruction for it, but
// V8's baseline compiler (11.3, Node 20) loses what a function holds across that instruction; a
// call is safe.

/** Waits while the word at `place` is `expected`, at most so long, or without end for Infinity. */
@external("parallel", "wait")
export declare function waitWhile(place: usize, expected: i32, milliseconds: f64): void;
