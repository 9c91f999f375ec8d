// One step of the build: inputs, a recipe and an output. A step is up to date when its stamp
// (under build/stamps) names the same recipe and each input still has the size and
// time it had when the recipe ran. The recipe writes to a temporary name which is renamed at the
// end, and the stamp comes last, so a build interrupted anywhere just repeats the step.
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./run.mjs";

/** Size and time of a file under the root, or null when it does not exist. */
function fingerprint(path) {
  const status = statSync(join(ROOT, path), { throwIfNoEntry: false });
  return status ? `${status.size} ${status.mtimeMs}` : null;
}

const stampOf = (output) => join("build/stamps", `${output.replace(/^build\//, "")}.json`);

/** The stamp of an output, or null when there is none that can be read. */
function readStamp(output) {
  try {
    return JSON.parse(readFileSync(join(ROOT, stampOf(output)), "utf8"));
  } catch {
    return null;
  }
}

/** Whether `output` exists, was made by this recipe, and none of its inputs changed since. */
export function isUpToDate(output, recipe) {
  const stamp = readStamp(output);
  if (!stamp || stamp.recipe !== recipe || fingerprint(output) === null) return false;
  return Object.entries(stamp.inputs).every(([path, was]) => fingerprint(path) === was);
}

/** Writes a file so that a reader sees all of it or none. */
export function writeWhole(path, content) {
  const whole = join(ROOT, path);
  mkdirSync(dirname(whole), { recursive: true });
  const temporary = `${whole}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, whole);
}

/**
 * Brings `output` up to date. `make(temporary)` writes the output under the temporary name it is
 * given, and may return further inputs it found (a compiler's dependency list). `description` is
 * whatever else the output depends on: the command line. Returns whether it had to run.
 */
export async function step({ output, inputs, description, make }) {
  const recipe = createHash("sha256")
    .update(JSON.stringify([description, inputs]))
    .digest("hex");
  if (isUpToDate(output, recipe)) return false;
  // An input edited while the recipe runs must not count as seen: take the times first.
  const begun_ms = Date.now();
  const seen = Object.fromEntries(inputs.map((path) => [path, fingerprint(path)]));
  const temporary = `${output}.${process.pid}.tmp`;
  mkdirSync(dirname(join(ROOT, output)), { recursive: true });
  try {
    for (const path of (await make(temporary)) ?? []) {
      const status = statSync(join(ROOT, path), { throwIfNoEntry: false });
      if (!(path in seen))
        seen[path] = status && status.mtimeMs < begun_ms ? fingerprint(path) : "";
    }
    if (fingerprint(temporary) !== null) renameSync(join(ROOT, temporary), join(ROOT, output));
  } finally {
    rmSync(join(ROOT, temporary), { force: true });
  }
  writeWhole(stampOf(output), JSON.stringify({ recipe, inputs: seen }));
  return true;
}

/** All files below a folder whose names end in one of the endings, sorted; [] when none exist. */
export function filesBelow(folder, endings) {
  const root = join(ROOT, folder);
  if (!statSync(root, { throwIfNoEntry: false })) return [];
  return readdirSync(root, { recursive: true })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .sort();
}
