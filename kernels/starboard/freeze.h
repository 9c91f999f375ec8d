// The freeze: see freeze.c.
#ifndef STARBOARD_FREEZE_H
#define STARBOARD_FREEZE_H
#include "kernel.h"

void freeze_all(void); // returns when no process runs or can run
void thaw_all(void);
struct thread;
void freeze_imported(struct thread *t); // it stands since it was imported
#endif
