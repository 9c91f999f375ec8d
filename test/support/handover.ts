// The layout of the handover contract as the C compiler sees it, so that no offset is typed again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseElf } from "../../emu/index.js";
import { ROOT, run, zigPath } from "../../scripts/make/run.mjs";

const FIELDS = {
  LOG_MAGIC: "offsetof(struct log_page, magic)",
  LOG_OFFGOING_WORD: "offsetof(struct log_page, offgoing_word)",
  LOG_BOOKS: "offsetof(struct log_page, books_physical)",
  FRAME_NEXT: "offsetof(struct books_frame, next_physical)",
  FRAME_USED: "offsetof(struct books_frame, used)",
  FRAME_BYTES: "sizeof(struct books_frame)",
  RECORD_BYTES: "offsetof(struct record, bytes)",
  RECORD_CHECKSUM: "offsetof(struct record, checksum)",
  RECORD_HEAD_BYTES: "sizeof(struct record)",
  MAGIC: "HANDOVER_MAGIC",
  BOOKS_WRITTEN: "BOOKS_WRITTEN",
  RECORD_TYPES: "RECORD_TYPES",
} as const;

export type Layout = Readonly<Record<keyof typeof FIELDS, number>>;

/** Compiles the header, and reads the numbers from the program. */
export async function handoverLayout(): Promise<Layout> {
  const folder = mkdtempSync(join(tmpdir(), "handover-"));
  const [source, program] = [join(folder, "a.c"), join(folder, "a.elf")];
  const list = Object.values(FIELDS).join(",\n");
  const text = `#include <stddef.h>
#include "abi/handover.h"
const unsigned numbers[] = {${list}};
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
  if (!segment) throw new Error("the layout's numbers are in no segment");
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset);
  const numbers = Object.keys(FIELDS).map((name, index) => [
    name,
    view.getUint32(segment.offset + at - segment.virtual + index * 4, true),
  ]);
  return Object.fromEntries(numbers) as Layout;
}
