// The audit at power-off: see audit.c.
#ifndef STARBOARD_AUDIT_H
#define STARBOARD_AUDIT_H
#include "kernel.h"

// Compares all claims on frames with the ledger and the allocator, marks the result at the log
// desk, and prints a line if a frame is lost. All other CPUs have stopped; the counts are used up.
void audit(void);
#endif
