// Jobs in a database, by pg-boss: PGlite in this process, or a PostgreSQL that many machines reach.
// A job's number is its run's key, so that what is put in twice is there once. pg-boss 10 has no
// sign of life for a job at work; here it is the time at which it was begun, which is renewed, and
// what is said in SQL is said of its table `job` and of nothing else.
import type PgBoss from "pg-boss";
import { UsageError } from "../exit.js";
import { withoutPassword } from "./build.js";
import type { Job } from "./child.js";

const SCHEMA = "quarterdeck";
/** A run is begun so often, if its process dies each time. */
export const TRIES = 3;
/** A job that gives no sign of life for so long is somebody else's to begin. */
export const EXPIRE_SECONDS = 30;
const INSERT_MAX = 500;
const CONNECTION = { max: 4, connectionTimeoutMillis: 10_000, keepAlive: true };

export interface Taken extends Job {
  readonly queue: string;
  readonly id: string;
  /** Whether this is the last time that it is begun. */
  readonly last: boolean;
}

/** A job that has ended, with the text of its result or why it has none. */
export interface Over {
  readonly id: string;
  readonly key: string;
  readonly result?: string;
  readonly why?: string;
}

type Output = { readonly result?: string; readonly why?: string; readonly value?: unknown };
type Rows = { rows: Record<string, unknown>[] };

/** Groups of 8, 4, 4, 4 and 12 digits. */
const idOf = (key: string) => key.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

export class Queue {
  private constructor(
    private readonly boss: PgBoss,
    private readonly ended: () => Promise<void>,
  ) {}

  /**
   * In this process, in memory: what is to be done follows from the folder alone, so nothing of it
   * needs to outlive the process, and a file of it could only contradict the folder.
   */
  static async embedded(): Promise<Queue> {
    const { PGlite } = await import("@electric-sql/pglite");
    const database = await PGlite.create();
    const executeSql = async (text: string, values?: unknown[]) => {
      if (values && values.length > 0) return database.query(text, values);
      const results = await database.exec(text);
      return results.at(-1) ?? { rows: [] };
    };
    const db = { executeSql: executeSql as PgBoss.Db["executeSql"] };
    return Queue.start({ db }, () => database.close());
  }

  /** At the URL of a PostgreSQL. Throws UsageError. */
  static async at(url: string): Promise<Queue> {
    if (!/^postgres(ql)?:\/\/./.test(url)) {
      const shown = withoutPassword(url);
      throw new UsageError(`--queue: ${shown} is no postgres://USER@HOST:PORT/DATABASE; give one`);
    }
    try {
      return await Queue.start({ connectionString: url, ...CONNECTION }, async () => {});
    } catch (error) {
      const why = reasonOf(error);
      throw new UsageError(`--queue: cannot use ${withoutPassword(url)} (${why}); give another`);
    }
  }

  private static async start(options: PgBoss.ConstructorOptions, ended: () => Promise<void>) {
    const { default: Boss } = await import("pg-boss");
    const plain = { schema: SCHEMA, supervise: false, schedule: false };
    const boss = new Boss({ ...options, ...plain });
    boss.on("error", () => {}); // of idle connections; whoever asks next is told
    await boss.start();
    return new Queue(boss, ended);
  }

  private async sql(text: string, values: unknown[]): Promise<Rows["rows"]> {
    return ((await this.boss.getDb().executeSql(text, values)) as Rows).rows;
  }

  async create(name: string): Promise<void> {
    const options = { retryLimit: TRIES - 1, retryDelay: 0, expireInSeconds: EXPIRE_SECONDS };
    await this.boss.createQueue(name, { name, ...options });
  }

  /** Names of queues that begin with `prefix`. */
  async names(prefix: string): Promise<string[]> {
    const queues = await this.boss.getQueues();
    return queues.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }

