// Taking over from the books. relief_can_import counts what an import will need and refuses if it
// would not fit; relief_import then cannot fail. Memory is taken over by takeover.c.
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/ghost.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/romfs.h"
#include "larboard/signal.h"
#include "larboard/socket.h"
#include "larboard/takeover.h"
#include "shared/boot.h"
#include "shared/desk.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

#define RESERVE_FRAMES 32 // for the CPUs' and the relief thread's stacks, and the first minutes

// --- Before the commit.

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

// Of a group: who is a ghost, and so is each of its threads. What its ghosts' threads take serves
// for the threads that come.
static bool group_record_fits(const struct record *head, struct check *c) {
  const struct record_process *process = (const void *)head;
  const struct record_thread *thread = (const void *)head;
  u32 pid = (u32)process->pid; // the first field of all but these two:
  if (head->type == RECORD_INODE) {
    if (relief_has_inode(((const struct record_inode *)(const void *)head)->inode)) return false;
  } else if (head->type == RECORD_PROCESS) {
    const struct process *p = process_find((s32)pid);
    if (!p || !p->apart || !ghost_is_idle(p)) return false;
  } else if (head->type == RECORD_THREAD) {
    const struct thread *t = thread_find(thread->tid);
    if (!t || !t->is_ghost || t->process->pid != thread->pid) return false;
    c->frames -= KERNEL_STACK_SIZE / PAGE_SIZE;
  }
  return record_fits(head, c);
}

bool relief_has_inode(u32 number) { return inode_numbered(number) != NULL; }

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
  return process_is_whole(&check) && come == ghosts && inodes <= INODES_MAX &&
         frame_table.free_normal >= check.frames + RESERVE_FRAMES;
}

bool relief_can_import_group(const struct log_page *log) {
  bool fits = group_fits(log);
  if (!fits) takeover_unreserve();
  return fits;
}

// --- After it.

static const struct log_page *log_under_way;
static bool in_groups; // other processes come later than the services

static struct inode *need_inode(u32 number) {
  struct inode *i = inode_numbered(number);
  if (!i) panic("import: no inode %u", number);
  return i;
}

static void import_inode(const struct record_inode *r) {
  struct inode *i = inode_import(r);
  if (!i) panic("import: no slot for an inode");
  if (in_groups) inode_hold(i);
}

static void import_pages(const struct record_pages *r) {
  struct inode *i = need_inode(r->inode);
  for (u32 n = 0; n < HANDOVER_PAGES; n++) {
    if (!r->physical[n]) continue;
    u32 frame = takeover_frame(r->physical[n]);
    if (!inode_import_page(i, r->first + n, frame)) panic("import: page of %u", r->inode);
    if (in_groups) frame_hold(frame);
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

static u64 wide(const u32 from[2]) { return (u64)from[1] << 32 | from[0]; }

static void import_alive(struct process *p, const struct record_process *r) {
  u32 pages = 0;
  p->space.root = takeover_space(r->root_physical, &pages);
  desk_value(MARK_PROCESS_FRAMES, (u32)r->pid, pages);
  p->space.heap_start = r->heap_start;
  p->space.heap_end = r->heap_end;
  p->signals = wide(r->signals);
}

// Its number, directory and descriptors, in the name of which the other kernel asks for services.
static void import_absent(struct process *p) {
  p->apart = true;
  ghost_make(p, log_under_way);
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
    return p;
  }
  p->directory = need_inode(r->working_directory);
  inode_hold(p->directory);
  p->state = PROCESS_ALIVE;
  if (r->state == HANDOVER_ABSENT) import_absent(p);
  else import_alive(p, r);
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
  case RECORD_INODE: import_inode(r); break;
  case RECORD_ENTRY:
    if (!directory_import_entry(need_inode(((const struct record_entry *)r)->directory), r)) {
      panic("import: a directory entry");
    }
    break;
  case RECORD_PAGES: import_pages(r); break;
  case RECORD_MOUNT: romfs_import(r); break;
  case RECORD_PIPE:
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

// The mailboxes' replies are ours, until all have come.
static void adopt_replies(const struct log_page *log) {
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_adopt(mailbox_reply_physical(log, 0) + i * PAGE_SIZE);
  }
}

void relief_import(const struct log_page *log, const struct record_manifest *m) {
  struct books_reader reader;
  struct process *p = NULL;
  in_groups = log->transfer_mode == TRANSFER_GROUPS;
  log_under_way = log;
  if (in_groups) adopt_replies(log);
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) import_record(head, &p);
  process_freezing = true; // until the watch is opened: timers stand still too
  next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  for (u32 at = 0; at < ROUND_UP(log->ram_frames, PAGE_SIZE); at += PAGE_SIZE) {
    frame_adopt(log->ledger_physical + at);
  }
  __asm__ volatile("fence.i" : : : "memory"); // some of what was copied is code
}

