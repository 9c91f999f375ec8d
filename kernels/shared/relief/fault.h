// Faults for tests and experiments: what a broken kernel would do, at a place in the relief. The
// relief's command line asks for them: `fault=NAME@PHASE` of the on-coming kernel, and
// `offgoing-fault=NAME@PHASE` of the off-going one.
#ifndef RELIEF_FAULT_H
#define RELIEF_FAULT_H
#include "abi/handover.h"
#include "shared/types.h"

// Does the fault that `option` names for this phase, if any: `hang`, `panic`, `load` (from an
// address where nothing is), `illegal` (an instruction), `stray` (a store to page tables that are
// not this kernel's yet). Returns if there is none, or after `stray`.
void fault_at(const char *command_line, const char *option, const char *phase,
              const struct log_page *log);
// Whether a fault that the caller has to act out is asked for here.
bool fault_is(const char *command_line, const char *option, const char *name, const char *phase);
#endif
