// Starboard 2.8.2: the rules that all its files keep, and the order of its locks.
//
//   Interrupts  sstatus.SIE is 0 everywhere in the kernel. Interrupts are taken in user mode by
//               the trap, and in idle and yield by reading `sip`. The kernel is not preempted;
//               what takes long calls scheduler_yield().
//   tp          struct cpu of this CPU, whose number is its hart's. After anything that may
//               switch (sleep, yield), ask this_cpu() anew.
//   Processes   have an address space, descriptors and signal actions; their threads share these
//               and run on several CPUs at once. A kernel thread has no process.
//   Memory      user frames may lie in ZONE_HIGHMEM and are reached through kmap(), never across
//               a switch. A user frame is touched with its address space locked, or held by a
//               reference: another thread may unmap it at any time.
//   A blocked call that has to stop (a signal, a relief) returns -ERESTART_CALL: the program
//               counter stays on the ecall, so that it is made again, here or elsewhere. A handler
//               makes it -EINTR, or lets it be made again (SA_RESTART); -ERESTART_UNHANDLED is
//               always -EINTR after a handler.
//
// Lock order, outermost first; of one level at most one is held:
//   process_table.lock    processes, threads, signals, interval timers, groups and sessions
//   address_spaces.lock   the list of address spaces
//   vm.lock               regions and page tables (fork takes its new child's second)
//   tree_lock             names and references of inodes
//   inode.lock            pages and size of one file
//   interrupts.lock       device interrupts: claim, handler, complete
//   files_lock, pipes_lock, pipe.lock, sockets.lock, console, hvc.lock, mutex.lock, disk.lock,
//                         kexec, relief, a futex's bucket, a table of descriptors, the message log
//   cpu.run.lock          its run queue, its sleepers' timers (a closing CPU takes a second one)
//   heap_lock
//   frames_lock
//
// Mutexes are held over sleeps, so they come before all of these: a file's position, the listing of
// a directory on the disk, the disk. What is missing there is read with none of the locks above.
#ifndef STARBOARD_KERNEL_H
#define STARBOARD_KERNEL_H

#include "abi/syscall.h"
#include "shared/desk.h"
#include "shared/firewall.h"
#include "shared/print.h"
#include "shared/riscv.h"
#include "shared/spinlock.h"
#include "shared/string.h"
#include "shared/types.h"

enum { // results of system calls that no program sees
  ERESTART_CALL = 512,
  ERESTART_UNHANDLED = 513,
  REGISTERS_SET = 514, // exec and sigreturn: a0 and the program counter are as they should be
  NOT_LOADED = 515,    // what is missing has to be read from the disk first, without a spinlock
};
#define RELEASE 282

static inline u64 words_u64(const u32 words[2]) { return (u64)words[1] << 32 | words[0]; }
static inline void u64_words(u32 words[2], u64 value) {
  words[0] = (u32)value;
  words[1] = (u32)(value >> 32);
}
#endif
