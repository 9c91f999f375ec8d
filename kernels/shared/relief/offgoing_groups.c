// The off-going side while groups move: see abi/handover.h, enum transfer_mode. The relief has the
// services; each closed group of processes is brought to its boundary, written into books of its
// own, taken over, compared and let go, while all other processes run on, here or there.
#include "shared/desk.h"
#include "shared/firewall.h"
#include "shared/print.h"
#include "shared/relief/fault.h"
#include "shared/relief/forward.h"
#include "shared/relief/log.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/offgoing.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

// For the relief's answer. Nobody but the group stands still meanwhile, and to give up is the end.
#define ANSWER_TICKS (TIMEBASE_HZ * 2)
#define ANSWER_FRAME_TICKS (TIMEBASE_HZ / 10000) // and for each frame of RAM, if it copies
#define ATTEMPTS 20                      // for a group that the relief cannot take just now
#define ATTEMPTS_BETWEEN 5               // from giving it more frames to giving it more again
#define PAUSE_TICKS (TIMEBASE_HZ / 200)

bool groups_prepare(struct relief *r, u32 threads) {
  struct log_page *log = r->log;
  u32 half = threads * MAILBOX_FRAMES;
  if (threads > MAILBOXES_MAX) return false;
  r->mailboxes = relief_take_frames(2 * half, NULL);
  if (!r->mailboxes) return false;
  memset(linear(r->mailboxes), 0, 2 * half * PAGE_SIZE);
  log->mailboxes_physical = r->mailboxes;
  log->mailboxes = threads;
  relief_assign_mailboxes(log);
  relief_give_frames(r->mailboxes + half * PAGE_SIZE, half, log->oncoming_node);
  firewall_fence();
  return true;
}

bool groups_give_working_frames(struct relief *r) {
  struct log_page *log = r->log;
  if (!words_make(&r->working, WORKING_NORMAL_FRAMES + WORKING_FRAMES)) return false;
  offgoing_give(r, &r->working, &log->working_frames, WORKING_NORMAL_FRAMES, relief_books_frame);
  offgoing_give(r, &r->working, &log->working_frames, WORKING_FRAMES, relief_take_any_frame);
  log->working_physical = r->working.list;
  firewall_fence();
  return true;
}

void groups_forget(struct relief *r) {
  u32 half = r->log ? r->log->mailboxes * MAILBOX_FRAMES : 0;
  for (u32 i = 0; r->working.list && i < r->log->working_frames; i++) {
    relief_give_frames(*word_at(&r->working, i), 1, r->log->offgoing_node);
    relief_return_frames(*word_at(&r->working, i), 1);
  }
  words_free(&r->working);
  if (!r->mailboxes) return;
  relief_give_frames(r->mailboxes + half * PAGE_SIZE, half, r->log->offgoing_node);
  relief_return_frames(r->mailboxes, 2 * half);
  r->mailboxes = 0;
}

static void speak_group(struct log_page *log, u32 word) {
  store_release(&log->offgoing_group, word);
  sbi_send_ipi(log->oncoming_hart);
}

// Nobody has the services any more.
__attribute__((noreturn)) static void lose(const char *why) {
  panic_hook = NULL;
  panic("%s while groups move: the services are lost with it", why);
}

// Waits for the relief's word on this group: false, if it cannot take it now.
static bool await_group(struct log_page *log, u32 word) {
  u32 frames = log->memory_mode == MEMORY_COPY ? log->ram_frames : 0;
  u64 ticks = ANSWER_TICKS + (u64)frames * ANSWER_FRAME_TICKS;
  u64 deadline = time_ticks() + ticks * log_patience(log);
  while (load_acquire(&log->oncoming_group) < word) {
    if (load_acquire(&log->oncoming_word) == ABORT) lose("the relief failed");
    if (time_ticks() >= deadline) lose("the relief did not answer");
    relief_wait(deadline);
  }
  if (log->oncoming_refusal) {
    print("the relief cannot take this group now: %s", abort_text(log->oncoming_refusal));
  }
  return !log->oncoming_refusal;
}

// After a refusal: more frames for the relief, if `some`, by a list that it reads with the next
// books.
static void give_more_frames(struct relief *r, struct words *list, bool some) {
  u32 given = 0;
  words_free(list);
  if (some && words_make(list, WORKING_FRAMES)) {
    offgoing_give(r, list, &given, WORKING_FRAMES, relief_take_any_frame);
  }
  r->log->working_physical = list->list;
  r->log->working_frames = given;
  firewall_fence();
}

// The relief never has room for it: this group is given up, rather than all.
static void give_up(struct log_page *log, u32 word) {
  if (log->oncoming_refusal != ABORT_MEMORY) lose("the relief does not take a group");
  print("the relief has no room for a group, which is given up");
  speak_group(log, word + 1);
  await_group(log, word + 1);
}

enum attempt { TAKEN, GIVEN_UP, REFUSED };

// One attempt for the group that is frozen. Its books are gone afterwards.
static enum attempt hand_over(struct relief *r, u32 word, bool last, struct totals *totals) {
  struct log_page *log = r->log;
  struct books_writer books;
  books_begin(&books, true);
  relief_write_group(&books);
  bool written = offgoing_close_books(log, &books), taken = false;
  if (written) {
    speak_group(log, word);
    taken = await_group(log, word);
  }
  if (taken && !offgoing_receipt_is_equal(log, &books)) lose("a group did not arrive whole");
  if (taken) totals->records += books.records, totals->checksum += books.checksum;
  // the last group goes on when this kernel has said that it stands relieved
  if (taken && relief_has_further_groups()) speak_group(log, word + 1);
  if (!taken && last && !written) lose("there is no memory for the books of a group");
  if (!taken && last) give_up(log, word);
  books_return(&books);
  return taken ? TAKEN : last ? GIVEN_UP : REFUSED;
}

static void pause(void) {
  u64 deadline = time_ticks() + PAUSE_TICKS;
  while (time_ticks() < deadline) relief_wait(deadline);
}

struct totals groups_transfer(struct relief *r) {
  struct log_page *log = r->log;
  struct totals totals = {0, 0};
  struct words more = {0, 0};
  u32 group = 0, attempts = 0, processes;
  desk_mark(MARK_PHASE, PHASE_GROUPS);
  forward_begin(log);
  speak_group(log, 1);
  relief_forward_services();
  while ((processes = relief_freeze_group()) != 0) {
    group++;
    if (group == 2) fault_at(r->request->command_line, "offgoing-fault", "groups", log);
    enum attempt end = hand_over(r, 2 * group, ++attempts == ATTEMPTS, &totals);
    if (end == REFUSED) {
      relief_thaw_group();
      give_more_frames(r, &more, attempts % ATTEMPTS_BETWEEN == 1);
      pause();
      continue;
    }
    if (end == TAKEN) desk_value(MARK_GROUP, group, processes);
    relief_leave_group();
    attempts = 0;
  }
  words_free(&more);
  desk_value(MARK_FORWARDED, 0, forward_end());
  return totals;
}
