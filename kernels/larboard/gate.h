// The gate that system calls go through while a relief moves groups of processes. OPEN: no such
// relief; every call passes. SHUT: services are being moved, and who needs one waits. FORWARD: they
// are the other kernel's, and calls on them go to it; what cannot go there holds its thread at the
// boundary until its process has moved.
#ifndef LARBOARD_GATE_H
#define LARBOARD_GATE_H
#include "larboard/process.h"

#define NO_MAILBOX 0xffffffffu

enum gate { GATE_OPEN, GATE_SHUT, GATE_FORWARD };
extern u32 gate; // enum gate; atomic, changed under process_lock

static inline bool gate_is_open(void) { return __atomic_load_n(&gate, __ATOMIC_SEQ_CST) == 0; }

enum passage {
  PASSAGE_HERE, // the call is carried out here; gate_leave afterwards
  PASSAGE_DONE, // it has been, elsewhere: the result is there
  PASSAGE_HELD, // the thread stands at its boundary until its process has moved
};
enum passage gate_enter(struct thread *t, u32 number, const u32 *arguments, s32 *result);
void gate_leave(struct thread *t);
// Whether t, about to use services for a page fault, may: then gate_leave.
bool gate_enter_fault(struct thread *t);
// Whether t is inside, with a service in use. process_lock.
bool gate_is_inside(const struct thread *t);
void gate_set(enum gate state); // process_lock
// process_lock. A signal that would end the process while the gate is not open: it is pending, as
// nothing can block it, and the thread is held. False: the gate is open.
bool gate_defers_end(struct thread *t, u32 signal);
// Whether t has to unwind to its boundary: it is to freeze, or the gate has shut behind it, or its
// call is carried out for a process that is elsewhere, and is to end.
bool thread_has_to_unwind(const struct thread *t);
// Whether t, at its boundary, has to stand there.
static inline bool thread_has_to_stand(const struct thread *t) {
  return process_freezing || t->process->freezing || t->held;
}

// A control, to measure what the above costs when no kernel is ever relieved: nothing asks for it.
#ifndef WITHOUT_RELIEF
#define WITHOUT_RELIEF 0
#endif
#if WITHOUT_RELIEF && !defined(GATE_IS_HERE)
#define gate_is_open() true
#define gate_enter(t, number, arguments, result) PASSAGE_HERE
#define gate_leave(t) ((void)(t))
#define gate_enter_fault(t) ((void)(t), true)
#define gate_defers_end(t, signal) ((void)(t), (void)(signal), false)
#define thread_has_to_unwind(t) ((void)(t), false)
#define thread_has_to_stand(t) ((void)(t), false)
#endif
#endif
