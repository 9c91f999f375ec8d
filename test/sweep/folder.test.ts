// A sweep's folder: results that are damaged are set aside, writing is whole or not at all, a lock
// belongs to a process that runs, and what cannot be read or written is one line.
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { writeDurably } from "../../emu/cli/sweep/files.js";
import { Folder, loadExperiment } from "../../emu/cli/sweep/folder.js";
import { lockFolder } from "../../emu/cli/sweep/lock.js";
import { standingOf } from "../../emu/cli/sweep/run.js";
import { type Result, resultText } from "../../emu/index.js";
import { inFolder } from "../support/quarterdeck.js";
import { quickSweep, resultOf, writeExperiment } from "../support/sweep.js";

let result: Result;
let said: string;

beforeAll(async () => {
  result = await resultOf({ from: "larboard", to: "starboard", connections: 0 });
});

beforeEach(() => {
  said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => vi.restoreAllMocks());

/** A folder with one result of a plan of two. */
async function withResult(use: (folder: Folder, path: string, file: string) => Promise<void>) {
  await inFolder(async (path) => {
    const folder = Folder.make(path);
    folder.keep(await loadExperiment(writeExperiment(path, quickSweep("one", 2))));
    folder.writeResult(result.key, resultText(result));
    await use(folder, path, join(path, "results", `${result.key}.json`));
  });
}

describe("results", () => {
  test("what was run by itself has the key of the plan, and is done", () =>
    withResult(async (folder) => {
      const { plan } = await folder.load();
      const { done, missing, outcomes } = standingOf(folder, plan, true);
      expect([done.length, missing.length, ...outcomes]).toEqual([1, 1, ["relieved", 1]]);
      expect(said).toBe("");
    }));

  test("one that is cut off is set aside, again and again, and told of", () =>
    withResult(async (folder, path, file) => {
      for (const n of [1, 2]) {
        writeFileSync(file, resultText(result).slice(0, 500));
        expect(folder.result(result.key, true)).toBeUndefined();
        expect(existsSync(file)).toBe(false);
        expect(existsSync(`${file}.damaged-${n}`)).toBe(true);
        expect(said).toContain(`is cut off or no JSON; set aside as ${result.key}.json.damaged`);
      }
      expect(folder.resultKeys).toEqual([]);
      expect(readdirSync(join(path, "results"))).toHaveLength(2);
    }));

  test("whoever only looks leaves it where it is", () =>
    withResult(async (folder, _, file) => {
      writeFileSync(file, "");
      expect(folder.result(result.key, false)).toBeUndefined();
      expect(existsSync(file)).toBe(true);
      expect(said).toContain("counts as missing");
    }));

  test("a folder or a pipe in a result's place counts as missing, and is moved", () =>
    withResult(async (folder, _, file) => {
      for (const make of [mkdirSync, (path: string) => execFileSync("mkfifo", [path])]) {
        const other = file.replace(result.key, "a".repeat(32));
        make(other);
        expect(folder.result("a".repeat(32), true)).toBeUndefined();
        expect(existsSync(other)).toBe(false);
      }
    }));

  test("a result ends its failure", () =>
    withResult(async (folder) => {
      folder.writeFailure({ key: result.key, why: "killed" });
      expect(folder.failures().size).toBe(0); // it has a result
      folder.writeFailure({ key: "b".repeat(32), why: "killed" });
      expect([...folder.failures().values()]).toEqual([{ key: "b".repeat(32), why: "killed" }]);
    }));
});

describe("writing", () => {
  test("on a disk that is full is one line, and leaves what was there", () =>
    inFolder(async (path) => {
      const file = join(path, "a.json");
      writeDurably(file, "old");
      symlinkSync("/dev/full", `${file}.partial-${process.pid}`);
      expect(() => writeDurably(file, "new")).toThrow(
        /^sweep: cannot write .*a.json \(ENOSPC\); make room, then resume$/,
      );
      expect(readFileSync(file, "utf8")).toBe("old");
      expect(readdirSync(path)).toEqual(["a.json"]);
    }));

  test("what was left half-written is removed when it is old, and not before", () =>
    withResult(async (folder, path) => {
      const [old, fresh] = ["x.json.partial-1", "x.json.partial-2"].map((name) =>
        join(path, "results", name),
      ) as [string, string];
      for (const file of [old, fresh]) writeFileSync(file, "half");
      utimesSync(old, 1, 1);
      folder.tidy(Date.now());
      expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
    }));
});

describe("the lock", () => {
  const lock = (path: string, owner: object) =>
    writeFileSync(join(path, "lock"), JSON.stringify(owner));

  test("is one process's, until it gives it back", () =>
    inFolder(async (path) => {
      const unlock = lockFolder(path);
      expect(() => lockFolder(path)).toThrow(
        new RegExp(`process ${process.pid} is at work in this folder; wait for it, or stop it$`),
      );
      unlock();
      lockFolder(path)();
      expect(readdirSync(path)).toEqual([]);
    }));

  test("of a process that is gone is taken over", () =>
    inFolder(async (path) => {
      const child = spawn("true");
      await new Promise((resolve) => child.on("close", resolve));
      lock(path, { host: hostname(), pid: child.pid, started: "1" });
      lockFolder(path)();
    }));

  test("of a process whose number another one has now is taken over", () =>
    inFolder(async (path) => {
      lock(path, { host: hostname(), pid: process.pid, started: "1" });
      lockFolder(path)();
    }));

  test("that is damaged is taken over", () =>
    inFolder(async (path) => {
      writeFileSync(join(path, "lock"), "{");
      lockFolder(path)();
    }));

  test("of another machine is not, and the line says what to do", () =>
    inFolder(async (path) => {
      lock(path, { host: "elsewhere", pid: 1, started: "1" });
      expect(() => lockFolder(path)).toThrow(/process 1 on elsewhere is at work.*remove .*lock$/);
    }));
});

describe("a folder that cannot be used", () => {
  test("has no experiment, or is a file", () =>
    inFolder(async (path) => {
      expect(() => Folder.open(path)).toThrow(/has no experiment.toml; give the folder of a sweep/);
      writeFileSync(join(path, "file"), "");
      expect(() => Folder.make(join(path, "file"))).toThrow(/file is no folder; give another/);
    }));

  test("lacks the model that its experiment names", () =>
    inFolder(async (path) => {
      const toml = quickSweep("one", 1, '\ntiming = "mine.toml"\n');
      writeFileSync(join(path, "mine.toml"), "[memory]\ncycles = 77\n");
      const loaded = await loadExperiment(writeExperiment(path, toml));
      expect(loaded.plan[0]?.configuration.timing?.model.memory.cycles).toBe(77);
      const folder = Folder.make(join(path, "sweep"));
      folder.keep(loaded);
      expect((await folder.load()).plan).toEqual(loaded.plan);
      writeFileSync(join(path, "sweep/timing-models.json"), "{}");
      await expect(folder.load()).rejects.toThrow(/lacks the model "mine.toml"/);
      writeFileSync(join(path, "sweep/timing-models.json"), "{");
      await expect(folder.load()).rejects.toThrow(/timing-models.json is damaged/);
    }));
});
