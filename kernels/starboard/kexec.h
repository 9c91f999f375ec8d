// kexec: see kexec.c.
#ifndef STARBOARD_KEXEC_H
#define STARBOARD_KEXEC_H
#include "process.h"

void kexec_begin(void);                 // starts the thread that carries out reliefs
s32 kexec_execute(struct thread *t, bool only_load);   // reboot(REBOOT_KEXEC)
void kexec_tell_frozen(enum abort_reason reason); // before the thaw: the caller's a0
bool kexec_await_end(void);             // until no relief is under way; false: interrupted
struct thread *kexec_thread(void);
#endif
