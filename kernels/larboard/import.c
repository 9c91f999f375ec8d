// Taking over from the books. relief_can_import counts what an import will need and refuses if it
// would not fit; relief_import then cannot fail. Memory is adopted: page tables and pages stay
// where they are, and only their owner in the ledger and the kernel half of each root change.
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/romfs.h"
#include "larboard/socket.h"
#include "shared/boot.h"
#include "shared/desk.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

#define USER_ENTRIES (USER_END >> 22)
#define RESERVE_FRAMES 32 // for the CPUs' and the relief thread's stacks, and the first minutes

// --- Before the commit.

struct check {
  const struct log_page *log;
  s32 pid;     // of the process that is being read; its records follow it
  bool alive;
  u32 regions; // so far, of that process
  u32 threads;
  u32 frames;  // that import will take
};

// Whether the off-going kernel may give this frame: it owns it, below `limit`.
static bool is_offered(const struct check *c, u32 physical, u32 limit) {
  u32 frame = frame_of_physical(physical);
  return physical % PAGE_SIZE == 0 && physical >= RAM_BASE && frame < limit &&
         frame_table.ledger[frame] == c->log->offgoing_node;
}

static bool pages_fit(const struct check *c, const struct record_pages *r) {
  if (r->first % HANDOVER_PAGES) return false;
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    if (r->first + i >= FILE_PAGES_MAX) return false;
    if (!is_offered(c, r->physical[i], frame_table.frames)) return false;
  }
  return true;
}

// Whether the process read last, if alive, has a thread: one without would never end.
static bool process_is_whole(const struct check *c) { return !c->alive || c->threads > 0; }

static bool process_fits(struct check *c, const struct record_process *r) {
  bool before = process_is_whole(c);
  c->pid = r->pid;
  c->alive = r->state == HANDOVER_ALIVE;
  c->regions = c->threads = 0;
  if (!before || r->pid <= 0 || r->group < 0 || r->session < 0) return false;
  return r->state == HANDOVER_ZOMBIE ||
         (c->alive && is_offered(c, r->root_physical, frame_table.normal));
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
  return c->alive && r->pid == c->pid && r->descriptor < DESCRIPTORS_MAX && r->file;
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
         is_offered(c, r->frame_physical, frame_table.normal);
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
         is_offered(c, r->queue_physical, frame_table.normal);
}

static bool socket_fits(const struct check *c, const struct record_socket *r) {
  bool ring = !r->frame_physical || is_offered(c, r->frame_physical, frame_table.frames);
  return r->id && ring && r->state <= SOCKET_CLOSED && r->used <= PAGE_SIZE &&
         r->read_offset < PAGE_SIZE && (r->frame_physical || r->used == 0);
}

static bool queues_fit(const struct check *c, const struct queue_state *queues, u32 count) {
  for (u32 i = 0; i < count; i++) {
    if (!is_offered(c, queues[i].physical, frame_table.normal)) return false;
  }
  return true;
}

static bool socket_device_fits(const struct check *c, const struct record_socket_device *r) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (!is_offered(c, r->buffers_physical[i], frame_table.normal)) return false;
  }
  return is_device(r->base, r->irq) && queues_fit(c, r->queues, ARRAY_LENGTH(r->queues));
}

