// What made a report: the package's version and the hash of the compiled core.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const PACKAGE = new URL("../../package.json", import.meta.url);
const CORE = new URL("../../build/machine.wasm", import.meta.url);

export function packageVersion(): string {
  return (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
}

/** Version of the package, and SHA-256 of the core's wasm. */
export async function versions(): Promise<{ quarterdeck: string; core: string }> {
  const core = createHash("sha256").update(readFileSync(CORE)).digest("hex");
  return { quarterdeck: packageVersion(), core };
}