// --- Groups.

static struct process *arrive(const struct record_process *r) {
  struct process *p = process_find(r->pid);
  ghost_unmake(p);
  p->apart = false;
  p->moving = p->freezing = true;
  p->user_ticks = wide(r->user_ticks);
  import_alive(p, r);
  return p;
}

static void import_moving_inode(const struct record_inode *r) {
  struct inode *i = inode_import(r);
  if (!i) panic("import: no slot for an inode");
  i->moving = true;
}

void relief_import_group(const struct log_page *log) {
  struct books_reader reader;
  struct process *p = NULL;
  in_groups = false; // what comes now is kept for nobody else
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    if (head->type == RECORD_PROCESS) p = arrive((const void *)head);
    else if (head->type == RECORD_INODE) import_moving_inode((const void *)head);
    else import_record(head, &p);
  }
  __asm__ volatile("fence.i" : : : "memory");
}

// What was sent to its ghost meanwhile is sent to the process.
static void send_kept_signals(struct process *p) {
  for (u32 signal = 1; signal <= NSIG; signal++) {
    if (p->ghost_signals & signal_bit(signal)) signal_send(p, NULL, signal);
  }
  p->ghost_signals = 0;
}

void relief_thaw_arrived(void) {
  lock(&process_lock);
  for (u32 slot = 0; slot < INODES_MAX; slot++) inode_at(slot)->moving = false;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state != PROCESS_ALIVE || !p->moving) continue;
    p->moving = false;
    process_drop_unwanted(p);
    send_kept_signals(p);
    process_thaw(p);
  }
  unlock(&process_lock);
}

// Whether it has not come, and is in these books, if any.
static bool is_absent(const struct process *p, const struct log_page *log) {
  struct books_reader reader;
  if (p->state != PROCESS_ALIVE || !p->apart) return false;
  if (!log) return true;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const struct record_process *r = (const void *)head;
    if (head->type == RECORD_PROCESS && r->pid == p->pid) return true;
  }
  return false;
}

void relief_lose_absent(const struct log_page *books) {
  lock(&process_lock);
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (!is_absent(p, books)) continue;
    desk_mark(MARK_PROCESS_LOST, (u32)p->pid);
    print("%s (pid %d) is lost with the off-going kernel", p->name, p->pid);
    if (p->pid == 1) panic("without init there is nothing to go on with");
    ghost_lose(p);
  }
  for (bool any = true; any;) {
    any = false;
    for (u32 i = 0; i < PROCESSES_MAX; i++) any = any || is_absent(&processes[i], books);
    unlock(&process_lock);
    if (any) thread_yield();
    lock(&process_lock);
  }
  unlock(&process_lock);
}

void relief_end_groups(const struct log_page *log, u32 first_books) {
  struct books_reader reader;
  books_open(&reader, first_books);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const struct record_pages *pages = (const void *)head;
    if (head->type == RECORD_INODE) {
      inode_release(need_inode(((const struct record_inode *)(const void *)head)->inode));
    }
    for (u32 i = 0; head->type == RECORD_PAGES && i < HANDOVER_PAGES; i++) {
      if (pages->physical[i]) frame_release(takeover_current(pages->physical[i]));
    }
  }
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_release(mailbox_reply_physical(log, 0) + i * PAGE_SIZE);
  }
}
