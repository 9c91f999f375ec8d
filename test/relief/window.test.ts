// What programs ask while services have moved and they have not: the window is held open, so that
// many calls are carried out by the other kernel, and each is answered as always. And what becomes
// of a group that the relief has no room for.
import { describe, expect, test } from "vitest";
import { bootScript, MOUNT } from "../support/boot.js";
import { WAYS } from "../support/relief.js";
import { heldOpen, type Opened } from "../support/window.js";

const HELD = 30_000_000; // cycles
const SHORTLY = 10_000_000;
const BALLAST = 12_000; // KiB, several times what a relief has to work with
const LARGE = 18_000; // KiB: two of these, and their copies, are more than there is

/** larboard refuses a process with more than 160 descriptors, of which starboard allows 256. */
const EXHAUST = "exhaust_descriptors";
/** Claims that fork nothing and map nothing: forwarded from the first call to the last. */
const ASKED = [
  ["seeks", "append", "truncate", "unlinked_file", "access_modes", "bad_descriptors", "devices"],
  ["descriptor_control", "list_names", EXHAUST, "write_read_back"],
  ["poll_others", "poll_timeout", "no_terminal", "futex_returns", "stack_growth", "break_moves"],
  ["sleeps", "handler_changes_frame"],
] as const;
/** Claims that fork, sleep or fill something, and so are held sooner or later. */
const HELD_UP = [
  ...["pipe_full", "pipe_nonblocking", "interrupted_write", "timer_once"],
  ...["poll_wakes", "poll_interrupted", "socket_transfer", "socket_full", "orphan", "sessions"],
] as const;

function script(lines: readonly string[], to: string, options = ""): string {
  const relief = [`sleep 0.02`, `kexec /boot/${to} transfer=groups ${options}`.trimEnd()];
  const end = ["sleep 0.05", "touch /run/stand-down", "wait", "poweroff"];
  return `${MOUNT}${[...lines, ...relief, ...end].join("\n")}\n`;
}

function expectClean({ log, console, verdict }: Opened): void {
  expect(console.match(/\w+\.c:\d+: .*|FAILED.*/g) ?? []).toEqual([]);
  expect(log.panics).toEqual([]);
  expect(verdict).toBe("pass");
  expect(log.finalLedger).toMatchObject({ unowned: 0, doublyOwned: 0 });
}

describe.each(WAYS)("%s relieved by %s, the window held open", (from, to) => {
  const asks = (names: readonly string[]) => `usertests --until-stand-down ${names.join(" ")} &`;

  test("claims hold that are asked of the other kernel", async () => {
    const asked = ASKED.map((names) => names.filter((n) => n !== EXHAUST || to === "starboard"));
    const opened = await heldOpen(from, script(asked.map(asks), to), HELD);
    expectClean(opened);
    expect(opened.console.match(/\d+ rounds passed/g)).toHaveLength(ASKED.length);
    expect(opened.log.reliefs[0]).toMatchObject({ outcome: "relieved" });
    expect(opened.log.reliefs[0]?.forwardedCalls).toBeGreaterThan(1000);
  });

  test("claims hold that are held up", async () => {
    const opened = await heldOpen(
      from,
      script(
        HELD_UP.map((name) => asks([name])),
        to,
      ),
      SHORTLY,
    );
    expectClean(opened);
    expect(opened.console.match(/\d+ rounds passed/g)).toHaveLength(HELD_UP.length);
  });

  test("children that a parent does not want leave nothing, though it comes later", async () => {
    const lines = [asks(["unwanted_children"]), asks(["seeks"])];
    const opened = await heldOpen(from, script(lines, to), SHORTLY);
    expectClean(opened);
    expect(opened.console).toMatch(/unwanted_children: \d+ rounds passed/);
  });

  test("who takes memory meanwhile finds room in the relief", async () => {
    const lines = [asks(["seeks"]), `ballast ${BALLAST} &`];
    const text = script(lines, to, "memory=copy").replace("sleep 0.05", "ballast -w");
    const opened = await heldOpen(from, text, 4 * HELD);
    expectClean(opened);
    expect(opened.console).toMatch(/cannot take this group now: the relief has too little memory/);
    expect(opened.log.userLines.map(({ text: line }) => line)).toContainEqual(
      expect.stringMatching(/^watch ballast kept/),
    );
  });

  test("a group that never fits is given up, and all else lives on", async () => {
    const lines = [
      `ballast ${LARGE} &`,
      "ballast -w",
      "rm /run/ballast-is-filled",
      ...[asks(["seeks"]), `ballast ${LARGE + 2000} &`],
    ];
    const opened = await heldOpen(from, script(lines, to, "memory=copy"), 4 * HELD);
    expectClean(opened);
    expect(opened.console).toMatch(/has no room for a group, which is given up/);
    expect(opened.console).toMatch(/seeks: \d+ rounds passed/);
    expect(opened.log.reliefs[0]).toMatchObject({ outcome: "relieved" });
  });
});

test("more regions than the relief can hold are found before the commit", async () => {
  const lines = ["usertests --until-stand-down pipe_buffer_across_hole &", "sleep 0.1"];
  const { log, result } = await bootScript("starboard", 3, script(lines, "larboard"));
  expect(log.reliefs.map(({ outcome }) => outcome)).toEqual(["aborted"]);
  expect(log.panics).toEqual([]);
  expect(result.verdict).toBe("pass");
});
