// One sweep at a time writes a folder's plan: a file says which process that is, and since when, so
// that the lock of one that is gone is taken over. Results need no lock: they are written whole,
// under names that say what is in them.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "../exit.js";
import { partialOf } from "./files.js";

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, as its system counts; a number may be given to another one later. */
  readonly started: string;
}

/** The start of a process in the system's own clock; "" where that is not to be had. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function runs({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return started === "" || startOf(pid) === started;
}

function ownerOf(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8")) as Owner;
    return Number.isInteger(owner?.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the folder's lock, and returns what gives it back. Throws UsageError. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "lock");
  const own: Owner = { host: hostname(), pid: process.pid, started: startOf(process.pid) };
  const fresh = partialOf(path);
  try {
    writeFileSync(fresh, JSON.stringify(own));
    for (let tries = 0; !linked(fresh, path); tries++) moveStale(path, tries);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`sweep: cannot write ${path} (${code}); give another with --out`);
  } finally {
    rmSync(fresh, { force: true });
  }
  return () => {
    if (ownerOf(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Whether the name was free: a link takes it with its contents, or not at all. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function moveStale(path: string, tries: number): void {
  const owner = ownerOf(path);
  const elsewhere = owner !== undefined && owner.host !== hostname();
  if (owner && (elsewhere || runs(owner) || tries > 2)) {
    const who = `process ${owner.pid}${elsewhere ? ` on ${owner.host}` : ""}`;
    const fix = elsewhere ? `if it is gone, remove ${path}` : "wait for it, or stop it";
    throw new UsageError(`sweep: ${path}: ${who} is at work in this folder; ${fix}`);
  }
  const aside = `${partialOf(path)}-stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // another took it first
  }
  rmSync(aside, { force: true });
}
