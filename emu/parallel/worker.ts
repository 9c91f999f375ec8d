// A worker thread of a machine whose harts run at the same time: it has the core once more, over
// the machine's memory, and runs its harts whenever the main thread lets them run, until it is
// dismissed. A failure of the core is told on a port, and ends the machine.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { parallelImports } from "../shared-memory.js";

/** What the pool gives to a worker. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** From 0 to the number of workers - 1. */
  readonly index: number;
  readonly failures: MessagePort;
}

const { module, memory, index, failures } = workerData as WorkerData;
const core = new WebAssembly.Instance(module, parallelImports(memory)).exports as {
  serve(index: number): void;
  failed(): void;
};
parentPort?.postMessage("ready");
try {
  core.serve(index);
} catch (error) {
  failures.postMessage(error instanceof Error ? String(error.stack) : String(error));
  core.failed();
}
failures.close();
