// What `monitor COMMAND` does in gdb: things of the emulator that the protocol has no packets for.
import type { Machine } from "../machine.js";
import type { History } from "./history.js";

/** What the commands work on. */
export interface Monitored {
  readonly machine: Machine;
  readonly history: History;
  physical: boolean;
  /** Lines for gdb that load the symbols of what lies in memory now. */
  readonly kernels: (machine: Machine) => string[];
}

interface Command {
  readonly summary: string;
  readonly run: (on: Monitored, argument: string) => string;
}

const million = (cycles: number) => `${(cycles / 1e6).toFixed(1)} M`;

const COMMANDS: Readonly<Record<string, Command>> = {
  help: { summary: "this list", run: () => help() },
  kernels: {
    summary: "commands that load the symbols of firmware and kernels where they lie now",
    run: ({ kernels, machine }) => kernels(machine).join("\n"),
  },
  phys: {
    summary: "on or off: addresses of memory are physical ones",
    run: (on, argument) => {
      if (argument !== "" && argument !== "on" && argument !== "off") return "phys: on or off";
      if (argument !== "") on.physical = argument === "on";
      return `addresses are ${on.physical ? "physical" : "virtual"}`;
    },
  },
  cycle: {
    summary: "where the machine is in its time, and each hart",
    run: ({ machine, history }) => {
      const harts = machine.stats().map(({ cycle }, hart) => `hart ${hart}: ${cycle}`);
      const past = history.inPast ? `, in the past of ${history.horizonClock}` : "";
      return [`cycle ${machine.cycle()}${past}`, ...harts].join("\n");
    },
  },
  snapshots: {
    summary: "how many are kept to go back to, and from where on",
    run: ({ history }) => {
      const { kept } = history;
      const clocks = kept.map(({ clock }) => clock);
      const [first = 0, last = 0] = [clocks[0], clocks.at(-1)];
      return `${kept.length} snapshots, of ${million(first)} to ${million(last)} cycles`;
    },
  },
  hash: { summary: "the hash of the machine's state", run: ({ machine }) => machine.hash() },
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `monitor ${name.padEnd(10)} ${summary}`,
  );
  return lines.join("\n");
}

/** The text that a command prints, without its last newline. */
export function monitor(on: Monitored, text: string): string {
  const [name = "", ...rest] = text.trim().split(/\s+/);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return `no command "${name.slice(0, 40)}"; try: monitor help`;
  return command.run(on, rest.join(" "));
}
