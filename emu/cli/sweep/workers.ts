// Takes jobs from queues and runs each in a process of its own, so many at a time. A job's result is
// handed on first and the job ended afterwards, so that one that is lost in between is only run
// again, to the same result.
import type { Children } from "./children.js";
import { isAway, type Queue, reasonOf, type Taken } from "./queue.js";

const KEEP_ALIVE_MS = 5_000;
const AGAIN_MS = 500;

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
  /** Told when this build is not the job's. */
  readonly refused: (job: Taken, why: string) => void;
  readonly say: (line: string) => void;
}

export class Workers {
  private readonly busy = new Map<Taken, Promise<void>>();
  private stopped = false;
  private trouble: unknown;
  private away = false;
  private wake = () => {};

  constructor(private readonly options: WorkersOptions) {}

  get running(): number {
    return this.busy.size;
  }

  /** Works until `done` says so, or stop(); throws what delivering throws. */
  async work(names: () => Promise<string[]>, done: () => boolean): Promise<void> {
    const alive = setInterval(() => void this.sayAlive(), KEEP_ALIVE_MS);
    try {
      while (!this.stopped && this.trouble === undefined && !done()) {
        const took = await this.takeSome(names);
        if (!took && !done()) await this.pause(this.options.pollMs);
      }
    } finally {
      clearInterval(alive);
    }
    if (this.trouble !== undefined) throw this.trouble;
  }

  private async takeSome(names: () => Promise<string[]>): Promise<boolean> {
    const { queue, slots } = this.options;
    let took = false;
    const all = this.busy.size < slots ? ((await this.again(names)) ?? []) : [];
    for (const name of all) {
      const free = slots - this.busy.size;
      if (free <= 0 || this.stopped) break;
      const jobs = (await this.again(() => queue.take(name, free))) ?? [];
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
        this.wake();
      });
    this.busy.set(job, end);
  }

  private async run(job: Taken): Promise<void> {
    const { queue, children, deliver, failed, refused } = this.options;
    const ended = await children.run(job);
    if (ended.kind === "result") {
      const output = deliver(job, ended.text);
      await this.again(() => queue.complete(job, output));
    } else if (this.stopped) return;
    else if (ended.kind === "refused") {
      await this.again(() => queue.giveBack([job]));
      refused(job, ended.why);
    } else {
      await this.again(() => queue.fail(job, ended.why));
      if (job.last) failed?.(job, ended.why);
    }
  }

  /** Asks the database until it answers; undefined when stopped meanwhile. */
  async again<T>(ask: () => Promise<T>): Promise<T | undefined> {
    while (!this.stopped) {
      try {
        const answer = await ask();
        if (this.away) this.options.say("the database is back");
        this.away = false;
        return answer;
      } catch (error) {
        if (this.stopped) return undefined;
        if (!isAway(error)) throw error;
        if (!this.away) this.options.say(`the database is away (${reasonOf(error)}); waiting`);
        this.away = true;
        await this.pause(AGAIN_MS);
      }
    }
    return undefined;
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

  /** Waits, but no longer than until a run has ended or stop(). */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the processes, and gives their jobs back. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const jobs = [...this.busy];
    this.options.children.kill();
    this.wake();
    await Promise.all(jobs.map(([, end]) => end));
    const taken = jobs.map(([job]) => job);
    if (taken.length > 0) await this.options.queue.giveBack(taken).catch(() => {});
  }
}
