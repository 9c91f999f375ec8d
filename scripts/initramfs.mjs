// Packs the initramfs: user programs, both kernels with their digests, and /etc/rc, as a newc cpio
// (the format Linux takes) with the host library's writer. `node scripts/initramfs.mjs [RC_FILE
// [OUTPUT]]` writes build/guest/initramfs.cpio, or OUTPUT. Equal content gives equal bytes.
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, ROOT } from "./make/run.mjs";
import { filesBelow, writeWhole } from "./make/step.mjs";

const ROOT_TREE = "build/guest/root";
const DIRECTORY = 0o040755;
const PROGRAM = 0o100755;
const FILE = 0o100644;
const EMPTY = new Uint8Array(0);

/** The host library's cpio writer. Its build has to come first. */
async function loadWriter() {
  if (!existsSync(join(ROOT, "dist/image/cpio.js"))) {
    throw new BuildError(
      "initramfs: the host tools are not built; run `node scripts/build.mjs host`",
    );
  }
  return (await import("../dist/image/cpio.js")).writeCpio;
}

/** The tree of a cold boot: what the build left in build/guest/root; `rc` as /etc/rc (or null). */
export async function initramfs(rc) {
  const writeCpio = await loadWriter();
  const directories = ["bin", "boot", "etc", "dev", "disk", "run", "tmp"];
  const entries = directories.map((name) => ({ name, mode: DIRECTORY, data: EMPTY }));
  for (const file of ["bin", "boot"].flatMap((name) => filesBelow(`${ROOT_TREE}/${name}`, [""]))) {
    const name = file.slice(ROOT_TREE.length + 1);
    const mode = name.startsWith("bin/") ? PROGRAM : FILE;
    entries.push({ name, mode, data: readFileSync(join(ROOT, file)) });
  }
  if (rc !== null) entries.push({ name: "etc/rc", mode: FILE, data: rc });
  return writeCpio(entries);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rc, output = "build/guest/initramfs.cpio"] = process.argv.slice(2);
  try {
    if (rc !== undefined && !existsSync(rc)) throw new BuildError(`initramfs: no file ${rc}`);
    const archive = await initramfs(rc === undefined ? null : readFileSync(rc));
    writeWhole(relative(ROOT, resolve(output)), archive);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
