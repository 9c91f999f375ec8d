// Writing the books: a record for each object, from this kernel's structures. It runs while all
// processes are frozen, so no lock is needed. The same code makes the receipt after an import.
// Records are cleared first, so that padding is the same on both sides.
#include "console.h"
#include "inherit.h"
#include "process.h"
#include "romfs.h"
#include "shared/relief/relief.h"
#include "socket.h"
#include "virtio_block.h"
#include "virtio_console.h"

static void write_inode(struct books_writer *w, const struct inode *inode) {
  struct record_inode r;
  memset(&r, 0, sizeof r);
  r.inode = inode->number;
  r.mode = inode->mode;
  r.device = inode->device;
  r.links = inode->links;
  r.disk_offset = inode->disk_offset;
  u64_words(r.size, inode->size);
  books_add(w, &r, RECORD_INODE, sizeof r);
}

static void write_entry(struct books_writer *w, const struct entry *entry) {
  struct record_entry r;
  memset(&r, 0, sizeof r);
  r.directory = entry->directory->number;
  r.inode = entry->inode->number;
  r.position = entry->position;
  string_copy(r.name, entry->name, sizeof r.name);
  books_add(w, &r, RECORD_ENTRY, sizeof r);
}

static void write_pages(struct books_writer *w, const struct inode *inode) {
  struct record_pages r;
  u32 index = 0, frame = radix_next(&inode->pages, &index);
  while (frame != NO_FRAME) {
    memset(&r, 0, sizeof r);
    r.inode = inode->number;
    r.first = index / HANDOVER_PAGES * HANDOVER_PAGES;
    while (frame != NO_FRAME && index < r.first + HANDOVER_PAGES) {
      r.physical[index++ - r.first] = inherit_original(frame);
      frame = radix_next(&inode->pages, &index);
    }
    books_add(w, &r, RECORD_PAGES, sizeof r);
  }
}

// Of romfs, what is in use: the rest is read from the disk again, as are all names.
static bool is_written(const struct inode *inode) {
  if (inode->apart || inode->moving) return false; // memory of a group
  return !inode_is_romfs(inode) || inode->references || inode->pages.root;
}

static void write_tree(struct books_writer *w) {
  struct record_mount mount;
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) {
    if (is_written(inode)) write_inode(w, inode);
  }
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) {
    bool named = !inode_is_romfs(inode);
    LIST_FOR_EACH(entry, &inode->entries, struct entry, link) {
      if (named) write_entry(w, entry);
    }
    if (is_written(inode)) write_pages(w, inode);
  }
  memset(&mount, 0, sizeof mount);
  if (mount_record(&mount)) books_add(w, &mount, RECORD_MOUNT, sizeof mount);
}

static void write_pipes(struct books_writer *w) {
  LIST_FOR_EACH(pipe, &all_pipes, struct pipe, in_all) {
    struct record_pipe r;
    memset(&r, 0, sizeof r);
    r.id = pipe->id;
    r.frame_physical = inherit_original(pipe->frame);
    r.read_offset = pipe->read_offset;
    r.used = pipe->used;
    books_add(w, &r, RECORD_PIPE, sizeof r);
  }
}

static void write_sockets(struct books_writer *w, bool waiting) {
  LIST_FOR_EACH(s, &sockets.all, struct socket, in_all) {
    struct record_socket r;
    if ((s->listener != NULL) != waiting) continue;
    memset(&r, 0, sizeof r);
    socket_record(s, &r);
    books_add(w, &r, RECORD_SOCKET, sizeof r);
  }
}

static u32 object_of(const struct file *file) {
  if (file->inode) return file->inode->number;
  return file->pipe ? file->pipe->id : file->socket->id;
}

static void write_files(struct books_writer *w) {
  LIST_FOR_EACH(file, &all_files, struct file, in_all) {
    struct record_file r;
    memset(&r, 0, sizeof r);
    r.id = file->id;
    r.kind = file->kind;
    r.object = object_of(file);
    r.flags = file->flags;
    u64_words(r.position, file->position);
    books_add(w, &r, RECORD_FILE, sizeof r);
  }
}

static void write_regions(struct books_writer *w, const struct process *p) {
  LIST_FOR_EACH(region, &p->vm->regions, struct region, link) {
    struct record_region r;
    memset(&r, 0, sizeof r);
    r.pid = p->pid;
    r.start = region->start;
    r.end = region->end;
    r.protection = region->protection;
    r.flags = region->flags;
    r.inode = region->inode ? region->inode->number : 0;
    r.file_page = region->file_page;
    r.file_bytes = region->file_bytes;
    books_add(w, &r, RECORD_REGION, sizeof r);
  }
}

static void write_descriptors(struct books_writer *w, const struct process *p) {
  for (u32 n = 0; n < p->descriptors.length; n++) {
    struct record_descriptor r;
    if (!p->descriptors.slots[n].file) continue;
    memset(&r, 0, sizeof r);
    r.pid = p->pid;
    r.descriptor = n;
    r.file = p->descriptors.slots[n].file->id;
    r.flags = p->descriptors.slots[n].flags;
    books_add(w, &r, RECORD_DESCRIPTOR, sizeof r);
  }
}

