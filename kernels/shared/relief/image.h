// A kernel image: a static-PIE ELF32 file, checked, then loaded and relocated anywhere in
// ZONE_NORMAL. Sources: System V ABI (ELF), RISC-V psABI 1.0 section 8.4 (R_RISCV_RELATIVE).
#ifndef RELIEF_IMAGE_H
#define RELIEF_IMAGE_H
#include "abi/handover.h"
#include "shared/types.h"

// Where the image comes from: a file of the kernel that loads it.
struct image_source {
  u32 bytes;
  void *context;
  bool (*read)(void *context, u32 offset, void *to, u32 n); // all n bytes, or false
};

struct image_plan {
  u32 span;  // bytes from address 0 to the end of .bss, page-aligned
  u32 entry; // offset of the first instruction
  u32 segments_at, segments;
  u32 dynamic_at, dynamic_bytes; // offsets in the loaded image
  struct image_note note;
};

// Hashes the whole source; `yield` is called between pieces, so that a long hash holds no CPU.
bool image_digest(const struct image_source *source, u8 digest[32], void (*yield)(void));
// Whether the source is a kernel image this loader can place; fills the plan.
bool image_examine(const struct image_source *source, struct image_plan *plan);
// Copies and relocates the image to `physical` (page-aligned, plan->span bytes, zeroed here).
// False when a part does not fit what image_examine saw; the memory is then worthless.
bool image_place(const struct image_source *source, const struct image_plan *plan, u32 physical);
#endif
