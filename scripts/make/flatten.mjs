// Turns a kernel's static-PIE ELF into the flat bytes a loader would leave in memory, for QEMU,
// which can only place bytes. It does what a cold boot's loader does: copy PT_LOAD segments, then
// for each R_RISCV_RELATIVE store base + addend, where base is the virtual address of the image
// in the kernel's linear map (physical + 0x40000000).
import { BuildError } from "./run.mjs";

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_RELA = 7;
const DT_RELASZ = 8;
const R_RISCV_RELATIVE = 3;
const RELA_BYTES = 12;

/** Program headers of an ELF32 file. */
function programHeaders(elf, what) {
  if (elf.length < 52 || elf.readUInt32BE(0) !== 0x7f454c46) {
    throw new BuildError(`${what}: not an ELF file`);
  }
  const start = elf.readUInt32LE(28);
  const bytes = elf.readUInt16LE(42);
  return Array.from({ length: elf.readUInt16LE(44) }, (_, index) => {
    const word = (number) => elf.readUInt32LE(start + index * bytes + number * 4);
    return { type: word(0), offset: word(1), vaddr: word(2), filesz: word(4), memsz: word(5) };
  });
}

/** Value of a tag in the dynamic section, or 0. */
function dynamicValue(image, dynamic, tag) {
  for (let at = dynamic.vaddr; at < dynamic.vaddr + dynamic.memsz; at += 8) {
    if (image.readUInt32LE(at) === tag) return image.readUInt32LE(at + 4);
  }
  return 0;
}

/** The image linked at 0, in memory form, relocated for `base` (a virtual address). */
export function flatten(elf, base, what) {
  const headers = programHeaders(elf, what);
  if (elf.readUInt32LE(24) !== 0) throw new BuildError(`${what}: entry is not at its start`);
  const loads = headers.filter(({ type }) => type === PT_LOAD);
  const image = Buffer.alloc(Math.max(...loads.map(({ vaddr, memsz }) => vaddr + memsz)));
  for (const { offset, vaddr, filesz } of loads) elf.copy(image, vaddr, offset, offset + filesz);
  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return image;
  const start = dynamicValue(image, dynamic, DT_RELA);
  const end = start + dynamicValue(image, dynamic, DT_RELASZ);
  for (let at = start; at < end; at += RELA_BYTES) {
    const kind = image.readUInt32LE(at + 4);
    if (kind !== R_RISCV_RELATIVE) throw new BuildError(`${what}: relocation of type ${kind}`);
    const value = (base + image.readUInt32LE(at + 8)) >>> 0;
    image.writeUInt32LE(value, image.readUInt32LE(at));
  }
  return image;
}