static void write_timer(struct books_writer *w, const struct process *p) {
  struct record_timer r;
  if (!p->itimer.armed) return;
  memset(&r, 0, sizeof r);
  r.pid = p->pid;
  u64_words(r.deadline, p->itimer.deadline);
  u64_words(r.interval, p->itimer.interval);
  books_add(w, &r, RECORD_TIMER, sizeof r);
}

static void write_actions(struct books_writer *w, const struct process *p) {
  for (u32 signal = 1; signal <= NSIG; signal++) {
    const struct sigaction *action = &p->actions[signal - 1];
    struct record_signal_action r;
    if (action->handler == SIG_DFL) continue;
    memset(&r, 0, sizeof r);
    r.pid = p->pid;
    r.signal = signal;
    r.handler = action->handler;
    r.flags = action->flags;
    memcpy(r.mask, action->mask, sizeof r.mask);
    books_add(w, &r, RECORD_SIGNAL_ACTION, sizeof r);
  }
}

static void write_threads(struct books_writer *w, const struct process *p) {
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    struct record_thread r;
    memset(&r, 0, sizeof r);
    r.pid = p->pid;
    r.tid = t->tid;
    memcpy(r.registers, t->frame->x, sizeof r.registers);
    r.restart = t->restart;
    r.restart_done = t->restart == RESTART_WRITE ? t->restart_done : 0;
    bool timed = t->restart == RESTART_SLEEP || t->restart == RESTART_TIMEOUT;
    u64_words(r.deadline, timed ? t->restart_deadline : 0);
    u64_words(r.mask, t->mask_is_lent ? t->own_mask : t->mask);
    u64_words(r.signals, t->pending);
    r.clear_tid = t->clear_tid;
    books_add(w, &r, RECORD_THREAD, sizeof r);
  }
}

static u64 user_ticks_of(const struct process *p) {
  u64 ticks = p->user_ticks;
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) ticks += t->user_ticks;
  return ticks;
}

// A process as others know it: in the first books, whether it comes with them or later.
static void describe(struct record_process *r, const struct process *p) {
  r->parent_pid = p->parent ? p->parent->pid : 0;
  r->group = p->group;
  r->session = p->session;
  r->state = p->zombie ? HANDOVER_ZOMBIE : p->apart ? HANDOVER_ABSENT : HANDOVER_ALIVE;
  r->wait_status = p->zombie ? p->wait_status : 0;
  r->working_directory = p->zombie ? 0 : p->directory->number;
  memcpy(r->name, p->name, sizeof r->name);
  if (p->zombie) u64_words(r->user_ticks, user_ticks_of(p));
}

// And what is its own.
static void describe_memory(struct record_process *r, const struct process *p) {
  r->root_physical = inherit_original(p->vm->root);
  r->heap_start = p->vm->heap_start;
  r->heap_end = p->vm->heap_end;
  u64_words(r->signals, p->pending);
  u64_words(r->user_ticks, user_ticks_of(p));
}

static void write_body(struct books_writer *w, const struct process *p) {
  write_threads(w, p);
  write_regions(w, p);
  write_actions(w, p);
  write_timer(w, p);
}

static void write_process(struct books_writer *w, const struct process *p) {
  struct record_process r;
  bool is_here = !p->zombie && !p->apart;
  memset(&r, 0, sizeof r);
  r.pid = p->pid;
  describe(&r, p);
  if (is_here) describe_memory(&r, p);
  books_add(w, &r, RECORD_PROCESS, sizeof r);
  if (is_here) write_body(w, p);
  if (!p->zombie) write_descriptors(w, p);
}

void relief_write_group(struct books_writer *w) {
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) {
    if (!inode->moving) continue;
    write_inode(w, inode);
    write_pages(w, inode);
  }
  FOR_EACH_PROCESS(p) {
    struct record_process r;
    if (!p->moving) continue;
    memset(&r, 0, sizeof r);
    r.pid = p->pid;
    describe_memory(&r, p);
    books_add(w, &r, RECORD_PROCESS, sizeof r);
    write_body(w, p);
  }
}

static void write_devices(struct books_writer *w) {
  struct record_console console;
  memset(&console, 0, sizeof console);
  console_record(&console);
  books_add(w, &console, RECORD_CONSOLE, sizeof console);
  if (disk_is_present()) {
    struct record_block_device disk;
    memset(&disk, 0, sizeof disk);
    disk_record(&disk);
    books_add(w, &disk, RECORD_BLOCK_DEVICE, sizeof disk);
  }
  if (vsock_is_present()) {
    struct record_socket_device vsock;
    memset(&vsock, 0, sizeof vsock);
    vsock_record(&vsock);
    books_add(w, &vsock, RECORD_SOCKET_DEVICE, sizeof vsock);
  }
  if (hvc_is_present()) {
    struct record_console_device hvc;
    memset(&hvc, 0, sizeof hvc);
    hvc_record(&hvc);
    books_add(w, &hvc, RECORD_CONSOLE_DEVICE, sizeof hvc);
  }
}

void relief_write_books(struct books_writer *w) {
  write_tree(w);
  write_pipes(w);
  write_sockets(w, false);
  write_sockets(w, true); // after those on which they wait
  write_files(w);
  FOR_EACH_PROCESS(p) write_process(w, p);
  write_devices(w);
}

void relief_manifest(struct record_manifest *m) {
  m->next_pid = (u32)process_table.next_pid;
  m->next_inode = next_inode;
  m->next_id = next_id;
  m->root_inode = root_inode->number;
}
