// The worker threads of one machine whose harts run at the same time (assembly/parallel/). They
// sleep in the core between runs, do not keep the process alive, and end with it, or by close().
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { type CoreExports, constant, coreModule, hostCores } from "../core.js";
import { ConfigError } from "../errors.js";
import type { WorkerData } from "./worker.js";

/** What the parallel build exports beside the machine's. */
interface ParallelExports extends CoreExports {
  setWorkers(workers: number): void;
  dismiss(): void;
}

/** As compiled, also where this file is not: a worker needs a module of JavaScript. */
const WORKER = new URL("../../dist/parallel/worker.js", import.meta.url);

/** How many workers a machine has: as asked for, or one a hart as long as the host has cores. */
export function workersFor(harts: number, asked: number | undefined): number {
  return Math.min(harts, asked ?? hostCores());
}

export class Pool {
  private readonly threads: Worker[] = [];
  private readonly failures: MessagePort[] = [];
  private closed = false;

  private constructor(private readonly core: ParallelExports) {}

  /** Starts `workers` threads over the memory of `core`, the machine in which is made already. */
  static async open(core: CoreExports, workers: number): Promise<Pool> {
    const most = constant(core, "WORKERS_MAX");
    if (!(Number.isInteger(workers) && workers > 0 && workers <= most)) {
      throw new ConfigError(`parallel: ${workers} workers; give a whole number in 1..${most}`);
    }
    const pool = new Pool(core as ParallelExports);
    const module = await coreModule("parallel");
    pool.core.setWorkers(workers);
    try {
      await Promise.all(Array.from({ length: workers }, (_, index) => pool.start(module, index)));
    } catch (error) {
      await pool.close();
      throw error;
    }
    for (const thread of pool.threads) thread.unref();
    return pool;
  }

  private start(module: WebAssembly.Module, index: number): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const data: WorkerData = { module, memory: this.core.memory, index, failures: port2 };
    // Of the process's own options some are for its first module alone.
    const options = { workerData: data, transferList: [port2], execArgv: [] };
    const thread = new Worker(WORKER, options);
    this.threads.push(thread);
    this.failures.push(port1);
    port1.unref();
    return new Promise((resolve, reject) => {
      thread.once("message", () => resolve());
      thread.once("error", reject);
    });
  }

  /** What the workers that have failed say of it. */
  failure(): string {
    const told = this.failures.map((port) => receiveMessageOnPort(port)?.message as unknown);
    return told.find((text) => text !== undefined) === undefined
      ? "it did not say why"
      : told.filter((text) => text !== undefined).join("; ");
  }

  /** Ends the threads; not during a run(). */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.core.dismiss();
    for (const port of this.failures) port.close();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }
}
