// ELF32 headers as they stand in a file (System V ABI, chapters 4 and 5), for whoever loads one:
// kernels load programs, kexec loads kernels.
#ifndef SHARED_ELF_H
#define SHARED_ELF_H
#include "shared/string.h"
#include "shared/types.h"

struct elf_header {
  u8 ident[16];
  u16 type, machine;
  u32 version, entry, program_at, section_at, flags;
  u16 header_bytes, program_entry_bytes, program_entries, rest[3];
};
struct elf_segment {
  u32 type, at, address, physical, file_bytes, memory_bytes, flags, alignment;
};
enum { ELF_EXECUTABLE = 2, ELF_SHARED = 3, ELF_RISCV = 243, ELF_SEGMENTS_MAX = 16 };
enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_NOTE = 4 };
enum { SEGMENT_EXECUTE = 1, SEGMENT_WRITE = 2, SEGMENT_READ = 4 };

// A 32-bit little-endian RISC-V file of this type with a sane table of segments.
static inline bool elf_is_sound(const struct elf_header *h, u32 type) {
  static const u8 ident[7] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
  return memcmp(h->ident, ident, sizeof ident) == 0 && h->type == type &&
         h->machine == ELF_RISCV && h->program_entry_bytes == sizeof(struct elf_segment) &&
         h->program_entries > 0 && h->program_entries <= ELF_SEGMENTS_MAX;
}
#endif
