// What is typed while a kernel is relieved: bytes that come when the old kernel has let go of its
// devices, and the new one has not taken them yet, wait in the device and are read afterwards; a
// line that is typed half before and half after is one line.
import { describe, expect, test } from "vitest";
import {
  createMachine,
  type KernelName,
  markTable,
  ReliefLog,
  watchFiles,
} from "../../emu/index.js";
import { images } from "../support/images.js";
import { ALL_WAYS, WAYS } from "../support/relief.js";
import { runUntil } from "../support/watched.js";

const END_CYCLES = 1_000_000_000;
const CTRL_D = "\u0004";

/** A reader of the console, a relief, and then what was read, between brackets. */
const script = (to: KernelName) =>
  `cat > /tmp/typed &
kexec /boot/${to}
wait
echo -n '['; cat /tmp/typed; echo ']'
poweroff
`;

/** Types `texts` at the first moment of the phases that they stand under; gives the console. */
async function typed(from: KernelName, to: KernelName, texts: Record<string, string>) {
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    firmware: images().firmware,
    kernel: images().kernels[from],
    initrd: watchFiles(images(), script(to)),
  });
  const log = new ReliefLog(await markTable());
  const pieces: Uint8Array[] = [];
  machine.on("mark", (mark) => log.add(mark));
  machine.on("console", ({ bytes }) => void pieces.push(bytes));
  for (const [phase, text] of Object.entries(texts)) {
    runUntil(machine, 500, () => log.reliefs[0]?.phases.at(-1)?.name === phase);
    machine.consoleInput(new TextEncoder().encode(text));
  }
  const result = machine.run({ cycles: END_CYCLES });
  expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  expect(log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved"]);
  return new TextDecoder().decode(Buffer.concat(pieces));
}

describe.each(WAYS)("%s relieved by %s", (from, to) => {
  test("what is typed during the transfer is read afterwards", async () => {
    const console = await typed(from, to, { transfer: `aye aye\n${CTRL_D}` });
    expect(console).toContain("[aye aye\r\n]");
  });

  test("a line typed half before and half during the relief is one line", async () => {
    const texts = {
      load: "relieve ",
      "I am ready to be relieved": "the ",
      verify: `watch\n${CTRL_D}`,
    };
    expect(await typed(from, to, texts)).toContain("[relieve the watch\r\n]");
  });
});

describe.each(ALL_WAYS)("the second console, %s relieved by %s", (from, to) => {
  test("keeps what is typed in the device, and what nobody has read yet", async () => {
    const script = `kexec /boot/${to}\nhead -2 /dev/hvc0 > /dev/hvc0\npoweroff\n`;
    const machine = await createMachine({
      harts: 2,
      ramBytes: 64 << 20,
      terminal: true,
      firmware: images().firmware,
      kernel: images().kernels[from],
      initrd: watchFiles(images(), script),
    });
    const log = new ReliefLog(await markTable());
    const pieces: Uint8Array[] = [];
    machine.on("mark", (mark) => log.add(mark));
    machine.on("terminal", ({ bytes }) => void pieces.push(bytes));
    const type = (text: string) =>
      expect(machine.terminalInput(new TextEncoder().encode(text))).toBe(true);
    const lines = ["a".repeat(1500), "b".repeat(900)];
    for (const [phase, text] of [
      ["load", `${lines[0]}`],
      ["I am ready to be relieved", `\n${lines[1]?.slice(0, 400)}`],
      ["transfer", lines[1]?.slice(400) ?? ""],
      ["assimilate", "\n"],
    ] as const) {
      runUntil(machine, 500, () => log.reliefs[0]?.phases.at(-1)?.name === phase);
      type(text);
    }
    expect(machine.run({ cycles: END_CYCLES })).toMatchObject({ verdict: "pass" });
    expect(log.reliefs.map(({ outcome }) => outcome)).toEqual(["relieved"]);
    expect(Buffer.concat(pieces).toString()).toBe(`${lines.join("\n")}\n`);
  });
});
