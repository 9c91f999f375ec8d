// Writing the books: every record of the contract from larboard's own structures. Runs while all
// processes stand at their boundary, as the off-going kernel's export and, after an import, as the
// on-coming kernel's receipt; both must give the same records for the same state.
#include "abi/syscall.h"
#include "larboard/frame.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/romfs.h"
#include "larboard/socket.h"
#include "larboard/takeover.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

// Records are built here, one at a time: cleared, filled, added.
#define RECORD(name, kind) struct record_##kind name; memset(&name, 0, sizeof name)

static void write_inode(struct books_writer *w, const struct inode *i) {
  RECORD(r, inode);
  r.inode = i->number;
  r.mode = i->mode;
  r.device = i->device;
  r.links = i->links;
  r.disk_offset = i->disk_offset;
  r.size[0] = (i->mode & S_IFMT) == S_IFDIR ? 0 : i->size;
  books_add(w, &r, RECORD_INODE, sizeof r);
}

static void write_entries(struct books_writer *w, struct inode *directory) {
  struct directory_entry entry;
  u32 mode;
  for (u32 position = 0; directory_next(directory, &position, &entry, &mode) > 0;) {
    RECORD(r, entry);
    r.directory = directory->number;
    r.inode = entry.inode;
    r.position = position - 1; // the next is behind it
    memcpy(r.name, entry.name, sizeof r.name);
    books_add(w, &r, RECORD_ENTRY, sizeof r);
  }
}

static void write_pages(struct books_writer *w, const struct inode *i) {
  u32 pages = (i->size + PAGE_SIZE - 1) >> PAGE_SHIFT; // none lies beyond the size
  for (u32 first = 0; first < pages; first += HANDOVER_PAGES) {
    bool any = false;
    RECORD(r, pages);
    for (u32 n = 0; n < HANDOVER_PAGES && first + n < pages; n++) {
      r.physical[n] = takeover_original(inode_page(i, first + n));
      any = any || r.physical[n];
    }
    r.inode = i->number;
    r.first = first;
    if (any) books_add(w, &r, RECORD_PAGES, sizeof r);
  }
}

static void write_tree(struct books_writer *w) {
  for (u32 slot = 0; slot < INODES_MAX; slot++) {
    if (inode_at(slot)->number && !inode_at(slot)->apart) write_inode(w, inode_at(slot));
  }
  for (u32 slot = 0; slot < INODES_MAX; slot++) {
    struct inode *i = inode_at(slot);
    if (i->number == 0 || i->apart) continue;
    if ((i->mode & S_IFMT) != S_IFDIR) write_pages(w, i);
    else if (!inode_is_romfs(i)) write_entries(w, i);
  }
  RECORD(mount, mount);
  if (romfs_export(&mount)) books_add(w, &mount, RECORD_MOUNT, sizeof mount);
}

// Those that wait on a listener come after it.
static void write_sockets(struct books_writer *w, bool waiting) {
  for (u32 slot = 0; slot < SOCKETS_MAX; slot++) {
    const struct socket *s = socket_at(slot);
    if (s->id == 0 || (s->listener != NULL) != waiting) continue;
    RECORD(r, socket);
    socket_export(s, &r);
    books_add(w, &r, RECORD_SOCKET, sizeof r);
  }
}

static u32 object_of(const struct file *f) {
  return f->pipe ? f->pipe->id : f->socket ? f->socket->id : f->inode->number;
}

static void write_files(struct books_writer *w) {
  for (u32 slot = 0; slot < PIPES_MAX; slot++) {
    const struct pipe *pipe = pipe_at(slot);
    if (pipe->id == 0) continue;
    RECORD(r, pipe);
    r.id = pipe->id;
    r.frame_physical = takeover_original(pipe->frame);
    r.read_offset = pipe->read_offset;
    r.used = pipe->used;
    books_add(w, &r, RECORD_PIPE, sizeof r);
  }
  write_sockets(w, false);
  write_sockets(w, true);
  for (u32 slot = 0; slot < FILES_MAX; slot++) {
    const struct file *f = file_at(slot);
    if (f->references == 0) continue;
    RECORD(r, file);
    r.id = f->id;
    r.kind = f->kind;
    r.object = object_of(f);
    r.flags = f->flags;
    r.position[0] = f->position;
    books_add(w, &r, RECORD_FILE, sizeof r);
  }
}

static void put_wide(u32 to[2], u64 value) {
  to[0] = (u32)value;
  to[1] = (u32)(value >> 32);
}

// What a process is to others: it has that in the first books, whether it comes then or later.
static void describe_family(struct record_process *r, const struct process *p) {
  r->parent_pid = p->parent_pid;
  r->group = p->group;
  r->session = p->session;
  memcpy(r->name, p->name, sizeof r->name);
  if (p->state == PROCESS_ALIVE) r->working_directory = p->directory->number;
}

// What is its own.
static void describe_memory(struct record_process *r, const struct process *p) {
  r->root_physical = takeover_original(p->space.root);
  r->heap_start = p->space.heap_start;
  r->heap_end = p->space.heap_end;
  put_wide(r->signals, p->signals);
  put_wide(r->user_ticks, process_user_ticks(p));
}

