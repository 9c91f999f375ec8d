// Arriving groups: each comes in books of its own, while services and all who have come already
// run. A process takes the place of its ghost, and stands until the off-going kernel has compared
// what arrived: then it is thawed. At the end those who did not come are lost, and what the first
// books brought for all groups is let go. This CPU alone runs, and gives way to others only where
// that is said, so import.c's functions need no locks here either.
#include "larboard/frame.h"
#include "larboard/ghost.h"
#include "larboard/import.h"
#include "larboard/signal.h"
#include "larboard/takeover.h"
#include "shared/desk.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"

// --- One group.

static struct process *arrive(const struct record_process *r) {
  struct process *p = process_find(r->pid);
  ghost_unmake(p);
  p->apart = false;
  p->moving = p->freezing = true;
  import_memory(p, r);
  return p;
}

void relief_import_group(const struct log_page *log) {
  struct books_reader reader;
  struct process *p = NULL;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (head->type == RECORD_PROCESS) p = arrive((const void *)head);
    else if (head->type == RECORD_INODE) import_inode((const void *)head)->moving = true;
    else import_record(head, &p);
  }
  __asm__ volatile("fence.i" : : : "memory"); // some of what was copied is code
}

// What was sent to its ghost meanwhile is sent to the process.
static void send_kept_signals(struct process *p) {
  for (u32 signal = 1; signal <= NSIG; signal++) {
    if (p->ghost_signals & signal_bit(signal)) signal_send(p, NULL, signal);
  }
  p->ghost_signals = 0;
}

void relief_thaw_arrived(void) {
  lock(&process_lock);
  for (u32 slot = 0; slot < INODES_MAX; slot++) inode_at(slot)->moving = false;
  FOR_EACH_ALIVE(p) {
    if (!p->moving) continue;
    p->moving = false;
    process_drop_unwanted(p);
    send_kept_signals(p);
    process_thaw(p);
  }
  unlock(&process_lock);
}

// --- The end of all.

static void lose(struct process *p, const char *why) {
  desk_mark(MARK_PROCESS_LOST, (u32)p->pid);
  print("%s (pid %d) is lost: %s", p->name, p->pid, why);
  if (p->pid == 1) panic("without init there is nothing to go on with");
  ghost_lose(p);
}

// Whether it has not come, and is in these books, if any.
static bool is_absent(const struct process *p, const struct log_page *books) {
  return p->apart && (!books || books_have_process(books->books_physical, p->pid));
}

static bool any_is_absent(const struct log_page *books) {
  FOR_EACH_ALIVE(p) {
    if (is_absent(p, books)) return true;
  }
  return false;
}

void relief_lose_absent(const struct log_page *books) {
  const char *why = books ? "there is no room for it" : "the off-going kernel has died";
  lock(&process_lock);
  FOR_EACH_ALIVE(p) {
    if (is_absent(p, books)) lose(p, why);
  }
  while (any_is_absent(books)) { // their ghosts' threads end, in their turn
    unlock(&process_lock);
    thread_yield();
    lock(&process_lock);
  }
  unlock(&process_lock);
}

// An inode or a page that was kept since the first books.
static void let_go(const struct record *head) {
  const void *r = head;
  const struct record_pages *pages = r;
  if (head->type == RECORD_INODE) {
    inode_release(import_find_inode(((const struct record_inode *)r)->inode));
  }
  for (u32 i = 0; head->type == RECORD_PAGES && i < HANDOVER_PAGES; i++) {
    if (pages->physical[i]) frame_release(takeover_current(pages->physical[i]));
  }
}

void relief_end_groups(const struct log_page *log, u32 first_books) {
  struct books_reader reader;
  books_open(&reader, first_books);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) let_go(head);
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_release(mailbox_reply_physical(log, 0) + i * PAGE_SIZE);
  }
}
