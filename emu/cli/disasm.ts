// `quarterdeck disasm`: the instructions of an image, with symbols, as objdump lays them out.
import type { Command } from "commander";
import {
  disassemble,
  type ElfImage,
  type ElfSegment,
  type ElfSymbol,
  instructionLength,
  parseElf,
} from "../index.js";
import { UsageError } from "./exit.js";
import { readKernel } from "./images.js";

const EXECUTABLE_FUNCTION = 2;
const EXAMPLES = `
IMAGE is larboard, starboard, firmware, or the path of an ELF file.

Examples:
  quarterdeck disasm larboard | less
  quarterdeck disasm build/guest/bin/sh --symbol main`;

const hex8 = (value: number) => (value >>> 0).toString(16).padStart(8, "0");

/** Addresses of what to print: whole segments of code, or the functions of that name. */
function ranges(
  segments: readonly ElfSegment[],
  functions: readonly ElfSymbol[],
  symbol: string | undefined,
): [number, number][] {
  if (symbol === undefined) {
    return segments
      .filter((s) => s.fileBytes > 0 && s.executable)
      .map((s) => [s.virtual, s.virtual + s.fileBytes]);
  }
  return functions.filter(({ name }) => name === symbol).map((f) => [f.value, f.value + f.bytes]);
}

function printRange(
  { segments, bytes, compressed }: ElfImage,
  labels: ReadonlyMap<number, string>,
  [start, end]: [number, number],
): string {
  const segment = segments.find((s) => start >= s.virtual && end <= s.virtual + s.fileBytes);
  if (!segment) return "";
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const lines: string[] = [];
  const at = (pc: number) => segment.offset + pc - segment.virtual;
  for (let pc = start, length = 0; pc + 2 <= end; pc += length) {
    length = compressed ? instructionLength(view.getUint16(at(pc), true)) : 4;
    if (pc + length > end) break;
    const label = labels.get(pc);
    if (label !== undefined) lines.push("", `${hex8(pc)} <${label}>:`);
    const word = length === 4 ? view.getUint32(at(pc), true) : view.getUint16(at(pc), true);
    const digits = word.toString(16).padStart(length * 2, "0");
    // In an image without compressed instructions 32 bits are one, or data.
    const text = instructionLength(word) < length ? `.word 0x${digits}` : disassemble(word, pc);
    lines.push(`${hex8(pc)}:  ${digits.padEnd(8)}  ${text}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Adds the command to the program. */
export function addDisasm(program: Command): void {
  program
    .command("disasm")
    .description("disassemble an image")
    .argument("<image>", "larboard, starboard, firmware, or an ELF file")
    .option("--symbol <name>", "only this function")
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: { symbol?: string }) => {
      const image = parseElf(readKernel(name), name);
      const functions = image.symbols.filter(({ kind }) => kind === EXECUTABLE_FUNCTION);
      const labels = new Map(functions.map((symbol) => [symbol.value, symbol.name]));
      const found = ranges(image.segments, functions, options.symbol);
      if (found.length === 0) {
        const what = options.symbol === undefined ? "code" : `function "${options.symbol}"`;
        throw new UsageError(`disasm: ${name} has no ${what}; see \`nm\` for its symbols`);
      }
      for (const range of found) {
        process.stdout.write(printRange(image, labels, range));
      }
    });
}
