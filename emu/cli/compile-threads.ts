// How many threads the host compiles WebAssembly on. V8 makes hot code better in the background, on
// up to four threads whatever the number of cores. With more than there are cores, the guest's
// thread waits for them, 2 to 5 ms at a time, just when code gets hot: measured with Node 20 on two
// cores, where it slept in the call that hands a function over to them.
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

/** Threads that compile, of a host with so many cores: the guest's thread keeps one. */
export const compileThreads = (cores: number): number => Math.max(1, cores - 1);

/** Leaves a core to the guest's thread. For the whole process, so a library does not do it. */
export function leaveCore(): void {
  setFlagsFromString(`--wasm-num-compilation-tasks=${compileThreads(availableParallelism())}`);
}
