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

/** The file: `rows` as read, and the derived ops. */
export function emitterText(rows, derived) {
  const quick = rows.filter((row) => row.quick || row.format === "CSR");
  const imports = [...new Set(quick.map((row) => row.extension))].map((extension) => {
    const names = quick.filter((row) => row.extension === extension).map((row) => row.name);
    const lines = names.sort().map((name) => `  ${name},\n`);
    return `import {\n${lines.join("")}} from "../isa/${extension}";\n`;
  });
  const cases = quick.map(({ name, takesEntry }) => {
    const ops = [name, ...derived.filter((op) => op !== "JAL_NEAR" && baseOf(op) === name)];
    const labels = ops.map((op) => `    case Op.${op}:\n`).join("");
    return `${labels}      ${name}(e${takesEntry ? ", i" : ""});\n      break;\n`;
  });
  return (
    HEAD +
    imports.join("") +
    'import { Emit } from "../isa/emit";\nimport { Op } from "../isa/op";\n\n' +
    "/** Writes the instruction at entry `i`, whose op is `what`. */\n" +
    "export function emitInstruction(e: Emit, i: usize, what: u32): void {\n" +
    "  switch (what) {\n" +
    cases.join("") +
    "    case Op.JAL_NEAR:\n      e.jumpNear(i);\n      break;\n  }\n}\n"
  );
}
