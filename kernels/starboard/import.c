// Taking over from the books. relief_can_import reads all records, refuses what this kernel cannot
// hold, and sees that the memory for it is there; nothing else allocates until relief_import, which
// builds the objects and therefore cannot fail. Memory comes over as inherit.c does it.
#include "boot.h"
#include "console.h"
#include "freeze.h"
#include "ghost.h"
#include "inherit.h"
#include "process.h"
#include "romfs.h"
#include "scheduler.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"
#include "socket.h"
#include "virtio_block.h"
#include "virtio_console.h"

#define SPARE_FRAMES 48 // partly filled slabs, page tables of the first minute, the relief thread
#define GROUP_SPARE_FRAMES 8
#define RADIX_NODES 6   // at most for a group of pages beyond a file's first: path and growth
#define REGION_FLAGS (REGION_SHARED | REGION_STACK | REGION_HEAP | REGION_READ_ONLY_FILE)

// --- Checking

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

// Of a group: each has a ghost, for each of its threads too, with nothing under way. What ghosts
// have of memory is more than what replaces it takes, but for regions.
static bool check_group_record(struct checking *c, const struct record *head) {
  const void *r = head;
  if (head->type == RECORD_INODE && relief_has_inode(((const struct record_inode *)r)->inode)) {
    return false;
  }
  if (head->type == RECORD_PROCESS) {
    const struct process *p = process_find(((const struct record_process *)r)->pid);
    if (!p || !p->apart || p->zombie || !ghost_is_idle(p)) return false;
  }
  if (head->type == RECORD_THREAD) {
    const struct record_thread *thread = r;
    const struct thread *t = thread_find(thread->tid);
    if (!t || !t->is_ghost || t->process->pid != thread->pid) return false;
    c->ghosts--;
    c->frames -= KERNEL_STACK_SIZE / PAGE_SIZE;
    c->bytes -= heap_block_bytes(sizeof(struct thread));
  }
  return check_record(c, head);
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
  return c.frames + c.bytes / PAGE_SIZE + GROUP_SPARE_FRAMES <= frames_free(ZONE_NORMAL);
}

bool relief_can_import_group(const struct log_page *log) {
  bool fits = group_fits(log);
  if (!fits) inherit_unreserve();
  return fits;
}

bool relief_has_inode(u32 number) {
  lock(&tree_lock);
  bool found = inode_find_number(number) != NULL;
  unlock(&tree_lock);
  return found;
}

// --- Importing

static const struct log_page *relief_log;
static bool keeps_for_groups; // what is imported, for those that come later

static void *found(void *object, const char *what, u32 number) {
  if (!object) panic("import: no %s %u", what, number);
  return object;
}

static struct inode *inode_numbered(u32 number) {
  return found(inode_find_number(number), "inode", number);
}

static void import_inode(const struct record_inode *r) {
  struct inode *inode = found(inode_make(r->inode, r->mode, r->device), "memory for inode",
                              r->inode);
  inode->links = r->links;
  inode->size = words_u64(r->size);
  inode->disk_offset = r->disk_offset;
  if (keeps_for_groups) inode->references++;
}

static void import_entry(const struct record_entry *r) {
  struct inode *inode = inode_numbered(r->inode);
  if (!entry_add(inode_numbered(r->directory), r->name, inode, r->position)) {
    panic("import: no memory for an entry");
  }
}

static void import_pages(const struct record_pages *r) {
  struct inode *inode = inode_numbered(r->inode);
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    u32 frame = inherit_frame(r->physical[i]);
    if (keeps_for_groups) frame_get(frame);
    if (!radix_add(&inode->pages, r->first + i, frame)) panic("import: no memory for pages");
  }
}

static void import_mount(const struct record_mount *r) {
  mount_adopt(inode_numbered(r->directory), inode_numbered(r->root));
}

static void import_pipe(const struct record_pipe *r) {
  struct pipe *pipe = found(pipe_make(r->id, inherit_frame(r->frame_physical)),
                            "memory for pipe", r->id);
  pipe->read_offset = r->read_offset;
  pipe->used = r->used;
}

static struct pipe *pipe_numbered(u32 id) {
  LIST_FOR_EACH(pipe, &all_pipes, struct pipe, in_all) {
    if (pipe->id == id) return pipe;
  }
  return found(NULL, "pipe", id);
}

static struct file *file_numbered(u32 id) {
  LIST_FOR_EACH(file, &all_files, struct file, in_all) {
    if (file->id == id) return file;
  }
  return found(NULL, "file", id);
}

// Without references: each descriptor adds its own.
static void import_file(const struct record_file *r) {
  struct inode *inode = r->kind == FILE_INODE ? inode_numbered(r->object) : NULL;
  bool is_socket = r->kind == FILE_SOCKET;
  struct pipe *pipe = inode || is_socket ? NULL : pipe_numbered(r->object);
  if (inode) inode_get(inode);
  struct file *file = found(file_make_numbered(r->id, r->kind, r->flags, inode, pipe),
                            "memory for file", r->id);
  if (is_socket) {
    file->socket = found(socket_numbered(r->object), "socket", r->object);
    file->socket->files++;
  }
  file->flags = r->flags;
  file->position = words_u64(r->position);
  file->references = 0;
}

