// The text of assembly/execute.ts: the interpreter's loop, one case an op. A meaning's return type
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

const START = `\
import { Interpret, Quick } from "./isa/interpret";
import { Op } from "./isa/op";
import { step } from "./step";
import { entryBytesOf, farTarget, leave, nextPage } from "./transfer";

export function loop(h: usize, ip: usize, left: usize): void {
  let next: usize = 0;
  while (true) {
    switch (op(ip)) {
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

const HART = "changetype<Interpret<Quick>>(h)";
const ASK_BUDGET = ["if (<isize>ip < <isize>left) continue;", "leave(h, ip, left);", "return;"];
const GO_TO_NEXT = ["left += next - ip - 16;", "ip = next;", ...ASK_BUDGET];
const GO_FAR = ["next = farTarget(h, ip);", "if (!next) break;", ...GO_TO_NEXT];
const GO_NEAR = ["left += imm(ip) - 16;", "ip += imm(ip);"];
const indent = (lines, by) => lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");

/** The lines of one op; `rows` by name. What follows them is the next instruction of the run. */
function linesOf(name, rows) {
  if (name === "JAL_NEAR") return [`next = ${HART}.jumpNear(ip);`, ...GO_TO_NEXT];
  const [, short, plain, reach] = /^(C_)?(.+?)(?:_(NEAR|BACK))?$/.exec(name);
  const goOn = short ? ["ip += 8;", "left -= 8;"] : ["ip += 16;"];
  const row = rows.get(plain);
  const call = `${plain}(${HART}${row.takesEntry ? ", ip" : ""})`;
  if (row.format === "B") {
    const taken = { NEAR: [...GO_NEAR, "continue;"], BACK: [...GO_NEAR, ...ASK_BUDGET] };
    const lines = taken[reach] ?? GO_FAR;
    return [`if (${call}) {`, ...lines.map((line) => `  ${line}`), "}", ...goOn];
  }
  if (row.gives === "usize") return [`next = ${call};`, "if (!next) break;", ...GO_TO_NEXT];
  return [row.gives === "bool" ? `if (!${call}) break;` : `${call};`, ...goOn];
}

function caseOf(op, parts, rows) {
  const lines = parts.flatMap((name) => linesOf(name, rows));
  if (lines.at(-1) !== "return;") lines.push("continue;");
  return `      case Op.${op}:\n${indent(lines, 8)}`;
}

/** The file: `rows` as read, the derived ops of branches and jumps, and the runs. */
export function loopText(rows, nearNames, runs) {
  const quick = rows.filter((row) => row.quick);
  const byName = new Map(quick.map((row) => [row.name, row]));
  const imports = [...new Set(quick.map((row) => row.extension))].map((extension) => {
    const names = quick.filter((row) => row.extension === extension).map((row) => row.name);
    const lines = names.sort().map((name) => `${name},`);
    return `import {\n${indent(lines, 2)}} from "./isa/${extension}";\n`;
  });
  const alone = [...quick.map((row) => row.name), ...nearNames];
  const cases = [
    ...alone.map((name) => caseOf(name, [name], byName)),
    ...runs.map((parts) => caseOf(parts.join("_"), parts, byName)),
  ];
  return HEAD + imports.join("") + START + cases.join("") + END;
}
