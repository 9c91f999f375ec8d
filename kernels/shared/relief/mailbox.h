// Mailboxes of abi/handover.h: where they are. All requests come first, then all replies, so that
// each half is a range of frames with one owner.
#ifndef RELIEF_MAILBOX_H
#define RELIEF_MAILBOX_H
#include "abi/handover.h"
#include "shared/types.h"

#define MAILBOX_FRAMES (MAILBOX_BYTES / PAGE_SIZE)

static inline struct mailbox_request *mailbox_request(const struct log_page *log, u32 mailbox) {
  return linear(log->mailboxes_physical + mailbox * MAILBOX_BYTES);
}
static inline u32 mailbox_reply_physical(const struct log_page *log, u32 mailbox) {
  return log->mailboxes_physical + (log->mailboxes + mailbox) * MAILBOX_BYTES;
}
static inline struct mailbox_reply *mailbox_reply(const struct log_page *log, u32 mailbox) {
  return linear(mailbox_reply_physical(log, mailbox));
}
#endif
