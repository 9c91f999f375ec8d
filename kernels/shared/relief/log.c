// What both sides of a relief share: speaking, and texts for people.
#include "shared/relief/log.h"

#include "shared/desk.h"
#include "shared/print.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

static const char *const abort_texts[] = ABORT_TEXTS;

const char *abort_text(u32 reason) {
  return reason < ARRAY_LENGTH(abort_texts) ? abort_texts[reason] : "an unknown reason";
}

void log_say(enum side side, const char *format, ...) {
  static char texts[2][200]; // one a side; each side runs on its own copy of this kernel's data
  va_list arguments;
  va_start(arguments, format);
  format_arguments(texts[side], sizeof texts[side], format, arguments);
  va_end(arguments);
  desk_text(MARK_SAY, side, texts[side]);
  print("%s", texts[side]);
}

void log_speak(u32 *word, enum utterance utterance, u32 doorbell_hart) {
  store_release(word, utterance);
  sbi_send_ipi(doorbell_hart);
}

bool log_decide(struct log_page *log, enum authority from, enum authority to) {
  uint32_t expected = from;
  return __atomic_compare_exchange_n(&log->authority, &expected, to, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE);
}

bool log_has_need(const struct handover_need *table, u32 count, const struct handover_need *need) {
  for (u32 i = 0; i < count; i++) {
    if (table[i].kind == need->kind && table[i].version == need->version &&
        table[i].number == need->number && need_name_equal(&table[i], need)) {
      return true;
    }
  }
  return false;
}

bool need_name_equal(const struct handover_need *a, const struct handover_need *b) {
  for (u32 i = 0; i < sizeof a->name; i++) {
    if (a->name[i] != b->name[i]) return false;
  }
  return true;
}

enum abort_reason log_find_missing(const struct log_page *log, const struct handover_need *have,
                                   u32 count, const struct handover_need **missing) {
  for (u32 i = 0; i < log->need_count; i++) {
    const struct handover_need *need = &log->needs[i];
    if (log_has_need(have, count, need)) continue;
    *missing = need;
    return need->kind == NEED_DRIVER        ? ABORT_MISSING_DRIVER
           : need->kind == NEED_FILE_SYSTEM ? ABORT_MISSING_FILE_SYSTEM
                                            : ABORT_RECORD;
  }
  return ABORT_NONE;
}

u32 log_patience(const struct log_page *log) {
  char word[16];
  u32 times;
  if (!option_value(log->command_line, "watchdog", word, sizeof word)) return 1;
  return parse_size(word, &times) && times >= 1 && times <= 1000 ? times : 1;
}

u32 words_checksum(const void *bytes, u32 n) {
  u32 hash = 2166136261u;
  const u8 *p = bytes;
  for (u32 i = 0; i < n; i++) hash = (hash ^ p[i]) * 16777619u;
  return hash;
}