static bool console_device_fits(const struct check *c, const struct record_console_device *r) {
  return r->used <= sizeof r->bytes && is_device(r->base, r->irq) &&
         is_offered(c, r->buffers_physical, frame_table.normal) &&
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

static bool tables_suffice(const u32 counts[RECORD_TYPES]) {
  return counts[RECORD_PROCESS] <= PROCESSES_MAX && counts[RECORD_INODE] <= INODES_MAX &&
         counts[RECORD_FILE] <= FILES_MAX && counts[RECORD_PIPE] <= PIPES_MAX &&
         counts[RECORD_SOCKET] <= SOCKETS_MAX && counts[RECORD_MOUNT] <= 1 &&
         counts[RECORD_BLOCK_DEVICE] <= 1 && counts[RECORD_SOCKET_DEVICE] <= 1 &&
         counts[RECORD_CONSOLE_DEVICE] <= 1 &&
         counts[RECORD_THREAD] < THREADS_MAX; // one is the relief's own
}

bool relief_can_import(const struct log_page *log, const u32 counts[RECORD_TYPES]) {
  struct check check = {.log = log, .frames = RESERVE_FRAMES + counts[RECORD_ENTRY] / 64 +
                                    log->harts * (KERNEL_STACK_SIZE / PAGE_SIZE + 1)};
  struct books_reader reader;
  if (!tables_suffice(counts)) return false;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (!record_fits(head, &check)) return false;
  }
  return process_is_whole(&check) && frame_table.free_normal >= check.frames;
}

// --- After it.

static struct inode *need_inode(u32 number) {
  struct inode *i = inode_numbered(number);
  if (!i) panic("import: no inode %u", number);
  return i;
}

static void import_pages(const struct record_pages *r) {
  struct inode *i = need_inode(r->inode);
  for (u32 n = 0; n < HANDOVER_PAGES; n++) {
    if (!r->physical[n]) continue;
    frame_adopt(r->physical[n]);
    if (!inode_import_page(i, r->first + n, r->physical[n])) panic("import: page of %u", r->inode);
  }
}

static void import_file(const struct record_file *r) {
  struct file *f = file_at(0);
  while (f->id) f++; // slots in order: the table is fresh
  f->id = r->id;
  f->kind = r->kind;
  f->flags = r->flags;
  f->position = r->position[0];
  if (r->kind == FILE_INODE) {
    f->inode = need_inode(r->object);
    inode_hold(f->inode);
    return;
  }
  if (r->kind == FILE_SOCKET) {
    f->socket = socket_numbered(r->object);
    if (!f->socket) panic("import: no socket %u", r->object);
    return;
  }
  for (u32 slot = 0; slot < PIPES_MAX && !f->pipe; slot++) {
    if (pipe_at(slot)->id == r->object) f->pipe = pipe_at(slot);
  }
  if (!f->pipe) panic("import: no pipe %u", r->object);
  if (r->kind == FILE_PIPE_READ) f->pipe->readers++;
  else f->pipe->writers++;
}

// The tables and pages of an address space become ours as they stand. Returns how many pages.
static u32 adopt_space(u32 root_physical) {
  u32 pages = 0;
  pte_t *root = linear(root_physical);
  frame_adopt(root_physical);
  for (u32 i = table_next(root, 0); i < USER_ENTRIES; i = table_next(root, i + 1)) {
    const pte_t *table = linear(pte_physical(root[i]));
    frame_adopt(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1), pages++) {
      frame_adopt(pte_physical(table[j]));
    }
  }
  space_use_kernel_half(root_physical);
  return pages;
}

static u64 wide(const u32 from[2]) { return (u64)from[1] << 32 | from[0]; }

static void import_alive(struct process *p, const struct record_process *r) {
  desk_value(MARK_PROCESS_FRAMES, (u32)r->pid, adopt_space(r->root_physical));
  p->space.root = r->root_physical;
  p->space.heap_start = r->heap_start;
  p->space.heap_end = r->heap_end;
  p->signals = wide(r->signals);
  p->directory = need_inode(r->working_directory);
  inode_hold(p->directory);
  p->state = PROCESS_ALIVE;
}

static struct process *import_process(const struct record_process *r) {
  struct process *p = process_create();
  if (!p) panic("import: no slot for process %d", r->pid);
  p->pid = r->pid;
  p->parent_pid = r->parent_pid;
  p->group = r->group;
  p->session = r->session;
  p->user_ticks = wide(r->user_ticks);
  memcpy(p->name, r->name, sizeof p->name);
  if (r->state == HANDOVER_ZOMBIE) {
    p->wait_status = r->wait_status;
    p->state = PROCESS_ZOMBIE;
  } else {
    import_alive(p, r);
  }
  return p;
}

