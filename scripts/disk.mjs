#!/usr/bin/env node
// Writes the watch's disk, a romfs image: `node scripts/disk.mjs FILE`. Its soundings follow the
// rule of kernels/user/include/pattern.h. The build has to come first.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./make/run.mjs";

const WRITER = "dist/experiment/watch.js";
const ECHO = "build/guest/root/bin/echo";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, ...more] = process.argv.slice(2);
  const missing = [WRITER, ECHO].find((path) => !existsSync(join(ROOT, path)));
  if (file === undefined || more.length > 0) {
    console.error("usage: node scripts/disk.mjs FILE");
    process.exitCode = 1;
  } else if (missing) {
    console.error(`disk: no ${missing}; run \`node scripts/build.mjs\``);
    process.exitCode = 1;
  } else {
    const { watchDisk } = await import(`../${WRITER}`);
    const programs = new Map([["echo", readFileSync(join(ROOT, ECHO))]]);
    writeFileSync(file, watchDisk({ programs }));
  }
}
