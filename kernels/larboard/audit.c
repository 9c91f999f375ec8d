// See audit.h. The counters are a run of frames taken for the purpose and given back.
#include "larboard/audit.h"

#include "abi/handover.h"
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/socket.h"
#include "larboard/system.h"
#include "shared/string.h"

static u16 *claims;

static void claim(u32 physical) {
  u32 f = frame_of_physical(physical);
  if (f < frame_table.frames) claims[f]++;
}

static void claim_range(u32 start, u32 bytes) {
  for (u32 at = start; at < start + bytes; at += PAGE_SIZE) claim(at);
}

static void claim_space(const struct space *s) {
  const pte_t *root = linear(s->root);
  claim(s->root);
  for (u32 i = table_next(root, 0); i < USER_END >> 22; i = table_next(root, i + 1)) {
    const pte_t *table = linear(pte_physical(root[i]));
    claim(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) {
      claim(pte_physical(table[j]));
    }
  }
}

static void claim_inode(const struct inode *i) {
  if (i->table) claim(i->table);
  for (u32 page = 0; page < FILE_PAGES_MAX; page++) {
    u32 frame = inode_page(i, page);
    if (frame) claim(frame);
  }
}

static void claim_everything(void) {
  struct record_block_device disk;
  claim_range(system.image_start, system.image_end - system.image_start);
  for (u32 hart = 0; hart < harts; hart++) {
    if (!cpus[hart] || !cpus[hart]->stack_physical) continue;
    claim_range(cpus[hart]->stack_physical, KERNEL_STACK_SIZE + PAGE_SIZE);
  }
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].space.root) claim_space(&processes[i].space);
  }
  for (u32 i = 0; i < threads_end; i++) {
    if (threads[i].state != THREAD_UNUSED) claim_range(threads[i].stack, KERNEL_STACK_SIZE);
  }
  for (u32 i = 0; i < INODES_MAX; i++) {
    if (inode_at(i)->number) claim_inode(inode_at(i));
  }
  for (u32 i = 0; i < PIPES_MAX; i++) {
    if (pipe_at(i)->id) claim(pipe_at(i)->frame);
  }
  for (u32 i = 0; i < SOCKETS_MAX; i++) {
    if (socket_at(i)->frame) claim(socket_at(i)->frame);
  }
  if (block_export(&disk)) claim(disk.queue_physical);
  if (vsock_is_present()) vsock_claim(claim);
  if (hvc_is_present()) hvc_claim(claim);
  if (frame_of_physical((u32)frame_table.ledger - LINEAR_OFFSET) < frame_table.frames) {
    u32 ledger = (u32)frame_table.ledger - LINEAR_OFFSET;
    bool in_image = ledger >= system.image_start && ledger < system.image_end;
    if (!in_image) claim_range(ledger, ROUND_UP(frame_table.frames, PAGE_SIZE));
  }
}

static void compare(struct audit_result *r) {
  for (u32 f = 0; f < frame_table.frames; f++) {
    u8 owner = frame_table.ledger[f];
    bool free = frame_table.bitmap[f / 32] >> f % 32 & 1;
    if (owner == OWNER_FIRMWARE) continue;
    if (owner == OWNER_NONE || (!free && claims[f] == 0)) r->unowned++;
    else if (owner != frame_table.node || (free && claims[f])) r->doubly++;
    else if (claims[f] != frame_table.references[f]) r->doubly++;
    else continue;
    if (r->unowned + r->doubly <= 4) {
      print("audit: frame %u: owner %u, %s, %u claims, %u references", f, owner,
            free ? "free" : "in use", claims[f], frame_table.references[f]);
    }
  }
}

bool audit(struct audit_result *result) {
  u32 bytes = frame_table.frames * sizeof *claims, run = ROUND_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
  u32 physical = frame_take_run(run, NULL);
  memset(result, 0, sizeof *result);
  if (!physical) return false;
  claims = memset(linear(physical), 0, run * PAGE_SIZE);
  result->frames = frame_table.frames;
  claim_everything();
  claim_range(physical, run * PAGE_SIZE); // the counters themselves
  compare(result);
  for (u32 i = 0; i < run; i++) frame_release(physical + i * PAGE_SIZE);
  return true;
}
