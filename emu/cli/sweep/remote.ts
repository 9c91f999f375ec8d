// The executor for several machines: jobs go into a PostgreSQL, workers anywhere take them, and a
// result comes back as its job's output, so that no folder need be shared. It is in the folder
// before it leaves the database; what is asked or told twice is the same the second time. A queue
// is one folder's and one build's.
import type { PlannedRun } from "../../index.js";
import { buildFingerprint, originHere } from "./build.js";
import { Children } from "./children.js";
import type { Executor, Told } from "./executor.js";
import { Patience } from "./patience.js";
import { Queue } from "./queue.js";
import { Workers } from "./workers.js";

const PREFIX = "sweep_";
const POLL_MS = 500;
const EXPIRE_EVERY = 10;

/** Names of a build's queues begin so. */
export const queuePrefix = (fingerprint: string) => `${PREFIX}${fingerprint}_`;

/** Queues of all builds, by their builds. */
export async function queuesByBuild(queue: Queue): Promise<Map<string, string[]>> {
  const builds = new Map<string, string[]>();
  for (const name of await queue.names(PREFIX)) {
    const build = name.slice(PREFIX.length).split("_")[0] as string;
    builds.set(build, [...(builds.get(build) ?? []), name]);
  }
  return builds;
}

/** Workers whose results go back through the queue. */
export function remoteWorkers(queue: Queue, slots: number, say: (line: string) => void): Workers {
  return new Workers({
    ...{ queue, children: new Children(originHere()), slots, pollMs: POLL_MS, say },
    deliver: (_, text) => ({ result: text }),
    failed: ({ key }, why) => say(`${key} has failed: ${why}`),
  });
}

export class Remote implements Executor {
  private active = 0;
  private patience: Patience | undefined;
  private own: Workers | undefined;
  private stopped = false;

  /** `folder` is the folder's own number; `slots`: runs at once in this process, or 0. */
  constructor(
    private readonly url: string,
    private readonly folder: string,
    private readonly slots: number,
  ) {}

  get running(): number {
    return this.active;
  }

  async run(runs: readonly PlannedRun[], told: Told): Promise<"ended"> {
    const queue = await Queue.at(this.url);
    this.patience = new Patience(told.say);
    const name = `${queuePrefix(await buildFingerprint())}${this.folder}`;
    const open = new Map(runs.map((run) => [run.key, run]));
    const own = this.slots > 0 ? remoteWorkers(queue, this.slots, told.say) : undefined;
    this.own = own;
    try {
      if (this.stopped) return "ended";
      await this.patience.again(() => queue.create(name));
      const helping = own?.work(
        async () => [name],
        () => open.size === 0,
      );
      await Promise.all([this.gather(queue, name, open, told), helping]);
      if (open.size === 0) await this.patience.again(() => queue.drop(name));
    } finally {
      this.patience.stop();
      await own?.stop();
      await queue.close();
    }
    return "ended";
  }

  /** Puts in what is open, and takes in what comes back, until nothing is open. */
  private async gather(
    queue: Queue,
    name: string,
    open: Map<string, PlannedRun>,
    told: Told,
  ): Promise<void> {
    const patience = this.patience as Patience;
    const take = async (failed: Told["failed"]) => {
      const over = (await patience.again(() => queue.over(name))) ?? [];
      for (const { key, result, why } of over.filter((one) => open.has(one.key))) {
        if (result !== undefined) told.result(key, result);
        else failed(key, why ?? "unknown");
        if (result !== undefined || failed === told.failed) open.delete(key);
      }
      const ids = over.map(({ id }) => id);
      await patience.again(() => queue.remove(name, ids));
      return over.length;
    };
    while ((await take(() => {})) > 0); // what failed in an earlier sweep is tried again
    for (let turn = 0; open.size > 0 && !patience.stopped; turn++) {
      if ((await take(told.failed)) > 0) continue;
      if (turn % EXPIRE_EVERY === 0) await patience.again(() => queue.expire());
      const counts = await patience.again(() => queue.counts(name));
      this.active = counts?.active ?? 0;
      const jobs = [...open.values()].map(({ key, configuration }) => ({ key, configuration }));
      if (counts?.open === 0) await patience.again(() => queue.put(name, jobs));
      await patience.pause(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.patience?.stop();
    await this.own?.stop();
  }
}
