// The off-going side of a relief. Each step either succeeds or names the reason to abort, and what
// a step took is written in `struct relief`, so that one function can give everything back.
#include "shared/relief/offgoing.h"

#include "shared/desk.h"
#include "shared/firewall.h"
#include "shared/print.h"
#include "shared/relief/fault.h"
#include "shared/relief/forward.h"
#include "shared/relief/log.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

// How long the off-going kernel waits for a word before it takes back the watch, in ticks: while
// the relief boots; and while all processes stand still, with something for each record to check,
// for each frame of RAM to adopt, and for each frame given, to reserve it and to copy into it.
#define BOOT_TICKS (TIMEBASE_HZ / 5)
#define FRAME_TICKS (TIMEBASE_HZ / 2500000)
#define RESERVE_TICKS (TIMEBASE_HZ / 100000)
#define COPY_TICKS (TIMEBASE_HZ / 10000)
#define GRACE_TICKS (TIMEBASE_HZ / 500) // for a relief that is told to stop, before it is forced

static struct log_page *log_under_way; // read by offgoing_doorbell on any CPU

void offgoing_doorbell(void) {
  if (!log_under_way) return;
  relief_wake();
  forward_doorbell();
}

// Whether whoever asked for the relief has asked to end it.
bool offgoing_is_revoked(const struct relief *r) {
  return __atomic_load_n(&r->request->revoked, __ATOMIC_ACQUIRE);
}

// Waits until the relief has said `expected`. ABORT_NONE, its own reason, or ABORT_WATCHDOG.
static enum abort_reason await(struct relief *r, enum utterance expected, u32 ticks) {
  u64 deadline = time_ticks() + (u64)ticks * log_patience(r->log);
  for (;;) {
    u32 word = load_acquire(&r->log->oncoming_word);
    if (word >= (u32)expected && word != ABORT) return ABORT_NONE;
    if (word == ABORT) {
      u32 reason = load_acquire(&r->log->oncoming_abort);
      return reason > ABORT_NONE && reason < ABORT_REASONS ? reason : ABORT_CONFIGURATION;
    }
    if (!r->frozen && offgoing_is_revoked(r)) return ABORT_OPERATOR;
    if (time_ticks() >= deadline) return ABORT_WATCHDOG;
    relief_wait(deadline);
  }
}

static enum abort_reason halt(struct relief *r) {
  desk_mark(MARK_PHASE, PHASE_HALT);
  r->hart = relief_halt_cpu();
  if (r->hart < 0) return ABORT_NO_CPU;
  print("cpu %d is halted for the relief", r->hart);
  return ABORT_NONE;
}

