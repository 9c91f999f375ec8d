// The memory of a machine whose harts run at the same time, and what the core's parallel build
// imports, on the main thread and in each worker alike.

/** A memory that threads can share, within the limits that the core has from asconfig.json. */
export function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
}

/** What an instance does with modules of translated code: its own, and those of others. */
export interface Modules {
  install(place: number, bytes: number, places: number, count: number): number;
  take(until: number): void;
}

/** That of the main thread, which runs no harts. */
const NO_MODULES: Modules = { install: () => 0, take: () => {} };

/** The imports of an instance over `memory`. */
export function parallelImports(memory: WebAssembly.Memory, modules: Modules = NO_MODULES) {
  const { install, take } = modules;
  const wait = (place: number, expected: number, milliseconds: number): void => {
    Atomics.wait(new Int32Array(memory.buffer), place >>> 2, expected, milliseconds);
  };
  return { env: { memory }, parallel: { wait, take }, translator: { install } };
}
