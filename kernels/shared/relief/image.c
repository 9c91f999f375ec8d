// Loads kernel images. Each offset read from the file is checked against the file and against the
// image's span before use: the file is whatever the user handed to kexec.
#include "shared/relief/image.h"

#include "shared/elf.h"
#include "shared/sha256.h"
#include "shared/string.h"

enum { TAG_RELA = 7, TAG_RELA_BYTES = 8, TAG_RELA_ENTRY = 9, RELOCATE_RELATIVE = 3 };
enum { SPAN_MAX = 16 << 20 };

bool image_digest(const struct image_source *source, u8 digest[32], void (*yield)(void)) {
  struct sha256 hash;
  u8 piece[512];
  sha256_begin(&hash);
  for (u32 at = 0; at < source->bytes; at += sizeof piece) {
    u32 n = MIN(sizeof piece, source->bytes - at);
    if (!source->read(source->context, at, piece, n)) return false;
    sha256_add(&hash, piece, n);
    if (at % 8192 == 0) yield();
  }
  sha256_end(&hash, digest);
  return true;
}

static bool read_part(const struct image_source *s, u32 at, void *to, u32 n) {
  return at <= s->bytes && n <= s->bytes - at && s->read(s->context, at, to, n);
}

static bool read_segment(const struct image_source *s, const struct image_plan *p, u32 i,
                         struct elf_segment *segment) {
  return read_part(s, p->segments_at + i * sizeof *segment, segment, sizeof *segment);
}

// The image note: {name length, descriptor length, type, "Quarterdeck\0", descriptor}.
static bool read_note(const struct image_source *s, const struct elf_segment *segment,
                      struct image_note *note) {
  struct {
    u32 name_bytes, bytes, type;
    char name[12];
    struct image_note note;
  } found;
  if (segment->file_bytes < sizeof found || !read_part(s, segment->at, &found, sizeof found)) {
    return false;
  }
  if (found.name_bytes != 12 || found.bytes != sizeof found.note || found.type != NOTE_IMAGE) {
    return false;
  }
  *note = found.note;
  return memcmp(found.name, "Quarterdeck", 12) == 0;
}

bool image_examine(const struct image_source *source, struct image_plan *plan) {
  struct elf_header header;
  bool note_found = false;
  memset(plan, 0, sizeof *plan);
  if (!read_part(source, 0, &header, sizeof header)) return false;
  if (!elf_is_sound(&header, ELF_SHARED)) return false;
  plan->segments_at = header.program_at;
  plan->segments = header.program_entries;
  plan->entry = header.entry;
  for (u32 i = 0; i < plan->segments; i++) {
    struct elf_segment s;
    if (!read_segment(source, plan, i, &s)) return false;
    if (s.type == SEGMENT_LOAD) {
      if (s.address > SPAN_MAX || s.memory_bytes > SPAN_MAX) return false;
      if (s.file_bytes > s.memory_bytes) return false;
      plan->span = MAX(plan->span, ROUND_UP(s.address + s.memory_bytes, PAGE_SIZE));
    } else if (s.type == SEGMENT_DYNAMIC) {
      plan->dynamic_at = s.address;
      plan->dynamic_bytes = s.memory_bytes;
    } else if (s.type == SEGMENT_NOTE) {
      note_found = note_found || read_note(source, &s, &plan->note);
    }
  }
  return note_found && plan->span > 0 && plan->entry < plan->span && plan->entry % 4 == 0;
}

static bool in_span(const struct image_plan *plan, u32 at, u32 n) {
  return at <= plan->span && n <= plan->span - at && at % 4 == 0;
}

// Applies R_RISCV_RELATIVE: the word at the offset becomes base + addend. Others are refused.
static bool relocate(const struct image_plan *plan, u32 physical) {
  u8 *image = linear(physical);
  u32 base = (u32)image, rela = 0, bytes = 0, entry = 12;
  if (plan->dynamic_bytes == 0) return true;
  if (!in_span(plan, plan->dynamic_at, plan->dynamic_bytes)) return false;
  const u32 *tag = (const u32 *)(image + plan->dynamic_at);
  for (u32 n = plan->dynamic_bytes / 8; n && tag[0]; n--, tag += 2) {
    if (tag[0] == TAG_RELA) rela = tag[1];
    if (tag[0] == TAG_RELA_BYTES) bytes = tag[1];
    if (tag[0] == TAG_RELA_ENTRY) entry = tag[1];
  }
  if (entry != 12 || !in_span(plan, rela, bytes)) return false;
  for (u32 at = rela; at + 12 <= rela + bytes; at += 12) {
    const u32 *r = (const u32 *)(image + at); // offset, info, addend
    if (r[1] != RELOCATE_RELATIVE || !in_span(plan, r[0], 4)) return false;
    *(u32 *)(image + r[0]) = base + r[2];
  }
  return true;
}

bool image_place(const struct image_source *source, const struct image_plan *plan, u32 physical) {
  u8 *image = linear(physical);
  memset(image, 0, plan->span);
  for (u32 i = 0; i < plan->segments; i++) {
    struct elf_segment s;
    if (!read_segment(source, plan, i, &s)) return false;
    if (s.type != SEGMENT_LOAD) continue;
    if (s.address > plan->span || s.memory_bytes > plan->span - s.address) return false;
    if (!read_part(source, s.at, image + s.address, s.file_bytes)) return false;
  }
  return relocate(plan, physical);
}
