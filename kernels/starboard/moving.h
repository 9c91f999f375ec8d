// Closed groups of processes, which leave one after the other: see moving.c, where the off-going
// side's hooks of shared/relief/relief.h for that are too. They arrive in arrival.c.
#ifndef STARBOARD_MOVING_H
#define STARBOARD_MOVING_H
#include "kernel.h"

// Shuts the gate, forms groups, and freezes those that move together with the services. How many
// threads all others have.
u32 moving_begin(void);
void moving_end(void); // an aborted relief: no process is apart, and the gate is open
#endif
