// The shell as somebody at the terminal sees it: editing, history, jobs, Ctrl-C; on each kernel,
// and across a relief that is typed at its prompt.
import { describe, expect, test } from "vitest";
import { KERNELS, type KernelName, watchFiles } from "../../emu/experiment/watch.js";
import { createMachine } from "../../emu/index.js";
import { images } from "../support/images.js";

const IDLE_CYCLES = 15_000_000;
const [UP, LEFT, BACKSPACE] = ["\x1b[A", "\x1b[D", "\x7f"];
const [CONTROL_A, CONTROL_C, CONTROL_D, CONTROL_E] = ["\x01", "\x03", "\x04", "\x05"];

/** A terminal: `type` gives what appeared until the machine had been quiet for a while. */
async function terminal(kernel: KernelName) {
  const { firmware, kernels } = images();
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    firmware,
    kernel: kernels[kernel],
    initrd: watchFiles(images()),
  });
  let shown = "";
  machine.on("console", ({ bytes }) => {
    shown += Buffer.from(bytes).toString("latin1");
  });
  const settle = (): string => {
    const from = shown.length;
    for (let before = -1; before !== shown.length; ) {
      before = shown.length;
      machine.run({ cycles: IDLE_CYCLES });
    }
    return shown.slice(from).replaceAll("\r", "");
  };
  const type = (keys: string): string => {
    machine.consoleInput(Buffer.from(keys, "latin1"));
    return settle();
  };
  /** Types, and looks after so many cycles, whatever is going on. */
  const glance = (keys: string, cycles: number): string => {
    const from = shown.length;
    machine.consoleInput(Buffer.from(keys, "latin1"));
    machine.run({ cycles });
    return shown.slice(from).replaceAll("\r", "");
  };
  return { greeting: settle(), type, glance };
}

/** Lines that a command has written: without the echo of what was typed, and the next prompt. */
function answer(shown: string): string[] {
  return shown
    .split("\n")
    .slice(1)
    .filter((line) => line !== "$ ");
}

describe.each(KERNELS)("on %s", (kernel) => {
  test("it prompts, runs pipelines and redirections, and keeps $?", async () => {
    const { greeting, type } = await terminal(kernel);
    expect(greeting.endsWith("$ ")).toBe(true);
    expect(answer(type("echo one two | cat > /tmp/x; cat < /tmp/x\n"))).toEqual(["one two"]);
    expect(answer(type("echo three >> /tmp/x; wc /tmp/x\n"))[0]).toMatch(/2\D+3\D+14/);
    expect(answer(type("ls /nowhere 2> /tmp/e || echo failed; cat /tmp/e\n"))).toEqual([
      "failed",
      "ls: /nowhere: no such file (2)",
    ]);
    expect(answer(type("echo 'a  b' \"c\"\\ d && echo no more\n"))).toEqual([
      "a  b c d",
      "no more",
    ]);
  });

  test("a line can be edited, and comes back from the history", async () => {
    const { type } = await terminal(kernel);
    expect(answer(type(`ecko${LEFT}${BACKSPACE}h${CONTROL_E} hello\n`))).toContain("hello");
    type("echo first\n");
    type("echo second\n");
    expect(answer(type(`${UP}${UP}\n`)).at(-1)).toBe("first");
    expect(answer(type(`last${CONTROL_A}echo \n`)).at(-1)).toBe("last");
    expect(answer(type("history\n")).map((line) => line.trim())).toContain("2 echo first");
  });

  test("Ctrl-C ends the job in front, and neither the shell nor jobs behind", async () => {
    const { type } = await terminal(kernel);
    type("sleep 1000 &\n");
    type("sleep 2000 | cat\n");
    expect(type(CONTROL_C)).toContain("^C");
    expect(answer(type("echo $?\n"))).toEqual(["130"]);
    expect(answer(type("jobs\n"))[0]).toMatch(/^\[1\] \d+ runs +sleep 1000$/);
    type("fg\n");
    type(CONTROL_C);
    expect(answer(type("jobs\n"))).toEqual([]);
    expect(type(CONTROL_D)).toContain("$ "); // init gives a new one
  });

  test("Ctrl-C ends a relief that was asked for, and the next one goes through", async () => {
    const { type, glance } = await terminal(kernel);
    const other = KERNELS.find((name) => name !== kernel);
    expect(glance(`kexec /boot/${other}\n`, 2_000_000)).toContain("is halted for the relief");
    const shown = type(CONTROL_C);
    expect(shown).toContain("The relief is aborted: the operator ended it. I keep the watch.");
    expect(shown.endsWith("$ ")).toBe(true);
    expect(answer(type("uname\n"))[0]).toMatch(new RegExp(`^${kernel} `));
    expect(type(`kexec /boot/${other}\n`)).toContain("I stand relieved");
  });

  test("two reliefs at once: the second is busy", async () => {
    const { type } = await terminal(kernel);
    const other = KERNELS.find((name) => name !== kernel);
    const shown = type(`kexec /boot/${other} & kexec /boot/${other}; wait\n`);
    expect(shown).toMatch(/kexec: .*a relief is under way/);
    expect(shown.match(/I stand relieved/g)).toHaveLength(1);
  });

  test("a relief at the prompt: jobs, files and history are there as before", async () => {
    const { type } = await terminal(kernel);
    const other = KERNELS.find((name) => name !== kernel);
    type("sleep 1000 &\n");
    type("echo kept > /tmp/kept\n");
    expect(answer(type("uname\n"))[0]).toMatch(new RegExp(`^${kernel} `));
    expect(type(`kexec /boot/${other}\n`)).toContain("I stand relieved");
    expect(answer(type("uname\n"))[0]).toMatch(new RegExp(`^${other} `));
    expect(answer(type("cat /tmp/kept\n"))).toEqual(["kept"]);
    expect(answer(type("jobs\n"))[0]).toMatch(/runs +sleep 1000$/);
    expect(answer(type(`${UP}${UP}\n`)).at(-1)).toBe("kept");
    type("fg\n");
    type(CONTROL_C);
    expect(answer(type("echo $?\n"))).toEqual(["130"]);
  });
});
