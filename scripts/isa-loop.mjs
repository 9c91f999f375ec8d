// The text of assembly/execute.ts: the interpreter's loop, one case an op; and of its twin for the
// timing model, assembly/execute-timed.ts, where a line of code is fetched before its instructions
// and an instruction takes what its class costs from the budget. A meaning's return type
// says how the loop goes on behind it: void has always been done, bool says whether it was done
// (or, of a branch, taken), usize is the entry to go to. A run's case is the cases of its
// instructions, in order, so its meaning is stated nowhere else.

const HEAD = `\
// Written from the rows in assembly/isa/ and scripts/isa-runs.mjs by scripts/isa-tables.mjs. Do not
// edit. The interpreter's loop: from an entry to the event at which the budget is spent.
//
// \`ip\` is the decoded entry, and \`left\` the value of \`ip\` at which the budget ends, where an
// instruction is 16: code without jumps counts by itself, a compressed instruction goes on 8 and
// takes 8 from \`left\`, and a transfer from entry a to b adds b - a - 16 to \`left\`.
// So cycle = sliceEnd - ((left - ip) >> 4), exact at every instruction, also inside a run.
import { decodeLine } from "./decode";
import { imm, op } from "./isa/entry";
`;

const TIMED_HEAD = `\
// Written from the rows in assembly/isa/ and scripts/isa-runs.mjs by scripts/isa-tables.mjs. Do not
// edit. The loop of execute.ts with the timing model at work: the line of an instruction is looked
// for before it executes, loads and stores go through the model's filter, and what an instruction's
// class costs beyond a cycle is taken from \`left\`. A miss that spends the budget is an event.
import { decodeLine } from "./decode";
import { imm, op } from "./isa/entry";
`;

const TIMED_START = `\
import { Interpret, Timed } from "./isa/interpret";
import { Op } from "./isa/op";
import { step } from "./step";
import {
  atomically,
  branched,
  cyclesOf,
  divided,
  fenced,
  fetchTimed,
  hasStalled,
  isLineFetched,
  LINE_ENTRIES_BYTES,
  lineUnderWay,
  loaded,
  multiplied,
  stored,
} from "./spent";
import { entryBytesOf, farTarget, leave, nextPage } from "./transfer";
import { BY_STEP, leftOver, runRegions } from "./translate/run";

export function timedLoop(h: usize, ip: usize, left: usize): void {
  let next: usize = 0;
  let line = lineUnderWay(h);
  while (true) {
    if (ip - line >= LINE_ENTRIES_BYTES) {
      if (!isLineFetched(h, ip)) {
        left = fetchTimed(h, ip, left);
        if (hasStalled(h) && <isize>ip >= <isize>left) {
          leave(h, ip, left);
          return;
        }
      }
      line = lineUnderWay(h);
    }
    switch (op(ip)) {
`;

const TIMED_END = `\
    }
    // What the quick way could not do: one instruction the exact way, and what it cost.
    leave(h, ip, left);
    const before = cyclesOf(h);
    if (!step(h, ip)) return;
    line = lineUnderWay(h); // the step can have lost it
    next = entryBytesOf(h);
    ip += next;
    left += next - 16 - (<usize>(cyclesOf(h) - before) << 4);
    if (hasStalled(h) && <isize>ip >= <isize>left) {
      leave(h, ip, left);
      return;
    }
  }
}
`;

const START = `\
import { Interpret, Quick } from "./isa/interpret";
import { Op } from "./isa/op";
import { step } from "./step";
import { entryBytesOf, farTarget, leave, nextPage } from "./transfer";
import { BY_STEP, leftOver, runRegions } from "./translate/run";

export function loop(h: usize, ip: usize, left: usize): void {
  let next: usize = 0;
  while (true) {
    switch (op(ip)) {
`;

const SPECIAL = `\
      case Op.UNDECODED:
        decodeLine(ip);
        continue;
      case Op.PAGE_END:
        next = nextPage(h, ip);
        if (!next) {
          leave(h, ip, left);
          return;
        }
        left += next - ip;
        ip = next;
        if (<isize>ip < <isize>left) continue;
        leave(h, ip, left);
        return;
`;

const REGION = `\
      case Op.REGION:
        next = runRegions(h, ip, left);
        if (!next) return;
        ip = next & ~BY_STEP;
        left = leftOver(h);
LINE        if ((next & BY_STEP) != 0) break;
        continue;
`;

