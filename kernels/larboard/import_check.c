// What is checked before the commit: whether the books fit this kernel's tables and memory, the
// first ones (relief_can_import) or those of a group (relief_can_import_group). Each record is
// looked at by itself, in the order of the books, and what its import will take is counted; frames
// to copy into are reserved (takeover.c). What passes here cannot fail in import.c or arrive.c.
#include "abi/syscall.h"
#include "larboard/ghost.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/socket.h"
#include "larboard/takeover.h"
#include "shared/boot.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

#define LEFT_FRAMES 128   // for programs, when a group has been copied
#define RESERVE_FRAMES 32 // for the CPUs' and the relief thread's stacks, and the first minutes

struct check {
  const struct log_page *log;
  s32 pid;     // of the process that is being read; its records follow it
  bool alive;
  bool present; // alive, or absent
  u32 regions; // so far, of that process
  u32 threads;
  u32 frames;  // that import will take
  u32 directory, directory_pages; // of the entry before
};

static bool pages_fit(const struct check *c, const struct record_pages *r) {
  if (r->first % HANDOVER_PAGES) return false;
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    if (r->first + i >= FILE_PAGES_MAX) return false;
    if (!is_offered(c->log, r->physical[i], frame_table.frames)) return false;
    if (!takeover_reserve(r->physical[i], ZONE_HIGHMEM)) return false;
  }
  return true;
}

// Whether the process read last, if alive, has a thread: one without would never end.
static bool process_is_whole(const struct check *c) { return !c->alive || c->threads > 0; }

static bool process_fits(struct check *c, const struct record_process *r) {
  bool before = process_is_whole(c);
  c->pid = r->pid;
  c->alive = r->state == HANDOVER_ALIVE;
  c->present = r->state != HANDOVER_ZOMBIE;
  c->regions = c->threads = 0;
  if (!before || r->pid <= 0 || r->group < 0 || r->session < 0) return false;
  if (r->state == HANDOVER_ABSENT) {
    c->frames += ghost_frames(c->log, r->pid);
    return ghost_threads(c->log, r->pid) > 0;
  }
  return r->state == HANDOVER_ZOMBIE ||
         (c->alive && is_offered(c->log, r->root_physical, frame_table.normal) &&
          takeover_reserve_space(r->root_physical, &c->frames));
}

static bool thread_fits(struct check *c, const struct record_thread *r) {
  c->threads++;
  c->frames += KERNEL_STACK_SIZE / PAGE_SIZE;
  return c->alive && r->pid == c->pid && r->tid > 0 && r->restart <= RESTART_TIMEOUT;
}

static bool region_fits(struct check *c, const struct record_region *r) {
  bool placed = r->start < r->end && r->end <= USER_END && (r->start | r->end) % PAGE_SIZE == 0;
  bool backed = r->inode || !(r->flags & REGION_SHARED);
  return c->alive && r->pid == c->pid && placed && backed && ++c->regions <= REGIONS_MAX &&
         r->protection <= (PROT_READ | PROT_WRITE | PROT_EXEC);
}

static bool descriptor_fits(const struct check *c, const struct record_descriptor *r) {
  return c->present && r->pid == c->pid && r->descriptor < DESCRIPTORS_MAX && r->file;
}

static bool action_fits(const struct check *c, const struct record_signal_action *r) {
  bool settable = r->signal >= 1 && r->signal <= NSIG && r->signal != SIGKILL &&
                  r->signal != SIGSTOP;
  return c->alive && r->pid == c->pid && settable && r->handler != SIG_DFL;
}

static bool timer_fits(const struct check *c, const struct record_timer *r) {
  return c->alive && r->pid == c->pid && (r->deadline[0] | r->deadline[1]) != 0;
}

static bool console_fits(const struct record_console *r) {
  return r->complete <= r->used && r->used <= sizeof r->bytes;
}

