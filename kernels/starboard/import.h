// Taking over single records: what import.c, which reads the first books, lends to arrival.c for
// those of groups. What such books have is taken over with the locks it needs. None can fail.
#ifndef STARBOARD_IMPORT_H
#define STARBOARD_IMPORT_H
#include "abi/handover.h"
#include "process.h"

struct inode *import_find_inode(u32 number); // one that books have brought
struct inode *import_inode(const struct record_inode *r);
// What a process has and its ghost has not: address space, pending signals, time.
void import_memory(struct process *p, const struct record_process *r);
// Any record. `p` is the process that it belongs to; returns that of the records that follow.
struct process *import_record(const struct record *head, struct process *p);
#endif
