// The gate between programs and services, for a relief that moves groups. Open, but in the
// off-going kernel: there it shuts while services move, which callers wait out, and then forwards
// calls to the kernel that has them. See gate.c.
#ifndef STARBOARD_GATE_H
#define STARBOARD_GATE_H
#include "process.h"

#define NO_MAILBOX 0xffffffffu

enum gate { GATE_OPEN, GATE_SHUT, GATE_FORWARDS };
extern u32 gate; // atomic; changed with table.lock held

static inline u32 gate_state(void) { return __atomic_load_n(&gate, __ATOMIC_SEQ_CST); }

enum passage {
  PASS,      // the call is this kernel's: gate_leave follows it
  FORWARDED, // the other kernel has carried it out
  HELD,      // it has to wait until its process is there
};
enum passage gate_enter(struct thread *t, const struct trap_frame *frame, s32 *result);
// For a page fault: false when services may not be used, and gate_leave is not to follow.
bool gate_enter_fault(struct thread *t);
void gate_leave(struct thread *t);
// A page of a file that this kernel could fill no more: the thread is held.
bool gate_is_in_the_way(struct thread *t);

// --- With table.lock held.
bool gate_is_inside(const struct thread *t); // uses services at this moment
void gate_set(enum gate state);
// The end of the process by a signal, put off until it has moved. False: the gate is open.
bool gate_puts_off(struct thread *t, u32 signal);

// Whether its sleep, if it can be cut short, has to be: for a freeze, for the gate, or because the
// call that a ghost carries out is cut short.
bool thread_has_to_unwind(const struct thread *t);
// Whether it must not go back to user mode now.
static inline bool thread_has_to_stand(const struct thread *t) {
  return __atomic_load_n(&process_freezing, __ATOMIC_SEQ_CST) || t->process->freezing || t->held;
}

// For the control, a kernel that can be relieved by none: what asks all that costs nothing there.
#ifndef WITHOUT_RELIEF
#define WITHOUT_RELIEF 0
#endif
#if WITHOUT_RELIEF && !defined(GATE_IS_HERE)
#define gate_state() GATE_OPEN
#define gate_enter(t, frame, result) PASS
#define gate_leave(t) ((void)(t))
#define gate_enter_fault(t) ((void)(t), true)
#define gate_is_in_the_way(t) ((void)(t), false)
#define gate_puts_off(t, signal) ((void)(t), (void)(signal), false)
#define thread_has_to_unwind(t) ((void)(t), false)
#define thread_has_to_stand(t) ((void)(t), false)
#endif
#endif
