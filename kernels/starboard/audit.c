// The audit: whoever holds a frame claims it, which takes one reference away. Afterwards a frame in
// use that still has references was lost by somebody; one that had none left to take is held by
// more than the allocator knows. The ledger must give every frame to us or to the firmware.
#include "audit.h"

#include "abi/handover.h"
#include "kexec.h"
#include "process.h"
#include "socket.h"
#include "virtio_block.h"
#include "virtio_console.h"

static u32 doubly, first_doubly;

static void claim(u32 frame) {
  struct frame *f = frame < ram_frames ? &frame_table[frame] : NULL;
  if (f && f->kind == FRAME_USED && f->references) {
    f->references--;
    return;
  }
  if (!doubly++) first_doubly = frame;
}

static void claim_visited(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  (void)context, (void)address, (void)entry, (void)depth;
  claim(frame);
}

static u32 claim_processes(void) {
  u32 alive = 0;
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) claim(t->stack);
    if (p->vm) vm_visit(p->vm->root, claim_visited, NULL);
    alive += !p->zombie;
  }
  claim(kexec_thread()->stack);
  if (itimers_thread()) claim(itimers_thread()->stack);
  return alive;
}

static void claim_files(void) {
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) {
    u32 frame;
    for (u32 i = 0; (frame = radix_next(&inode->pages, &i)) != NO_FRAME; i++) claim(frame);
  }
  LIST_FOR_EACH(pipe, &all_pipes, struct pipe, in_all) claim(pipe->frame);
  LIST_FOR_EACH(s, &sockets.all, struct socket, in_all) {
    if (s->ring != NO_FRAME) claim(s->ring);
  }
}

// Frames the allocator and the ledger disagree about, or that nobody claimed.
static u32 count_lost(u32 *unowned, u32 *used) {
  u32 lost = 0;
  for (u32 i = 0; i < ram_frames; i++) {
    const struct frame *f = &frame_table[i];
    bool ours = ledger[i] == own_node, firmware = ledger[i] == OWNER_FIRMWARE;
    *unowned += !ours && !firmware;
    *used += f->kind == FRAME_USED || f->kind == FRAME_USED_TAIL || f->kind == FRAME_FIXED;
    bool leaked = (f->kind == FRAME_USED && f->references) || (f->kind == FRAME_FOREIGN && ours);
    if (leaked && !lost++) print("audit: frame %u is lost, kind %u", i, f->kind);
  }
  return lost;
}

void audit(void) {
  u32 unowned = 0, used = 0, alive = claim_processes();
  claim_files();
  heap_audit(claim);
  cpus_audit(claim);
  disk_audit(claim);
  vsock_audit(claim);
  hvc_audit(claim);
  u32 lost = count_lost(&unowned, &used);
  if (lost) print("audit: %u frames are lost", lost);
  if (doubly) print("audit: %u frames are claimed twice, the first is %u", doubly, first_doubly);
  desk_value(MARK_PROCESSES, 0, alive);
  desk_value(MARK_FRAMES_USED, 0, used);
  desk_value(MARK_LEDGER_FRAMES, 0, ram_frames);
  desk_value(MARK_LEDGER_UNOWNED, 0, unowned + lost);
  desk_value(MARK_LEDGER_DOUBLY, 0, doubly);
  print("audit: %u frames, %u in use, %u owned by nobody, %u claimed twice", ram_frames, used,
        unowned + lost, doubly);
}
