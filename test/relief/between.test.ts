// What happens between a relief's beginning and its commit: processes appear and exit, and somebody
// presses Ctrl-C, at each of its phases.
import { describe, expect, test } from "vitest";
import { KERNELS, type KernelName } from "../../emu/experiment/watch.js";
import { createMachine, markTable, ReliefLog, watchFiles } from "../../emu/index.js";
import { ABORT_REASONS } from "../../emu/report/report.js";
import { type Booted, bootScript } from "../support/boot.js";
import { images } from "../support/images.js";
import { runUntil } from "../support/watched.js";

const MOMENT_CYCLES = 500;
const END_CYCLES = 200_000_000;
const DIRECTIONS = KERNELS.flatMap((from) => KERNELS.map((to) => ({ from, to })));
const STEP_SECONDS = 0.04;
const FAMILIES = 12;

/** Subshells whose first program exits, and whose second one appears, at moments of their own. */
function restless(count: number): string {
  const line = (i: number) => `sleep ${(STEP_SECONDS * i).toFixed(2)} && sleep 0.2 &\n`;
  return Array.from({ length: count }, (_, i) => line(i + 1)).join("");
}

function expectSound({ result, log, console }: Booted): void {
  expect(log.panics).toEqual([]);
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(console).toMatch(/audit: 16384 frames, \d+ in use, 0 owned by nobody, 0 claimed twice/);
}

describe.each(DIRECTIONS)("$from relieved by $to", ({ from, to }) => {
  test("families whose members come and go all the time lose none of them", async () => {
    const start = Array.from({ length: FAMILIES }, (_, i) => `family ${i} &\n`).join("");
    const stop = "sleep 0.1; touch /run/stand-down; wait; poweroff\n";
    const script = `${start}sleep 0.1; kexec /boot/${to}; kexec /boot/${from}\n${stop}`;
    const booted = await bootScript(from, 3, script);
    expectSound(booted);
    expect(booted.log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved", "relieved"]);
    const said = booted.log.userLines.map(({ text }) => text);
    expect(said.filter((text) => text.startsWith("watch family kept"))).toHaveLength(FAMILIES);
    expect(said.filter((text) => text.startsWith("invariant"))).toEqual([]);
  });

  test.each(["adopt", "copy"])("processes appear and exit meanwhile, memory %s", async (memory) => {
    const script = `${restless(16)}kexec /boot/${to} memory=${memory}\nwait\npoweroff\n`;
    const booted = await bootScript(from, 3, script);
    expectSound(booted);
    expect(booted.log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved"]);
  });
});

/** Types a command at a prompt, and more in the first moment of a phase of its relief. */
async function typedAt(from: KernelName, command: string, phase: string, keys: string) {
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    firmware: images().firmware,
    kernel: images().kernels[from],
    initrd: watchFiles(images()),
  });
  const log = new ReliefLog(await markTable());
  let shown = "";
  machine.on("mark", (mark) => log.add(mark));
  machine.on("console", ({ bytes }) => {
    shown += Buffer.from(bytes).toString("latin1");
  });
  const type = (keys: string) => machine.consoleInput(Buffer.from(keys, "latin1"));
  runUntil(machine, MOMENT_CYCLES, () => shown.endsWith("$ "));
  type(`${command}\n`);
  runUntil(machine, MOMENT_CYCLES, () => log.reliefs[0]?.phases.at(-1)?.name === phase);
  type(keys);
  machine.run({ cycles: END_CYCLES });
  type("uname\npoweroff\n");
  const result = machine.run({ cycles: END_CYCLES });
  return { log, shown, result };
}

/** Whether Ctrl-C comes early enough. */
const PHASES: Readonly<Record<string, boolean>> = {
  load: true,
  "relieving boot": true,
  "I am ready to relieve you": true,
  "I relieve you": false,
  transfer: false,
  verify: false,
  assimilate: false,
};
const INTERRUPTS = DIRECTIONS.flatMap(({ from, to }) =>
  Object.entries(PHASES).map(([phase, early]) => ({ from, to, phase, early })),
);

test.each(INTERRUPTS)("Ctrl-C at $phase, $from to be relieved by $to", async (of) => {
  const { log, shown, result } = await typedAt(
    of.from,
    `kexec /boot/${of.to}; uname`,
    of.phase,
    "\x03",
  );
  expect(log.panics).toEqual([]);
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  const [relief] = log.reliefs;
  expect(relief?.outcome).toBe(of.early ? "aborted" : "relieved");
  if (of.early) expect(ABORT_REASONS[relief?.abortCode ?? 0]).toBe("operator");
  const holder = of.early ? of.from : of.to;
  expect(shown).toMatch(new RegExp(`^${holder} quarterdeck`, "m")); // what uname says
});
