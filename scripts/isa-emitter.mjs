// The text of assembly/translate/instruction.ts: which meaning each op has, for the backend that
// writes WebAssembly. Ops that decoding derives (near branches, compressed instructions) mean what
// their base instruction means. Of those that the loop leaves to the exact way only accesses to
// CSRs have a case.

const HEAD = `\
// Written from the rows in assembly/isa/ by scripts/isa-tables.mjs. Do not edit. The meaning of an
// instruction, by the backend that writes WebAssembly.
`;

/** The base instruction of an op. */
const baseOf = (name) => /^(?:C_)?(.+?)(?:_(?:NEAR|BACK))?$/.exec(name)[1];

/** Rows by extension and format, a function each: engines compile one when it is first called. */
function groupsOf(rows) {
  const groups = new Map();
  for (const row of rows) {
    const name = `emit${row.extension.toUpperCase()}${row.format}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups];
}

function importsOf(rows) {
  return [...new Set(rows.map((row) => row.extension))].map((extension) => {
    const names = rows.filter((row) => row.extension === extension).map((row) => row.name);
    const lines = names.sort().map((name) => `  ${name},\n`);
    return `import {\n${lines.join("")}} from "../isa/${extension}";\n`;
  });
}

/** A function that has a case for each of `cases`: the labels, and what is done. */
const switching = (head, cases) =>
  `${head}(e: Emit, i: usize, what: u32): void {\n  switch (what) {\n${cases
    .map(([ops, done]) => {
      const labels = ops.map((op) => `    case Op.${op}:\n`).join("");
      return `${labels}      ${done};\n      break;\n`;
    })
    .join("")}  }\n}\n`;

/** The file: `rows` as read, and the derived ops. */
export function emitterText(rows, derived) {
  const quick = rows.filter((row) => row.quick || row.format === "CSR");
  const opsOf = ({ name }) => [
    name,
    ...derived.filter((op) => op !== "JAL_NEAR" && baseOf(op) === name),
  ];
  const groups = groupsOf(quick);
  const meanings = groups.map(([name, members]) =>
    switching(
      `function ${name}`,
      members.map((row) => [opsOf(row), `${row.name}(e${row.takesEntry ? ", i" : ""})`]),
    ),
  );
  const choices = groups.map(([name, members]) => [members.flatMap(opsOf), `${name}(e, i, what)`]);
  return [
    HEAD +
      importsOf(quick).join("") +
      'import { Emit } from "../isa/emit";\nimport { Op } from "../isa/op";\n',
    ...meanings,
    "/** Writes the instruction at entry `i`, whose op is `what`. */\n" +
      switching("export function emitInstruction", [...choices, [["JAL_NEAR"], "e.jumpNear(i)"]]),
  ].join("\n");
}
