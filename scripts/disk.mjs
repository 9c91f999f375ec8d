#!/usr/bin/env node
// Writes a disk that `sounder` can check: `node scripts/disk.mjs FILE [SECTORS]` (default 2048,
// that is 1 MiB). The rule is that of kernels/user/include/pattern.h: word i of sector n,
// little-endian, is mix32(n * 128 + i).
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SECTOR_WORDS = 128;

/** MurmurHash3's 32-bit finalizer. */
export function mix32(value) {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The content of a disk of so many 512-byte sectors. */
export function patternDisk(sectors) {
  const disk = Buffer.alloc(sectors * SECTOR_WORDS * 4);
  for (let i = 0; i < sectors * SECTOR_WORDS; i++) disk.writeUInt32LE(mix32(i), i * 4);
  return disk;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, sectors = "2048"] = process.argv.slice(2);
  if (file === undefined || !/^[1-9]\d*$/.test(sectors)) {
    console.error("usage: node scripts/disk.mjs FILE [SECTORS]");
    process.exit(1);
  }
  writeFileSync(file, patternDisk(Number(sectors)));
}
