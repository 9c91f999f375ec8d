// Taking over single records: what import.c, which reads the first books, lends to arrive.c for
// those of groups. Nothing here can fail, for all of it was checked before.
#ifndef LARBOARD_IMPORT_H
#define LARBOARD_IMPORT_H
#include "abi/handover.h"
#include "larboard/inode.h"
#include "larboard/process.h"

struct inode *import_find_inode(u32 number); // one that books have brought
struct inode *import_inode(const struct record_inode *r);
// What makes a process more than its ghost: memory, signals, and its share of the CPUs so far.
void import_memory(struct process *p, const struct record_process *r);
// Any record. *p is the process whose records follow: a new one's record changes it.
void import_record(const struct record *head, struct process **p);
#endif