  /** Puts in what is not there yet. */
  async put(queue: string, jobs: readonly Job[]): Promise<void> {
    for (let at = 0; at < jobs.length; at += INSERT_MAX) {
      const some = jobs.slice(at, at + INSERT_MAX);
      await this.boss.insert(
        some.map(({ key, configuration }) => ({
          ...{ id: idOf(key), name: queue, retryLimit: TRIES - 1 },
          data: { key, configuration },
          expireInSeconds: EXPIRE_SECONDS,
        })),
      );
    }
  }

  /** At most `most` jobs, which are now this process's. */
  async take(queue: string, most: number): Promise<Taken[]> {
    const jobs = await this.boss.fetch<Job>(queue, { batchSize: most, includeMetadata: true });
    return jobs.map(({ id, data, retryCount, retryLimit }) => ({
      ...{ queue, id, ...data, last: retryCount >= retryLimit },
    }));
  }

  /** Says that jobs are still being worked on. */
  async keepAlive(jobs: readonly Taken[]): Promise<void> {
    await this.set(jobs, "started_on = now()");
  }

  /** Gives jobs back whose workers give no sign of life. */
  async expire(): Promise<void> {
    await this.boss.expire();
  }

  async complete({ queue, id }: Taken, output: Output): Promise<void> {
    await this.boss.complete(queue, id, output);
  }

  /** Its process died: it is tried again, if this was not the last time. */
  async fail({ queue, id }: Taken, why: string): Promise<void> {
    await this.boss.fail(queue, id, { why });
  }

  /** Gives jobs back as if they had not been taken. */
  async giveBack(jobs: readonly Taken[]): Promise<void> {
    await this.set(jobs, "state = 'created', started_on = NULL");
  }

  private async set(jobs: readonly Taken[], what: string): Promise<void> {
    const at = "name = $1 AND id = ANY($2::uuid[]) AND state = 'active'";
    for (const queue of new Set(jobs.map((job) => job.queue))) {
      const ids = jobs.filter((job) => job.queue === queue).map(({ id }) => id);
      await this.sql(`UPDATE ${SCHEMA}.job SET ${what} WHERE ${at}`, [queue, ids]);
    }
  }

  /** Jobs that have a result or have failed for good; a few at a time. */
  async over(queue: string): Promise<Over[]> {
    const ended = "state IN ('completed', 'failed')";
    const text = `SELECT id, data, output FROM ${SCHEMA}.job WHERE name = $1 AND ${ended} LIMIT 50`;
    return (await this.sql(text, [queue])).map(({ id, data, output }) => {
      const { result, why, value } = (output ?? {}) as Output;
      const message = (value as { message?: string } | undefined)?.message;
      return {
        ...{ id: String(id), key: (data as Job).key },
        ...(result === undefined ? { why: why ?? message ?? "unknown" } : { result }),
      };
    });
  }

  async remove(queue: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.boss.deleteJob(queue, [...ids]);
  }

  /** Jobs at work, and all that have not ended. */
  async counts(queue: string): Promise<{ active: number; open: number }> {
    const states = "count(*) FILTER (WHERE state = 'active') AS active, count(*) AS open";
    const text = `SELECT ${states} FROM ${SCHEMA}.job WHERE name = $1 AND state <= 'active'`;
    const [row] = await this.sql(text, [queue]);
    return { active: Number(row?.active ?? 0), open: Number(row?.open ?? 0) };
  }

  async drop(queue: string): Promise<void> {
    await this.boss.deleteQueue(queue);
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: false }).catch(() => {});
    await this.ended();
  }
}

/** In a few words why a database did not answer. */
export function reasonOf(error: unknown): string {
  const { code, message, errors } = error as AggregateError & { code?: string };
  return code ?? (errors?.[0] as { code?: string } | undefined)?.code ?? message ?? String(error);
}

/** Whether a database is away, so that asking again can help. */
export function isAway(error: unknown): boolean {
  const reason = reasonOf(error);
  return /^(08|40|53|57P|E[A-Z]+$)|terminat|connection|timeout/i.test(reason);
}
