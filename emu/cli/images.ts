// Finds what the build made: firmware, kernels and programs, beside the package's own files.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GuestImages, KERNELS, type KernelName, type SymbolFiles } from "../index.js";
import { UsageError } from "./exit.js";

const GUEST = fileURLToPath(new URL("../../build/guest/", import.meta.url));

/** Reads a file, or says in one line that it cannot be read. */
export function readInput(path: string, what: string): Uint8Array {
  try {
    if (!statSync(path).isCharacterDevice()) return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    const fix = reason === "ERR_FS_FILE_TOO_LARGE" ? "a smaller one" : "a file that exists";
    throw new UsageError(`${what}: cannot read ${path} (${reason}); give ${fix}`);
  }
  throw new UsageError(`${what}: ${path} is a device, which may have no end; give a file`);
}

function built(path: string): Uint8Array {
  const full = join(GUEST, path);
  if (!existsSync(full)) {
    throw new UsageError(`build: ${full} is missing; run \`npm run build\``);
  }
  return readFileSync(full);
}

export function readFirmware(): Uint8Array {
  return built("firmware.elf");
}

/** A kernel with its symbols, by name, or the ELF file of that path. */
export function readKernel(name: string): Uint8Array {
  const full = join(GUEST, `${name}.elf`);
  return !name.includes("/") && existsSync(full) ? readFileSync(full) : readInput(name, "image");
}

/** Firmware, kernels and programs with their symbols. */
export function readSymbols(): SymbolFiles {
  const programs = join(GUEST, "bin");
  const names = existsSync(programs) ? readdirSync(programs).sort() : [];
  return {
    firmware: readFirmware(),
    kernels: new Map(KERNELS.map((name) => [name, built(`${name}.elf`)])),
    programs: new Map(names.map((name) => [name, readFileSync(join(programs, name))])),
  };
}

/**
 * Everything that runs on the machine, stripped as it is loaded; `plain`: with the kernels that
 * cannot be relieved, to compare with.
 */
export function readImages(plain = false): GuestImages {
  const kernel = (name: KernelName) => built(plain ? `plain/${name}` : `root/boot/${name}`);
  const programs = join(GUEST, "root/bin");
  if (!existsSync(programs)) {
    throw new UsageError(`build: ${programs} is missing; run \`npm run build\``);
  }
  return {
    firmware: readFirmware(),
    kernels: { larboard: kernel("larboard"), starboard: kernel("starboard") },
    programs: new Map(
      readdirSync(programs)
        .filter((name) => !name.startsWith("."))
        .sort()
        .map((name) => [name, readFileSync(join(programs, name))]),
    ),
  };
}

/**
 * Firmware and kernels with their symbols, and the files that they are in, by name. `other` is a
 * kernel that is booted from a file of its own.
 */
export function symbolFiles(other?: string): {
  readonly files: SymbolFiles;
  readonly paths: ReadonlyMap<string, string>;
} {
  const named = KERNELS.map((name) => [name, join(GUEST, `${name}.elf`)] as const);
  const own = other === undefined || KERNELS.some((name) => name === other) ? [] : [other];
  const kernels = new Map<string, string>([...named, ...own.map((path) => [path, path] as const)]);
  const read = [...kernels].map(([name, path]) => [name, readInput(path, "--gdb")] as const);
  return {
    files: { ...readSymbols(), kernels: new Map(read) },
    paths: new Map([...kernels, ["firmware", join(GUEST, "firmware.elf")]]),
  };
}
