// The audit: counts every claim on every frame and compares the sums with the reference counts,
// the bitmap and the ledger. For a machine at rest: all processes but the caller frozen.
#ifndef LARBOARD_AUDIT_H
#define LARBOARD_AUDIT_H
#include "shared/types.h"

struct audit_result {
  u32 frames;   // in the ledger
  u32 unowned;  // owned by nobody, or neither free nor claimed: lost
  u32 doubly;   // claimed although free or another's, or claims differ from the count
};
bool audit(struct audit_result *result); // false: no memory for the counters
#endif
