// Packs the initramfs: user programs, both kernels with their digests, and /etc/rc, as a newc cpio
// (the format Linux takes). `node scripts/initramfs.mjs [RC_FILE [OUTPUT]]` writes
// build/guest/initramfs.cpio, or OUTPUT. Times and inode numbers are fixed, so equal content gives
// equal bytes.
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./make/run.mjs";
import { filesBelow, writeWhole } from "./make/step.mjs";

const ROOT_TREE = "build/guest/root";
const DIRECTORY = 0o040755;
const PROGRAM = 0o100755;
const FILE = 0o100644;

const pad4 = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** One member: the 110-byte header of 13 hexadecimal fields, the name, and the data. */
function member(number, path, mode, data) {
  const name = Buffer.from(`${path}\0`);
  const links = mode === DIRECTORY ? 2 : 1;
  const fields = [number, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((n) => n.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([pad4(Buffer.concat([Buffer.from(header), name])), pad4(data)]);
}

/** A newc cpio archive of [{path, mode, data?}], in the order given. */
export function cpio(entries) {
  const parts = entries.map(({ path, mode, data }, index) =>
    member(index + 1, path, mode, data ?? Buffer.alloc(0)),
  );
  return Buffer.concat([...parts, member(0, "TRAILER!!!", 0, Buffer.alloc(0))]);
}

/** The tree of a cold boot: what the build left in build/guest/root; `rc` as /etc/rc (or null). */
export function initramfs(rc) {
  const directories = ["bin", "boot", "etc", "dev", "run", "tmp"];
  const entries = directories.map((path) => ({ path, mode: DIRECTORY }));
  for (const file of ["bin", "boot"].flatMap((name) => filesBelow(`${ROOT_TREE}/${name}`, [""]))) {
    const path = file.slice(ROOT_TREE.length + 1);
    const mode = path.startsWith("bin/") ? PROGRAM : FILE;
    entries.push({ path, mode, data: readFileSync(join(ROOT, file)) });
  }
  if (rc !== null) entries.push({ path: "etc/rc", mode: FILE, data: rc });
  return cpio(entries);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rc, output = "build/guest/initramfs.cpio"] = process.argv.slice(2);
  if (rc !== undefined && !existsSync(rc)) {
    console.error(`initramfs: no file ${rc}`);
    process.exit(1);
  }
  writeWhole(
    relative(ROOT, resolve(output)),
    initramfs(rc === undefined ? null : readFileSync(rc)),
  );
}
