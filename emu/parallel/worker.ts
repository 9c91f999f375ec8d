// A worker thread of a machine whose harts run at the same time: it has the core once more, over
// the machine's memory, and runs its harts whenever the main thread lets them run, until it is
// dismissed. A failure of the core is told on a port, and ends the machine.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { parallelImports } from "../shared-memory.js";
import { growTable, type TranslatingCore } from "../translator.js";
import { sharedModules } from "./modules.js";

/** What the pool gives to a worker. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** From 0 to the number of workers - 1. */
  readonly index: number;
  readonly reports: MessagePort;
  /** Where hot code is translated: a way to each other worker. */
  readonly peers: readonly MessagePort[];
}

/** What a worker says to the pool. */
export interface WorkerReport {
  /** The core has failed, or may not translate. */
  readonly what: "failed" | "refused";
  readonly why: string;
}

interface WorkerCore extends TranslatingCore {
  serve(index: number): void;
  failed(): void;
}

const { module, memory, index, reports, peers } = workerData as WorkerData;
const report = (message: WorkerReport) => reports.postMessage(message);
const modules = sharedModules(
  () => core,
  peers,
  (why) => report({ what: "refused", why }),
);
const core = new WebAssembly.Instance(module, parallelImports(memory, modules))
  .exports as unknown as WorkerCore;
growTable(core);
parentPort?.postMessage("ready");
try {
  core.serve(index);
} catch (error) {
  report({ what: "failed", why: error instanceof Error ? String(error.stack) : String(error) });
  core.failed();
}
reports.close();
for (const peer of peers) peer.close();
