// The handover contract as the C compiler sees it, and the numbers that tests of the books need.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseElf } from "../../emu/index.js";
import { ROOT, run, zigPath } from "../../scripts/make/run.mjs";

/** Compiles expressions with the header's names, and reads their values from the program. */
export async function compiledNumbers(expressions: readonly string[]): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "handover-"));
  const [source, program] = [join(folder, "a.c"), join(folder, "a.elf")];
  const text = `#include <stddef.h>
#include "abi/handover.h"
const unsigned numbers[] = {${expressions.join(",\n")}};
`;
  writeFileSync(source, text);
  const flags = ["-target", "riscv32-freestanding-none", "-nostdlib", "-Wl,-e,0", "-I", "kernels"];
  const cache = join(ROOT, "build/zig-cache");
  await run(zigPath(), ["cc", ...flags, source, "-o", program], {
    environment: { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
  });
  const image = parseElf(readFileSync(program), "layout");
  rmSync(folder, { recursive: true });
  const at = image.symbols.find(({ name }) => name === "numbers")?.value ?? 0;
  const segment = image.segments.find((s) => at >= s.virtual && at < s.virtual + s.fileBytes);
  if (!segment) throw new Error("the numbers are in no segment");
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset);
  const first = segment.offset + at - segment.virtual;
  return expressions.map((_, index) => view.getUint32(first + index * 4, true));
}
