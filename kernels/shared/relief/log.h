// What both sides of a relief share: speaking, and texts for people.
#ifndef RELIEF_LOG_H
#define RELIEF_LOG_H
#include "abi/handover.h"
#include "shared/types.h"

enum side { OFFGOING = 0, ONCOMING = 1 };

const char *abort_text(u32 reason);
// One line of the dialogue, to the console and the log desk.
__attribute__((format(printf, 2, 3))) void log_say(enum side side, const char *format, ...);
// The utterance itself: one release store, then the other side's doorbell.
void log_speak(u32 *word, enum utterance utterance, u32 doorbell_hart);
// Moves the authority on; false when it is not `from` any more: the other side was first.
bool log_decide(struct log_page *log, enum authority from, enum authority to);
bool log_has_need(const struct handover_need *table, u32 count, const struct handover_need *need);
bool need_name_equal(const struct handover_need *a, const struct handover_need *b);
// The first need in the log that is not in `have`, and the reason it makes for an abort.
enum abort_reason log_find_missing(const struct log_page *log, const struct handover_need *have,
                                   u32 count, const struct handover_need **missing);
// How many times as long as usual each side waits for the other: `watchdog=N` in the command line,
// 1 to 1000, for machines whose time goes on while they stand still.
u32 log_patience(const struct log_page *log);
// FNV-1a over bytes: of the device tree, to see that both sides read the same.
u32 words_checksum(const void *bytes, u32 n);
#endif
