// The compiled core: loads each of its builds when it is first asked for, and instantiates it
// for each machine. Numbers that guest and host share (assembly/abi.ts) and offsets into state come
// from the core's exports.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { instantiate } from "@assemblyscript/loader";
import { ConfigError } from "./errors.js";
import { parallelImports, sharedMemory } from "./shared-memory.js";
import { installer, type TranslatingCore } from "./translator.js";

/** The core's exports; see assembly/machine.ts. */
export interface CoreExports extends TranslatingCore, Record<string, unknown> {
  create(
    harts: number,
    ramBytes: number,
    quantumCycles: number,
    cyclesPerTick: number,
    seed: number,
    slots: number,
    ringBytes: number,
    driveBytes: number,
    driveFlags: number,
    parts: number,
    rtcSeconds: number,
  ): number;
  resetMachine(): void;
  run(until: number): number;
  clock(): number;
  finished(): number;
  exitCode(): number;
  ramAddress(): number;
  romAddress(): number;
  driveAddress(): number;
  hartAddress(id: number): number;
  ringAddress(): number;
  ringUsed(): number;
  drain(): void;
  packetAddress(bytes: number): number;
  packetSent(bytes: number): void;
  terminalByte(byte: number): number;
  skip(until: number): void;
  wrote(pa: number, bytes: number): void;
  consoleByte(byte: number): number;
  consoleRoom(): number;
  stopAtMarks(on: number): void;
  hash(): bigint;
  setExact(bits: number): void;
  observeOnly(firstHart: number, lastHart: number, modes: number, every: number): void;
  observeRange(first: number, last: number): number;
  clearBreakpoints(): void;
  addBreakpoint(pc: number): number;
  clearWatchpoints(): void;
  addWatchpoint(va: number, bytes: number, kinds: number): number;
  stopAfter(hart: number): void;
  stopBefore(hart: number, cycle: number): void;
  stopWhy(): number;
  stopHart(): number;
  stopAddress(): number;
  paused(): number;
  registerWrite(hart: number, register: number, value: number): void;
  pcWrite(hart: number, pc: number): void;
  modeWrite(hart: number, mode: number): void;
  csrRead(hart: number, number: number): number;
  csrWrite(hart: number, number: number, value: number): number;
  translate(hart: number, va: number, kind: number): number;
  frames(): number;
  frameFlagsAddress(): number;
  driveBlocks(): number;
  dirtyBlocksAddress(): number;
  regionAddress(index: number): number;
  regionRoom(index: number): number;
  regionBytes(index: number): number;
  isZeroPage(address: number): number;
  settled(): void;
  dropDecoded(): void;
  restored(): void;
  isConfigured(offset: number): number;
  inboxAddress(index: number): number;
  unsoundPart(): number;
}

/** Builds of one source: the second has the timing model, the third harts at the same time. */
export type Build = "plain" | "timing" | "parallel";

const WASM: Readonly<Record<Build, URL>> = {
  plain: new URL("../build/machine.wasm", import.meta.url),
  timing: new URL("../build/machine-timing.wasm", import.meta.url),
  parallel: new URL("../build/machine-parallel.wasm", import.meta.url),
};
interface Compiled {
  readonly module: WebAssembly.Module;
  readonly identity: string;
}
const compiled = new Map<Build, Promise<Compiled>>();

async function compile(build: Build): Promise<Compiled> {
  const path = WASM[build];
  const bytes = await readFile(path).catch(() => {
    throw new ConfigError(`core: ${path.pathname} is missing; build it with npm run build`);
  });
  const identity = createHash("sha256").update(bytes).digest("hex");
  return { module: await WebAssembly.compile(bytes), identity };
}

function compiledCore(build: Build): Promise<Compiled> {
  const known = compiled.get(build) ?? compile(build);
  compiled.set(build, known);
  return known;
}

/** The build that runs a machine of this configuration. */
export function buildFor(config: {
  readonly timing?: unknown;
  readonly parallel?: unknown;
}): Build {
  if (config.parallel) return "parallel";
  return config.timing === undefined ? "plain" : "timing";
}

/** How many threads the host can run at the same time. */
export function hostCores(): number {
  return availableParallelism();
}

/** A build of the core as it is compiled, for a thread that instantiates it once more. */
export async function coreModule(build: Build): Promise<WebAssembly.Module> {
  return (await compiledCore(build)).module;
}

/** SHA-256 of a build of the core: what a snapshot or a recording belongs to. */
export async function coreIdentity(build: Build = "plain"): Promise<string> {
  return (await compiledCore(build)).identity;
}

/** A fresh instance of the core, with its own memory; `refused`: it may not translate. */
export async function loadCore(
  build: Build = "plain",
  refused: (why: string) => void = () => {},
): Promise<CoreExports> {
  const { module } = await compiledCore(build);
  let raw: TranslatingCore | undefined;
  const install = installer(() => raw as TranslatingCore, refused);
  const parallel = build === "parallel" ? parallelImports(sharedMemory()) : {};
  const imports = { translator: { install }, ...parallel };
  const loaded = await instantiate<Record<string, unknown>>(module, imports);
  raw = loaded.instance.exports as unknown as TranslatingCore; // the loader's are wrapped
  return loaded.exports as unknown as CoreExports;
}

/** The value of a constant that the core exports, as an unsigned number. */
export function constant(core: CoreExports, name: string): number {
  const found = core[name];
  if (!(found instanceof WebAssembly.Global)) throw new Error(`core: no constant ${name}`);
  return (found.value as number) >>> 0;
}
