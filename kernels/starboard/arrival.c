// Arrival: the groups that come after the first books, each in books of its own, while services
// and whoever has come already run. A process takes its ghost's place, and stands until the
// off-going kernel has found that all of it arrived; then it is thawed. When all have come, or
// are lost because that kernel died, what the first books brought for all groups is let go.
#include "freeze.h"
#include "ghost.h"
#include "import.h"
#include "inherit.h"
#include "scheduler.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"

// --- One group

// Until it is here, what is sent to it is still its ghost's to keep.
static struct process *replace_ghost(const struct record_process *r) {
  lock(&process_table.lock);
  struct process *p = process_find(r->pid);
  unlock(&process_table.lock);
  ghost_unmake(p);
  import_memory(p, r);
  lock(&process_table.lock);
  p->apart = false;
  p->moving = p->freezing = true;
  unlock(&process_table.lock);
  return p;
}

void relief_import_group(const struct log_page *log) {
  struct books_reader reader;
  struct process *p = NULL;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (head->type == RECORD_PROCESS) p = replace_ghost((const void *)head);
    else if (head->type == RECORD_INODE) import_inode((const void *)head)->moving = true;
    else p = import_record(head, p);
  }
}

// What was sent to its ghost meanwhile is sent to the process.
static void send_kept_signals(struct process *p) {
  for (u32 signal = 1; signal <= NSIG; signal++) {
    if (p->ghost_signals & signal_bit(signal)) signal_process(p, signal, true);
  }
  p->ghost_signals = 0;
}

static void thaw_arrived(struct process *p) {
  LIST_FOR_EACH(r, &p->vm->regions, struct region, link) {
    if (r->inode) r->inode->moving = false;
  }
  p->moving = false;
  process_drop_unwanted(p);
  send_kept_signals(p);
  itimer_resume(p);
  thaw_process(p);
}

void relief_thaw_arrived(void) {
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (p->moving) thaw_expect(p);
  }
  FOR_EACH_PROCESS(p) {
    if (p->moving) thaw_arrived(p);
  }
  unlock(&process_table.lock);
}

// --- The end

static void lose(struct process *p, const char *why) {
  desk_mark(MARK_PROCESS_LOST, (u32)p->pid);
  print("process %d (%s) is lost: %s", p->pid, p->name, why);
  if (p == init_process) panic("without init there is nothing to go on with");
  ghost_lose(p);
}

// Whether it has not come, and is in these books, if any.
static bool is_absent(const struct process *p, const struct log_page *books) {
  return p->apart && !p->zombie && (!books || books_have_process(books->books_physical, p->pid));
}

static bool any_is_absent(const struct log_page *books) {
  FOR_EACH_PROCESS(p) {
    if (is_absent(p, books)) return true;
  }
  return false;
}

void relief_lose_absent(const struct log_page *books) {
  const char *why = books ? "there is no room for it" : "the off-going kernel has died";
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (is_absent(p, books)) lose(p, why);
  }
  while (any_is_absent(books)) { // their ghosts' threads end, in their turn
    unlock(&process_table.lock);
    scheduler_yield();
    lock(&process_table.lock);
  }
  unlock(&process_table.lock);
}

// An inode or pages that were kept since the first books.
static void let_go(const struct record *head) {
  const void *r = head;
  const struct record_pages *pages = r;
  if (head->type == RECORD_INODE) {
    inode_put(import_find_inode(((const struct record_inode *)r)->inode));
  }
  for (u32 i = 0; head->type == RECORD_PAGES && i < HANDOVER_PAGES; i++) {
    if (pages->physical[i]) frame_put(inherit_current(pages->physical[i]));
  }
}

void relief_end_groups(const struct log_page *log, u32 first_books) {
  struct books_reader reader;
  books_open(&reader, first_books);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) let_go(head);
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_put(frame_of_physical(mailbox_reply_physical(log, 0)) + i);
  }
}
