// What the two files of the on-coming side share: steps of a relief, and its way into the transfer
// of groups. Private to shared/relief.
#ifndef RELIEF_ONCOMING_H
#define RELIEF_ONCOMING_H
#include "shared/relief/relief.h"

// --- oncoming.c
// Writes what was imported once more, by `write`, and enters the receipt of it in the log.
void oncoming_write_receipt(struct log_page *log, void (*write)(struct books_writer *));
// The off-going kernel has died: its CPUs stop, and nobody is left to give the watch back to.
void oncoming_stop_offgoing(const struct log_page *log);
// All is here: takes over CPUs and frames. The log page is among these.
void oncoming_finish(struct log_page *log);

// --- oncoming_groups.c
// What the log says was given to work with is free memory of ours.
void groups_take_working_frames(const struct log_page *log);
// Services are here: opens them, and starts the thread that takes over groups and finishes. The
// first books' physical address; and whether the off-going kernel lives.
void groups_take_over(struct log_page *log, u32 first_books, bool offgoing_lives);
#endif
