// Writes kernels/abi/machine.h from assembly/abi.ts, so that each number of the machine is typed
// once. Run by hand after a change of abi.ts; test/make/header.test.ts fails while the two differ.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SOURCE = new URL("../assembly/abi.ts", import.meta.url);
const HEADER = new URL("../kernels/abi/machine.h", import.meta.url);

/** The text of the C header for the text of abi.ts: same order, same comments. */
export function machineHeader(source) {
  const body = source
    .split("\n")
    .map((line) => {
      const constant = /^export const (\w+): u32 = (\w+);(?: \/\/ (.*))?$/.exec(line);
      if (!constant) {
        if (line !== "" && !line.startsWith("//"))
          throw new Error(`abi.ts: not a constant: ${line}`);
        return line;
      }
      const [, name, value, note] = constant;
      return `#define ${name} ${value}${note ? ` // ${note}` : ""}`;
    })
    .join("\n");
  const head = "// Written from assembly/abi.ts by scripts/machine-header.mjs. Do not edit.\n";
  return `${head}#ifndef MACHINE_H\n#define MACHINE_H\n\n${body}\n#endif\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(HEADER, machineHeader(readFileSync(SOURCE, "utf8")));
}
