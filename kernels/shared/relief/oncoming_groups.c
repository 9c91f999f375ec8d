// The on-coming side while groups move: see abi/handover.h, enum transfer_mode. Services are open.
// A kernel thread waits for the books of each group, takes it over, writes its receipt and thaws
// it; it sleeps in between, and all others run. When the off-going kernel stands relieved, or has
// died and whoever has not come is lost, the thread finishes the relief.
#include "shared/firewall.h"
#include "shared/relief/check.h"
#include "shared/relief/fault.h"
#include "shared/relief/ghost.h"
#include "shared/relief/log.h"
#include "shared/relief/oncoming.h"
#include "shared/relief/words.h"
#include "shared/riscv.h"
#include "shared/sbi.h"

// How long a word about groups may take until the other kernel is taken for dead: it may wait for a
// group's threads to stand.
#define GROUP_TICKS (TIMEBASE_HZ * 2)
// How often others get a turn until all ghosts have begun to wait for calls; a ghost that has not
// cannot be replaced, and its group would be refused.
#define GHOST_TURNS 1000

// Takes over the group whose books are written; whatever hinders is found before anything changes.
static enum abort_reason import_group(struct log_page *log) {
  u32 counts[RECORD_TYPES];
  const struct record_manifest *manifest;
  if (!books_check(log, counts, &manifest)) return ABORT_RECORD;
  enum abort_reason reason = check_references(log, manifest, counts, BOOKS_GROUP);
  if (reason) return reason;
  if (!relief_can_import_group(log)) return ABORT_MEMORY;
  relief_import_group(log);
  firewall_fence();
  oncoming_write_receipt(log, relief_write_group);
  return ABORT_NONE;
}

// The same, and says so. False: it was refused, for now.
static bool take_group(struct log_page *log, u32 word) {
  log->oncoming_refusal = import_group(log);
  store_release(&log->oncoming_group, word);
  sbi_send_ipi(log->offgoing_hart);
  return !log->oncoming_refusal;
}

// Waits for a word of the off-going kernel's. False: it has died.
static bool await_group(const struct log_page *log, u32 word) {
  u64 deadline = time_ticks() + (u64)GROUP_TICKS * log_patience(log);
  while (load_acquire(&log->offgoing_group) < word) {
    if (load_acquire(&log->offgoing_word) == I_STAND_RELIEVED) return true;
    if (time_ticks() >= deadline) return false;
    relief_wait(deadline);
  }
  return true;
}

void groups_take_working_frames(const struct log_page *log) {
  const struct words list = {.list = log->working_physical};
  for (u32 i = 0; i < log->working_frames; i++) relief_add_frame(*word_at(&list, i));
}

// The group was refused. Either its books, or another's, are written again, with more frames to
// work with; or it is given up. False: the off-going kernel has died.
static bool go_on_after_refusal(struct log_page *log, u32 word) {
  if (!await_group(log, word + 1)) return false;
  u32 now = load_acquire(&log->offgoing_group);
  if (now > word + 1) groups_take_working_frames(log);
  if (now != word + 1) return true;
  relief_lose_absent(log);
  log->oncoming_refusal = ABORT_NONE;
  store_release(&log->oncoming_group, word + 1);
  sbi_send_ipi(log->offgoing_hart);
  return true;
}

// Takes group after group until the off-going kernel stands relieved. False: it has died.
static bool take_groups(struct log_page *log) {
  for (u32 group = 1;; group++) {
    if (!await_group(log, 2 * group)) return false;
    if (load_acquire(&log->offgoing_group) < 2 * group) return true; // it stands relieved
    if (group == 2) fault_at(log->command_line, "fault", "groups", log);
    bool lives, taken = take_group(log, 2 * group);
    if (taken) lives = await_group(log, 2 * group + 1);
    else lives = go_on_after_refusal(log, 2 * group);
    if (taken) relief_thaw_arrived(); // it has all of the group, whoever lives
    if (!lives) return false;
  }
}

static struct {
  struct log_page *log;
  u32 first_books; // physical
  bool offgoing_lives;
} transfer; // for its thread

static void transfer_groups(void) {
  struct log_page *log = transfer.log;
  bool lives = transfer.offgoing_lives;
  for (u32 i = 0; i < GHOST_TURNS && !relief_ghosts_have_begun(); i++) relief_yield();
  if (lives && !take_groups(log)) {
    oncoming_stop_offgoing(log);
    lives = false;
  }
  if (!lives) relief_lose_absent(NULL);
  ghost_end();
  relief_end_groups(log, transfer.first_books);
  oncoming_finish(log);
}

void groups_take_over(struct log_page *log, u32 first_books, bool offgoing_lives) {
  transfer.log = log;
  transfer.first_books = first_books;
  transfer.offgoing_lives = offgoing_lives;
  relief_open_services();
  relief_start_thread(transfer_groups);
}
