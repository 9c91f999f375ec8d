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

struct relief {
  const struct relief_request *request;
  struct log_page *log;
  struct image_plan plan;
  s32 hart;          // of the relief, or -1
  u32 arena, frames; // physical; 0: none
  bool started, frozen;
  struct books_writer books;
  struct words given; // physical addresses of the frames given to copy into
  u32 given_frames;
  struct words working; // the same of those that it works with
  u32 mailboxes;     // physical, of all frames of mailboxes; 0: none
};

// --- offgoing.c
// Appends the manifest and enters the books in the log. False: there was no memory for them.
bool offgoing_close_books(struct log_page *log, struct books_writer *books);
// Whether the receipt in the log is that of these books; says so if not.
bool offgoing_receipt_is_equal(const struct log_page *log, const struct books_writer *books);

// Gives the relief as many free frames as `take` finds, up to `count`: adds them to the list of
// *used frames.
void offgoing_give(struct relief *r, struct words *list, u32 *used, u32 count,
                   u32 (*take)(void));

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
