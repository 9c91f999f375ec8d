// `quarterdeck sweep` as a user meets it, with real runs: what it prints and leaves, Ctrl-C, kills
// of its processes at random moments, two at once, failures, and input that cannot be used.
import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/make/run.mjs";
import { type Ended, inFolder, quarterdeck } from "../support/quarterdeck.js";
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

/** Starts a command, and gives its process and its end. */
async function begin(args: readonly string[], cwd: string) {
  let child: ChildProcess | undefined;
  const started = (one: ChildProcess) => {
    child = one;
  };
  const ended = quarterdeck(args, { cwd, started });
  return { child: child as unknown as ChildProcess, ended };
}

describe("a sweep", () => {
  test(
    "is planned, run, not run again, counted and collected",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("modes", 2, '[vary]\nmemory = ["adopt", "copy"]\n'));
        const file = "experiment-given.toml";
        const dry = await quarterdeck(["sweep", file, "--dry-run", "--jobs", "2"], { cwd });
        const [head, timed] = dry.out.split("\n");
        expect(head).toBe("modes: 4 runs, 0 done in out/sweeps/modes");
        expect(timed).toMatch(
          /^4 to run, 2 at a time: about \d+ s \(\d+\.\d s a run: one run, timed now\)$/,
        );
        expect(existsSync(join(cwd, "out"))).toBe(false);

        const swept = await quarterdeck(["sweep", file, "--jobs", "2"], { cwd });
        expect(swept.code).toBe(0);
        expect(swept.out).toBe("modes: 4 of 4 results in out/sweeps/modes (4 relieved)\n");
        expect(swept.err).toMatch(/^(modes: \d of 4 done(, \d+ s left)?\n)+$/);
        const folder = join(cwd, "out/sweeps/modes");
        const before = resultsIn(folder);
        expect([before.whole.length, before.others]).toEqual([4, []]);
        expect(readdirSync(folder).sort()).toEqual([
          ...["experiment.toml", "failures", "results", "timing-models.json"],
        ]);

        for (const { provenance } of before.whole) {
          expect(provenance).toEqual({
            ...{ quarterdeck: expect.any(String), core: expect.stringMatching(/^[\da-f]{64}$/) },
            images: expect.objectContaining({ larboard: expect.any(String) }),
            host: expect.stringMatching(/^[\da-f]{64}$/),
            ...{ node: process.version, os: expect.any(String), cpu: expect.any(String) },
            compiler: { zig: expect.any(String), assemblyscript: expect.any(String) },
            argv: ["sweep", file, "--jobs", "2"],
            commit: existsSync(join(ROOT, ".git")) ? expect.stringMatching(/^[\da-f]{40}$/) : null,
            dirty: existsSync(join(ROOT, ".git")) ? expect.any(Boolean) : null,
            ...{ hostSeconds: expect.any(Number), peakRssBytes: expect.any(Number) },
            started: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
            exitReason: "finished",
          });
        }

        const again = await quarterdeck(["sweep", "resume", "out/sweeps/modes"], { cwd });
        expect([again.code, again.err, again.out]).toEqual([0, "", swept.out]);
        expect(resultsIn(folder)).toEqual(before);
        const status = await quarterdeck(["sweep", "status", "out/sweeps/modes"], { cwd });
        expect(status.out).toBe("modes: 4 runs\ndone     4 (4 relieved)\nfailed   0\nmissing  0\n");
        const done = await quarterdeck(["sweep", file, "--dry-run"], { cwd });
        expect(done.out).toBe("modes: 4 runs, 4 done in out/sweeps/modes\n");

        const collected = await quarterdeck(["sweep", "collect", "out/sweeps/modes"], { cwd });
        expect(collected.code).toBe(0);
        const rows = readFileSync(join(folder, "runs.jsonl"), "utf8").trim().split("\n");
        const memory = rows.map((row) => JSON.parse(row)["configuration.memory"]);
        expect(memory).toEqual(["adopt", "adopt", "copy", "copy"]);
        expect(readFileSync(join(folder, "runs.parquet")).subarray(0, 4).toString()).toBe("PAR1");
      }),
    TIMEOUT,
  );

  test(
    "has the report that `relieve` prints, with a timing model too",
    () =>
      inFolder(async (cwd) => {
        const vary = '[vary]\ntiming = ["none", "server"]\n';
        writeExperiment(cwd, `name = "same"\nseeds = [4]\n[fixed]\nballast = 64\n${vary}`);
        const swept = await quarterdeck(["sweep", "experiment-given.toml"], { cwd });
        expect(swept.code).toBe(0);
        const { whole } = resultsIn(join(cwd, "out/sweeps/same"));
        for (const timing of [[], ["--timing", "server"]]) {
          const args = ["relieve", "--seed", "4", "--ballast", "64", "--json", ...timing];
          const { out } = await quarterdeck(args, { cwd });
          const report = JSON.parse(out);
          const result = whole.find(({ finalStateHash: h }) => h === report.finalStateHash);
          expect(result?.report).toEqual(report);
          expect(result?.provenance.argv).toEqual(["sweep", "experiment-given.toml"]);
        }
      }),
    TIMEOUT,
  );

  test(
    "interrupted says how to go on, ends its processes, and keeps what is done",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("cut", 5));
        const args = ["sweep", "experiment-given.toml", "--jobs", "2"];
        const { child, ended } = await begin(args, cwd);
        const folder = join(cwd, "out/sweeps/cut");
        await until(() => countIn(folder) > 0 && childrenOf(child.pid).length > 0);
        const runs = childrenOf(child.pid);
        child.kill("SIGINT");
        const { code, err } = await ended;
        expect(code).toBe(130);
        expect(err).toContain(
          "interrupted; go on with: quarterdeck sweep resume out/sweeps/cut --jobs 2\n",
        );
        for (const pid of runs) expect(existsSync(`/proc/${pid}`)).toBe(false);
        const kept = resultsIn(folder);
        expect(kept.others).toEqual([]);
        expect(existsSync(join(folder, "lock"))).toBe(false);
        const resumed = await quarterdeck(["sweep", "resume", "out/sweeps/cut"], { cwd });
        expect([resumed.code, countIn(folder)]).toEqual([0, 5]);
        expect(resultsIn(folder).whole).toEqual(expect.arrayContaining(kept.whole));
      }),
    TIMEOUT,
  );

  test(
    "interrupted before anything runs, it ends all the same; a second time, at once",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("early", 2));
        const folder = join(cwd, "out/sweeps/early");
        for (const times of [1, 2]) {
          const { child, ended } = await begin(["sweep", "experiment-given.toml"], cwd);
          await until(() => existsSync(join(folder, "experiment.toml")) && child.pid !== undefined);
          await until(() => existsSync(join(folder, "lock")));
          for (let n = 0; n < times; n++) {
            await wait(100);
            child.kill("SIGINT");
          }
          expect((await ended).code).toBe(130);
        }
        const resumed = await quarterdeck(["sweep", "resume", "out/sweeps/early"], { cwd });
        expect([resumed.code, countIn(folder)]).toEqual([0, 2]);
      }),
    TIMEOUT,
  );

  test(
    "what is built anew in the middle of a sweep is noticed, and ends it in one line",
    () =>
      inFolder(async (cwd) => {
        cpSync(join(ROOT, "dist"), join(cwd, "dist"), { recursive: true });
        for (const name of ["build", "node_modules"])
          symlinkSync(join(ROOT, name), join(cwd, name));
        const text = readFileSync(join(ROOT, "package.json"), "utf8");
        const write = (version: string) =>
          writeFileSync(join(cwd, "package.json"), text.replace(/"version": "[^"]+"/, version));
        write('"version": "0.0.1"');
        writeExperiment(cwd, quickSweep("built", 6));
        const folder = join(cwd, "out/sweeps/built");
        const args = ["sweep", "experiment-given.toml", "--jobs", "1"];
        const main = join(cwd, "dist/cli/main.js");
        const swept = quarterdeck(args, { cwd, main });
        await until(() => countIn(folder) > 0);
        write('"version": "0.0.2"');
        const { code, err } = await swept;
        expect(code).toBe(2);
        expect(err).toMatch(
          /of another build, .* what is built has changed, so start again; go on/,
        );
        const versions = resultsIn(folder).whole.map(({ provenance }) => provenance.quarterdeck);
        expect(new Set(versions)).toEqual(new Set(["0.0.1"]));
        expect(readdirSync(join(folder, "failures"))).toEqual([]);
      }),
    TIMEOUT,
  );

  test(
    "survives kills of its processes and of itself at random moments: each run once",
    () =>
      inFolder(async (cwd) => {
        const runs = 8;
        writeExperiment(cwd, quickSweep("killed", runs));
        const folder = join(cwd, "out/sweeps/killed");
        const args = ["sweep", "experiment-given.toml", "--jobs", "2"];
        const [plan = []] = fc.sample(
          fc.array(fc.record({ after: fc.nat(900), parent: fc.nat(3) }), {
            ...{ minLength: 4, maxLength: 4 },
          }),
          { numRuns: 1, seed: 20_030_606 },
        );
        let seen: string[] = [];
        for (const { after, parent } of plan) {
          const { child, ended } = await begin(args, cwd);
          await until(() => childrenOf(child.pid).length > 0 || child.exitCode !== null);
          await wait(after);
          const [victim] = childrenOf(child.pid);
          const all = childrenOf(child.pid);
          if (parent > 0 && victim !== undefined) {
            process.kill(victim, "SIGKILL");
            await wait(after);
          }
          child.kill("SIGKILL");
          await ended;
          await until(() => all.every((pid) => !existsSync(`/proc/${pid}`)));
          const { whole } = resultsIn(folder);
          const keys = whole.map(({ key, provenance }) => `${key} ${provenance.started}`);
          expect(keys).toEqual(expect.arrayContaining(seen)); // none is made again
          seen = keys;
        }
        const last = await quarterdeck(["sweep", "resume", "out/sweeps/killed"], { cwd });
        expect(last.code).toBe(0);
        const { whole } = resultsIn(folder);
        expect(whole.map(({ seed }) => seed).sort((a, b) => a - b)).toEqual(
          Array.from({ length: runs }, (_, i) => i + 1),
        );
        expect(readdirSync(join(folder, "failures"))).toEqual([]);
      }),
    TIMEOUT,
  );

  test(
    "a run whose process dies each time fails after three, and alone it can be run again",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("dies", 1));
        const args = ["sweep", "experiment-given.toml", "--jobs", "1"];
        const { child, ended } = await begin(args, cwd);
        const killed = new Set<number>();
        let over = false;
        const killing = (async () => {
          while (!over) {
            for (const pid of childrenOf(child.pid)) {
              if (killed.has(pid)) continue;
              killed.add(pid);
              process.kill(pid, "SIGKILL");
            }
            await wait(5);
          }
        })();
        const { code, out, err } = await ended;
        over = true;
        await killing;
        expect([code, killed.size]).toEqual([1, 3]);
        expect(out).toBe("dies: 0 of 1 results in out/sweeps/dies (none)\n");
        const [, why, command, key = ""] =
          /failed: seed 1: (.*); alone: quarterdeck (.*) --key (\w+)\n/.exec(err) ?? [];
        expect([why, command]).toEqual(["killed by SIGKILL", "sweep task out/sweeps/dies"]);
        expect(key).toMatch(/^[\da-f]{32}$/);
        const status = await quarterdeck(["sweep", "status", "out/sweeps/dies"], { cwd });
        expect(status.out).toContain("failed   1\nmissing  0\n");
        const alone = await quarterdeck(["sweep", "task", "out/sweeps/dies", "--key", key], {
          cwd,
        });
        expect([alone.code, alone.out]).toEqual([0, `${key}: done\n`]);
        expect(readdirSync(join(cwd, "out/sweeps/dies/failures"))).toEqual([]);
        const after = await quarterdeck(["sweep", "resume", "out/sweeps/dies"], { cwd });
        expect(after.code).toBe(0);
      }),
    TIMEOUT,
  );

  test(
    "two in one folder: one works, the other is told so, and each run is there once",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("both", 3));
        const args = ["sweep", "experiment-given.toml", "--jobs", "1"];
        const ends: Ended[] = await Promise.all([
          quarterdeck(args, { cwd }),
          quarterdeck(args, { cwd }),
        ]);
        const [worked, told] = ends.sort((a, b) => Number(a.code) - Number(b.code));
        expect([worked?.code, told?.code]).toEqual([0, 2]);
        expect(told?.err).toMatch(/process \d+ is at work in this folder; wait for it, or stop it/);
        expect(countIn(join(cwd, "out/sweeps/both"))).toBe(3);
      }),
    TIMEOUT,
  );

  test(
    "a changed experiment of the same name keeps what is there, and says so",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("grows", 2));
        const args = ["sweep", "experiment-given.toml"];
        await quarterdeck(args, { cwd });
        writeExperiment(cwd, quickSweep("grows", 1, '[vary]\nmemory = ["adopt", "copy"]\n'));
        expect((await quarterdeck(args, { cwd })).out).toContain("2 of 2 results");
        const path = "out/sweeps/grows";
        const status = await quarterdeck(["sweep", "status", path], { cwd });
        expect(status.out).toContain("2 runs\ndone     2 (2 relieved)\n");
        expect(status.out).toContain("1 results of other plans or builds");
        const some = await quarterdeck(["sweep", "collect", path, "--jsonl", "a.jsonl"], { cwd });
        expect(some.out).toBe(
          "grows: 2 of 2 results in a.jsonl\n" +
            "left out: 1 results of other plans or builds (`collect --all` takes them too)\n",
        );
        const all = ["sweep", "collect", path, "--all", "--jsonl", "b.jsonl"];
        expect((await quarterdeck(all, { cwd })).out).toBe("grows: 3 results in b.jsonl\n");
        expect(existsSync(join(cwd, path, "runs.parquet"))).toBe(false);
      }),
    TIMEOUT,
  );
});