static void import_alive(struct process *p, const struct record_process *r) {
  struct vm *vm = found(inherit_space(r->root_physical), "memory for process", (u32)r->pid);
  vm->heap_start = r->heap_start;
  vm->heap_end = r->heap_end;
  p->vm = vm;
  p->pending = words_u64(r->signals);
  desk_value(MARK_PROCESS_FRAMES, (u32)p->pid, vm->frames);
}

static struct process *import_process(const struct record_process *r) {
  struct process *p = found(process_make(""), "memory for process", (u32)r->pid);
  memcpy(p->name, r->name, sizeof p->name);
  process_enter(p, r->pid, NULL);
  p->group = r->group;
  p->session = r->session;
  p->user_ticks = words_u64(r->user_ticks);
  p->wait_status = r->wait_status;
  if (r->pid == 1) init_process = p;
  p->zombie = r->state == HANDOVER_ZOMBIE;
  if (p->zombie) {
    process_table.zombies++;
    return p;
  }
  p->directory = inode_numbered(r->working_directory);
  inode_get(p->directory);
  if (r->state == HANDOVER_ABSENT) ghost_make(p, relief_log);
  else import_alive(p, r);
  return p;
}

static void import_thread(struct process *p, const struct record_thread *r) {
  struct thread *t = found(thread_make(), "memory for thread", (u32)r->tid);
  process_add_thread(p, t, r->tid);
  memcpy(t->frame->x, r->registers, sizeof t->frame->x);
  t->restart = r->restart;
  t->restart_done = r->restart_done;
  t->restart_deadline = words_u64(r->deadline);
  t->mask = words_u64(r->mask);
  t->pending = words_u64(r->signals);
  t->clear_tid = r->clear_tid;
  t->state = STATE_FROZEN;
  t->at_boundary = true;
  freeze_imported(t);
}

static void import_action(struct process *p, const struct record_signal_action *r) {
  struct sigaction *action = &p->actions[r->signal - 1];
  action->handler = r->handler;
  action->flags = r->flags;
  memcpy(action->mask, r->mask, sizeof action->mask);
}

static void import_timer(struct process *p, const struct record_timer *r) {
  itimer_set(p, words_u64(r->deadline), words_u64(r->interval));
}

static void import_region(struct process *p, const struct record_region *r) {
  struct inode *inode = r->inode ? inode_numbered(r->inode) : NULL;
  if (vm_add(p->vm, r->start, r->end, r->protection, r->flags, inode, r->file_page,
             r->file_bytes)) {
    panic("import: no memory for a region of process %d", p->pid);
  }
}

static void import_descriptor(struct process *p, const struct record_descriptor *r) {
  if (!descriptors_reserve(&p->descriptors, r->descriptor + 1)) panic("import: no memory");
  struct file *file = file_numbered(r->file);
  file_get(file);
  p->descriptors.slots[r->descriptor] = (struct descriptor){file, r->flags};
  p->descriptors.used++;
}

static void import_disk(const struct record_block_device *r) {
  frame_adopt(frame_of_physical(r->queue_physical));
  disk_adopt(r);
}

static void adopt_queues(const struct queue_state *queues, u32 count) {
  for (u32 i = 0; i < count; i++) frame_adopt(frame_of_physical(queues[i].physical));
}

static void import_socket_device(const struct record_socket_device *r) {
  adopt_queues(r->queues, ARRAY_LENGTH(r->queues));
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    frame_adopt(frame_of_physical(r->buffers_physical[i]));
  }
  vsock_adopt(r);
}

static void import_console_device(const struct record_console_device *r) {
  adopt_queues(r->queues, ARRAY_LENGTH(r->queues));
  frame_adopt(frame_of_physical(r->buffers_physical));
  hvc_adopt(r);
}

// `p` is the process whose records are being read.
static struct process *import_record(const struct record *head, struct process *p) {
  const void *r = head;
  switch (head->type) {
    case RECORD_INODE: import_inode(r); break;
    case RECORD_ENTRY: import_entry(r); break;
    case RECORD_PAGES: import_pages(r); break;
    case RECORD_MOUNT: import_mount(r); break;
    case RECORD_PIPE: import_pipe(r); break;
    case RECORD_FILE: import_file(r); break;
    case RECORD_PROCESS: return import_process(r);
    case RECORD_REGION: import_region(p, r); break;
    case RECORD_DESCRIPTOR: import_descriptor(p, r); break;
    case RECORD_THREAD: import_thread(p, r); break;
    case RECORD_SIGNAL_ACTION: import_action(p, r); break;
    case RECORD_TIMER: import_timer(p, r); break;
    case RECORD_CONSOLE: console_adopt(r); break;
    case RECORD_BLOCK_DEVICE: import_disk(r); break;
    case RECORD_SOCKET: socket_import(r); break;
    case RECORD_SOCKET_DEVICE: import_socket_device(r); break;
    case RECORD_CONSOLE_DEVICE: import_console_device(r); break;
  }
  return p;
}

