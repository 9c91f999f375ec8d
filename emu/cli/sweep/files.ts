// Files of sweeps: read only where they are plain files, and written whole under another name,
// brought to the disk, and then moved into place.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../exit.js";

const FILE_BYTES_MAX = 1 << 20;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

/** The text of a small plain file. Throws UsageError. */
export function readSmall(path: string, what: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new UsageError(`${what}: ${path} is no plain file; give one`);
    if (stat.size > FILE_BYTES_MAX) {
      throw new UsageError(`${what}: ${path} has ${stat.size} bytes; give at most 1 MiB`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${what}: cannot read ${path} (${codeOf(error)}); give a file`);
  }
}

/** Makes a folder and those above it. Throws UsageError. */
export function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return;
    throw new UsageError(`sweep: ${path} is no folder; give another with --out`);
  }
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    throw new UsageError(`sweep: cannot make ${path} (${codeOf(error)}); give another with --out`);
  }
}

/** Where a file stands until it is whole; its name says whose it is. */
export const partialOf = (path: string) => `${path}.partial-${process.pid}`;

/** Writes a file whole, and keeps it over a loss of power. Throws UsageError. */
export function writeDurably(path: string, text: string | Uint8Array): void {
  const fresh = partialOf(path);
  try {
    const file = openSync(fresh, "w");
    try {
      const bytes = Buffer.from(text as string);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new UsageError(`sweep: cannot write ${path} (${codeOf(error)}); make room, then resume`);
  }
}

/** Brings a folder's new names to the disk, where the file system can. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } catch {
    // some file systems know no fsync of folders; the rename is whole all the same
  } finally {
    closeSync(folder);
  }
}

/** A name beside `path` that is not taken yet. */
export function freeName(path: string): string {
  for (let n = 1; ; n++) {
    const name = join(dirname(path), `${path.slice(dirname(path).length + 1)}-${n}`);
    if (!existsSync(name)) return name;
  }
}