static bool pipe_fits(const struct check *c, const struct record_pipe *r) {
  return r->id && r->used <= PAGE_SIZE && r->read_offset < PAGE_SIZE &&
         is_offered(c->log, r->frame_physical, frame_table.normal) &&
         takeover_reserve(r->frame_physical, ZONE_NORMAL);
}

// Pages up to the entry's, of which the first is counted with the directory's inode.
static bool entry_fits(struct check *c, const struct record_entry *r) {
  u32 pages = directory_import_pages(r->position);
  u32 known = c->directory == r->directory ? c->directory_pages : 1;
  c->frames += MAX(pages, known) - known + (pages > INODE_DIRECT && known <= INODE_DIRECT);
  c->directory = r->directory;
  c->directory_pages = MAX(pages, known);
  return pages <= FILE_PAGES_MAX;
}

static bool mount_fits(const struct record_mount *r) {
  return r->device == DEVICE_DISK && strcmp(r->type, "romfs") == 0;
}

static bool file_fits(const struct record_file *r) {
  return r->id && r->kind >= FILE_INODE && r->kind <= FILE_SOCKET && r->position[1] == 0;
}

// Whether it is one of the virtio slots.
static bool is_device(u32 base, u32 irq) {
  u32 slot = irq - VIRTIO_IRQ;
  return slot < VIRTIO_SLOTS && base == VIRTIO_BASE + slot * VIRTIO_STRIDE;
}

static bool disk_fits(const struct check *c, const struct record_block_device *r) {
  return r->queue_size > 0 && r->queue_size <= HANDOVER_QUEUE_MAX && is_device(r->base, r->irq) &&
         is_offered(c->log, r->queue_physical, frame_table.normal);
}

static bool socket_fits(const struct check *c, const struct record_socket *r) {
  bool ring = !r->frame_physical ||
              (is_offered(c->log, r->frame_physical, frame_table.frames) &&
               takeover_reserve(r->frame_physical, ZONE_HIGHMEM));
  return r->id && ring && r->state <= SOCKET_CLOSED && r->used <= PAGE_SIZE &&
         r->read_offset < PAGE_SIZE && (r->frame_physical || r->used == 0);
}

static bool queues_fit(const struct check *c, const struct queue_state *queues, u32 count) {
  for (u32 i = 0; i < count; i++) {
    if (!is_offered(c->log, queues[i].physical, frame_table.normal)) return false;
  }
  return true;
}

static bool socket_device_fits(const struct check *c, const struct record_socket_device *r) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (!is_offered(c->log, r->buffers_physical[i], frame_table.normal)) return false;
  }
  return is_device(r->base, r->irq) && queues_fit(c, r->queues, ARRAY_LENGTH(r->queues));
}

static bool console_device_fits(const struct check *c, const struct record_console_device *r) {
  return r->used <= sizeof r->bytes && is_device(r->base, r->irq) &&
         is_offered(c->log, r->buffers_physical, frame_table.normal) &&
         queues_fit(c, r->queues, ARRAY_LENGTH(r->queues));
}

// Whether one record fits this kernel's tables; counts what its import takes.
static bool record_fits(const struct record *head, struct check *c) {
  const void *r = head;
  switch (head->type) {
  case RECORD_PROCESS: return process_fits(c, r);
  case RECORD_THREAD: return thread_fits(c, r);
  case RECORD_REGION: return region_fits(c, r);
  case RECORD_DESCRIPTOR: return descriptor_fits(c, r);
  case RECORD_SIGNAL_ACTION: return action_fits(c, r);
  case RECORD_TIMER: return timer_fits(c, r);
  case RECORD_INODE:
    c->frames++; // a directory's first page, or a file's table
    return ((const struct record_inode *)r)->inode && !((const struct record_inode *)r)->size[1];
  case RECORD_ENTRY: return entry_fits(c, r);
  case RECORD_PAGES: return pages_fit(c, r);
  case RECORD_PIPE: return pipe_fits(c, r);
  case RECORD_FILE: return file_fits(r);
  case RECORD_MOUNT: return mount_fits(r);
  case RECORD_CONSOLE: return console_fits(r);
  case RECORD_BLOCK_DEVICE: return disk_fits(c, r);
  case RECORD_SOCKET: return socket_fits(c, r);
  case RECORD_SOCKET_DEVICE: return socket_device_fits(c, r);
  case RECORD_CONSOLE_DEVICE: return console_device_fits(c, r);
  default: return true;
  }
}

