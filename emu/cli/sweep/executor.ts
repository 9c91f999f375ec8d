// Who runs the jobs of a sweep, behind one interface: this process (embedded), or workers on other
// machines that share a PostgreSQL. Slurm's (slurm.ts) only submits. Results come back as texts,
// and whoever asked writes them into the folder; nothing else is kept anywhere.
import type { PlannedRun } from "../../index.js";
import { originHere } from "./build.js";
import { Children } from "./children.js";
import { Queue } from "./queue.js";
import { Workers } from "./workers.js";

/** What an executor tells while it works. */
export interface Told {
  readonly result: (key: string, text: string) => void;
  readonly failed: (key: string, why: string) => void;
  readonly say: (line: string) => void;
}

export interface Executor {
  /** Runs all; "submitted" when that goes on without this process. Throws what `told` throws. */
  run(runs: readonly PlannedRun[], told: Told): Promise<"ended" | "submitted">;
  /** Runs at work now. */
  readonly running: number;
  /** Ends early; run() then returns. */
  stop(): Promise<void>;
}

const LOCAL_QUEUE = "sweep";
const LOCAL_POLL_MS = 100;

const jobOf = ({ key, configuration }: PlannedRun) => ({ key, configuration });

/** One child process a run, at most `slots` at once, from a queue in this process. */
export class Embedded implements Executor {
  private workers: Workers | undefined;
  private stopped = false;

  constructor(private readonly slots: number) {}

  get running(): number {
    return this.workers?.running ?? 0;
  }

  async run(runs: readonly PlannedRun[], told: Told): Promise<"ended"> {
    const queue = await Queue.embedded();
    const open = new Set(runs.map(({ key }) => key));
    const ended = (key: string, tell: () => void) => {
      tell();
      open.delete(key);
    };
    this.workers = new Workers({
      ...{ queue, children: new Children(originHere()), slots: this.slots },
      ...{ pollMs: LOCAL_POLL_MS, say: told.say },
      deliver: ({ key }, text) => {
        ended(key, () => told.result(key, text));
        return {};
      },
      failed: ({ key }, why) => ended(key, () => told.failed(key, why)),
    });
    try {
      if (this.stopped) return "ended";
      await queue.create(LOCAL_QUEUE);
      await queue.put(LOCAL_QUEUE, runs.map(jobOf));
      await this.workers.work(
        async () => [LOCAL_QUEUE],
        () => open.size === 0,
      );
    } finally {
      await this.workers.stop();
      await queue.close();
    }
    return "ended";
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.workers?.stop();
  }
}
