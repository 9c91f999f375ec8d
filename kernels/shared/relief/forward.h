// Forwarding, in the off-going kernel while groups move: a system call of a thread that has not
// moved yet, on what has moved already, is put into the thread's mailbox with all it points to,
// carried out by the thread's ghost in the other kernel, and its results are brought back.
#ifndef RELIEF_FORWARD_H
#define RELIEF_FORWARD_H
#include "abi/handover.h"
#include "shared/types.h"

enum call_place {
  CALL_HERE,  // memory, signals, time: what is still this kernel's
  CALL_THERE, // can be forwarded
  CALL_LATER, // neither: it waits until the process has moved, which is next
};
// Where the call belongs, once services have moved. What is no system call belongs here.
enum call_place forward_place(u32 number, const u32 *arguments);
// Whether a ghost carries out calls of this number.
bool forward_is_known(u32 number);

struct restart { // what a call that is issued again goes on with
  u32 kind, done; // RESTART_*
  u64 deadline;
};
enum forward_end {
  FORWARD_DONE,      // with a result
  FORWARD_AGAIN,     // to be issued again: a signal or a freeze came in between
  FORWARD_UNHANDLED, // the same, and never after a handler (as ERESTART_UNHANDLED)
  FORWARD_LATER,     // not to be forwarded after all: as CALL_LATER
};
// Carries out a call of the calling thread, whose mailbox this is; sleeps meanwhile. `restart` goes
// in and comes out.
enum forward_end forward_call(u32 mailbox, u32 number, const u32 *arguments,
                              struct restart *restart, s32 *result);

void forward_begin(const struct log_page *log); // from here on calls can be forwarded
u32 forward_end(void);                          // the relief is over; how many there were
void forward_doorbell(void);                    // on any CPU: wakes who has a reply
bool forward_has_reply(u32 mailbox);
bool forward_is_wanted(u32 mailbox);            // its thread's process should move soon

// --- Hooks: each kernel's own.

// Sleeps until forward_has_reply; if a signal or a freeze comes in between, calls forward_cut_short
// once and goes on sleeping: the reply follows soon.
void relief_await_reply(u32 mailbox);
void forward_cut_short(u32 mailbox);
void relief_wake_mailbox(u32 mailbox); // whoever sleeps in relief_await_reply for it
// User memory of the calling process. False when any of it is not accessible, or not in memory.
bool relief_user_read(void *to, u32 from, u32 n);
bool relief_user_write(u32 to, const void *from, u32 n);
bool relief_user_is_writable(u32 address, u32 n);
s32 relief_user_text(char *to, u32 from, u32 size); // length without NUL, or negative
#endif
