// Ghosts: see ghost.h. What a request holds is copied to the reply, which the ghost sees as its
// memory; the call is carried out there by the kernel's own handlers, and the results are in place.
#include "shared/relief/ghost.h"

#include "abi/syscall.h"
#include "shared/relief/mailbox.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"

static const struct log_page *log_under_way; // NULL: there are no ghosts

void ghost_begin(const struct log_page *log) {
  __atomic_store_n(&log_under_way, log, __ATOMIC_RELEASE);
}

void ghost_end(void) { __atomic_store_n(&log_under_way, NULL, __ATOMIC_RELEASE); }

bool ghost_is_asked(u32 mailbox) {
  const struct log_page *log = log_under_way;
  return load_acquire(&mailbox_request(log, mailbox)->sequence) !=
         mailbox_reply(log, mailbox)->sequence;
}

bool ghost_is_cut_short(u32 mailbox) {
  const struct mailbox_request *m = mailbox_request(log_under_way, mailbox);
  return load_acquire(&m->ended) == m->sequence;
}

void ghost_doorbell(void) {
  const struct log_page *log = __atomic_load_n(&log_under_way, __ATOMIC_ACQUIRE);
  for (u32 i = 0; log && i < log->mailboxes; i++) {
    if (ghost_is_asked(i)) relief_wake_ghost(i);
  }
}

void ghost_want(u32 mailbox) {
  struct mailbox_reply *reply = mailbox_reply(log_under_way, mailbox);
  if (reply->wanted) return;
  store_release(&reply->wanted, 1);
  sbi_send_ipi(log_under_way->offgoing_hart);
}

void ghost_serve(u32 mailbox) {
  // each word is read once: what has been checked is what is done, whatever the other side does
  const volatile struct mailbox_request *m = mailbox_request(log_under_way, mailbox);
  struct mailbox_reply *reply = mailbox_reply(log_under_way, mailbox);
  struct restart restart = {m->restart, m->restart_done, 0};
  u32 arguments[6], sequence = m->sequence, number = m->number, bytes = m->data_bytes;
  s32 result = -ENOSYS;
  restart.deadline = m->deadline[0];
  restart.deadline |= (u64)m->deadline[1] << 32;
  for (u32 i = 0; i < ARRAY_LENGTH(arguments); i++) arguments[i] = m->arguments[i];
  memcpy(reply->data, (const u8 *)m->data, MIN(bytes, MAILBOX_DATA));
  enum forward_end end = FORWARD_DONE;
  if (forward_is_known(number)) end = relief_serve(number, arguments, &restart, &result);
  reply->result = result;
  reply->again = end != FORWARD_DONE;
  reply->unhandled = end == FORWARD_UNHANDLED;
  reply->restart = restart.kind;
  reply->restart_done = restart.done;
  reply->deadline[0] = (u32)restart.deadline;
  reply->deadline[1] = (u32)(restart.deadline >> 32);
  store_release(&reply->sequence, sequence);
  sbi_send_ipi(log_under_way->offgoing_hart);
}
