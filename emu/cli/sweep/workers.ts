// Takes jobs from queues and runs each in a process of its own, so many at a time. A job's result
// is handed on first and the job ended afterwards, so that one that is lost in between is only run
// again, to the same result.
import { UsageError } from "../exit.js";
import type { Children } from "./children.js";
import { Patience } from "./patience.js";
import { isAway, type Queue, type Taken } from "./queue.js";

const KEEP_ALIVE_MS = 5_000;

export interface WorkersOptions {
  readonly queue: Queue;
  readonly children: Children;
  readonly slots: number;
  /** How long to wait when there was nothing to do, in milliseconds of the host. */
  readonly pollMs: number;
  /** Takes a result; what it returns is kept as the job's output. */
  readonly deliver: (job: Taken, text: string) => { readonly result?: string };
  /** Told when a job has failed for good. */
  readonly failed?: (job: Taken, why: string) => void;
  readonly say: (line: string) => void;
}

export class Workers {
  private readonly busy = new Map<Taken, Promise<void>>();
  private readonly patience: Patience;
  private trouble: unknown;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: WorkersOptions) {
    this.patience = new Patience(options.say);
  }

  get running(): number {
    return this.busy.size;
  }

  /** Works until `done` says so, or stop(); throws what delivering throws. */
  async work(names: () => Promise<string[]>, done: () => boolean): Promise<void> {
    const alive = setInterval(() => void this.sayAlive(), KEEP_ALIVE_MS);
    try {
      while (!this.patience.stopped && this.trouble === undefined && !done()) {
        const took = await this.takeSome(names);
        if (!took && !done()) await this.patience.pause(this.options.pollMs);
      }
    } finally {
      clearInterval(alive);
    }
    if (this.trouble !== undefined) throw this.trouble;
  }

  private async takeSome(names: () => Promise<string[]>): Promise<boolean> {
    const { queue, slots } = this.options;
    let took = false;
    const all = this.busy.size < slots ? ((await this.patience.again(names)) ?? []) : [];
    for (const name of all) {
      const free = slots - this.busy.size;
      if (free <= 0 || this.patience.stopped) break;
      const jobs = (await this.patience.again(() => queue.take(name, free))) ?? [];
      for (const job of jobs) this.begin(job);
      took ||= jobs.length > 0;
    }
    return took;
  }

  private begin(job: Taken): void {
    const end = this.run(job)
      .catch((error) => {
        this.trouble ??= error;
      })
      .finally(() => {
        this.busy.delete(job);
        this.patience.wake();
      });
    this.busy.set(job, end);
  }

  private async run(job: Taken): Promise<void> {
    const { queue, children, deliver, failed } = this.options;
    const ended = await children.run(job);
    if (ended.kind === "result") {
      const output = deliver(job, ended.text);
      await this.patience.again(() => queue.complete(job, output));
    } else if (this.patience.stopped) return;
    else if (ended.kind === "refused") {
      await this.patience.again(() => queue.giveBack([job]));
      throw new UsageError(`sweep: ${ended.why}; what is built has changed, so start again`);
    } else {
      await this.patience.again(() => queue.fail(job, ended.why));
      if (job.last) failed?.(job, ended.why);
    }
  }

  private async sayAlive(): Promise<void> {
    const { queue } = this.options;
    const jobs = [...this.busy.keys()];
    try {
      if (jobs.length > 0) await queue.keepAlive(jobs);
      await queue.expire();
    } catch (error) {
      if (!isAway(error)) this.trouble ??= error;
    }
  }

  /** Ends the processes, and gives their jobs back. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.patience.stop();
    const jobs = [...this.busy];
    this.options.children.kill();
    await Promise.all(jobs.map(([, end]) => end));
    const taken = jobs.map(([job]) => job);
    if (taken.length > 0) await this.options.queue.giveBack(taken).catch(() => {});
  }
}
