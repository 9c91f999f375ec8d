// The kernel as a whole: what it was configured with, booting, traps, power, and the relief.
#ifndef LARBOARD_SYSTEM_H
#define LARBOARD_SYSTEM_H
#include "abi/handover.h"
#include "shared/types.h"

struct process;
struct thread;

// All that survives from boot to relief besides the tables of the other files.
struct system {
  u32 device_tree;       // physical, our own copy
  u32 device_tree_bytes;
  char command_line[HANDOVER_COMMAND_LINE_MAX];
  u32 image_start, image_end; // physical: image, tables, early memory
  bool desk, firewall;   // whether there is one
  u32 successor;         // enum successor: a cold boot in another kernel's place
};
extern struct system system;

// Not on the command line's blacklist=NAME[,NAME].
bool system_has_driver(const char *name);
void system_power_off(bool failure) __attribute__((noreturn));
void system_restart(void) __attribute__((noreturn));
void system_mark_phase(u32 phase); // of a boot in another kernel's place

void initrd_unpack(u32 start, u32 end); // physical; cpio (newc) into the tree

// --- kexec.c: the user's side of the relief
s32 kexec_load(struct process *p, u32 image, u32 digest, u32 line_bytes, u32 line);
s32 kexec_execute(struct thread *t, bool only_load);
void kexec_begin(void);                // the relief thread; the first call of each boot
bool kexec_await_end(void);            // of a relief under way; false: the call is to be restarted
void kexec_forget(void);               // drops the loaded image
void kexec_tell_frozen_caller(enum abort_reason reason);
#endif