static bool tables_suffice(const u32 counts[RECORD_TYPES], u32 ghosts) {
  return counts[RECORD_PROCESS] <= PROCESSES_MAX && counts[RECORD_INODE] <= INODES_MAX &&
         counts[RECORD_FILE] <= FILES_MAX && counts[RECORD_PIPE] <= PIPES_MAX &&
         counts[RECORD_SOCKET] <= SOCKETS_MAX && counts[RECORD_MOUNT] <= 1 &&
         counts[RECORD_BLOCK_DEVICE] <= 1 && counts[RECORD_SOCKET_DEVICE] <= 1 &&
         counts[RECORD_CONSOLE_DEVICE] <= 1 &&
         counts[RECORD_THREAD] + ghosts < THREADS_MAX - 1; // and the relief's own
}

bool relief_can_import(const struct log_page *log, const u32 counts[RECORD_TYPES]) {
  struct check check = {.log = log, .frames = RESERVE_FRAMES +
                                    log->harts * (KERNEL_STACK_SIZE / PAGE_SIZE + 1)};
  struct books_reader reader;
  if (!tables_suffice(counts, log->mailboxes) || log->most_regions > REGIONS_MAX) return false;
  if (!takeover_begin(log)) return false;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (!record_fits(head, &check)) return false;
  }
  return process_is_whole(&check) && frame_table.free_normal >= check.frames;
}

// --- A group.

bool relief_has_inode(u32 number) { return inode_numbered(number) != NULL; }

static bool replaces_ghost(const struct record_process *r) {
  const struct process *p = process_find(r->pid);
  return p && p->apart && ghost_is_idle(p);
}

// What a ghost's thread takes serves for the thread that comes.
static bool replaces_ghost_thread(struct check *c, const struct record_thread *r) {
  const struct thread *t = thread_find(r->tid);
  c->frames -= KERNEL_STACK_SIZE / PAGE_SIZE;
  return t && t->is_ghost && t->process->pid == r->pid;
}

static bool group_record_fits(const struct record *head, struct check *c) {
  const void *r = head;
  bool fits = true;
  if (head->type == RECORD_INODE) fits = !relief_has_inode(((const struct record_inode *)r)->inode);
  if (head->type == RECORD_PROCESS) fits = replaces_ghost(r);
  if (head->type == RECORD_THREAD) fits = replaces_ghost_thread(c, r);
  return fits && record_fits(head, c);
}

static bool group_fits(const struct log_page *log) {
  struct check check = {.log = log, .frames = RESERVE_FRAMES};
  struct books_reader reader;
  u32 inodes = inodes_used(), ghosts = 0, come = 0;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (!group_record_fits(head, &check)) return false;
    inodes += head->type == RECORD_INODE;
    come += head->type == RECORD_THREAD;
    if (head->type != RECORD_PROCESS) continue;
    ghosts += ghost_threads(log, ((const struct record_process *)(const void *)head)->pid);
  }
  // who runs already goes on needing memory: a copy may not take the last of it
  bool leaves_some = log->memory_mode != MEMORY_COPY || frames_free_to_programs() >= LEFT_FRAMES;
  return process_is_whole(&check) && come == ghosts && inodes <= INODES_MAX && leaves_some &&
         frame_table.free_normal >= check.frames + RESERVE_FRAMES;
}

bool relief_can_import_group(const struct log_page *log) {
  bool fits = group_fits(log);
  if (!fits) takeover_unreserve();
  return fits;
}
