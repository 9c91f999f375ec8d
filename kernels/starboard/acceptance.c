// Accepting the books, the first ones (relief_can_import) or those of a group
// (relief_can_import_group). All records are read: what this kernel cannot hold is refused, and
// what the import will take of the heap and of frames is added up. Frames to copy into are reserved
// (inherit.c). Nothing else allocates until the import, which therefore cannot fail.
#include "boot.h"
#include "ghost.h"
#include "inherit.h"
#include "process.h"
#include "romfs.h"
#include "shared/relief/relief.h"
#include "socket.h"
#include "virtio_block.h"
#include "virtio_console.h"

#define SPARE_FRAMES 48 // partly filled slabs, page tables of the first minute, the relief thread
#define LEFT_FRAMES 128    // for programs, when a group has been copied
#define GROUP_SPARE_FRAMES 8
#define RADIX_NODES 6   // at most for a group of pages beyond a file's first: path and growth
#define REGION_FLAGS (REGION_SHARED | REGION_STACK | REGION_HEAP | REGION_READ_ONLY_FILE)

struct checking {
  const struct log_page *log;
  u32 ghosts;        // of a group: threads that are still to be read
  u32 bytes, frames; // what import will take
  // Of the process that is being read:
  s32 pid;
  u32 descriptors;   // most
  bool lacks_thread;
};

static bool check_pages(struct checking *c, const struct record_pages *r) {
  c->bytes += (r->first ? RADIX_NODES : 1) * heap_block_bytes(radix_node_bytes());
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    if (!frame_is_offered(c->log, r->physical[i], ram_frames)) return false;
    if (!inherit_reserve(r->physical[i], ZONE_HIGHMEM)) return false;
  }
  return r->first % HANDOVER_PAGES == 0 && r->first < FILE_BYTES_MAX / PAGE_SIZE;
}

// Whether the process whose records end here was whole.
static bool finish_process(struct checking *c) {
  u32 length = 16;
  while (length < c->descriptors) length *= 2;
  c->bytes += heap_block_bytes(length * sizeof(struct descriptor));
  c->descriptors = 0;
  return !c->lacks_thread;
}

static bool check_process(struct checking *c, const struct record_process *r) {
  bool whole = finish_process(c);
  c->pid = r->pid;
  c->lacks_thread = r->state == HANDOVER_ALIVE;
  if (r->state == HANDOVER_ABSENT) {
    ghost_cost(c->log, r->pid, &c->bytes, &c->frames);
    if (!ghost_threads(c->log, r->pid)) return false;
  }
  c->bytes += heap_block_bytes(sizeof(struct process)) + heap_block_bytes(sizeof(struct vm));
  if (!whole || r->pid <= 0) return false;
  if (r->state != HANDOVER_ALIVE) return r->state <= HANDOVER_ABSENT;
  return r->state == HANDOVER_ALIVE &&
         frame_is_offered(c->log, r->root_physical, normal_frames) &&
         inherit_reserve_space(r->root_physical, &c->frames);
}

static bool check_thread(struct checking *c, const struct record_thread *r) {
  c->lacks_thread = false;
  c->bytes += heap_block_bytes(sizeof(struct thread));
  c->frames += KERNEL_STACK_SIZE / PAGE_SIZE;
  return r->pid == c->pid && r->tid > 0 && r->restart <= RESTART_TIMEOUT &&
         !(words_u64(r->mask) & UNBLOCKABLE);
}

static bool check_region(struct checking *c, const struct record_region *r) {
  c->bytes += heap_block_bytes(sizeof(struct region));
  if ((r->flags & ~(u32)REGION_FLAGS) || r->pid != c->pid) return false;
  if ((r->flags & REGION_SHARED) && !r->inode) return false;
  return r->start % PAGE_SIZE == 0 && r->end % PAGE_SIZE == 0 && r->start < r->end &&
         r->end <= USER_END;
}

static bool check_descriptor(struct checking *c, const struct record_descriptor *r) {
  c->descriptors = MAX(c->descriptors, r->descriptor + 1);
  return r->pid == c->pid && r->descriptor < 65536;
}

static bool check_console(const struct record_console *r) {
  return r->complete <= r->used && r->used <= sizeof r->bytes && r->irq < PLIC_SOURCES;
}

static bool check_pipe(struct checking *c, const struct record_pipe *r) {
  c->bytes += heap_block_bytes(sizeof(struct pipe));
  return r->read_offset < PAGE_SIZE && r->used <= PAGE_SIZE &&
         frame_is_offered(c->log, r->frame_physical, normal_frames) &&
         inherit_reserve(r->frame_physical, ZONE_NORMAL);
}

static bool check_file(struct checking *c, const struct record_file *r) {
  c->bytes += heap_block_bytes(sizeof(struct file));
  return r->kind >= FILE_INODE && r->kind <= FILE_SOCKET;
}

static bool check_socket(struct checking *c, const struct record_socket *r) {
  c->bytes += heap_block_bytes(sizeof(struct socket));
  return r->state <= SOCKET_CLOSED && r->used <= PAGE_SIZE && r->read_offset < PAGE_SIZE &&
         (r->frame_physical ? frame_is_offered(c->log, r->frame_physical, ram_frames) &&
                                  inherit_reserve(r->frame_physical, ZONE_HIGHMEM)
                            : r->used == 0);
}

static bool slot_exists(u32 base, u32 irq) {
  for (u32 i = 0; i < machine.virtio_slots; i++) {
    if (machine.virtio[i].base == base && machine.virtio[i].irq == irq) return true;
  }
  return false;
}

