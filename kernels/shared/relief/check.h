// Checks the books as a whole, before the commit: that each thing a record refers to is there, each
// number is given once, and each frame that is handed over is the off-going kernel's to give, once.
// books_check has passed already; what a kernel's own tables can hold, that kernel checks itself.
#ifndef RELIEF_CHECK_H
#define RELIEF_CHECK_H
#include "abi/handover.h"
#include "shared/types.h"

enum books_scope {
  BOOKS_FIRST, // services, and all processes, of which some may be absent
  BOOKS_GROUP, // processes that were absent
};

// ABORT_NONE; ABORT_RECORD, after a line that says which record is wrong; ABORT_MEMORY. Takes
// frames through relief_books_frame for as long as it runs.
enum abort_reason check_references(const struct log_page *log,
                                   const struct record_manifest *manifest,
                                   const u32 counts[RECORD_TYPES], enum books_scope scope);
#endif
