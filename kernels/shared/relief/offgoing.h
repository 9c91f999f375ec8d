// What the two files of the off-going side share: the relief under way, and its steps. Private to
// shared/relief.
#ifndef RELIEF_OFFGOING_H
#define RELIEF_OFFGOING_H
#include "shared/relief/relief.h"
#include "shared/relief/words.h"

// How long the off-going kernel waits for an answer, in ticks, and more for each record.
#define FROZEN_TICKS (TIMEBASE_HZ / 50)
#define RECORD_TICKS (TIMEBASE_HZ / 50000)
// TRANSFER_GROUPS: what the relief gets to work with while groups move, besides what it boots in. A
// few frames are in its arena, which has to be contiguous; others are of ZONE_NORMAL, for the
// kernel's objects, and of any zone, for programs.
#define WORKING_ARENA_FRAMES 32
#define WORKING_NORMAL_FRAMES 224
#define WORKING_FRAMES 1024

// METHOD_CHECKPOINT, METHOD_KEXEC: room for what a probe takes besides what the image's note asks
// for: queues and their buffers.
#define PROBE_FRAMES 64

struct relief {
  const struct relief_request *request;
  struct log_page *log;
  struct image_plan plan;
  s32 hart;          // of the relief, or -1
  u32 arena, frames; // physical; 0: none
  bool started, frozen, devices_stopped;
  struct books_writer books;
  struct words given; // physical addresses of the frames given to copy into
  u32 given_frames;
  struct words working; // the same of those that it works with
  u32 mailboxes;     // physical, of all frames of mailboxes; 0: none
};

// --- offgoing.c
// The image's digest is the expected one, and it is a kernel that can be placed; fills r->plan.
enum abort_reason offgoing_check_image(struct relief *r, const struct relief_request *request);
// Frames of ZONE_NORMAL for that kernel, given what it will have to hold.
u32 offgoing_arena_frames(const struct image_plan *plan, const struct log_page *log);
enum abort_reason offgoing_load(struct relief *r, const struct relief_request *request);
// For the modes that do not adopt: frames that the other kernel will need.
enum abort_reason offgoing_give_frames(struct relief *r);
bool offgoing_is_revoked(const struct relief *r);
void offgoing_mark_memory(const struct relief *r); // what was reserved and given, for the desk
// Tells the relief to stop, sees that it has, and takes everything back, in reverse order.
void offgoing_keep_the_watch(struct relief *r, enum abort_reason reason, bool committed);
// Appends the manifest and enters the books in the log. False: there was no memory for them.
bool offgoing_close_books(struct log_page *log, struct books_writer *books);
// Whether the receipt in the log is that of these books; says so if not.
bool offgoing_receipt_is_equal(const struct log_page *log, const struct books_writer *books);

// Gives the relief as many free frames as `take` finds, up to `count`: adds them to the list of
// *used frames.
void offgoing_give(struct relief *r, struct words *list, u32 *used, u32 count,
                   u32 (*take)(void));

// --- successor.c: the relief's rivals. Each returns only if it was given up, or has only loaded.
enum abort_reason offgoing_checkpoint(const struct relief_request *request);
enum abort_reason offgoing_kexec(const struct relief_request *request);

// --- offgoing_groups.c
// While all still run: frames to work with. False: no memory for their list.
bool groups_give_working_frames(struct relief *r);
// Frozen for the first books: mailboxes for so many threads. False: no memory.
bool groups_prepare(struct relief *r, u32 threads);
// Services are delivered: moves one group after the other. It cannot be aborted: a relief that dies
// now takes the services with it, and this kernel stops.
struct totals { // of the books of all groups
  u32 records;
  u64 checksum;
};
struct totals groups_transfer(struct relief *r);
void groups_forget(struct relief *r); // an aborted relief's mailboxes and working frames
#endif
