// The command line of bench/engines.bench.mjs: which parts, which guests of the table, how many
// rounds. What is wrong is refused in one line, with what may be given.
import { parseArgs } from "node:util";

export const PARTS = ["table", "translation", "switching", "short", "modified"];
const ROUNDS = 5;
const ROUNDS_MOST = 1000;
/** Short runs have so many times the rounds: differences are to be seen that are smaller. */
export const SHORT_TIMES = 8;

/** A command line that makes no sense; the message is one line. */
export class OptionError extends Error {}

function listed(option, text, known) {
  if (text === undefined) return known;
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !known.includes(name));
  if (wrong === undefined) return known.filter((name) => names.includes(name));
  throw new OptionError(`${option}: nothing is named "${wrong}"; there are: ${known.join(", ")}`);
}

function roundsOf(text) {
  const rounds = text === undefined ? ROUNDS : Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= ROUNDS_MOST) return rounds;
  throw new OptionError(`--rounds: "${text}"; give a whole number in 1..${ROUNDS_MOST}`);
}

/** What is wanted, or OptionError; `guests` are the names of the table's. */
export function readOptions(args, guests) {
  const flag = { type: "boolean", default: false };
  const text = { type: "string" };
  const options = { rounds: text, parts: text, guests: text, json: flag };
  let values;
  try {
    ({ values } = parseArgs({ args, options: { ...options, help: { ...flag, short: "h" } } }));
  } catch (error) {
    const [line] = error.message.split(/\. |\n/);
    throw new OptionError(`${line}; --help says what there is`);
  }
  return {
    help: values.help,
    json: values.json,
    rounds: roundsOf(values.rounds),
    parts: listed("--parts", values.parts, PARTS),
    guests: listed("--guests", values.guests, guests),
  };
}

export const helpText = (guests) => `Usage: node bench/engines.bench.mjs [options]

the engines against each other and against QEMU, measured in turn in one run

  --rounds <n>     samples of each (default: ${ROUNDS}); ${SHORT_TIMES} times as many short runs
  --parts <list>   some of: ${PARTS.join(", ")}
  --guests <list>  of the table, some of: ${guests.join(", ")}
  --json           print one object
  -h, --help       display this help`;
