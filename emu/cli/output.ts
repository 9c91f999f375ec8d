// Where a run's results go: a folder under out/, written whole under another name and then moved
// into place, so that a run that is interrupted or a disk that is full leaves no half results.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./exit.js";

/** Writes the files into `folder`, replacing what was there. */
export function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  const fresh = `${folder}.partial-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  try {
    makeFolders(dirname(folder));
    mkdirSync(fresh);
    for (const [name, data] of Object.entries(files)) writeFileSync(join(fresh, name), data);
    renameIfThere(folder, old);
    renameSync(fresh, folder);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    if (existsSync(fresh)) rmSync(fresh, { recursive: true });
    if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`out: cannot write ${folder} (${reason}); give another with --out`);
  }
}

/** As `mkdir -p`. Node's own never returns where the file system knows no new folders (/proc). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Writes a file that an option named. Throws UsageError. */
export function writeOutput(path: string, option: string, bytes: Uint8Array): void {
  tryToWrite(path, option, () => writeFileSync(path, bytes));
}

/**
 * Writes it under another name first, with the folders it needs, and moves it into place. What is
 * no file (a device, a pipe) is written to as it stands: a move would put a file in its place. A
 * link stays, and what it leads to is replaced.
 */
export function writeWhole(path: string, option: string, bytes: Uint8Array): void {
  tryToWrite(path, option, () => {
    makeFolders(dirname(path));
    const target = existsSync(path) ? realpathSync(path) : path;
    if (existsSync(target) && !statSync(target).isFile()) {
      writeFileSync(target, bytes);
      return;
    }
    const fresh = `${target}.partial-${process.pid}`;
    try {
      writeFileSync(fresh, bytes);
      renameSync(fresh, target);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  });
}

/** Writes pieces to a file that an option named, each at once; the first one makes it anew. */
export function openOutput(path: string, option: string): (text: string) => void {
  let file: number | undefined;
  return (text) =>
    tryToWrite(path, option, () => {
      if (file === undefined) {
        makeFolders(dirname(path));
        file = openSync(path, "w");
      }
      writeSync(file, text);
    });
}

/** Appends to it. */
export function appendOutput(path: string, option: string, bytes: Uint8Array): void {
  tryToWrite(path, option, () => appendFileSync(path, bytes));
}

function tryToWrite(path: string, option: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${option}: cannot write ${path} (${code}); give another file`);
  }
}

/** A progress line on a terminal; nothing elsewhere. */
export class Progress {
  private readonly shown = process.stderr.isTTY === true;

  update(text: string): void {
    if (this.shown) process.stderr.write(`\r\u001b[K${text}`);
  }

  clear(): void {
    if (this.shown) process.stderr.write("\r\u001b[K");
  }
}

/** Whether to colour what goes to `stream` (https://no-color.org). */
export function useColor(stream: NodeJS.WriteStream): boolean {
  const off = process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== "";
  return stream.isTTY === true && !off && process.env.TERM !== "dumb";
}