// Parents may come after their children, so families are joined when all are there.
static void join_families(const struct log_page *log) {
  struct books_reader reader;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const struct record_process *r = (const void *)head;
    if (head->type != RECORD_PROCESS || r->parent_pid == 0) continue;
    struct process *p = process_find(r->pid);
    p->parent = found(process_find(r->parent_pid), "parent", (u32)r->parent_pid);
    list_add_last(&p->parent->children, &p->sibling);
  }
}

// The ledger's own frames are kept for ever by whoever has the watch.
static void adopt_ledger(const struct log_page *log) {
  u32 first = frame_of_physical(log->ledger_physical);
  u32 count = ROUND_UP(log->ram_frames, PAGE_SIZE) / PAGE_SIZE;
  frames_fix(first, count);
  memset(ledger + first, own_node, count);
}

void relief_import(const struct log_page *log, const struct record_manifest *m) {
  struct books_reader reader;
  struct process *p = NULL;
  relief_log = log;
  keeps_for_groups = log->transfer_mode == TRANSFER_GROUPS;
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) { // until all have come
    frame_adopt(frame_of_physical(mailbox_reply_physical(log, 0)) + i);
  }
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) p = import_record(r, p);
  keeps_for_groups = false;
  sockets_find_peers();
  join_families(log);
  adopt_ledger(log);
  process_table.next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  root_inode = inode_numbered(m->root_inode);
  root_inode->parent = root_inode;
}

// --- Groups

// The process takes the place of its ghost.
static struct process *arrive(const struct record_process *r) {
  struct process *p = process_find(r->pid);
  ghost_unmake(p);
  p->apart = false;
  p->moving = p->freezing = true;
  p->user_ticks = words_u64(r->user_ticks);
  import_alive(p, r);
  return p;
}

void relief_import_group(const struct log_page *log) {
  struct books_reader reader;
  struct process *p = NULL;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const void *r = head;
    lock(head->type == RECORD_INODE ? &tree_lock : &process_table.lock);
    if (head->type == RECORD_PROCESS) {
      unlock(&process_table.lock);
      p = arrive(r);
      continue;
    }
    if (head->type != RECORD_PAGES && head->type != RECORD_REGION) p = import_record(head, p);
    unlock(head->type == RECORD_INODE ? &tree_lock : &process_table.lock);
    if (head->type == RECORD_INODE) {
      inode_numbered(((const struct record_inode *)r)->inode)->moving = true;
    }
    if (head->type == RECORD_PAGES || head->type == RECORD_REGION) p = import_record(head, p);
    if (head->type == RECORD_TIMER) itimer_pause(p);
  }
}

// Whether it has not come, and is in these books, if any.
static bool is_absent(const struct process *p, const struct log_page *log) {
  struct books_reader reader;
  if (!p->apart || p->zombie) return false;
  if (!log) return true;
  books_open(&reader, log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const struct record_process *r = (const void *)head;
    if (head->type == RECORD_PROCESS && r->pid == p->pid) return true;
  }
  return false;
}

void relief_lose_absent(const struct log_page *books) {
  lock(&process_table.lock);
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    if (!is_absent(p, books)) continue;
    desk_mark(MARK_PROCESS_LOST, (u32)p->pid);
    print("process %d (%s) is lost with the off-going kernel", p->pid, p->name);
    if (p == init_process) panic("without init there is nothing to go on with");
    ghost_lose(p);
  }
  for (bool any = true; any;) {
    any = false;
    LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
      any = any || is_absent(p, books);
    }
    unlock(&process_table.lock);
    if (any) scheduler_yield();
    lock(&process_table.lock);
  }
  unlock(&process_table.lock);
}

static struct inode *inode_kept(u32 number) {
  lock(&tree_lock);
  struct inode *inode = inode_numbered(number);
  unlock(&tree_lock);
  return inode;
}

void relief_end_groups(const struct log_page *log, u32 first_books) {
  struct books_reader reader;
  books_open(&reader, first_books);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const void *r = head;
    const struct record_pages *pages = r;
    if (head->type == RECORD_INODE) {
      inode_put(inode_kept(((const struct record_inode *)r)->inode));
    }
    for (u32 i = 0; head->type == RECORD_PAGES && i < HANDOVER_PAGES; i++) {
      if (pages->physical[i]) frame_put(inherit_current(pages->physical[i]));
    }
  }
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_put(frame_of_physical(mailbox_reply_physical(log, 0)) + i);
  }
}