static bool check_queues(const struct checking *c, const struct queue_state *queues, u32 count) {
  for (u32 i = 0; i < count; i++) {
    if (!frame_is_offered(c->log, queues[i].physical, normal_frames)) return false;
  }
  return true;
}

static bool check_socket_device(struct checking *c, const struct record_socket_device *r) {
  c->bytes += vsock_bytes();
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (!frame_is_offered(c->log, r->buffers_physical[i], normal_frames)) return false;
  }
  return slot_exists(r->base, r->irq) && check_queues(c, r->queues, ARRAY_LENGTH(r->queues));
}

static bool check_console_device(struct checking *c, const struct record_console_device *r) {
  c->bytes += hvc_bytes();
  return r->used <= sizeof r->bytes && slot_exists(r->base, r->irq) &&
         frame_is_offered(c->log, r->buffers_physical, normal_frames) &&
         check_queues(c, r->queues, ARRAY_LENGTH(r->queues));
}

static bool check_mount(const struct record_mount *r) {
  return r->device == DEVICE_DISK && strcmp(r->type, DISK_FILE_SYSTEM) == 0 &&
         has_driver(DISK_FILE_SYSTEM);
}

static bool check_record(struct checking *c, const struct record *head) {
  const void *r = head;
  const struct record_signal_action *action = r;
  switch (head->type) {
    case RECORD_INODE: c->bytes += heap_block_bytes(sizeof(struct inode)); return true;
    case RECORD_ENTRY: c->bytes += heap_block_bytes(sizeof(struct entry)); return true;
    case RECORD_FILE: return check_file(c, r);
    case RECORD_PIPE: return check_pipe(c, r);
    case RECORD_PAGES: return check_pages(c, r);
    case RECORD_PROCESS: return check_process(c, r);
    case RECORD_THREAD: return check_thread(c, r);
    case RECORD_REGION: return check_region(c, r);
    case RECORD_DESCRIPTOR: return check_descriptor(c, r);
    case RECORD_SIGNAL_ACTION:
      return action->pid == c->pid && action->signal >= 1 && action->signal <= NSIG;
    case RECORD_TIMER: return ((const struct record_timer *)r)->pid == c->pid;
    case RECORD_CONSOLE: return check_console(r);
    case RECORD_BLOCK_DEVICE:
      return frame_is_offered(c->log, ((const struct record_block_device *)r)->queue_physical,
                              normal_frames);
    case RECORD_SOCKET: return check_socket(c, r);
    case RECORD_SOCKET_DEVICE: return check_socket_device(c, r);
    case RECORD_CONSOLE_DEVICE: return check_console_device(c, r);
    case RECORD_MOUNT: return check_mount(r);
    case RECORD_MANIFEST: return true;
    default: return false;
  }
}

bool relief_can_import(const struct log_page *log, const u32 counts[RECORD_TYPES]) {
  if (counts[RECORD_SOCKET_DEVICE] > 1 || counts[RECORD_CONSOLE_DEVICE] > 1) return false;
  if (counts[RECORD_MOUNT] > 1) return false;
  struct checking c = {.log = log, .frames = SPARE_FRAMES};
  struct books_reader reader;
  if (!inherit_begin(log)) return false;
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) {
    if (!check_record(&c, r)) return false;
  }
  if (!finish_process(&c)) return false;
  c.bytes += log->harts * cpu_bytes();
  return c.frames + c.bytes / PAGE_SIZE + 1 <= frames_free(ZONE_NORMAL);
}

// --- A group

bool relief_has_inode(u32 number) {
  lock(&tree_lock);
  bool found = inode_find_number(number) != NULL;
  unlock(&tree_lock);
  return found;
}

static bool replaces_ghost(const struct record_process *r) {
  const struct process *p = process_find(r->pid);
  return p && p->apart && !p->zombie && ghost_is_idle(p);
}

// What the ghosts have of memory is more than what replaces it takes, but for regions.
static bool replaces_ghost_thread(struct checking *c, const struct record_thread *r) {
  const struct thread *t = thread_find(r->tid);
  c->ghosts--;
  c->frames -= KERNEL_STACK_SIZE / PAGE_SIZE;
  c->bytes -= heap_block_bytes(sizeof(struct thread));
  return t && t->is_ghost && t->process->pid == r->pid;
}

static bool check_group_record(struct checking *c, const struct record *head) {
  const void *r = head;
  bool accepted = true;
  switch (head->type) {
    case RECORD_INODE:
      accepted = !relief_has_inode(((const struct record_inode *)r)->inode);
      break;
    case RECORD_PROCESS: accepted = replaces_ghost(r); break;
    case RECORD_THREAD: accepted = replaces_ghost_thread(c, r); break;
  }
  return accepted && check_record(c, head);
}

static bool group_fits(const struct log_page *log) {
  struct checking c = {.log = log};
  struct books_reader reader;
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) {
    if (r->type == RECORD_PROCESS) {
      c.ghosts += ghost_threads(log, ((const struct record_process *)(const void *)r)->pid);
    }
    if (!check_group_record(&c, r)) return false;
  }
  if (!finish_process(&c) || c.ghosts) return false;
  // who runs already goes on needing memory: a copy may not take the last of it
  if (log->memory_mode == MEMORY_COPY && frames_free_to_programs() < LEFT_FRAMES) return false;
  return c.frames + c.bytes / PAGE_SIZE + GROUP_SPARE_FRAMES <= frames_free(ZONE_NORMAL);
}

bool relief_can_import_group(const struct log_page *log) {
  bool fits = group_fits(log);
  if (!fits) inherit_unreserve();
  return fits;
}
