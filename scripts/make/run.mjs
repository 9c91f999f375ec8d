// Runs other programs for the build, and reports how they ended. A program killed by a signal is a
// failure like a bad exit code (npm shims lose that, so nothing here goes through one). Output is
// collected and shown in one piece, on stderr: stdout belongs to the command that is built.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** A failure whose message is one line meant for the reader; the build prints no stack for it. */
export class BuildError extends Error {}

/**
 * The Zig compiler of this platform's package. BuildError when it is not installed.
 * @param {string} platform
 * @param {string} architecture
 */
export function zigPath(platform = process.platform, architecture = process.arch) {
  const name = `@zigc/${platform}-${architecture}`;
  const program = platform === "win32" ? "bin/zig.exe" : "bin/zig";
  try {
    const path = require.resolve(`${name}/${program}`);
    if (existsSync(path)) return path;
  } catch {
    // Falls through to the one line below.
  }
  throw new BuildError(`no C compiler: package ${name} is missing; run \`npm ci\``);
}

/** Runs a program to its end. Rejects with one line when it cannot start, fails or is killed. */
export function run(program, args, { what = program, environment = {} } = {}) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (bytes) => output.push(bytes));
    child.stderr.on("data", (bytes) => output.push(bytes));
    child.on("error", (error) => reject(new BuildError(`${what}: cannot run: ${error.message}`)));
    child.on("close", (code, signal) => {
      process.stderr.write(Buffer.concat(output));
      if (signal) reject(new BuildError(`${what}: killed by ${signal}`));
      else if (code !== 0) reject(new BuildError(`${what}: failed with exit code ${code}`));
      else resolve();
    });
  });
}

/** Calls `act` on each item, at most `jobs` at a time; then throws the first error, if any. */
export async function forEachParallel(items, jobs, act) {
  const queue = [...items];
  const errors = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await act(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  if (errors.length > 0) throw errors[0];
}
