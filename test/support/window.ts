// Reliefs in groups whose window, in which services have moved and programs have not, is held open:
// the on-coming kernel's word on the first group is taken back for a while, as if it were slow.

import { findLogs, offsetOf } from "../../emu/handover/books.js";
import {
  createMachine,
  type KernelName,
  type Machine,
  markTable,
  ReliefLog,
  watchDisk,
  watchFiles,
} from "../../emu/index.js";
import { images } from "./images.js";

const RAM_BYTES = 64 << 20;
const CYCLES_MAX = 2_000_000_000;
const SLICE_CYCLES = 20_000;
const STEP_CYCLES = 200;
const TRANSFER_GROUPS = 1;

export interface Opened {
  readonly log: ReliefLog;
  readonly console: string;
  readonly verdict: string | undefined;
}

/** A word of guest memory. */
export function word(machine: Machine, address: number): number {
  return new DataView(machine.readPhysical(address, 4).slice().buffer).getUint32(0, true);
}

export function setWord(machine: Machine, address: number, value: number): void {
  machine.writePhysical(address, new Uint8Array(Uint32Array.of(value).buffer));
}

/** The log page of a relief that moves groups. Throws when there is none. */
export function logOfGroups(machine: Machine): number {
  const base = machine.abi("RAM_BASE");
  const pages = findLogs(machine.readPhysical(base, RAM_BYTES), base);
  const mode = offsetOf("log_page", "transfer_mode");
  const page = pages.find((at) => word(machine, at + mode) === TRANSFER_GROUPS);
  if (page === undefined) throw new Error("there is no log page");
  return page;
}

/** Whether the relief under way, if any, moves groups at this moment. */
export function movesGroups(log: ReliefLog): boolean {
  return log.reliefs.at(-1)?.phases.at(-1)?.name === "groups";
}

function holdOpen(machine: Machine, cycles: number): void {
  const at = logOfGroups(machine) + offsetOf("log_page", "oncoming_group");
  while (word(machine, at) === 0) machine.run({ cycles: STEP_CYCLES });
  const said = word(machine, at);
  setWord(machine, at, 0);
  machine.run({ cycles });
  setWord(machine, at, said);
}

/** Boots with a script of one relief in groups, and holds its window open for so many cycles. */
export async function heldOpen(
  kernel: KernelName,
  script: string,
  cycles: number,
): Promise<Opened> {
  const { firmware, kernels } = images();
  const machine = await createMachine({
    harts: 3,
    ramBytes: RAM_BYTES,
    seed: 1,
    firmware,
    kernel: kernels[kernel],
    initrd: watchFiles(images(), script),
    vsock: true,
    terminal: true,
    drive: { data: watchDisk(images()), readOnly: true },
  });
  const log = new ReliefLog(await markTable());
  let console = "";
  machine.on("mark", (mark) => log.add(mark));
  machine.on("console", ({ bytes }) => {
    console += new TextDecoder("latin1").decode(bytes);
  });
  let result = machine.run({ cycles: SLICE_CYCLES });
  for (let held = false; result.reason === "budget" && machine.cycle() < CYCLES_MAX; ) {
    if (!held && movesGroups(log)) {
      holdOpen(machine, cycles);
      held = true;
    }
    result = machine.run({ cycles: SLICE_CYCLES });
  }
  return { log, console, verdict: result.verdict };
}
