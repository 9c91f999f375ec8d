// The memory of a machine whose harts run at the same time, and what the core's parallel build
// imports, on the main thread and in each worker alike.

/** A memory that threads can share, within the limits that the core has from asconfig.json. */
export function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
}

/** The imports of an instance over `memory`; it translates nothing. */
export function parallelImports(memory: WebAssembly.Memory) {
  const wait = (place: number, expected: number, milliseconds: number): void => {
    Atomics.wait(new Int32Array(memory.buffer), place >>> 2, expected, milliseconds);
  };
  return { env: { memory }, parallel: { wait }, translator: { install: () => 0 } };
}