static void write_process(struct books_writer *w, const struct process *p) {
  RECORD(r, process);
  r.pid = p->pid;
  describe_family(&r, p);
  if (p->state == PROCESS_ZOMBIE) {
    r.state = HANDOVER_ZOMBIE;
    r.wait_status = p->wait_status;
    put_wide(r.user_ticks, process_user_ticks(p));
  } else if (p->apart) {
    r.state = HANDOVER_ABSENT;
  } else {
    describe_memory(&r, p);
  }
  books_add(w, &r, RECORD_PROCESS, sizeof r);
}

static void write_threads(struct books_writer *w, const struct process *p) {
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    RECORD(r, thread);
    bool timed = t->restart == RESTART_SLEEP || t->restart == RESTART_TIMEOUT;
    r.pid = p->pid;
    r.tid = t->tid;
    memcpy(r.registers, thread_frame(t)->x, sizeof r.registers);
    r.restart = t->restart;
    r.restart_done = t->restart == RESTART_WRITE ? t->restart_done : 0;
    put_wide(r.deadline, timed ? t->restart_deadline : 0);
    put_wide(r.mask, t->mask);
    put_wide(r.signals, t->signals);
    r.clear_tid = t->clear_tid;
    books_add(w, &r, RECORD_THREAD, sizeof r);
  }
}

static void write_actions(struct books_writer *w, const struct process *p) {
  for (u32 signal = 1; signal <= NSIG; signal++) {
    const struct sigaction *action = &p->actions[signal - 1];
    if (action->handler == SIG_DFL) continue;
    RECORD(r, signal_action);
    r.pid = p->pid;
    r.signal = signal;
    r.handler = action->handler;
    r.flags = action->flags;
    memcpy(r.mask, action->mask, sizeof r.mask);
    books_add(w, &r, RECORD_SIGNAL_ACTION, sizeof r);
  }
}

static void write_regions(struct books_writer *w, const struct process *p) {
  for (u32 i = 0; i < p->space.regions; i++) {
    const struct region *from = &p->space.region[i];
    RECORD(r, region);
    r.pid = p->pid;
    r.start = from->start;
    r.end = from->end;
    r.protection = from->protection;
    r.flags = from->flags;
    r.inode = from->inode ? from->inode->number : 0;
    r.file_page = from->file_page;
    r.file_bytes = from->file_bytes;
    books_add(w, &r, RECORD_REGION, sizeof r);
  }
}

static void write_descriptors(struct books_writer *w, const struct process *p) {
  for (u32 d = 0; d < DESCRIPTORS_MAX; d++) {
    if (!p->descriptors[d].file) continue;
    RECORD(r, descriptor);
    r.pid = p->pid;
    r.descriptor = d;
    r.file = p->descriptors[d].file->id;
    r.flags = p->descriptors[d].flags;
    books_add(w, &r, RECORD_DESCRIPTOR, sizeof r);
  }
}

static void write_timer(struct books_writer *w, const struct process *p) {
  if (!p->timer_at) return;
  RECORD(r, timer);
  r.pid = p->pid;
  put_wide(r.deadline, p->timer_at);
  put_wide(r.interval, p->timer_interval);
  books_add(w, &r, RECORD_TIMER, sizeof r);
}

static void write_body(struct books_writer *w, const struct process *p) {
  write_threads(w, p);
  write_regions(w, p);
  write_actions(w, p);
  write_timer(w, p);
}

static void write_devices(struct books_writer *w) {
  RECORD(console, console);
  RECORD(disk, block_device);
  RECORD(vsock, socket_device);
  RECORD(hvc, console_device);
  console_export(&console);
  books_add(w, &console, RECORD_CONSOLE, sizeof console);
  if (block_export(&disk)) books_add(w, &disk, RECORD_BLOCK_DEVICE, sizeof disk);
  vsock.next_port = socket_next_port;
  if (vsock_export(&vsock)) books_add(w, &vsock, RECORD_SOCKET_DEVICE, sizeof vsock);
  if (hvc_export(&hvc)) books_add(w, &hvc, RECORD_CONSOLE_DEVICE, sizeof hvc);
}

void relief_write_books(struct books_writer *w) {
  write_devices(w);
  write_tree(w);
  write_files(w);
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    struct process *p = &processes[i];
    if (p->state < PROCESS_ALIVE) continue;
    write_process(w, p);
    if (p->state == PROCESS_ZOMBIE) continue;
    if (!p->apart) write_body(w, p);
    write_descriptors(w, p);
  }
}

void relief_write_group(struct books_writer *w) {
  for (u32 slot = 0; slot < INODES_MAX; slot++) {
    if (!inode_at(slot)->moving) continue;
    write_inode(w, inode_at(slot));
    write_pages(w, inode_at(slot));
  }
  FOR_EACH_ALIVE(p) {
    if (!p->moving) continue;
    RECORD(r, process);
    r.pid = p->pid;
    describe_memory(&r, p);
    books_add(w, &r, RECORD_PROCESS, sizeof r);
    write_body(w, p);
  }
}

void relief_manifest(struct record_manifest *m) {
  m->next_pid = (u32)next_pid;
  m->next_inode = next_inode;
  m->next_id = next_id;
  m->root_inode = ROOT_INODE;
}
