// Reliefs that must be refused or given up: each fault has its reason, and afterwards the off-going
// kernel has the watch, with every process, every CPU and every frame it had before.
import { describe, expect, test } from "vitest";
import { FAULTS, faultyImage, IN_GROUPS, parseFault } from "../../emu/experiment/faults.js";
import type { ABORT_REASONS } from "../../emu/report/report.js";
import { images } from "../support/images.js";
import { framesUsed, openCpus, processesAtEnd, relief, SPREAD, WAYS } from "../support/relief.js";

type Reason = (typeof ABORT_REASONS)[number];

/** The reason of each fault at its first phase, and where it is another at a later one. */
const REASONS: Readonly<Record<string, Reason | "survived">> = {
  "image-corrupt": "digest",
  "not-elf": "not-an-image",
  "contract-version": "contract-version",
  "contract-spoken": "contract-version",
  "zone-normal": "zone-normal",
  "missing-driver": "missing-driver",
  "missing-file-system": "missing-file-system",
  "missing-romfs": "missing-file-system",
  memory: "memory",
  miscount: "configuration",
  "miscount@verify": "receipt",
  hang: "watchdog",
  panic: "panic",
  load: "panic",
  illegal: "panic",
  stray: "panic",
  "offgoing-hang": "survived",
  "offgoing-panic": "survived",
};

/** Every fault at every phase where all move at once, both ways; for groups see groups.test.ts. */
const CASES = WAYS.flatMap(([from, to]) =>
  Object.entries(FAULTS).flatMap(([name, { phases = [undefined] }]) =>
    phases
      .filter((phase) => phase !== IN_GROUPS)
      .map((phase) => {
        const fault = phase === undefined ? name : `${name}@${phase}`;
        return { from, to, fault, reason: REASONS[fault] ?? REASONS[name] };
      }),
  ),
);

/** What fails at each phase, once for each kind of end, where memory does not stay as it is. */
const KINDS = ["hang", "panic", "miscount", "memory", "offgoing-panic"];
const MOVED = CASES.filter(({ fault }) => KINDS.includes(parseFault(fault).name)).flatMap((of) =>
  (["remap", "copy"] as const).map((memory) => ({ ...of, memory })),
);
const ALL = [...CASES.map((of) => ({ ...of, memory: "adopt" as const })), ...MOVED];
const ABORTS = ALL.filter(({ reason }) => reason !== "survived");
const SURVIVED = ALL.filter(({ reason }) => reason === "survived");

test("every fault has its reason in this table", () => {
  const names = new Set(Object.keys(REASONS).map((name) => parseFault(name).name));
  expect([...names].sort()).toEqual(Object.keys(FAULTS).sort());
});

test.each(Object.keys(FAULTS))("%s leaves the image it is given as it was", (name) => {
  const image = Buffer.from(images().kernels.larboard);
  const before = Uint8Array.from(image);
  const at = parseFault(name);
  const [changed] = faultyImage(image, at);
  expect(image.equals(before)).toBe(true);
  expect(Buffer.from(changed).equals(before)).toBe(at.fault.image === undefined);
});

test.each([
  ["hnag", /give one of image-corrupt,/],
  ["hang@noon", /hang cannot be at "noon"; give one of boot,/],
  ["not-elf@boot", /it has no phases/],
  ["hang@boot@boot", /there is no "hang@boot@boot"/],
])("%s is refused", (text, why) => {
  expect(() => parseFault(text)).toThrow(why);
});

describe.each(SURVIVED)("$fault, $from to be relieved by $to, $memory", (of) => {
  const { from, to, fault, memory } = of;

  test("the relief finishes from the records, and nothing is lost", async () => {
    const done = await relief({ from, to, fault, memory, harts: 3 });
    expect(done.report).toMatchObject({ outcome: "relieved", failures: [], processesLost: 0 });
    const said = done.report.chain[0]?.dialogue.at(-1);
    expect(said).toMatchObject({ side: "oncoming" });
    expect(said?.text).toMatch(/says nothing more. I finish from its records/);
    expect([...done.run.kept].sort()).toEqual([...done.run.watch].sort());
    expect(openCpus(done)).toEqual([0, 1, 2]);
    expect(done.report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
  });
});

describe.each(ABORTS)("$fault, $from to be relieved by $to, $memory", (of) => {
  const { from, to, fault, memory, reason } = of;
  const config = { from, to, fault, memory, harts: 3 };

  test(`it is aborted (${reason}), and the watch is kept`, async () => {
    const { run, report } = await relief(config);
    expect(report).toMatchObject({ outcome: "aborted", abortReason: reason, failures: [] });
    expect(report.chain.map(({ outcome }) => outcome)).toEqual(["aborted"]);
    expect(report.reliefs).toBe(0);
    expect(report.chain[0]?.dialogue.at(-1)).toMatchObject({ side: "offgoing" });
    expect(report.chain[0]?.dialogue.at(-1)?.text).toMatch(/aborted: .*I keep the watch/);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
  });

  test("no process, CPU or frame is lost", async () => {
    const undisturbed = await relief({ from, to, harts: 3, times: 0 });
    const aborted = await relief(config);
    for (const { pid, blackoutCycles } of aborted.report.chain[0]?.processes ?? []) {
      expect(blackoutCycles, `pid ${pid}`).toBeGreaterThan(0);
    }
    expect(undisturbed.run.log.reliefs).toEqual([]);
    expect(processesAtEnd(undisturbed)).toBeGreaterThan(0);
    expect(processesAtEnd(aborted)).toBe(processesAtEnd(undisturbed));
    expect(openCpus(aborted)).toEqual([0, 1, 2]);
    expect(aborted.report.ledger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    const more = framesUsed(aborted) - framesUsed(undisturbed);
    expect(Math.abs(more)).toBeLessThanOrEqual(SPREAD[from]);
  });
});
