// Taking over from the first books: services, and the processes that move with them. Nobody else
// runs yet, so no lock is taken. The tables are fresh, and import_check.c has seen that all of it
// fits, so nothing here can fail. A record makes its object; those of a process follow it. Memory
// is taken over by takeover.c.
#include "larboard/import.h"

#include "larboard/frame.h"
#include "larboard/ghost.h"
#include "larboard/hvc.h"
#include "larboard/romfs.h"
#include "larboard/socket.h"
#include "larboard/takeover.h"
#include "shared/desk.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

static const struct log_page *log_under_way;
static bool keeps_for_groups; // what is imported: groups that come later have it too

struct inode *import_find_inode(u32 number) {
  struct inode *i = inode_numbered(number);
  if (!i) panic("import: no inode %u", number);
  return i;
}

struct inode *import_inode(const struct record_inode *r) {
  struct inode *i = inode_import(r);
  if (!i) panic("import: no slot for an inode");
  if (keeps_for_groups) inode_hold(i);
  return i;
}

static void import_entry(const struct record_entry *r) {
  struct inode *directory = import_find_inode(r->directory);
  if (!directory_import_entry(directory, r)) panic("import: a directory entry");
}

static void import_pages(const struct record_pages *r) {
  struct inode *i = import_find_inode(r->inode);
  for (u32 n = 0; n < HANDOVER_PAGES; n++) {
    if (!r->physical[n]) continue;
    u32 frame = takeover_frame(r->physical[n]);
    if (!inode_import_page(i, r->first + n, frame)) panic("import: page of %u", r->inode);
    if (keeps_for_groups) frame_hold(frame);
  }
}

static struct pipe *find_pipe(u32 id) {
  for (u32 slot = 0; slot < PIPES_MAX; slot++) {
    if (pipe_at(slot)->id == id) return pipe_at(slot);
  }
  panic("import: no pipe %u", id);
}

static struct socket *find_socket(u32 id) {
  struct socket *s = socket_numbered(id);
  if (!s) panic("import: no socket %u", id);
  return s;
}

static void import_file(const struct record_file *r) {
  struct file *f = file_at(0);
  while (f->id) f++; // slots in order: the table is fresh
  f->id = r->id;
  f->kind = r->kind;
  f->flags = r->flags;
  f->position = r->position[0];
  switch (r->kind) {
  case FILE_INODE:
    f->inode = import_find_inode(r->object);
    inode_hold(f->inode);
    break;
  case FILE_SOCKET: f->socket = find_socket(r->object); break;
  case FILE_PIPE_READ:
    f->pipe = find_pipe(r->object);
    f->pipe->readers++;
    break;
  default:
    f->pipe = find_pipe(r->object);
    f->pipe->writers++;
  }
}

static u64 wide(const u32 from[2]) { return (u64)from[1] << 32 | from[0]; }

void import_memory(struct process *p, const struct record_process *r) {
  u32 pages = 0;
  p->space.root = takeover_space(r->root_physical, &pages);
  desk_value(MARK_PROCESS_FRAMES, (u32)r->pid, pages);
  p->space.heap_start = r->heap_start;
  p->space.heap_end = r->heap_end;
  p->signals = wide(r->signals);
  p->user_ticks = wide(r->user_ticks);
}

static struct process *import_process(const struct record_process *r) {
  struct process *p = process_create();
  if (!p) panic("import: no slot for process %d", r->pid);
  p->pid = r->pid;
  p->parent_pid = r->parent_pid;
  p->group = r->group;
  p->session = r->session;
  memcpy(p->name, r->name, sizeof p->name);
  if (r->state == HANDOVER_ZOMBIE) {
    p->user_ticks = wide(r->user_ticks);
    p->wait_status = r->wait_status;
    p->state = PROCESS_ZOMBIE;
    return p;
  }
  p->directory = import_find_inode(r->working_directory);
  inode_hold(p->directory);
  p->state = PROCESS_ALIVE;
  p->apart = r->state == HANDOVER_ABSENT;
  if (p->apart) ghost_make(p, log_under_way);
  else import_memory(p, r);
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
  struct inode *inode = r->inode ? import_find_inode(r->inode) : NULL;
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

static void import_socket_device(const struct record_socket_device *r) {
  vsock_import(r);
  socket_next_port = r->next_port;
}

// Of a checkpoint: the devices have been probed, and only what was kept for them comes.
static bool import_for_probed(const struct record *head) {
  const void *r = head;
  const struct record_socket_device *socket_device = r;
  if (log_under_way->method != METHOD_CHECKPOINT) return false;
  if (head->type == RECORD_CONSOLE_DEVICE) hvc_import_input(r);
  else if (head->type == RECORD_SOCKET_DEVICE) socket_next_port = socket_device->next_port;
  else return head->type == RECORD_BLOCK_DEVICE;
  return true;
}

void import_record(const struct record *head, struct process **p) {
  const void *r = head;
  if (import_for_probed(head)) return;
  switch (head->type) {
  case RECORD_CONSOLE: console_import(r); break;
  case RECORD_BLOCK_DEVICE: block_import(r); break;
  case RECORD_SOCKET_DEVICE: import_socket_device(r); break;
  case RECORD_CONSOLE_DEVICE: hvc_import(r); break;
  case RECORD_SOCKET:
    if (!socket_import(r)) panic("import: no slot for a socket");
    break;
  case RECORD_INODE: import_inode(r); break;
  case RECORD_ENTRY: import_entry(r); break;
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
  log_under_way = log;
  keeps_for_groups = log->transfer_mode == TRANSFER_GROUPS;
  if (keeps_for_groups) adopt_replies(log);
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) import_record(head, &p);
  keeps_for_groups = false;
  process_freezing = true; // until the watch is opened: timers stand still too
  next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  for (u32 at = 0; at < ROUND_UP(log->ram_frames, PAGE_SIZE); at += PAGE_SIZE) {
    frame_adopt(log->ledger_physical + at);
  }
  __asm__ volatile("fence.i" : : : "memory"); // some of what was copied is code
}