// Frames for the image and for what its note asks, given what the relief will have to hold.
u32 offgoing_arena_frames(const struct image_plan *plan, const struct log_page *log) {
  const struct image_note *n = &plan->note;
  u32 working = log->transfer_mode == TRANSFER_GROUPS ? WORKING_ARENA_FRAMES << PAGE_SHIFT : 0;
  if (log->method != METHOD_RELIEF) working = PROBE_FRAMES << PAGE_SHIFT;
  u64 bytes = (u64)plan->span + working + n->arena_bytes +
              (u64)n->arena_per_frame * log->ram_frames +
              (u64)n->arena_per_process * log->processes + (u64)n->arena_per_hart * log->harts +
              (u64)n->arena_per_thread * (log->threads - MIN(log->threads, log->processes));
  return bytes >> 32 ? 0xffffffffu >> PAGE_SHIFT : (u32)((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

enum abort_reason offgoing_check_image(struct relief *r, const struct relief_request *request) {
  u8 digest[32];
  if (!image_digest(&request->image, digest, relief_yield)) return ABORT_NOT_AN_IMAGE;
  if (offgoing_is_revoked(r)) return ABORT_OPERATOR; // the digest takes long
  if (memcmp(digest, request->digest, sizeof digest) != 0) return ABORT_DIGEST;
  if (!image_examine(&request->image, &r->plan)) return ABORT_NOT_AN_IMAGE;
  if (r->plan.note.contract_version >> 8 != HANDOVER_VERSION >> 8) return ABORT_CONTRACT_VERSION;
  return ABORT_NONE;
}

static void fill_log(struct relief *r, const struct relief_request *request) {
  struct log_page *log = r->log;
  log->magic = HANDOVER_MAGIC;
  log->version = HANDOVER_VERSION;
  log->bytes = sizeof *log;
  log->offgoing_release = kernel_release;
  log->arena_physical = r->arena;
  log->arena_frames = r->frames;
  log->image_bytes = r->plan.span;
  log->oncoming_hart = (u32)r->hart;
  log->need_count = relief_needs(log->needs, HANDOVER_NEEDS_MAX);
  for (u32 type = 1; type < RECORD_TYPES && log->need_count < HANDOVER_NEEDS_MAX; type++) {
    struct handover_need need = {NEED_RECORD, (u16)record_version(type), type, ""};
    log->needs[log->need_count++] = need;
  }
  format_text(log->command_line, sizeof log->command_line, "relieving %s", request->command_line);
}

// The number of the option's word among `names`, or -1 after a line that gives `all` of them; 0
// when it is not given.
static s32 choose(const char *command_line, const char *option, const char *const *names, u32 n,
                  const char *all) {
  char word[16];
  if (!option_value(command_line, option, word, sizeof word)) return 0;
  for (u32 i = 0; i < n; i++) {
    if (strcmp(word, names[i]) == 0) return (s32)i;
  }
  print("%s=%s: give %s", option, word, all);
  return -1;
}

static s32 choose_method(const char *command_line) {
  static const char *const methods[] = {"relief", "checkpoint", "kexec"};
  return choose(command_line, "method", methods, ARRAY_LENGTH(methods),
                "relief, checkpoint or kexec");
}

static enum abort_reason choose_modes(struct log_page *log, const char *command_line) {
  static const char *const memory[] = {"adopt", "remap", "copy"};
  static const char *const transfer[] = {"all", "groups"};
  s32 memory_mode = choose(command_line, "memory", memory, ARRAY_LENGTH(memory),
                           "adopt, remap or copy");
  s32 transfer_mode = choose(command_line, "transfer", transfer, ARRAY_LENGTH(transfer),
                             "all or groups");
  if (memory_mode < 0 || transfer_mode < 0) return ABORT_CONFIGURATION;
  log->method = (u32)choose_method(command_line);
  if (log->method != METHOD_RELIEF && transfer_mode != TRANSFER_ALL) {
    print("transfer=groups is of the relief alone");
    return ABORT_CONFIGURATION;
  }
  log->memory_mode = (u32)memory_mode;
  log->transfer_mode = (u32)transfer_mode;
  return ABORT_NONE;
}

enum abort_reason offgoing_load(struct relief *r, const struct relief_request *request) {
  desk_mark(MARK_PHASE, PHASE_LOAD);
  enum abort_reason reason = offgoing_check_image(r, request);
  if (reason) return reason;
  u32 log_physical = relief_take_frames(1, NULL), largest = 0;
  if (!log_physical) return ABORT_ZONE_NORMAL;
  r->log = linear(log_physical);
  memset(r->log, 0, PAGE_SIZE);
  relief_configuration(r->log);
  reason = choose_modes(r->log, request->command_line);
  if (reason) return reason;
  r->frames = offgoing_arena_frames(&r->plan, r->log);
  r->arena = relief_take_frames(r->frames, &largest);
  if (!r->arena) {
    print("the relief needs %u contiguous frames of ZONE_NORMAL; the largest run is %u", r->frames,
          largest);
    return ABORT_ZONE_NORMAL;
  }
  if (!image_place(&request->image, &r->plan, r->arena)) return ABORT_NOT_AN_IMAGE;
  fill_log(r, request);
  return ABORT_NONE;
}

static enum abort_reason boot(struct relief *r) {
  desk_mark(MARK_PHASE, PHASE_RELIEVING_BOOT);
  relief_give_frames(r->arena, r->frames, r->log->oncoming_node);
  firewall_share(physical_of(r->log));
  firewall_assign((u32)r->hart, r->log->oncoming_node);
  __atomic_store_n(&log_under_way, r->log, __ATOMIC_RELEASE);
  s32 error = sbi_hart_start((u32)r->hart, r->arena + r->plan.entry, physical_of(r->log));
  if (error) return ABORT_NO_CPU;
  r->started = true;
  return await(r, READY_TO_RELIEVE, BOOT_TICKS);
}

void offgoing_mark_memory(const struct relief *r) {
  desk_value(MARK_FRAMES_RESERVED, 0, r->frames + 1); // with the log page
  desk_value(MARK_FRAMES_BOOKS, 0, r->books.frames);
  desk_value(MARK_FRAMES_GIVEN, 0, r->given_frames);
}

static enum abort_reason double_check(struct relief *r) {
  struct log_page *log = r->log;
  const struct handover_need *missing;
  if (log->oncoming_version >> 8 != HANDOVER_VERSION >> 8) return ABORT_CONTRACT_VERSION;
  if (log->seen_ram_frames != log->ram_frames || log->seen_harts != log->harts ||
      log->seen_device_tree_checksum !=
          words_checksum(linear(log->device_tree_physical), log->device_tree_bytes) ||
      log->qualification_count > HANDOVER_NEEDS_MAX) {
    return ABORT_CONFIGURATION;
  }
  return log_find_missing(log, log->qualifications, log->qualification_count, &missing);
}

// A kernel that fails after the commit stops, and is finished from its records by the other.
static void stop_on_panic(void) {
  u32 authority = load_acquire(&log_under_way->authority);
  if (authority == AUTHORITY_ONCOMING || authority == AUTHORITY_FINAL) sbi_hart_stop();
}

void offgoing_give(struct relief *r, struct words *list, u32 *used, u32 count,
                   u32 (*take)(void)) {
  for (u32 physical; count && (physical = take()) != 0; count--) {
    *word_at(list, (*used)++) = physical;
    relief_give_frames(physical, 1, r->log->oncoming_node);
  }
}

// Gives the relief frames for page tables (of ZONE_NORMAL) and to copy into: what it finds too few,
// it refuses.
enum abort_reason offgoing_give_frames(struct relief *r) {
  u32 pages, tables;
  relief_memory_in_use(&pages, &tables);
  if (r->log->memory_mode != MEMORY_COPY) pages = 0;
  if (!words_make(&r->given, pages + tables)) return ABORT_MEMORY;
  offgoing_give(r, &r->given, &r->given_frames, tables, relief_books_frame);
  offgoing_give(r, &r->given, &r->given_frames, pages, relief_take_any_frame);
  r->log->given_physical = r->given.list;
  r->log->given_frames = r->given_frames;
  firewall_fence();
  return ABORT_NONE;
}

static void return_given_frames(struct relief *r) {
  for (u32 i = 0; i < r->given_frames; i++) {
    relief_give_frames(*word_at(&r->given, i), 1, r->log->offgoing_node);
    relief_return_frames(*word_at(&r->given, i), 1);
  }
  r->given_frames = 0;
  words_free(&r->given);
}

bool offgoing_close_books(struct log_page *log, struct books_writer *books) {
  struct record_manifest manifest;
  memset(&manifest, 0, sizeof manifest);
  relief_manifest(&manifest);
  books_add_manifest(books, &manifest);
  log->books_physical = books_first(books);
  log->books_frames = books->frames;
  log->books_records = books->records;
  log->books_checksum[0] = (u32)books->checksum;
  log->books_checksum[1] = (u32)(books->checksum >> 32);
  return !books->out_of_memory;
}

static enum abort_reason ready_to_be_relieved(struct relief *r) {
  desk_mark(MARK_PHASE, PHASE_READY_TO_BE_RELIEVED);
  panic_hook = stop_on_panic;
  bool groups = r->log->transfer_mode == TRANSFER_GROUPS;
  if (groups && !groups_give_working_frames(r)) return ABORT_MEMORY;
  log_say(OFFGOING, "I am ready to be relieved. The watch is %u processes.", r->log->processes);
  log_speak(&r->log->offgoing_word, READY_TO_BE_RELIEVED, r->log->oncoming_hart);
  u32 threads = relief_freeze(groups);
  r->frozen = true;
  if (threads && !groups_prepare(r, threads)) return ABORT_MEMORY;
  r->log->most_regions = relief_most_regions();
  books_begin(&r->books, true);
  relief_write_books(&r->books);
  if (!offgoing_close_books(r->log, &r->books)) return ABORT_MEMORY;
  if (r->log->memory_mode != MEMORY_ADOPT) {
    enum abort_reason reason = offgoing_give_frames(r);
    if (reason) return reason;
  }
  if (offgoing_is_revoked(r)) return ABORT_OPERATOR; // from here on it is too late
  offgoing_mark_memory(r);
  log_speak(&r->log->offgoing_word, BOOKS_WRITTEN, r->log->oncoming_hart);
  u32 ticks = FROZEN_TICKS + r->books.records * RECORD_TICKS + r->given_frames * RESERVE_TICKS;
  return await(r, I_RELIEVE_YOU, ticks);
}

bool offgoing_receipt_is_equal(const struct log_page *log, const struct books_writer *books) {
  bool equal = log->receipt_records == books->records &&
               log->receipt_checksum[0] == (u32)books->checksum &&
               log->receipt_checksum[1] == (u32)(books->checksum >> 32);
  if (!equal) print("%u records left, %u arrived", books->records, log->receipt_records);
  return equal;
}

// After the commit: the relief imports; then what left is compared with what arrived. A reason to
// take the watch back, which nobody else has in hand before I_STAND_RELIEVED; else does not return.
static enum abort_reason stand_relieved(struct relief *r, const char *command_line) {
  fault_at(command_line, "offgoing-fault", "transfer", r->log);
  u32 ticks = FROZEN_TICKS + r->books.records * RECORD_TICKS + r->log->ram_frames * FRAME_TICKS +
              r->given_frames * COPY_TICKS;
  enum abort_reason reason = await(r, TRANSFER_COMPLETE, ticks);
  if (!reason && !offgoing_receipt_is_equal(r->log, &r->books)) reason = ABORT_RECEIPT;
  fault_at(command_line, "offgoing-fault", "verify", r->log);
  if (reason && log_decide(r->log, AUTHORITY_ONCOMING, AUTHORITY_RETURNED)) return reason;
  if (!reason && log_decide(r->log, AUTHORITY_ONCOMING, AUTHORITY_FINAL)) {
    struct totals later = {0, 0};
    if (r->log->transfer_mode == TRANSFER_GROUPS) later = groups_transfer(r);
    u32 records = r->books.records + later.records;
    u64 checksum = r->books.checksum + later.checksum;
    desk_mark(MARK_PHASE, PHASE_I_STAND_RELIEVED);
    log_say(OFFGOING, "I stand relieved. %u records left, %u arrived, checksum %08x%08x.", records,
            records, (u32)(checksum >> 32), (u32)checksum);
    log_speak(&r->log->offgoing_word, I_STAND_RELIEVED, r->log->oncoming_hart);
  }
  relief_stand_down();
}

// Undoes an import that was under way: frames that the relief had adopted are ours again, and so is
// the kernel's half of each address space. Nothing else had been changed.
static void take_back(struct relief *r) {
  u8 *ledger = linear(r->log->ledger_physical);
  u32 arena = frame_of_physical(r->arena);
  for (u32 f = 0; f < r->log->ram_frames; f++) {
    bool in_arena = f >= arena && f < arena + r->frames;
    if (ledger[f] == r->log->oncoming_node && !in_arena) ledger[f] = (u8)r->log->offgoing_node;
  }
  firewall_fence();
  relief_restore_spaces();
}

void offgoing_keep_the_watch(struct relief *r, enum abort_reason reason, bool committed) {
  desk_value(MARK_ABORT, reason, 0);
  log_say(OFFGOING, "The relief is aborted: %s. I keep the watch.", abort_text(reason));
  if (r->started) {
    store_release(&r->log->offgoing_abort, reason);
    log_speak(&r->log->offgoing_word, ABORT, r->log->oncoming_hart);
    u64 deadline = time_ticks() + GRACE_TICKS;
    while (sbi_hart_status((u32)r->hart) != SBI_HSM_STOPPED) {
      if (time_ticks() >= deadline) sbi_hart_force_stop((u32)r->hart);
      else relief_wait(time_ticks() + TIMEBASE_HZ / 1000);
    }
  }
  __atomic_store_n(&log_under_way, NULL, __ATOMIC_RELEASE);
  if (committed) take_back(r);
  firewall_share(0);
  books_return(&r->books);
  return_given_frames(r);
  groups_forget(r);
  if (r->devices_stopped) relief_restart_devices();
  if (r->frozen) relief_thaw(reason);
  if (r->arena) {
    relief_give_frames(r->arena, r->frames, r->log->offgoing_node);
    relief_return_frames(r->arena, r->frames);
  }
  if (r->log) relief_return_frames(physical_of(r->log), 1);
  if (r->hart >= 0) relief_take_back_cpu((u32)r->hart);
  desk_mark(MARK_PHASE, PHASE_ABORTED);
}

static enum abort_reason relieve(const struct relief_request *request) {
  static struct relief r; // one relief at a time; the thread's stack is small
  memset(&r, 0, sizeof r);
  r.request = request;
  r.hart = -1;
  enum abort_reason reason = halt(&r);
  if (!reason) reason = offgoing_load(&r, request);
  if (!reason) reason = boot(&r);
  if (!reason) reason = double_check(&r);
  if (!reason) reason = ready_to_be_relieved(&r);
  bool committed = !reason; // or in the moment in which the watchdog gave up
  if (r.started && reason) {
    committed = !log_decide(r.log, AUTHORITY_OFFGOING, AUTHORITY_WITHDRAWN);
  }
  if (committed) reason = stand_relieved(&r, request->command_line);
  offgoing_keep_the_watch(&r, reason, committed);
  panic_hook = NULL;
  return reason;
}

enum abort_reason offgoing_relief(const struct relief_request *request) {
  switch (choose_method(request->command_line)) {
  case METHOD_RELIEF: return relieve(request);
  case METHOD_CHECKPOINT: return offgoing_checkpoint(request);
  case METHOD_KEXEC: return offgoing_kexec(request);
  default: return ABORT_CONFIGURATION;
  }
}
