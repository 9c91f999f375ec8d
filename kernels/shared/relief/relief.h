// The relief of the watch: the protocol of abi/handover.h, the same in both kernels, and the hooks
// through which it reaches each kernel's private insides.
//
//   off-going                                on-coming
//   halt a CPU, load the image
//   start it on the halted CPU  ---------->  relieving boot
//                                            qualification: needs against what it has
//                               <----------  READY_TO_RELIEVE
//   double-check
//   READY_TO_BE_RELIEVED        ---------->
//   freeze all processes, write the books
//   BOOKS_WRITTEN               ---------->  check every record; reserve memory
//                               <----------  I_RELIEVE_YOU        (the commit)
//                                            import: cannot fail
//                               <----------  TRANSFER_COMPLETE    (with the receipt)
//   compare receipt and books
//   I_STAND_RELIEVED            ---------->  thaw; assimilate CPUs and frames
//   all CPUs stop
//
// In groups (enum transfer_mode) the first books bring services and ghosts of who comes later;
// then each group is frozen, written, imported, compared and thawed by itself, before
// I_STAND_RELIEVED.
//
// Up to I_STAND_RELIEVED (in groups: until services are delivered) either side may ABORT: the
// off-going kernel then stops the relief's CPU, takes back CPU, arena and whatever was adopted,
// thaws, and keeps the watch. If it is the off-going kernel that dies after I_RELIEVE_YOU, the
// relief finishes from the books. See enum authority.
#ifndef RELIEF_RELIEF_H
#define RELIEF_RELIEF_H
#include "abi/handover.h"
#include "shared/relief/books.h"
#include "shared/relief/image.h"
#include "shared/types.h"

struct relief_request {
  struct image_source image;
  u8 digest[32];
  char command_line[HANDOVER_COMMAND_LINE_MAX]; // appended to "relieving "
  bool only_load; // METHOD_KEXEC: the image is loaded now, and started by a later request
  bool revoked; // set, atomically and then with relief_wake, to end it: heeded until BOOKS_WRITTEN
};

// Off-going: carries out a relief, or what its rivals do (method=NAME), from a kernel thread.
// Returns only if it was aborted, with the reason, everything as before, or with ABORT_NONE if it
// was only to load. When it succeeds this kernel's last CPU stops here.
enum abort_reason offgoing_relief(const struct relief_request *request);

// Any CPU of the off-going kernel, on a software interrupt: wakes offgoing_relief if the relief
// spoke. Harmless without a relief under way.
void offgoing_doorbell(void);

// On-coming: called from kernel_main in relieving mode, once memory, traps and drivers' code (not
// the devices) are ready. Returns when every process is runnable here and all else is ours; or, in
// groups, when services are, and a kernel thread that sees to the rest is started. The caller then
// schedules. Does not return if the relief is aborted (this CPU stops).
void oncoming_relief(struct log_page *log);
// Any CPU of the on-coming kernel, on a software interrupt. Harmless when no group is under way.
void oncoming_doorbell(void);
// On-coming: called first of all in kernel_main, in relieving mode. A panic from here on gives up
// the relief, and not the machine.
void oncoming_begin(struct log_page *log);
// On-coming, before I_RELIEVE_YOU: gives up, for this reason.
__attribute__((noreturn)) void oncoming_withdraw(enum abort_reason reason);

// --- Hooks: each kernel's own.

// Common to both sides.
extern const char *const kernel_name;        // "larboard 2.8.1"
extern const u32 kernel_release;             // 281
u32 relief_qualifications(struct handover_need *table, u32 length); // what this kernel has
// Writes every record but the manifest, from this kernel's structures, in the contract's order; of
// processes that come later only what the contract says. The off-going side calls it frozen; the
// on-coming one after import, to make the receipt.
void relief_write_books(struct books_writer *w);
void relief_write_group(struct books_writer *w); // the same for the group that is being moved
void relief_manifest(struct record_manifest *m); // next_*, root_inode

// Off-going.
u32 relief_needs(struct handover_need *table, u32 length); // what is in use
void relief_configuration(struct log_page *log); // nodes, frames, ledger, device tree, harts,
                                                 // processes, offgoing_hart
s32 relief_halt_cpu(void);       // drains a CPU other than this one and stops it; hart, or -1
void relief_take_back_cpu(u32 hart); // starts a stopped hart as a CPU of this kernel again
u32 relief_take_frames(u32 count, u32 *largest); // contiguous, ZONE_NORMAL: physical, or 0 and the
                                                 // largest run there is