static void import_thread(struct process *p, const struct record_thread *r) {
  struct thread *t = thread_create(p, thread_first_return);
  if (!t) panic("import: no memory for thread %d", r->tid);
  struct trap_frame *frame = thread_frame(t);
  memset(frame, 0, sizeof *frame);
  memcpy(frame->x, r->registers, sizeof frame->x);
  frame->status = SSTATUS_SPIE;
  t->tid = r->tid;
  t->restart = r->restart;
  t->restart_done = r->restart_done;
  t->restart_deadline = wide(r->deadline);
  if (t->restart) t->interrupted = t->restart == RESTART_WRITE ? ERESTART : ERESTART_UNHANDLED;
  t->mask = wide(r->mask);
  t->signals = wide(r->signals);
  t->clear_tid = r->clear_tid;
  t->state = FROZEN;
  p->threads++;
}

static void import_action(struct process *p, const struct record_signal_action *r) {
  struct sigaction *action = &p->actions[r->signal - 1];
  action->handler = r->handler;
  action->flags = r->flags;
  memcpy(action->mask, r->mask, sizeof action->mask);
}

static void import_region(struct process *p, const struct record_region *r) {
  struct inode *inode = r->inode ? need_inode(r->inode) : NULL;
  struct region region = {r->start, r->end, r->protection, r->flags, inode, r->file_page,
                          r->file_bytes};
  if (!space_add_region(&p->space, &region)) panic("import: too many regions");
}

static void import_descriptor(struct process *p, const struct record_descriptor *r) {
  struct file *f = file_at(0);
  while (f->id != r->file) f++;
  f->references++;
  p->descriptors[r->descriptor].file = f;
  p->descriptors[r->descriptor].flags = r->flags;
}

static void import_timer(struct process *p, const struct record_timer *r) {
  p->timer_at = wide(r->deadline);
  p->timer_interval = wide(r->interval);
  itimers_armed++;
}

static void import_record(const struct record *head, struct process **p) {
  const void *r = head;
  switch (head->type) {
  case RECORD_CONSOLE: console_import(r); break;
  case RECORD_BLOCK_DEVICE:
    block_import(r);
    break;
  case RECORD_SOCKET_DEVICE:
    vsock_import(r);
    socket_next_port = ((const struct record_socket_device *)r)->next_port;
    break;
  case RECORD_CONSOLE_DEVICE: hvc_import(r); break;
  case RECORD_SOCKET:
    if (!socket_import(r)) panic("import: no slot for a socket");
    break;
  case RECORD_INODE:
    if (!inode_import(r)) panic("import: no slot for an inode");
    break;
  case RECORD_ENTRY:
    if (!directory_import_entry(need_inode(((const struct record_entry *)r)->directory), r)) {
      panic("import: a directory entry");
    }
    break;
  case RECORD_PAGES: import_pages(r); break;
  case RECORD_MOUNT: romfs_import(r); break;
  case RECORD_PIPE:
    frame_adopt(((const struct record_pipe *)r)->frame_physical);
    if (!pipe_import(r)) panic("import: no slot for a pipe");
    break;
  case RECORD_FILE: import_file(r); break;
  case RECORD_PROCESS: *p = import_process(r); break;
  case RECORD_THREAD: import_thread(*p, r); break;
  case RECORD_REGION: import_region(*p, r); break;
  case RECORD_SIGNAL_ACTION: import_action(*p, r); break;
  case RECORD_DESCRIPTOR: import_descriptor(*p, r); break;
  case RECORD_TIMER: import_timer(*p, r); break;
  default: break; // the manifest
  }
}

void relief_import(const struct log_page *log, const struct record_manifest *m) {
  struct books_reader reader;
  struct process *p = NULL;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) import_record(head, &p);
  process_freezing = true; // until the watch is opened: timers stand still too
  next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  for (u32 at = 0; at < ROUND_UP(log->ram_frames, PAGE_SIZE); at += PAGE_SIZE) {
    frame_adopt(log->ledger_physical + at);
  }
}
