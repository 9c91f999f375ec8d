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
#define ATTEMPTS 20                      // for a group that the relief cannot take just now
#define PAUSE_TICKS (TIMEBASE_HZ / 200)

bool groups_prepare(struct relief *r, u32 threads) {
  struct log_page *log = r->log;
  u32 half = threads * MAILBOX_FRAMES;
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
  if (!words_make(&r->working, WORKING_FRAMES)) return false;
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
  u64 deadline = time_ticks() + (u64)ANSWER_TICKS * log_patience(log);
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

// One attempt for the group that is frozen. Its books are gone afterwards.
static bool hand_over(struct relief *r, u32 word, u32 *records, u64 *checksum) {
  struct log_page *log = r->log;
  struct books_writer books;
  books_begin(&books, true);
  relief_write_group(&books);
  bool taken = offgoing_close_books(log, &books);
  if (taken) {
    speak_group(log, word);
    taken = await_group(log, word);
  }
  if (taken && !offgoing_receipt_is_equal(log, &books)) lose("a group did not arrive whole");
  if (taken) *records += books.records, *checksum += books.checksum;
  books_return(&books);
  return taken;
}

static void pause(void) {
  u64 deadline = time_ticks() + PAUSE_TICKS;
  while (time_ticks() < deadline) relief_wait(deadline);
}

void groups_transfer(struct relief *r, u32 *records, u64 *checksum) {
  struct log_page *log = r->log;
  u32 group = 0, attempts = 0, processes;
  desk_mark(MARK_PHASE, PHASE_GROUPS);
  forward_begin(log);
  speak_group(log, 1);
  relief_forward_services();
  while ((processes = relief_freeze_group()) != 0) {
    group++;
    if (group == 2) fault_at(r->request->command_line, "offgoing-fault", "groups", log);
    if (hand_over(r, 2 * group, records, checksum)) {
      speak_group(log, 2 * group + 1);
      desk_value(MARK_GROUP, group, processes);
      relief_leave_group();
      attempts = 0;
      continue;
    }
    if (++attempts == ATTEMPTS) lose("the relief has no room for a group");
    relief_thaw_group();
    pause();
  }
  desk_value(MARK_FORWARDED, 0, forward_end());
}
