// Taking over from the first books: services, and the processes that move with them. The objects
// are built, record by record, in memory that acceptance.c has seen to be there, so nothing fails;
// memory of programs comes over as inherit.c does it. Nobody else runs yet. Those functions that
// serve arriving groups too, when others do run, take the locks they need; the rest takes none.
#include "import.h"

#include "console.h"
#include "freeze.h"
#include "ghost.h"
#include "inherit.h"
#include "romfs.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"
#include "socket.h"
#include "virtio_block.h"
#include "virtio_console.h"

static const struct log_page *relief_log;
static bool keeps_for_groups; // what is imported, for those that come later

static void *found(void *object, const char *what, u32 number) {
  if (!object) panic("import: no %s %u", what, number);
  return object;
}

struct inode *import_find_inode(u32 number) {
  lock(&tree_lock);
  struct inode *inode = inode_find_number(number);
  unlock(&tree_lock);
  return found(inode, "inode", number);
}

struct inode *import_inode(const struct record_inode *r) {
  lock(&tree_lock);
  struct inode *inode = found(inode_make(r->inode, r->mode, r->device), "memory for inode",
                              r->inode);
  inode->links = r->links;
  inode->size = words_u64(r->size);
  inode->disk_offset = r->disk_offset;
  if (keeps_for_groups) inode->references++;
  unlock(&tree_lock);
  return inode;
}

static void import_entry(const struct record_entry *r) {
  struct inode *directory = import_find_inode(r->directory), *inode = import_find_inode(r->inode);
  if (!entry_add(directory, r->name, inode, r->position)) panic("import: no memory for an entry");
}

static void import_pages(const struct record_pages *r) {
  struct inode *inode = import_find_inode(r->inode);
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    u32 frame = inherit_frame(r->physical[i]);
    if (keeps_for_groups) frame_get(frame);
    if (inode_add_page(inode, r->first + i, frame)) panic("import: no memory for pages");
  }
}

static void import_mount(const struct record_mount *r) {
  mount_adopt(import_find_inode(r->directory), import_find_inode(r->root));
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
  struct inode *inode = r->kind == FILE_INODE ? import_find_inode(r->object) : NULL;
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

void import_memory(struct process *p, const struct record_process *r) {
  struct vm *vm = found(inherit_space(r->root_physical), "memory for process", (u32)r->pid);
  vm->heap_start = r->heap_start;
  vm->heap_end = r->heap_end;
  lock(&process_table.lock);
  p->vm = vm;
  p->pending = words_u64(r->signals);
  p->user_ticks = words_u64(r->user_ticks);
  unlock(&process_table.lock);
  desk_value(MARK_PROCESS_FRAMES, (u32)p->pid, vm->frames);
}

static struct process *import_process(const struct record_process *r) {
  struct process *p = found(process_make(""), "memory for process", (u32)r->pid);
  memcpy(p->name, r->name, sizeof p->name);
  process_enter(p, r->pid, NULL);
  p->group = r->group;
  p->session = r->session;
  p->wait_status = r->wait_status;
  if (r->pid == 1) init_process = p;
  p->zombie = r->state == HANDOVER_ZOMBIE;
  if (p->zombie) {
    p->user_ticks = words_u64(r->user_ticks);
    process_table.zombies++;
    return p;
  }
  p->directory = import_find_inode(r->working_directory);
  inode_get(p->directory);
  if (r->state == HANDOVER_ABSENT) ghost_make(p, relief_log);
  else import_memory(p, r);
  return p;
}

static void import_thread(struct process *p, const struct record_thread *r) {
  struct thread *t = found(thread_make(), "memory for thread", (u32)r->tid);
  memcpy(t->frame->x, r->registers, sizeof t->frame->x);
  t->restart = r->restart;
  t->restart_done = r->restart_done;
  t->restart_deadline = words_u64(r->deadline);
  t->mask = words_u64(r->mask);
  t->pending = words_u64(r->signals);
  t->clear_tid = r->clear_tid;
  t->state = STATE_FROZEN;
  t->at_boundary = true;
  lock(&process_table.lock);
  process_add_thread(p, t, r->tid);
  freeze_imported(t);
  unlock(&process_table.lock);
}

static void import_action(struct process *p, const struct record_signal_action *r) {
  struct sigaction *action = &p->actions[r->signal - 1];
  lock(&process_table.lock);
  action->handler = r->handler;
  action->flags = r->flags;
  memcpy(action->mask, r->mask, sizeof action->mask);
  unlock(&process_table.lock);
}

static void import_timer(struct process *p, const struct record_timer *r) {
  lock(&process_table.lock);
  itimer_set(p, words_u64(r->deadline), words_u64(r->interval));
  if (p->freezing) itimer_pause(p); // it comes with its group: the timers of others run
  unlock(&process_table.lock);
}

static void import_region(struct process *p, const struct record_region *r) {
  struct inode *inode = r->inode ? import_find_inode(r->inode) : NULL;
  lock(&p->vm->lock);
  s32 error = vm_add(p->vm, r->start, r->end, r->protection, r->flags, inode, r->file_page,
                     r->file_bytes);
  unlock(&p->vm->lock);
  if (error) panic("import: no memory for a region of process %d", p->pid);
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

// Of a checkpoint: the devices have been probed, and only what was kept for them comes.
static bool import_for_probed(const struct record *head) {
  const void *r = head;
  const struct record_socket_device *socket_device = r;
  if (relief_log->method != METHOD_CHECKPOINT) return false;
  if (head->type == RECORD_CONSOLE_DEVICE) hvc_adopt_input(r);
  else if (head->type == RECORD_SOCKET_DEVICE) sockets.next_port = socket_device->next_port;
  else return head->type == RECORD_BLOCK_DEVICE;
  return true;
}

struct process *import_record(const struct record *head, struct process *p) {
  const void *r = head;
  if (import_for_probed(head)) return p;
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

// Where ghosts answer; until all processes have come.
static void adopt_replies(const struct log_page *log) {
  for (u32 i = 0; i < log->mailboxes * MAILBOX_FRAMES; i++) {
    frame_adopt(frame_of_physical(mailbox_reply_physical(log, 0)) + i);
  }
}

void relief_import(const struct log_page *log, const struct record_manifest *m) {
  struct books_reader reader;
  struct process *p = NULL;
  relief_log = log;
  keeps_for_groups = log->transfer_mode == TRANSFER_GROUPS;
  adopt_replies(log);
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) p = import_record(r, p);
  keeps_for_groups = false;
  sockets_find_peers();
  join_families(log);
  adopt_ledger(log);
  process_table.next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  root_inode = import_find_inode(m->root_inode);
  root_inode->parent = root_inode;
}
