// A sweep's folder: the experiment as it was given, and a file for each result and each failure,
// named by the run's key. The folder is the truth, whoever runs what.
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  ConfigError,
  KEY_PATTERN,
  type Models,
  type PlannedRun,
  parseExperiment,
  planOf,
  presetTiming,
  type Result,
  readResult,
} from "../../index.js";
import { UsageError } from "../exit.js";
import { modelIn, modelText } from "../timing.js";
import { buildIdentity } from "./build.js";
import { freeName, makeFolder, readSmall, writeDurably } from "./files.js";

const EXPERIMENT = "experiment.toml";
const ID = "id";
/** Texts of the models that the experiment names by files, by name. */
const MODELS = "timing-models.json";
/** What was left half-written so long ago is nobody's any more. */
const PARTIAL_HOURS = 1;

export interface Failure {
  readonly key: string;
  readonly why: string;
}

/** An experiment with its plan, and all that its folder has to keep of it. */
export interface Loaded {
  readonly name: string;
  readonly plan: readonly PlannedRun[];
  readonly toml: string;
  readonly models: Readonly<Record<string, string>>;
}

async function load(file: string, modelFile: (name: string) => string): Promise<Loaded> {
  const toml = readSmall(file, "sweep");
  const experiment = parseExperiment(toml, file);
  const models: Record<string, string> = {};
  const found: Models = (name) => {
    const preset = presetTiming(name);
    if (preset) return preset;
    models[name] ??= modelFile(name);
    return modelIn(models[name], name);
  };
  const plan = planOf(experiment, file, found, await buildIdentity());
  return { name: experiment.name, plan, toml, models };
}

/** Reads an experiment; models in files are found from where it lies. Throws UsageError. */
export function loadExperiment(file: string): Promise<Loaded> {
  return load(file, (name) => {
    const path = resolve(dirname(file), name);
    if (!existsSync(path)) return modelText(name, `sweep: ${file}: timing`);
    return readSmall(path, `sweep: ${file}: timing`);
  });
}

export class Folder {
  private constructor(readonly path: string) {}

  /** The folder of a sweep that is there. Throws UsageError. */
  static open(path: string): Folder {
    if (existsSync(join(path, EXPERIMENT))) return new Folder(path);
    throw new UsageError(`sweep: ${path} has no ${EXPERIMENT}; give the folder of a sweep`);
  }

  /** The folder of an experiment, made where it is not there. Throws UsageError. */
  static make(path: string): Folder {
    makeFolder(join(path, "results"));
    makeFolder(join(path, "failures"));
    return new Folder(path);
  }

  /** The experiment that it holds. */
  load(): Promise<Loaded> {
    const path = join(this.path, MODELS);
    const models = (): Record<string, string> => {
      try {
        return JSON.parse(readSmall(path, "sweep"));
      } catch (error) {
        if (error instanceof SyntaxError) throw new UsageError(`sweep: ${path} is damaged`);
        throw error;
      }
    };
    return load(join(this.path, EXPERIMENT), (name) => {
      const text = models()[name];
      if (typeof text === "string") return text;
      throw new ConfigError(`sweep: ${path} lacks the model "${name}"; sweep the original again`);
    });
  }

  /** Keeps the experiment, so that the sweep can be resumed without its file. */
  keep({ toml, models }: Loaded): void {
    writeDurably(join(this.path, MODELS), `${JSON.stringify(models, null, 2)}\n`);
    writeDurably(join(this.path, EXPERIMENT), toml);
  }

  /** A number of its own, by which a database tells it from others. */
  get id(): string {
    const path = join(this.path, ID);
    if (!existsSync(path)) writeDurably(path, `${randomUUID().slice(0, 8)}\n`);
    const id = readSmall(path, "sweep").trim();
    if (/^[\da-f]{8}$/.test(id)) return id;
    throw new UsageError(`sweep: ${path} is damaged; remove it`);
  }

  /** Removes what processes that were killed have left half-written. */
  tidy(now: number): void {
    for (const name of ["results", "failures"].flatMap((folder) => this.list(folder))) {
      if (!name.includes(".partial-")) continue;
      const age = now - (statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? now);
      if (age > PARTIAL_HOURS * 3_600_000) rmSync(name, { force: true });
    }
  }

  private list(folder: string): string[] {
    const path = join(this.path, folder);
    if (!existsSync(path)) return [];
    return readdirSync(path)
      .sort()
      .map((name) => join(path, name));
  }

  /** The keys that have files in a folder; nothing is said of what is in them. */
  private keysIn(folder: string): string[] {
    return this.list(folder)
      .map((path) => basename(path, ".json"))
      .filter((key) => KEY_PATTERN.test(key));
  }

  get resultKeys(): string[] {
    return this.keysIn("results");
  }

  private pathOf(folder: "results" | "failures", key: string): string {
    return join(this.path, folder, `${key}.json`);
  }

  /**
   * The result of a run; undefined where there is none. One that cannot be used counts as none, and
   * is told of: `setAside` true moves it out of the way.
   */
  result(key: string, setAside: boolean): Result | undefined {
    const path = this.pathOf("results", key);
    if (!existsSync(path)) return undefined;
    const result = readResult(this.read(path), key);
    if (typeof result !== "string") return result;
    if (setAside) {
      const aside = freeName(`${path}.damaged`);
      renameSync(path, aside);
      process.stderr.write(`sweep: ${path} ${result}; set aside as ${basename(aside)}\n`);
    } else process.stderr.write(`sweep: ${path} ${result}; counts as missing\n`);
    return undefined;
  }

  /** The text of a file; nothing where something else has its name. */
  private read(path: string): string {
    try {
      return statSync(path).isFile() ? readFileSync(path, "utf8") : "";
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(`sweep: cannot read ${path} (${code}); make it readable`);
    }
  }

  has(key: string): boolean {
    return existsSync(this.pathOf("results", key));
  }

  writeResult(key: string, text: string): void {
    writeDurably(this.pathOf("results", key), text);
    rmSync(this.pathOf("failures", key), { force: true });
  }

  writeFailure(failure: Failure): void {
    writeDurably(this.pathOf("failures", failure.key), `${JSON.stringify(failure)}\n`);
  }

  /** Failures of runs that have no result. */
  failures(): Map<string, Failure> {
    const keys = this.keysIn("failures").filter((key) => !this.has(key));
    return new Map(
      keys.map((key): [string, Failure] => {
        let why = "unknown";
        try {
          why = String(JSON.parse(this.read(this.pathOf("failures", key))).why);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
        return [key, { key, why }];
      }),
    );
  }
}
