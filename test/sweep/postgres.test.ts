// Sweeps through a real PostgreSQL, with workers as processes of their own: kills, a restart of the
// database, two sweeps in one, workers of another build, and what is interrupted.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/make/run.mjs";
import { counted } from "../support/oracle.js";
import { hasPostgres, Postgres } from "../support/postgres.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";
import {
  childrenOf,
  countIn,
  quickSweep,
  resultsIn,
  until,
  wait,
  writeExperiment,
} from "../support/sweep.js";

const TIMEOUT = 600_000;
const FILE = "experiment-given.toml";
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let postgres: Postgres;
let runs = 0;
let kills = 0;
const started: Worker[] = [];

interface Worker {
  readonly process: ChildProcess;
  readonly text: () => string;
}

function worker(main = MAIN, jobs = 1): Worker {
  const args = [main, "worker", "--queue", postgres.url, "--jobs", String(jobs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr?.on("data", (bytes) => {
    text += bytes;
  });
  const one = { process: child, text: () => text };
  started.push(one);
  return one;
}

async function end({ process }: Worker, signal: NodeJS.Signals): Promise<number | null> {
  if (process.exitCode !== null || process.signalCode !== null) return process.exitCode;
  const closed = new Promise<number | null>((resolve) => process.on("close", resolve));
  process.kill(signal);
  return closed;
}

/** Kills a process, if it has not just ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const sweepArgs = (...more: string[]) => ["sweep", FILE, "--queue", postgres.url, ...more];
const queues = () => postgres.ask("SELECT name FROM quarterdeck.queue");
const jobs = (state: string) =>
  Number(postgres.ask(`SELECT count(*) FROM quarterdeck.job WHERE state = '${state}'`)[0]);

describe.skipIf(!hasPostgres())("with a PostgreSQL", () => {
  beforeAll(async () => {
    postgres = await Postgres.start();
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => end(one, "SIGKILL")));
  });

  afterAll(() => {
    postgres.remove();
    counted("PostgreSQL", `${runs} runs through a queue, ${kills} workers killed`);
  });

  test(
    "workers are killed and the database is restarted: each run is there once, and no queue stays",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("far", 10));
        const folder = join(cwd, "out/sweeps/far");
        const steady = worker();
        const swept = quarterdeck(sweepArgs(), { cwd });
        await until(() => countIn(folder) > 0);
        const [pauses = []] = fc.sample(fc.array(fc.nat(1500), { minLength: 2, maxLength: 2 }), {
          ...{ numRuns: 1, seed: 20_030_607 },
        });
        for (const pause of pauses) {
          const victim = worker();
          await until(() => victim.text().includes("serves"));
          await until(() => jobs("active") > 1 || countIn(folder) >= 9);
          await wait(pause);
          await end(victim, "SIGKILL");
          kills += 1;
        }
        postgres.down();
        await until(() => steady.text().includes("the database is away"));
        postgres.up();
        const { code, out } = await swept;
        expect([code, out]).toEqual([0, "far: 10 of 10 results in out/sweeps/far (10 relieved)\n"]);
        expect(steady.text()).toContain("the database is back");
        const { whole, others } = resultsIn(folder);
        expect(others).toEqual([]);
        expect(new Set(whole.map(({ seed }) => seed)).size).toBe(10);
        expect(whole.every(({ provenance }) => provenance.argv[0] === "worker")).toBe(true);
        expect(queues()).toEqual([]);
        expect(await end(steady, "SIGINT")).toBe(130);
        runs += 10;
      }),
    TIMEOUT,
  );

  test(
    "two sweeps of the same runs do not mix, and a sweep can help itself",
    () =>
      inFolder(async (cwd) => {
        const folders = ["a", "b"].map((name) => join(cwd, name));
        for (const folder of folders) writeExperiment(folder, quickSweep("same", 3));
        worker();
        const ends = await Promise.all([
          quarterdeck(sweepArgs(), { cwd: folders[0] as string }),
          quarterdeck(sweepArgs("--jobs", "1"), { cwd: folders[1] as string }),
        ]);
        expect(ends.map(({ code }) => code)).toEqual([0, 0]);
        const [a, b] = folders.map((folder) => resultsIn(join(folder, "out/sweeps/same")).whole);
        expect(a?.length).toBe(3);
        const facts = (all: typeof a) => all?.map(({ provenance: _, ...facts }) => facts);
        expect(facts(a)).toEqual(facts(b)); // the same runs, each made for each folder
        expect(a).not.toEqual(b);
        expect(queues()).toEqual([]);
        runs += 6;
      }),
    TIMEOUT,
  );

  test(
    "a sweep that is interrupted or killed leaves its jobs to the workers, and resumes with theirs",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("later", 4));
        const folder = join(cwd, "out/sweeps/later");
        for (const signal of ["SIGINT", "SIGKILL"] as const) {
          const swept = await quarterdeck(sweepArgs(), {
            cwd,
            started: (child) => {
              void until(() => jobs("created") === 4).then(() => child.kill(signal));
            },
          });
          if (signal === "SIGINT") {
            expect(swept.code).toBe(130);
            const resume = `quarterdeck sweep resume out/sweeps/later --queue ${postgres.url}`;
            expect(swept.err).toContain(`go on with: ${resume}`);
          }
        }
        expect([queues().length, countIn(folder)]).toEqual([1, 0]);
        worker();
        await until(() => jobs("completed") === 4);
        const args = ["sweep", "resume", "out/sweeps/later", "--queue", postgres.url];
        expect((await quarterdeck(args, { cwd })).code).toBe(0);
        expect([queues(), countIn(folder)]).toEqual([[], 4]);
        runs += 4;
      }),
    TIMEOUT,
  );

  test(
    "a worker of another build leaves the jobs alone, and says so",
    () =>
      inFolder(async (cwd) => {
        const other = join(cwd, "other");
        mkdirSync(other);
        cpSync(join(ROOT, "dist"), join(other, "dist"), { recursive: true });
        for (const name of ["build", "node_modules"]) {
          symlinkSync(join(ROOT, name), join(other, name));
        }
        const text = readFileSync(join(ROOT, "package.json"), "utf8");
        writeFileSync(
          join(other, "package.json"),
          text.replace(/"version": "[^"]+"/, '"version": "0.0.1"'),
        );
        const stranger = worker(join(other, "dist/cli/main.js"));
        writeExperiment(cwd, quickSweep("ours", 1));
        const swept = quarterdeck(sweepArgs(), { cwd });
        await until(() => stranger.text().includes("leaves the sweeps of another build"));
        await wait(1500);
        expect(jobs("created")).toBe(1);
        worker();
        expect((await swept).code).toBe(0);
        runs += 1;
      }),
    TIMEOUT,
  );

  test(
    "a run whose process dies each time fails after three, and a resume tries it again",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("dies", 1));
        const one = worker();
        let over = false;
        const killing = (async () => {
          while (!over) {
            for (const pid of childrenOf(one.process.pid)) kill(pid);
            await wait(5);
          }
        })();
        const swept = await quarterdeck(sweepArgs(), { cwd });
        over = true;
        await killing;
        expect(swept.code).toBe(1);
        expect(swept.err).toMatch(
          /failed: seed 1: killed by SIGKILL; alone: quarterdeck sweep task/,
        );
        const args = ["sweep", "resume", "out/sweeps/dies", "--queue", postgres.url];
        expect((await quarterdeck(args, { cwd })).code).toBe(0);
        expect(queues()).toEqual([]);
        runs += 1;
      }),
    TIMEOUT,
  );
});

test.each([
  ["http://127.0.0.1/", /--queue: http:\/\/127.0.0.1\/ is no postgres:\/\/USER@HOST/],
  [
    "postgres://me:secret@127.0.0.1:1/x",
    /cannot use postgres:\/\/me:\*\*\*@127.0.0.1:1\/x \(ECONN/,
  ],
])("a queue that cannot be used is one line without its password: %s", (url, line) =>
  inFolder(async (cwd) => {
    writeExperiment(cwd, quickSweep("none", 1));
    for (const args of [
      ["worker", "--queue", url],
      ["sweep", FILE, "--queue", url],
    ]) {
      const { code, err } = await quarterdeck(args, { cwd });
      expect(code).toBe(2);
      expect(err).toMatch(line);
      expect(err).not.toContain("secret");
      expect(err.trim()).not.toContain("\n");
    }
  }),
);
