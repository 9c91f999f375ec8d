#!/usr/bin/env node
// What a process's size costs it in a relief: its blackout, in cycles of the machine, against its
// resident pages, for each way of taking over memory and each transfer, with a least-squares fit
// a + b x pages; and what it costs the others meanwhile: the median of their blackouts.
// `node bench/blackout.bench.mjs [--json]`; the build has to come first. The figures are counted by
// the machine, so they are the same on every computer.
import { readImages } from "../dist/cli/images.js";
import { MEMORY_MODES, runRelief, TRANSFER_MODES } from "../dist/index.js";

const SIZES_KIB = [16, 64, 256, 1024, 4096, 16384];
const RAM_BYTES = 128 << 20;
const WAYS = [
  ["larboard", "larboard"],
  ["larboard", "starboard"],
  ["starboard", "larboard"],
  ["starboard", "starboard"],
];

/** a and b of the line that fits y = a + b x best. */
function leastSquares(points) {
  const n = points.length;
  const sum = (pick) => points.reduce((total, point) => total + pick(point), 0);
  const [x, y] = [sum(([px]) => px) / n, sum(([, py]) => py) / n];
  const b = sum(([px, py]) => (px - x) * (py - y)) / sum(([px]) => (px - x) ** 2);
  return { a: y - b * x, b };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

async function measure(images, from, to, memory, transfer, ballast) {
  const run = await runRelief(
    { from, to, memory, transfer, ballast, ramBytes: RAM_BYTES, connections: 0 },
    images,
  );
  const relief = run.log.reliefs[0];
  const process = relief?.processes.find(({ name }) => name === "ballast");
  if (relief?.outcome !== "relieved" || !process) {
    throw new Error(
      `${from} to ${to}, ${memory}, ${transfer}, ${ballast} KiB: the relief was not completed`,
    );
  }
  const { frames, blackoutCycles } = process;
  const others = relief.processes.filter((other) => other !== process);
  const othersCycles = median(others.map((other) => other.blackoutCycles));
  return { kib: ballast, frames, blackoutCycles, othersCycles };
}

const json = process.argv.includes("--json");
const images = readImages();
const results = [];
const modes = MEMORY_MODES.flatMap((memory) =>
  TRANSFER_MODES.map((transfer) => [memory, transfer]),
);
for (const [from, to] of WAYS) {
  for (const [memory, transfer] of modes) {
    const rows = [];
    for (const kib of SIZES_KIB) rows.push(await measure(images, from, to, memory, transfer, kib));
    const line = leastSquares(rows.map(({ frames, blackoutCycles }) => [frames, blackoutCycles]));
    results.push({ from, to, memory, transfer, rows, cyclesPerFrame: line.b, cyclesFixed: line.a });
    if (json) continue;
    console.log(`${from} relieved by ${to}, memory ${memory}, transfer ${transfer}`);
    for (const { kib, frames, blackoutCycles, othersCycles } of rows) {
      console.log(
        `  ${String(kib).padStart(6)} KiB ${String(frames).padStart(6)} pages` +
          ` ${String(blackoutCycles).padStart(10)} cycles` +
          ` ${String(othersCycles).padStart(10)} the others`,
      );
    }
    console.log(`  fit: ${line.a.toFixed(0)} + ${line.b.toFixed(1)} x pages\n`);
  }
}
if (json) console.log(JSON.stringify(results, null, 2));
