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
import type { WorkerData, WorkerReport } from "./worker.js";

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

/** For each of so many workers, its ends of a channel to each other one. */
function meshOf(workers: number): MessagePort[][] {
  const ends: MessagePort[][] = Array.from({ length: workers }, () => []);
  for (let one = 0; one < workers; one++) {
    for (let other = 0; other < one; other++) {
      const { port1, port2 } = new MessageChannel();
      ends[one]?.push(port1);
      ends[other]?.push(port2);
    }
  }
  return ends;
}

export class Pool {
  private readonly threads: Worker[] = [];
  private readonly reports: MessagePort[] = [];
  private readonly told: WorkerReport[] = [];
  private translates = false; // as far as is known
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
    pool.translates = core.translates() !== 0;
    const mesh = meshOf(pool.translates ? workers : 0);
    const started = Array.from({ length: workers }, (_, index) =>
      pool.start(module, index, mesh[index] ?? []),
    );
    try {
      await Promise.all(started);
    } catch (error) {
      await pool.close();
      throw error;
    }
    for (const thread of pool.threads) thread.unref();
    return pool;
  }

  private start(module: WebAssembly.Module, index: number, peers: MessagePort[]): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const data: WorkerData = { module, memory: this.core.memory, index, reports: port2, peers };
    // Of the process's own options some are for its first module alone.
    const options = { workerData: data, transferList: [port2, ...peers], execArgv: [] };
    const thread = new Worker(WORKER, options);
    this.threads.push(thread);
    this.reports.push(port1);
    port1.unref();
    return new Promise((resolve, reject) => {
      thread.once("message", () => resolve());
      thread.once("error", reject);
    });
  }

  /** What the workers have said so far. */
  private listen(what: WorkerReport["what"]): string[] {
    for (const port of this.reports) {
      for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
        this.told.push(got.message as WorkerReport);
      }
    }
    return this.told.filter((report) => report.what === what).map(({ why }) => why);
  }

  /** What the workers that have failed say of it. */
  failure(): string {
    return this.listen("failed").join("; ") || "it did not say why";
  }

  /** Why hot code is not translated any more: behind the run() in which that was found, once. */
  refusal(): string | undefined {
    if (!this.translates || this.core.translates() !== 0) return undefined;
    this.translates = false;
    return this.listen("refused").join("; ") || "a worker may not";
  }

  /** Ends the threads; not during a run(). */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.core.dismiss();
    for (const port of this.reports) port.close();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }
}
