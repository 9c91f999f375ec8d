#!/usr/bin/env node
// Builds Quarterdeck: `node scripts/build.mjs [TARGET...]`, where a target is all (the default),
// core (the machine, to wasm), host (the TypeScript tools), guest (all that runs on the machine),
// or one part of the guest: firmware, payload, user, larboard, starboard, and both with -plain
// behind, which no relief can replace. Only what changed is made again. Messages go to stderr, and
// nothing is said when nothing is to do. A part that fails does not keep the others from being
// built; the exit code is 1 if any failed.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildPart, PARTS } from "./make/guest.mjs";
import { BuildError, ROOT, run } from "./make/run.mjs";
import { filesBelow, step } from "./make/step.mjs";

const bin = (path) => join(ROOT, "node_modules", path);

/** Runs a package's own JavaScript entry, after a check that it is there. */
function runPackage(path, args, what) {
  if (!existsSync(bin(path))) throw new BuildError(`${what}: ${path} is missing; run \`npm ci\``);
  return run(process.execPath, [bin(path), ...args], { what });
}

// Three builds of one source: the second has the timing model, the third harts at the same time.
const CORES = [
  { target: "release", entry: "assembly/machine.ts", output: "build/machine.wasm" },
  { target: "timing", entry: "assembly/machine-timing.ts", output: "build/machine-timing.wasm" },
  {
    target: "parallel",
    entry: "assembly/machine-parallel.ts",
    output: "build/machine-parallel.wasm",
  },
];

/** The machine: assembly/ to build/machine.wasm and its twins, as asconfig.json says. */
async function buildCore() {
  if (!existsSync(join(ROOT, "asconfig.json"))) {
    console.error("build: core: no asconfig.json yet, skipped");
    return;
  }
  const inputs = ["asconfig.json", "package-lock.json", ...filesBelow("assembly", [".ts"])];
  for (const { target, entry, output } of CORES) {
    const args = [entry, "--config", "asconfig.json", "--target", target];
    const make = (temporary) =>
      runPackage("assemblyscript/bin/asc.js", [...args, "--outFile", temporary], "core");
    if (await step({ output, inputs, description: args, make })) console.error(`build: ${output}`);
  }
}

/** The host tools: emu/ to dist/. Output of sources that are gone goes too. */
async function buildHost() {
  const sources = filesBelow("emu", [".ts", ".tsx"]);
  if (sources.length === 0) {
    console.error("build: host: no sources yet, skipped");
    return;
  }
  // tsc does not notice that dist/ was removed, so its memory must go with it.
  if (!existsSync(join(ROOT, "dist"))) rmSync(join(ROOT, "build/emu.tsbuildinfo"), { force: true });
  const inputs = ["tsconfig.json", "package-lock.json", ...sources];
  const make = async () => {
    await runPackage("typescript/bin/tsc", ["-p", "tsconfig.json"], "host");
    for (const path of filesBelow("dist", [".js", ".d.ts", ".js.map"])) {
      const stem = path.replace(/^dist/, "emu").replace(/(\.d\.ts|\.js\.map|\.js)$/, "");
      const kept = [".ts", ".tsx"].some((ending) => existsSync(join(ROOT, stem + ending)));
      if (!kept) rmSync(join(ROOT, path), { force: true });
    }
  };
  // The stamp's own file stands for the whole folder; the compiler writes it last.
  if (await step({ output: "build/emu.tsbuildinfo", inputs, description: "tsc", make })) {
    console.error("build: dist");
  }
}

const GUEST = Object.keys(PARTS);
const TARGETS = {
  core: buildCore,
  host: buildHost,
  ...Object.fromEntries(GUEST.map((name) => [name, () => buildPart(name)])),
};
const GROUPS = { all: ["core", "host", ...GUEST], guest: GUEST };

/** Builds each named target in turn; returns how many failed. */
async function main(names) {
  const wanted = new Set((names.length > 0 ? names : ["all"]).flatMap((n) => GROUPS[n] ?? [n]));
  for (const name of wanted) {
    if (TARGETS[name]) continue;
    const known = [...Object.keys(GROUPS), ...Object.keys(TARGETS)].join(", ");
    console.error(`build: no target "${name}"; there are ${known}`);
    return 1;
  }
  let failures = 0;
  for (const name of wanted) {
    try {
      await TARGETS[name]();
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      console.error(`build: ${error.message}`);
      failures += 1;
    }
  }
  return failures;
}

process.exitCode = (await main(process.argv.slice(2))) > 0 ? 1 : 0;
