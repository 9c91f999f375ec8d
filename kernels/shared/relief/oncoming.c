// The on-coming side of a relief: runs on the one CPU this kernel was started on, with interrupts
// off; waits by wfi for the doorbell (a software interrupt) and reads the off-going word. Where
// groups move, it goes on in a thread: oncoming_groups.c.
#include "shared/relief/oncoming.h"

#include "shared/desk.h"
#include "shared/firewall.h"
#include "shared/print.h"
#include "shared/relief/check.h"
#include "shared/relief/fault.h"
#include "shared/relief/ghost.h"
#include "shared/relief/log.h"
#include "shared/relief/words.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

// How long a kernel that has all waits for the last word of the other before it takes it for dead.
#define LAST_WORD_TICKS (TIMEBASE_HZ / 50)

static void fault(const struct log_page *log, const char *phase) {
  fault_at(log->command_line, "fault", phase, log);
}

__attribute__((noreturn)) static void withdraw(struct log_page *log, enum abort_reason reason) {
  // of a checkpoint nobody is left to whom to give it back
  if (log->method == METHOD_CHECKPOINT) panic("no restore: %s", abort_text(reason));
  store_release(&log->oncoming_abort, reason);
  log_speak(&log->oncoming_word, ABORT, log->offgoing_hart);
  sbi_hart_stop();
  for (;;) wait_for_interrupt();
}

static struct log_page *log_under_way; // from oncoming_begin on; NULL: the relief is over

void oncoming_withdraw(enum abort_reason reason) { withdraw(log_under_way, reason); }

static void withdraw_on_panic(void) { oncoming_withdraw(ABORT_PANIC); }

void oncoming_begin(struct log_page *log) {
  log_under_way = log;
  if (log->method == METHOD_RELIEF) panic_hook = withdraw_on_panic;
  fault(log, "boot");
}

// Waits for a word of the off-going kernel's to reach a value. False: not before the deadline, in
// ticks.
static bool await_word(struct log_page *log, const u32 *word, u32 expected, u64 deadline) {
  csr_write(sie, SIE_SOFTWARE | SIE_TIMER);
  sbi_set_timer(deadline);
  for (;;) {
    csr_clear(sip, SIE_SOFTWARE);
    if (load_acquire(&log->offgoing_word) == ABORT) {
      withdraw(log, load_acquire(&log->offgoing_abort));
    }
    bool reached = load_acquire(word) >= expected;
    if (reached || time_ticks() >= deadline) {
      sbi_set_timer(~0ull);
      return reached;
    }
    wait_for_interrupt();
  }
}

static bool await(struct log_page *log, enum utterance expected, u64 deadline) {
  return await_word(log, &log->offgoing_word, expected, deadline);
}

static u32 count_needs(const struct log_page *log, u32 kind) {
  u32 n = 0;
  for (u32 i = 0; i < log->need_count; i++) n += log->needs[i].kind == kind;
  return n;
}

static void qualify(struct log_page *log) {
  const struct handover_need *missing;
  char wanted[16];
  desk_mark(MARK_PHASE, PHASE_QUALIFICATION);
  fault(log, "qualification");
  log->oncoming_version = HANDOVER_VERSION;
  if (option_value(log->command_line, "contract", wanted, sizeof wanted)) {
    u32 version; // presents another contract version than it was built with, for tests
    if (parse_size(wanted, &version)) log->oncoming_version = version;
  }
  log->oncoming_release = kernel_release;
  log->qualification_count = relief_qualifications(log->qualifications, HANDOVER_NEEDS_MAX);
  for (u32 t = 1; t < RECORD_TYPES && log->qualification_count < HANDOVER_NEEDS_MAX; t++) {
    struct handover_need record = {NEED_RECORD, (u16)record_version(t), t, ""};
    log->qualifications[log->qualification_count++] = record;
  }
  log->seen_device_tree_checksum =
      words_checksum(linear(log->device_tree_physical), log->device_tree_bytes);
  if (fault_is(log->command_line, "fault", "miscount", "qualification")) log->seen_harts++;
  enum abort_reason reason =
      log_find_missing(log, log->qualifications, log->qualification_count, &missing);
  if (reason) {
    log_say(ONCOMING, "I cannot relieve you: I have no %s.",
            missing->kind == NEED_RECORD ? "reader for a record" : missing->name);
    withdraw(log, reason);
  }
  desk_mark(MARK_PHASE, PHASE_READY_TO_RELIEVE);
  log_say(ONCOMING, "I am ready to relieve you. %s: drivers %u, file systems %u, records %u.",
          kernel_name, count_needs(log, NEED_DRIVER), count_needs(log, NEED_FILE_SYSTEM),
          count_needs(log, NEED_RECORD));
  log_speak(&log->oncoming_word, READY_TO_RELIEVE, log->offgoing_hart);
}

// Decoding may refuse, and comes before the commit; import acts, and cannot fail.
static const struct record_manifest *check_books(struct log_page *log) {
  u32 counts[RECORD_TYPES];
  const struct record_manifest *manifest;
  fault(log, "check");
  if (!books_check(log, counts, &manifest)) withdraw(log, ABORT_RECORD);
  enum abort_reason reason = check_references(log, manifest, counts, BOOKS_FIRST);
  if (reason) withdraw(log, reason);
  if (!relief_can_import(log, counts)) withdraw(log, ABORT_MEMORY);
  return manifest;
}

