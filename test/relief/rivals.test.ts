// The relief's rivals: a checkpoint that another kernel goes on from, kexec that keeps nothing, and
// a cold reboot. Each is carried out by the guest; what is asked for in vain changes nothing.
import { describe, expect, test } from "vitest";
import { KERNELS, METHODS, WATCH } from "../../emu/experiment/watch.js";
import { bootScript } from "../support/boot.js";
import { fresh, relief, WAYS } from "../support/relief.js";

const PHASES: Readonly<Record<string, readonly string[]>> = {
  checkpoint: ["load", "checkpoint", "shutdown", "boot", "restore", "assimilate"],
  kexec: ["load", "shutdown", "boot", "restart"],
  cold: ["shutdown", "firmware", "boot", "restart"],
};
const RIVALS = METHODS.filter((method) => method !== "relief");
const CASES = WAYS.flatMap(([from, to]) => RIVALS.map((method) => ({ from, to, method })));
const DAMAGED = "grep -v qqq /boot/larboard > /tmp/k; head /boot/larboard.sha256 > /tmp/k.sha256";

describe.each(CASES)("$from gives way to $to by $method", ({ from, to, method }) => {
  test.each([2, 5])("the watch is kept in the end, %i harts", async (harts) => {
    const { run, report } = await relief({ from, to, method, harts });
    expect(report.failures).toEqual([]);
    expect(report.phases.map(({ name }) => name)).toEqual(PHASES[method]);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    expect(report.ledger).toMatchObject({ frames: 16384, unowned: 0, doublyOwned: 0 });
    expect(run.log.spans.at(-1)?.release).toBe(to === "larboard" ? 281 : 282);
    for (const { name, cycles, instructions } of report.phases) {
      expect([name, cycles > 0]).toEqual([name, true]);
      const others = name === "load" || name === "checkpoint" || name === "shutdown";
      expect([name, instructions[others ? "offgoing" : "oncoming"] > 0]).toEqual([name, true]);
      if (!others) expect([name, instructions.offgoing < 2000]).toEqual([name, true]);
    }
  });

  test("a run is a function of its configuration, however it is sliced", async () => {
    const again = await fresh({ from, to, method, harts: 2 }, 77_777);
    const { report } = await relief({ from, to, method, harts: 2 });
    expect(again.report.finalStateHash).toBe(report.finalStateHash);
    expect(again.report.phases).toEqual(report.phases);
  });

  test("with a firewall, and in another order of harts", async () => {
    const { run, report } = await relief({ from, to, method, harts: 3, seed: 9, firewall: true });
    expect(report.failures).toEqual([]);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
  });

  test("each program begins again, or none does", async () => {
    const { run } = await relief({ from, to, method, harts: 2 });
    const begun = run.log.userLines.filter(({ text }) => /^watch \w+ begins/.test(text)).length;
    expect(begun).toBe(run.watch.length * (method === "checkpoint" ? 1 : 2));
  });
});

describe.each(WAYS)("a checkpoint of %s for %s", (from, to) => {
  test.each(["remap", "copy"] as const)("with memory=%s", async (memory) => {
    const config = {
      from,
      to,
      memory,
      method: "checkpoint",
      ballast: 2048,
      processes: 20,
    } as const;
    const { run, report } = await relief({ ...config, descriptors: 40 });
    expect(report.failures).toEqual([]);
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
    expect(report.processes.length).toBeGreaterThan(40);
  });

  test("keeps every connection: nothing is asked again, and nothing fails", async () => {
    const { report } = await relief({ from, to, method: "checkpoint", harts: 2, connections: 32 });
    expect(report.service).toMatchObject({ connections: 32, failed: 0 });
    expect(report.service?.done).toBeGreaterThan(300);
  });

  test("that is given up late leaves all in order, devices too", async () => {
    const script = [
      "mount /dev/vda /disk romfs",
      ...WATCH.map((name, i) => `${name} ${i} &`),
      `sleep 0.05; kexec /boot/${to} method=checkpoint offgoing-fault=memory@checkpoint || echo no`,
      `kexec /boot/${to} method=checkpoint memory=copy offgoing-fault=memory@checkpoint || echo no`,
      "echo heard > /dev/hvc0; grep Quarterdeck /disk/log/README",
      "sleep 0.05; touch /run/stand-down; wait; usertests; poweroff",
    ];
    const { console, terminal, log, result } = await bootScript(from, 3, `${script.join("\n")}\n`);
    expect(console.match(/^no\r?$/gm)).toHaveLength(2);
    expect(console).toContain("Quarterdeck: the disk");
    expect(terminal).toContain("heard");
    // usertests ask for one too, which starboard tries with the image that it still has
    const outcomes = log.reliefs.slice(0, 2).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["aborted", "aborted"]);
    const kept = log.userLines.filter(({ text }) => / kept/.test(text));
    expect(kept).toHaveLength(WATCH.length);
    expect(console).toMatch(/usertests: \d+ passed, 0 failed/);
    expect(log.finalLedger).toMatchObject({ unowned: 0, doublyOwned: 0 });
    expect(result).toMatchObject({ verdict: "pass" });
  });
});

describe.each(KERNELS)("what %s refuses", (kernel) => {
  test.each([
    ["method=boat", "method=boat: give relief, checkpoint or kexec"],
    ["method=kexec", "say which initrd"],
    ["method=kexec initrd=/nowhere", "there is no initrd /nowhere"],
    ["method=kexec initrd=/bin", "there is no initrd /bin"],
    ["method=checkpoint transfer=groups", "transfer=groups is of the relief alone"],
  ])("%s", async (words, said) => {
    const script = `kexec /boot/larboard ${words} || echo kept; usertests; poweroff\n`;
    const { console, log } = await bootScript(kernel, 2, script);
    expect(console).toContain(said);
    expect(console).toMatch(/^kept\r?$/m);
    expect(console).toMatch(/usertests: \d+ passed, 0 failed/);
    expect(log.finalLedger).toMatchObject({ unowned: 0, doublyOwned: 0 });
  });

  test("a damaged image, by either method, with all memory given back", async () => {
    const tries = ["method=kexec initrd=/boot/starboard", "method=checkpoint"].map(
      (words) => `kexec /tmp/k ${words} || echo kept`,
    );
    const once = await bootScript(kernel, 2, `${DAMAGED}; ${tries.join("; ")}; poweroff\n`);
    const often = Array.from({ length: 6 }, () => tries).flat();
    const many = await bootScript(kernel, 2, `${DAMAGED}; ${often.join("; ")}; poweroff\n`);
    expect(once.console.match(/^kept\r?$/gm)).toHaveLength(2);
    expect(many.console.match(/^kept\r?$/gm)).toHaveLength(12);
    const [one, more] = [once.log.framesUsed ?? 0, many.log.framesUsed ?? 0];
    expect(Math.abs(more - one)).toBeLessThan(4);
  });
});
