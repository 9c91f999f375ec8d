// What made a report: the package's version and the hash of the compiled core.
import { readFileSync } from "node:fs";
import { type Build, coreIdentity } from "../index.js";

const PACKAGE = new URL("../../package.json", import.meta.url);

export function packageVersion(): string {
  return (JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string }).version;
}

/** Version of the package, and SHA-256 of a build of the core's wasm. */
export async function versions(build?: Build): Promise<{ quarterdeck: string; core: string }> {
  return { quarterdeck: packageVersion(), core: await coreIdentity(build) };
}
