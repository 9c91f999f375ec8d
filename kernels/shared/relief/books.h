// Writing and reading the books: the chain of records of abi/handover.h. Stateless but for the
// writer; used by both sides. The same writer makes the receipt: with no frames to write into, it
// only counts and sums, so that what arrived is compared with what left, record by record.
#ifndef RELIEF_BOOKS_H
#define RELIEF_BOOKS_H
#include "abi/handover.h"
#include "shared/types.h"

struct books_writer {
  bool keep;                 // false: count and sum only
  bool out_of_memory;
  u32 list_physical, frames; // its own list of its frames: the chain is in the other's reach
  struct books_frame *frame; // being filled
  u32 counts[RECORD_TYPES];
  u32 records;
  u64 checksum;
};

// FNV-1a over the record's words but the checksum itself. `bytes` is a multiple of 4.
u32 record_checksum(const struct record *head);

// A writer that keeps records in frames from relief_books_frame(), or only sums them.
void books_begin(struct books_writer *w, bool keep);
// Completes the head (version, checksum) of `r` and appends it. On lack of memory the writer says
// so in out_of_memory, and further records are dropped.
void books_add(struct books_writer *w, void *r, enum record_type type, u32 bytes);
// The first frame of the chain, or 0.
u32 books_first(const struct books_writer *w);
// Gives all frames back through relief_return_frames, by the writer's own list.
void books_return(struct books_writer *w);
// Appends the manifest, which is not counted. `m`'s counts are filled in here.
void books_add_manifest(struct books_writer *w, struct record_manifest *m);

struct books_reader {
  const struct books_frame *frame;
  u32 at; // offset in the frame
};
void books_open(struct books_reader *r, u32 first_physical);
// The next record, or NULL at the end. The books must have passed books_check.
const struct record *books_next(struct books_reader *r);

// Whether there is a process of this number in a chain.
bool books_have_process(u32 first_physical, s32 pid);

// Whether every record is known, whole, of the right version and checksum, and their count and
// sum are those in the log; fills `counts` and `manifest`. Nothing else is touched.
bool books_check(const struct log_page *log, u32 counts[RECORD_TYPES],
                 const struct record_manifest **manifest);
// Bytes and version of a record of this type, or 0 for an unknown type.
u32 record_bytes(u32 type);
u32 record_version(u32 type);
#endif