const TIMED_LINE = "        line = lineUnderWay(h);\n";

const END = `\
    }
    // What the quick way could not do: one instruction the exact way.
    leave(h, ip, left);
    if (!step(h, ip)) return;
    next = entryBytesOf(h);
    ip += next;
    left += next - 16;
  }
}
`;

const QUICK = {
  hart: "changetype<Interpret<Quick>>(h)",
  branched: "",
  spend: () => [],
};
const TIMED = {
  hart: "changetype<Interpret<Timed>>(h)",
  branched: " - branched(h)",
  spend: (row) => {
    const spent = spentBy(row);
    return spent ? [`left -= ${spent}(h);`] : [];
  },
};

/** Which function counts an instruction of the row and gives its cycles, if its class has any. */
function spentBy({ name, extension, format }) {
  if (extension === "a") return "atomically";
  if (extension === "m") return name.startsWith("MUL") ? "multiplied" : "divided";
  if (name === "FENCE") return "fenced";
  if (format === "S") return "stored";
  return /^L(B|H|W|BU|HU)$/.test(name) ? "loaded" : undefined;
}

const ASK_BUDGET = ["if (<isize>ip < <isize>left) continue;", "leave(h, ip, left);", "return;"];
const goToNext = (way) => [`left += next - ip - 16${way.branched};`, "ip = next;", ...ASK_BUDGET];
const goFar = (way) => ["next = farTarget(h, ip);", "if (!next) break;", ...goToNext(way)];
const goNear = (way) => [`left += imm(ip) - 16${way.branched};`, "ip += imm(ip);"];
const indent = (lines, by) => lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");

/** The lines of one op; `rows` by name. What follows them is the next instruction of the run. */
function linesOf(name, rows, way) {
  if (name === "JAL_NEAR") return [`next = ${way.hart}.jumpNear(ip);`, ...goToNext(way)];
  const [, short, plain, reach] = /^(C_)?(.+?)(?:_(NEAR|BACK))?$/.exec(name);
  const goOn = short ? ["ip += 8;", "left -= 8;"] : ["ip += 16;"];
  const row = rows.get(plain);
  const call = `${plain}(${way.hart}${row.takesEntry ? ", ip" : ""})`;
  if (row.format === "B") {
    const near = goNear(way);
    const taken = { NEAR: [...near, "continue;"], BACK: [...near, ...ASK_BUDGET] };
    const lines = taken[reach] ?? goFar(way);
    return [`if (${call}) {`, ...lines.map((line) => `  ${line}`), "}", ...goOn];
  }
  if (row.gives === "usize") return [`next = ${call};`, "if (!next) break;", ...goToNext(way)];
  const done = row.gives === "bool" ? `if (!${call}) break;` : `${call};`;
  return [done, ...way.spend(row), ...goOn];
}

function caseOf(op, parts, rows, way) {
  const lines = parts.flatMap((name) => linesOf(name, rows, way));
  if (lines.at(-1) !== "return;") lines.push("continue;");
  return `      case Op.${op}:\n${indent(lines, 8)}`;
}

/**
 * The file: `rows` as read, the derived ops of branches and jumps, and the runs; `timed`: that for
 * the timing model.
 */
export function loopText(rows, nearNames, runs, timed = false) {
  const way = timed ? TIMED : QUICK;
  const quick = rows.filter((row) => row.quick);
  const byName = new Map(quick.map((row) => [row.name, row]));
  const imports = [...new Set(quick.map((row) => row.extension))].map((extension) => {
    const names = quick.filter((row) => row.extension === extension).map((row) => row.name);
    const lines = names.sort().map((name) => `${name},`);
    return `import {\n${indent(lines, 2)}} from "./isa/${extension}";\n`;
  });
  const alone = [...quick.map((row) => row.name), ...nearNames];
  const cases = [
    ...alone.map((name) => caseOf(name, [name], byName, way)),
    ...runs.map((parts) => caseOf(parts.join("_"), parts, byName, way)),
  ];
  const [head, start, end] = timed ? [TIMED_HEAD, TIMED_START, TIMED_END] : [HEAD, START, END];
  const special = SPECIAL + REGION.replace("LINE", timed ? TIMED_LINE : "");
  return head + imports.join("") + start + special + cases.join("") + end;
}
