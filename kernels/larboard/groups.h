// Closed groups of processes, in the off-going kernel: see groups.c.
#ifndef LARBOARD_GROUPS_H
#define LARBOARD_GROUPS_H
#include "shared/types.h"

// Shuts the gate, forms groups, and brings those that move with the services to their boundary.
// How many threads all others have.
u32 groups_freeze_first(void);
void groups_end(void); // process_lock: there are none any more, and the gate is open
#endif
