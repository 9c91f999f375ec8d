// Where firmware and kernels lie in a machine's memory. The firmware and the kernel of a cold boot
// have fixed places; as long as a hart runs a kernel that kexec has placed, its stvec points at
// that kernel's trap_vector. A place counts only when the code in memory is the image's own.
import { type ElfImage, parseElf } from "../image/elf.js";
import type { Machine } from "../machine.js";

/** Images with symbols, as bytes of ELF files; read from files by the caller. */
export interface SymbolFiles {
  readonly firmware: Uint8Array;
  /** By name. */
  readonly kernels: ReadonlyMap<string, Uint8Array>;
}

/** An image in memory. */
export interface PlacedImage {
  /** firmware, or the kernel's name. */
  readonly name: string;
  /** Address of the image's first byte, where it runs. */
  readonly virtualBase: number;
}

const CSR_STVEC = 0x105;
/** Virtual address of a kernel's byte at a physical address: this much more (emu/boot.ts). */
const LINEAR_OFFSET = 0x40000000;

/** Is the code in memory at `physical` that of the image? */
function liesAt(machine: Machine, image: ElfImage, physical: number): boolean {
  const base = machine.abi("RAM_BASE");
  return image.segments.every(({ executable, virtual, offset, fileBytes }) => {
    if (!executable) return true;
    const at = physical + virtual;
    if (!(at >= base && at + fileBytes <= base + machine.configuration.ramBytes)) return false;
    const expected = image.bytes.subarray(offset, offset + fileBytes);
    return Buffer.compare(machine.readPhysical(at, fileBytes), expected) === 0;
  });
}

/** The images in a machine's memory now, the firmware first. Throws ImageError. */
export function placedImages(machine: Machine, files: SymbolFiles): readonly PlacedImage[] {
  const firmware = machine.abi("FIRMWARE_BASE");
  const placed: PlacedImage[] = [{ name: "firmware", virtualBase: firmware }];
  for (const [name, bytes] of files.kernels) {
    const image = parseElf(bytes, name);
    const vector = image.symbols.find((symbol) => symbol.name === "trap_vector")?.value ?? 0;
    const places = new Set([machine.abi("KERNEL_BASE")]);
    for (let hart = 0; hart < machine.harts; hart++) {
      const stvec = machine.debug.csr(hart, CSR_STVEC) ?? 0;
      places.add(stvec - LINEAR_OFFSET - vector);
    }
    for (const at of places) {
      if (liesAt(machine, image, at)) placed.push({ name, virtualBase: at + LINEAR_OFFSET });
    }
  }
  return placed;
}
