// `sweep submit --slurm`: array jobs of a real Slurm on this node, where it is installed, with
// tasks that are cancelled and killed; and, everywhere, what is submitted, by an sbatch that stands
// in.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted } from "../support/oracle.js";
import { inFolder, quarterdeck } from "../support/quarterdeck.js";
import { hasSlurm, Slurm } from "../support/slurm.js";
import { countIn, quickSweep, resultsIn, until, writeExperiment } from "../support/sweep.js";

const TIMEOUT = 600_000;
const FILE = "experiment-given.toml";

/** An sbatch that keeps what it was given and runs nothing; `squeue` prints what `queue` holds. */
function standIn(folder: string): { env: Record<string, string>; words: () => string[] } {
  const [bin, given] = [join(folder, "bin"), join(folder, "given")];
  mkdirSync(bin);
  const scripts = {
    sbatch: `#!/bin/sh\nprintf '%s\\n' "$@" > '${given}'\necho '41;cluster'\n`,
    squeue: `#!/bin/sh\ncat '${join(folder, "queue")}'\n`,
  };
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const words = () => readFileSync(given, "utf8").trim().split("\n");
  return { env: { PATH: `${bin}:${process.env.PATH}` }, words };
}

describe("what is submitted", () => {
  test(
    "is an array of tasks for what is missing and not queued; a task does its part of the list",
    () =>
      inFolder(async (cwd) => {
        const { env, words } = standIn(cwd);
        writeExperiment(cwd, quickSweep("packed", 5));
        const folder = join(cwd, "out/sweeps/packed");
        const submit = ["sweep", "submit", FILE, "--slurm", "--pack", "2"];
        const args = [...submit, "--sbatch-args", "--partition=long  --time=60"];
        const first = await quarterdeck(args, { cwd, env });
        expect(first).toEqual({ code: 0, out: "", err: "packed: job 41: 5 runs in 3 tasks\n" });
        const batch = join(folder, "slurm/1");
        expect(words()).toEqual([
          ...["--parsable", "--array=0-2", `--output=${join(batch, "task-%a.log")}`],
          ...["--job-name=sweep-packed", "--partition=long", "--time=60", join(batch, "job.sh")],
        ]);
        const keys = readFileSync(join(batch, "keys.txt"), "utf8").trim().split("\n");
        expect(keys).toHaveLength(5);

        // the middle task, as Slurm would run it
        const task = { ...process.env, SLURM_ARRAY_TASK_ID: "1" };
        const { status, stdout } = spawnSync(join(batch, "job.sh"), { cwd, env: task });
        expect([status, stdout.toString()]).toEqual([0, `${keys[2]}: done\n${keys[3]}: done\n`]);
        expect(resultsIn(folder).whole.map(({ key }) => key)).toEqual(keys.slice(2, 4).sort());

        writeFileSync(join(cwd, "queue"), "0\n"); // the first task waits, the last is lost
        const second = await quarterdeck(args, { cwd, env });
        expect(second.err).toBe(
          "packed: 2 of 3 missing runs are in the queue already\n" +
            "packed: job 41: 1 runs in 1 tasks\n",
        );
        expect(readFileSync(join(folder, "slurm/2/keys.txt"), "utf8")).toBe(`${keys[4]}\n`);
      }),
    TIMEOUT,
  );

  test("more than an array holds is several", () =>
    inFolder(async (cwd) => {
      const { env } = standIn(cwd);
      writeExperiment(cwd, quickSweep("many", 2500));
      const { err } = await quarterdeck(["sweep", "submit", FILE, "--slurm"], { cwd, env });
      expect(err).toBe(
        "many: job 41: 1000 runs in 1000 tasks\n".repeat(2) +
          "many: job 41: 500 runs in 500 tasks\n",
      );
    }));

  test("an sbatch that refuses, or is not there, is one line, and nothing counts as queued", () =>
    inFolder(async (cwd) => {
      const { env } = standIn(cwd);
      writeExperiment(cwd, quickSweep("refused", 1));
      const sbatch = join(cwd, "bin/sbatch");
      writeFileSync(sbatch, "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n");
      const args = ["sweep", "submit", FILE, "--slurm"];
      const refused = await quarterdeck(args, { cwd, env });
      expect(refused.code).toBe(2);
      expect(refused.err).toMatch(/sbatch refused: sbatch: error: invalid partition; go on with: /);
      const none = await quarterdeck(args, { cwd, env: { PATH: join(cwd, "nowhere") } });
      expect(none.code).toBe(2);
      expect(none.err).toMatch(/sbatch cannot be run \(ENOENT\); submit where Slurm is/);
      expect(existsSync(join(cwd, "out/sweeps/refused/slurm/1/job"))).toBe(false);
      const without = await quarterdeck(["sweep", "submit", FILE], { cwd });
      expect([without.code, without.err]).toEqual([
        2,
        "error: required option '--slurm' not specified\n",
      ]);
    }));
});

describe.skipIf(!hasSlurm())("with a Slurm", () => {
  let slurm: Slurm;
  let tasks = 0;

  beforeAll(async () => {
    slurm = await Slurm.start();
  });

  afterAll(async () => {
    await slurm.remove();
    counted("Slurm", `${tasks} tasks of array jobs`);
  });

  const queue = () => slurm.run("squeue", ["-h", "-r", "-o", "%i %K %t"]).trim();

  test(
    "tasks are cancelled and killed; submitted again, only what is missing runs, and all is there",
    () =>
      inFolder(async (cwd) => {
        writeExperiment(cwd, quickSweep("cluster", 8));
        const folder = join(cwd, "out/sweeps/cluster");
        const submit = ["sweep", "submit", FILE, "--slurm", "--pack", "2"];
        const { env } = slurm;
        const first = await quarterdeck(submit, { cwd, env });
        const [, job = ""] = /job (\d+): 8 runs in 4 tasks/.exec(first.err) ?? [];
        expect(job).not.toBe("");
        slurm.run("scancel", [`${job}_3`]); // while it waits
        await until(() => countIn(folder) > 0);
        slurm.run("scancel", ["--signal=KILL", "--full", `${job}_1`]); // wherever it is
        const meanwhile = await quarterdeck(submit, { cwd, env });
        expect(meanwhile.err).toMatch(/runs are in the queue already|runs in \d tasks/);
        await until(() => queue() === "");
        const before = resultsIn(folder);
        expect(before.others).toEqual([]);
        const last = await quarterdeck(submit, { cwd, env });
        expect(last.code).toBe(0);
        await until(() => queue() === "");
        const { whole, others } = resultsIn(folder);
        expect(others).toEqual([]);
        expect(whole.map(({ seed }) => seed).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        expect(whole).toEqual(expect.arrayContaining(before.whole)); // none was made again
        const done = await quarterdeck(submit, { cwd, env });
        expect(done.out).toContain("cluster: 8 of 8 results");
        tasks += 4;
      }),
    TIMEOUT,
  );
});