void relief_return_frames(u32 physical, u32 count);
u32 relief_most_regions(void);   // of one process
u32 relief_take_any_frame(void); // of either zone, ZONE_HIGHMEM first: physical, or 0
// Frozen: at most so many frames hold what a relief would copy, and page tables of processes.
void relief_memory_in_use(u32 *to_copy, u32 *tables);
void relief_give_frames(u32 physical, u32 count, u32 node); // ledger only
u32 relief_books_frame(void);    // one frame of ZONE_NORMAL: physical, or 0
// Every process to its boundary, none runnable; quiesces devices. With `groups` only who shares
// memory with a file; of the others none is using a service, nor begins to; all else goes on. How
// many threads these others have.
u32 relief_freeze(bool groups);
void relief_thaw(enum abort_reason reason); // undoes relief_freeze; the program that asked for the
                                            // relief, at its boundary with 0, gets the reason's
                                            // -errno instead
void relief_restore_spaces(void); // the kernel's half of each process's root is this kernel's again
void relief_yield(void);         // lets others run on this CPU
void relief_wait(u64 deadline);  // sleeps until relief_wake or the deadline (ticks); may be early
void relief_wake(void);          // from offgoing_doorbell
// TRANSFER_GROUPS. Tells the threads that come later their mailboxes, and the mailboxes of whom
// they are.
void relief_assign_mailboxes(struct log_page *log);
void relief_forward_services(void); // who waits for a service is served again, by the other kernel
u32 relief_freeze_group(void);      // brings the next group to its boundary; its processes, 0: none
bool relief_has_further_groups(void); // besides the one that is at its boundary
void relief_thaw_group(void);       // it stays, for now
void relief_leave_group(void);      // it has arrived: nothing of it is this kernel's any more
__attribute__((noreturn)) void relief_stand_down(void); // stops all CPUs of this kernel, this last

// METHOD_CHECKPOINT, METHOD_KEXEC: successor.c.
u32 relief_this_hart(void);
void relief_stop_other_cpus(void); // each where it leaves the kernel; its programs go no further
__attribute__((noreturn)) void relief_stop_this_cpu(void); // the last one
// Devices deliver nothing more, what they had delivered is taken in, and they are reset: none
// accesses memory any more.
void relief_stop_devices(void);
void relief_restart_devices(void); // after relief_stop_devices: they are probed again
// The file at `path`, to be read; relief_close_file ends that. False: there is none.
bool relief_open_file(const char *path, struct image_source *source);
void relief_close_file(struct image_source *source);
void relief_probe_devices(void);   // METHOD_CHECKPOINT, on-coming: as in a cold boot

// On-coming.
bool relief_can_import(const struct log_page *log, const u32 counts[RECORD_TYPES]); // reserves
void relief_import(const struct log_page *log, const struct record_manifest *m); // cannot fail
void relief_assimilate_cpu(u32 hart); // starts a hart that the off-going kernel stopped, and waits
                                      // until it takes processes
// Devices' interrupts on, all processes runnable; this CPU is still busy with
// relief_take_over_frames, so best not queued here.
void relief_open_watch(void);
// Takes every frame that the off-going node still owns. Returns frames that the ledger gives to
// nobody, and in *doubly those that this kernel already held although the ledger said otherwise.
u32 relief_take_over_frames(u32 offgoing_node, u32 *doubly);

// TRANSFER_GROUPS, on-coming: the relief goes on in a kernel thread, while what came is served.
// Devices' interrupts on, processes that have come runnable, ghosts ready for calls.
void relief_open_services(void);
void relief_add_frame(u32 physical);            // one that the ledger gave to us is free now
void relief_start_thread(void (*body)(void));   // a kernel thread
bool relief_can_import_group(const struct log_page *log);
void relief_import_group(const struct log_page *log); // cannot fail
void relief_thaw_arrived(void);                 // the group that was imported last is runnable
// Who has not come is lost: its ghost ends, as if killed. With `books`, those that are in them.
void relief_lose_absent(const struct log_page *books);
// All have come: what was kept of inodes and pages for those to come, by the first books, is let
// go.
void relief_end_groups(const struct log_page *log, u32 first_books);
void relief_complete(void);                     // this kernel can be relieved itself
bool relief_has_inode(u32 number);              // in relief_can_import_group
#endif