void oncoming_write_receipt(struct log_page *log, void (*write)(struct books_writer *)) {
  static struct books_writer receipt;
  books_begin(&receipt, false);
  write(&receipt);
  log->receipt_records = receipt.records;
  log->receipt_checksum[0] = (u32)receipt.checksum;
  log->receipt_checksum[1] = (u32)(receipt.checksum >> 32);
}

static void transfer(struct log_page *log, const struct record_manifest *manifest) {
  desk_mark(MARK_PHASE, PHASE_TRANSFER);
  if (log->transfer_mode == TRANSFER_GROUPS) ghost_begin(log);
  relief_import(log, manifest);
  firewall_fence(); // what was adopted is closed to the old kernel
  fault(log, "transfer");
  desk_mark(MARK_PHASE, PHASE_VERIFY);
  oncoming_write_receipt(log, relief_write_books);
  fault(log, "verify");
  if (fault_is(log->command_line, "fault", "miscount", "verify")) log->receipt_records++;
  log_speak(&log->oncoming_word, TRANSFER_COMPLETE, log->offgoing_hart);
}

void oncoming_stop_offgoing(const struct log_page *log) {
  panic_hook = NULL;
  log_say(ONCOMING, "The off-going kernel says nothing more. I finish from its records.");
  for (u32 hart = 0; hart < log->harts; hart++) {
    if (hart != log->oncoming_hart) sbi_hart_force_stop(hart);
  }
}

// The last word of the off-going kernel; or, when it has died without one, the watch all the same:
// everything has arrived, and what it would have compared is in order on this side. Whether it
// lives.
static bool await_last_word(struct log_page *log, const u32 *word, u32 expected) {
  u64 deadline = time_ticks() + (u64)LAST_WORD_TICKS * log_patience(log);
  if (await_word(log, word, expected, deadline)) return true;
  if (!log_decide(log, AUTHORITY_ONCOMING, AUTHORITY_FINAL)) {
    return await_word(log, word, expected, ~0ull); // it was about to speak
  }
  oncoming_stop_offgoing(log);
  return false;
}

static void assimilate(struct log_page *log) {
  u32 offgoing_node = log->offgoing_node, harts = log->harts, own = log->oncoming_hart;
  u32 doubly = 0, ledger_frames = log->ram_frames;
  desk_mark(MARK_PHASE, PHASE_ASSIMILATE);
  // all have stopped before the first starts: the old kernel waits for its CPUs one by one, and
  // must find them stopped
  for (u32 hart = 0; hart < harts; hart++) {
    while (hart != own && sbi_hart_status(hart) != SBI_HSM_STOPPED) {
    }
  }
  for (u32 hart = 0; hart < harts; hart++) {
    if (hart != own) relief_assimilate_cpu(hart);
  }
  if (log->transfer_mode == TRANSFER_ALL) relief_open_watch();
  u32 unowned = relief_take_over_frames(offgoing_node, &doubly); // the log page too: not read again
  firewall_share(0);
  desk_value(MARK_LEDGER_FRAMES, 0, ledger_frames);
  desk_value(MARK_LEDGER_UNOWNED, 0, unowned);
  desk_value(MARK_LEDGER_DOUBLY, 0, doubly);
  desk_mark(MARK_PHASE, PHASE_END);
  relief_complete();
}

void oncoming_finish(struct log_page *log) {
  panic_hook = NULL;
  log_under_way = NULL;
  assimilate(log);
}

void oncoming_doorbell(void) {
  if (!log_under_way) return;
  relief_wake();
  ghost_doorbell();
}

// METHOD_CHECKPOINT: the other kernel has ended.
static void restore(struct log_page *log) {
  relief_probe_devices();
  desk_mark(MARK_PHASE, PHASE_RESTORE);
  const struct record_manifest *manifest = check_books(log);
  log_say(ONCOMING, "I go on from %u records.", log->books_records);
  relief_import(log, manifest);
  firewall_fence();
  oncoming_finish(log);
}

void oncoming_relief(struct log_page *log) {
  if (log->method == METHOD_CHECKPOINT) {
    restore(log);
    return;
  }
  qualify(log);
  if (log->transfer_mode == TRANSFER_GROUPS) { // while the other freezes
    await(log, READY_TO_BE_RELIEVED, ~0ull);
    groups_take_working_frames(log);
  }
  await(log, BOOKS_WRITTEN, ~0ull);
  const struct record_manifest *manifest = check_books(log);
  if (!log_decide(log, AUTHORITY_OFFGOING, AUTHORITY_ONCOMING)) withdraw(log, ABORT_WATCHDOG);
  desk_mark(MARK_PHASE, PHASE_I_RELIEVE_YOU);
  log_say(ONCOMING, "I relieve you. %u records are in order.", log->books_records);
  log_speak(&log->oncoming_word, I_RELIEVE_YOU, log->offgoing_hart);
  u32 first_books = log->books_physical; // the log will name others, once these are delivered
  transfer(log, manifest);
  if (log->transfer_mode == TRANSFER_ALL) {
    await_last_word(log, &log->offgoing_word, I_STAND_RELIEVED);
    oncoming_finish(log);
  } else {
    bool offgoing_lives = await_last_word(log, &log->offgoing_group, 1);
    groups_take_over(log, first_books, offgoing_lives);
  }
}