describe("what cannot be used is one line, with code 2", () => {
  const refused = async (args: readonly string[], line: RegExp, prepare = (_: string) => {}) =>
    inFolder(async (cwd) => {
      prepare(cwd);
      const { code, out, err } = await quarterdeck(args, { cwd });
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(line);
      expect(err.trim()).not.toContain("\n");
    });

  test.each([
    ["no such file", ["sweep", "none.toml"], /sweep: cannot read none.toml \(ENOENT\)/],
    ["a folder", ["sweep", "."], /sweep: \. is no plain file; give one/],
    ["a device", ["sweep", "/dev/zero"], /\/dev\/zero is no plain file/],
    ["no folder", ["sweep", "status", "none"], /none has no experiment.toml/],
    ["no folder", ["sweep", "resume", "none"], /none has no experiment.toml/],
    ["no folder", ["sweep", "collect", "none"], /none has no experiment.toml/],
    ["nothing to run", ["sweep", "task", "none", "--index", "1"], /none has no experiment.toml/],
    ["a child by itself", ["sweep-child"], /is started by `sweep` and `worker`/],
  ])("%s: %s", (_, args, line) => refused(args, line));

  test("a pipe in the file's place does not hold it up", () =>
    refused(["sweep", "pipe"], /pipe is no plain file/, (cwd) => {
      execFileSync("mkfifo", [join(cwd, "pipe")]);
    }));

  test("a model's file that is not there", () =>
    refused(["sweep", "e.toml"], /timing: "no.toml" is no preset \(.*\) and no file/, (cwd) => {
      writeFileSync(join(cwd, "e.toml"), quickSweep("a", 1, 'timing = "no.toml"\n'));
    }));

  test("an output folder that is a file, before anything has run", () =>
    refused(["sweep", "e.toml", "--out", "file"], /file is no folder; give another/, (cwd) => {
      writeFileSync(join(cwd, "e.toml"), quickSweep("a", 1));
      writeFileSync(join(cwd, "file"), "");
    }));

  test("a results folder with nothing to collect, and a task behind the last one", () =>
    inFolder(async (cwd) => {
      writeExperiment(cwd, quickSweep("none", 1));
      mkdirSync(join(cwd, "s"));
      writeFileSync(join(cwd, "s/experiment.toml"), quickSweep("none", 1));
      const collected = await quarterdeck(["sweep", "collect", "s"], { cwd });
      expect(collected.err).toContain("s has no result of its plan; sweep first\n");
      const task = await quarterdeck(["sweep", "task", "s", "--index", "1"], { cwd });
      expect(task.err).toContain("--index 1 is behind the last one, 0");
      const key = await quarterdeck(["sweep", "task", "s", "--key", "a"], { cwd });
      expect(key.err).toContain("a is no run of the plan with this build");
      const both = await quarterdeck(["sweep", "task", "s"], { cwd });
      expect(both.err).toContain("give one of --key and --index");
      expect([collected.code, task.code, key.code, both.code]).toEqual([2, 2, 2, 2]);
    }));

  test(
    "a disk that is full in the middle: what is done is kept, and the line says how to go on",
    () =>
      inFolder(async (cwd) => {
        const disk = join(cwd, "disk");
        mkdirSync(disk);
        const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=48k", "tmpfs", disk]);
        if (mounted.status !== 0) return console.warn("SKIPPED: no tmpfs can be mounted here");
        try {
          writeExperiment(cwd, quickSweep("full", 8));
          const args = ["sweep", "experiment-given.toml", "--out", "disk", "--jobs", "1"];
          const { code, err } = await quarterdeck(args, { cwd });
          expect(code).toBe(2);
          expect(err).toMatch(/cannot write disk\/full\/results\/\w+\.json \(ENOSPC\)/);
          expect(err).toMatch(/go on with: quarterdeck sweep resume disk\/full --jobs 1\n$/);
          const { whole, others } = resultsIn(join(disk, "full"));
          expect(whole.length).toBeGreaterThan(0);
          expect(others).toEqual([]);
          spawnSync("mount", ["-o", "remount,size=4m", disk]);
          const resumed = await quarterdeck(["sweep", "resume", "disk/full"], { cwd });
          expect([resumed.code, countIn(join(disk, "full"))]).toEqual([0, 8]);
        } finally {
          spawnSync("umount", [disk]);
          rmSync(disk, { recursive: true, force: true });
        }
      }),
    TIMEOUT,
  );
});
