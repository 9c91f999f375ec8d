// Where a run's results go: a folder under out/, written whole under another name and then moved
// into place, so that a run that is interrupted or a disk that is full leaves no half results.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./exit.js";

/** Writes the files into `folder`, replacing what was there. */
export function writeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  const fresh = `${folder}.partial-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(fresh);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(fresh, name), text);
    renameIfThere(folder, old);
    renameSync(fresh, folder);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`out: cannot write ${folder} (${reason}); give another with --out`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
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
