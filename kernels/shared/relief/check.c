// The check of the books as a whole: see check.h. One pass collects numbers and frames, a second
// one looks up what refers to them. Sets and the map of frames lie in frames of this kernel.
#include "shared/relief/check.h"

#include "abi/syscall.h"
#include "shared/print.h"
#include "shared/relief/books.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"
#include "shared/relief/words.h"
#include "shared/riscv.h"
#include "shared/string.h"

#define USER_LIMIT KERNEL_VIRTUAL

// --- A set of numbers other than 0, each with a value: open addressing, at most half full.

struct set {
  struct words words; // key, value, key, value ...
  u32 mask;
};

static bool set_make(struct set *s, u32 count) {
  u32 slots = 64;
  while (slots < count * 2) slots *= 2;
  s->mask = slots - 1;
  return words_make(&s->words, slots * 2);
}

// The place of the key, or of the empty slot where it would be.
static u32 *set_slot(const struct set *s, u32 key) {
  u32 at = key * 2654435761u >> 8;
  for (;; at++) {
    u32 *slot = word_at(&s->words, (at & s->mask) * 2);
    if (*slot == key || *slot == 0) return slot;
  }
}

static bool set_add(struct set *s, u32 key, u32 value) { // false: 0, or there already
  u32 *slot = set_slot(s, key);
  if (key == 0 || *slot) return false;
  slot[0] = key;
  slot[1] = value;
  return true;
}

static u32 *set_value(const struct set *s, u32 key) { // NULL: not there
  u32 *slot = set_slot(s, key);
  return key && *slot ? slot + 1 : NULL;
}

// --- The check.

struct check {
  const struct log_page *log;
  const struct record_manifest *manifest;
  enum books_scope scope;
  struct set inodes;   // mode << 16 | entries that name it
  struct set objects;  // files and pipes: record type
  struct set processes, threads;
  struct words taken;  // a bit a frame: handed over, or not to be given
  const struct record_process *process; // under way
  u32 threads_of_process, last_descriptor, last_signal;
  u32 last_directory, last_position; // of the entry before
};

static bool is_offgoing(const struct check *c, u32 physical, u32 limit) {
  u32 frame = frame_of_physical(physical);
  return physical % PAGE_SIZE == 0 && physical >= RAM_BASE && frame < limit &&
         ((const u8 *)linear(c->log->ledger_physical))[frame] == c->log->offgoing_node;
}

// A frame that is handed over by this record alone.
static bool take(struct check *c, u32 physical, u32 limit) {
  if (!is_offgoing(c, physical, limit)) return false;
  u32 frame = frame_of_physical(physical), bit = 1u << frame % 32;
  u32 *word = word_at(&c->taken, frame / 32);
  if (*word & bit) return false;
  *word |= bit;
  return true;
}

static bool take_normal(struct check *c, u32 physical) {
  return take(c, physical, c->log->normal_frames);
}

static bool has_inode(const struct check *c, u32 number, u32 type) { // type 0: any
  const u32 *value = set_value(&c->inodes, number);
  return value && (type == 0 || (*value >> 16 & S_IFMT) == type);
}

static bool collect_inode(struct check *c, const struct record_inode *r) {
  u32 type = r->mode & S_IFMT;
  bool known = type == S_IFREG || type == S_IFDIR || type == S_IFCHR || type == S_IFBLK;
  if (!(r->inode & INODE_ROMFS) && r->inode >= c->manifest->next_inode) return false;
  return known && r->mode < 1u << 16 && r->links < 1u << 16 && r->size[1] == 0 &&
         set_add(&c->inodes, r->inode, r->mode << 16);
}

static bool collect_object(struct check *c, u32 id, u32 type) {
  return id < c->manifest->next_id && set_add(&c->objects, id, type);
}

static bool collect_process(struct check *c, const struct record_process *r) {
  return r->pid > 0 && (u32)r->pid < c->manifest->next_pid &&
         set_add(&c->processes, (u32)r->pid, r->state);
}

static bool collect_thread(struct check *c, const struct record_thread *r) {
  return r->tid > 0 && (u32)r->tid < c->manifest->next_pid && set_add(&c->threads, (u32)r->tid, 1);
}

// The first pass: numbers that others refer to.
static bool collect(struct check *c, const struct record *head) {
  const void *r = head;
  switch (head->type) {
  case RECORD_INODE: return collect_inode(c, r);
  case RECORD_PIPE: // their first field is the id
  case RECORD_SOCKET:
  case RECORD_FILE: return collect_object(c, ((const u32 *)(head + 1))[0], head->type);
  case RECORD_PROCESS: return collect_process(c, r);
  case RECORD_THREAD: return collect_thread(c, r);
  default: return true;
  }
}

static bool entry_holds(struct check *c, const struct record_entry *r) {
  u32 length = 0;
  bool first = r->directory != c->last_directory;
  if (r->position < (first ? ENTRY_POSITION_FIRST : c->last_position + 1)) return false;
  c->last_directory = r->directory;
  c->last_position = r->position;
  while (length < sizeof r->name && r->name[length] && r->name[length] != '/') length++;
  if (length == 0 || length == sizeof r->name || r->name[length]) return false;
  u32 *value = set_value(&c->inodes, r->inode);
  if (!value || !has_inode(c, r->directory, S_IFDIR)) return false;
  return (++*value & 0xffff) != 0;
}

static bool pages_hold(struct check *c, const struct record_pages *r) {
  if (!has_inode(c, r->inode, S_IFREG) || r->first % HANDOVER_PAGES) return false;
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (r->physical[i] && !take(c, r->physical[i], c->log->ram_frames)) return false;
  }
  return true;
}

static bool file_holds(const struct check *c, const struct record_file *r) {
  if (r->kind == FILE_INODE) return has_inode(c, r->object, 0);
  const u32 *type = set_value(&c->objects, r->object);
  bool pipe = r->kind == FILE_PIPE_READ || r->kind == FILE_PIPE_WRITE;
  return type && ((pipe && *type == RECORD_PIPE) ||
                  (r->kind == FILE_SOCKET && *type == RECORD_SOCKET));
}

static bool socket_holds(struct check *c, const struct record_socket *r) {
  const u32 *listener = set_value(&c->objects, r->listener);
  bool ring = r->frame_physical ? take(c, r->frame_physical, c->log->ram_frames) : r->used == 0;
  return ring && r->state <= SOCKET_CLOSED && r->used <= PAGE_SIZE && r->read_offset < PAGE_SIZE &&
         r->backlog <= SOCKETS_BACKLOG_MAX &&
         (r->listener == 0 || (listener && *listener == RECORD_SOCKET));
}

static bool mount_holds(const struct check *c, const struct record_mount *r) {
  return has_inode(c, r->directory, S_IFDIR) && !(r->directory & INODE_ROMFS) &&
         has_inode(c, r->root, S_IFDIR) && (r->root & INODE_ROMFS) && !r->type[sizeof r->type - 1];
}

static bool take_queues(struct check *c, const struct queue_state *queues, u32 count) {
  for (u32 i = 0; i < count; i++) {
    if (!take_normal(c, queues[i].physical)) return false;
  }
  return true;
}

static bool socket_device_holds(struct check *c, const struct record_socket_device *r) {
  for (u32 i = 0; i < HANDOVER_RECEIVE_BUFFERS; i++) {
    if (!take_normal(c, r->buffers_physical[i])) return false;
  }
  return take_queues(c, r->queues, ARRAY_LENGTH(r->queues));
}

static bool console_device_holds(struct check *c, const struct record_console_device *r) {
  return r->used <= sizeof r->bytes && take_normal(c, r->buffers_physical) &&
         take_queues(c, r->queues, ARRAY_LENGTH(r->queues));
}

// A root table: its first kernel entry is the linear map of ZONE_NORMAL, in every kernel. The
// tables below it are not read here, since all processes stand still: they are no records.
static bool is_root(u32 physical) {
  pte_t linear_map = ((const pte_t *)linear(physical))[KERNEL_VIRTUAL >> 22];
  return (linear_map & (PTE_V | PTE_R | PTE_W)) == (PTE_V | PTE_R | PTE_W) &&
         pte_physical(linear_map) == RAM_BASE;
}

// What a process brings with it, and one that comes later does not have yet.
static bool has_memory(struct check *c, const struct record_process *r) {
  return r->heap_start <= r->heap_end && r->heap_end <= USER_LIMIT &&
         take_normal(c, r->root_physical) && is_root(r->root_physical);
}

static bool process_holds(struct check *c, const struct record_process *r) {
  bool group = c->scope == BOOKS_GROUP;
  c->process = r;
  c->threads_of_process = c->last_descriptor = c->last_signal = 0;
  if (group) return r->state == HANDOVER_ALIVE && r->parent_pid == 0 && has_memory(c, r);
  if (r->parent_pid && !set_value(&c->processes, (u32)r->parent_pid)) return false;
  if (r->state == HANDOVER_ZOMBIE) return r->root_physical == 0;
  if (!has_inode(c, r->working_directory, S_IFDIR)) return false;
  if (r->state == HANDOVER_ALIVE) return has_memory(c, r);
  return r->state == HANDOVER_ABSENT && r->root_physical == 0 &&
         c->log->transfer_mode == TRANSFER_GROUPS;
}

// Whether what makes up the process under way may stand here.
static bool is_of_process(const struct check *c, s32 pid) {
  return c->process && c->process->pid == pid && c->process->state == HANDOVER_ALIVE;
}

static bool maps_something(const struct check *c, u32 inode) {
  return has_inode(c, inode, S_IFREG) || (c->scope == BOOKS_GROUP && relief_has_inode(inode));
}

static bool region_holds(const struct check *c, const struct record_region *r) {
  u32 bytes = r->end - r->start;
  return is_of_process(c, r->pid) && r->start < r->end && r->end <= USER_LIMIT &&
         (r->start | r->end) % PAGE_SIZE == 0 && r->file_bytes <= bytes &&
         (r->protection & ~(u32)(PROT_READ | PROT_WRITE | PROT_EXEC)) == 0 &&
         (r->inode == 0 || maps_something(c, r->inode)) &&
         (r->inode != 0 || !(r->flags & REGION_SHARED));
}

static bool descriptor_holds(struct check *c, const struct record_descriptor *r) {
  const u32 *type = set_value(&c->objects, r->file);
  bool ascending = r->descriptor + 1 > c->last_descriptor;
  c->last_descriptor = r->descriptor + 1;
  bool has = c->process && c->process->pid == r->pid && c->process->state != HANDOVER_ZOMBIE;
  return has && ascending && type && *type == RECORD_FILE;
}

static bool action_holds(struct check *c, const struct record_signal_action *r) {
  bool ascending = r->signal > c->last_signal;
  c->last_signal = r->signal;
  return is_of_process(c, r->pid) && ascending && r->signal <= NSIG && r->signal != SIGKILL &&
         r->signal != SIGSTOP && r->handler != SIG_DFL;
}

static bool thread_holds(struct check *c, const struct record_thread *r) {
  c->threads_of_process++;
  return is_of_process(c, r->pid) && r->restart <= RESTART_TIMEOUT && r->registers[0] % 2 == 0;
}

// Whether the process whose records end here has threads, if it is to.
static bool process_is_whole(const struct check *c) {
  return !c->process || c->process->state != HANDOVER_ALIVE || c->threads_of_process;
}

// The second pass: what records refer to.
static bool holds(struct check *c, const struct record *head) {
  const void *r = head;
  const struct record_pipe *pipe = r;
  switch (head->type) {
  case RECORD_ENTRY: return entry_holds(c, r);
  case RECORD_PAGES: return pages_hold(c, r);
  case RECORD_FILE: return file_holds(c, r);
  case RECORD_PIPE:
    return pipe->used <= PAGE_SIZE && pipe->read_offset < PAGE_SIZE &&
           take_normal(c, pipe->frame_physical);
  case RECORD_PROCESS: return process_is_whole(c) && process_holds(c, r);
  case RECORD_THREAD: return thread_holds(c, r);
  case RECORD_REGION: return region_holds(c, r);
  case RECORD_DESCRIPTOR: return descriptor_holds(c, r);
  case RECORD_SIGNAL_ACTION: return action_holds(c, r);
  case RECORD_TIMER: return is_of_process(c, ((const struct record_timer *)r)->pid);
  case RECORD_MOUNT: return mount_holds(c, r);
  case RECORD_SOCKET: return socket_holds(c, r);
  case RECORD_SOCKET_DEVICE: return socket_device_holds(c, r);
  case RECORD_CONSOLE_DEVICE: return console_device_holds(c, r);
  case RECORD_BLOCK_DEVICE:
    return take_normal(c, ((const struct record_block_device *)r)->queue_physical);
  default: return true;
  }
}

// At the end: each inode has as many names as it says. The root is named by nobody.
static bool links_hold(struct check *c, const struct record *head) {
  if (head->type != RECORD_INODE) return true;
  const struct record_inode *r = (const struct record_inode *)head;
  if (r->inode & INODE_ROMFS) return r->links == 1;
  u32 named = *set_value(&c->inodes, r->inode) & 0xffff;
  return r->links == named + (r->inode == c->manifest->root_inode);
}

static bool pass(struct check *c, bool (*look)(struct check *, const struct record *)) {
  struct books_reader reader;
  u32 n = 0;
  books_open(&reader, c->log->books_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL; n++) {
    if (look(c, head)) continue;
    print("record %u of the books, of type %u, does not hold", n, head->type);
    return false;
  }
  return true;
}

// Frames that no record may hand over: the log page, the ledger, and the books themselves.
static bool close_frames(struct check *c) {
  const struct log_page *log = c->log;
  for (u32 at = 0; c->scope == BOOKS_FIRST && at < log->ram_frames; at += PAGE_SIZE) {
    if (!take_normal(c, log->ledger_physical + at)) return false;
  }
  for (u32 physical = log->books_physical; physical;) {
    if (!take_normal(c, physical)) return false;
    physical = ((const struct books_frame *)linear(physical))->next_physical;
  }
  return take_normal(c, physical_of(log));
}

// In the books of a group there is nothing but what makes up processes.
static bool is_in_scope(struct check *c, const struct record *head) {
  if (c->scope == BOOKS_FIRST) return true;
  switch (head->type) {
  case RECORD_MANIFEST:
  case RECORD_INODE:
  case RECORD_PAGES:
  case RECORD_PROCESS:
  case RECORD_THREAD:
  case RECORD_REGION:
  case RECORD_SIGNAL_ACTION:
  case RECORD_TIMER: return true;
  default: return false;
  }
}

static bool is_owned(const struct check *c, u32 physical, u32 frames, u32 node) {
  const u8 *ledger = linear(c->log->ledger_physical);
  u32 first = frame_of_physical(physical);
  if (physical % PAGE_SIZE || physical < RAM_BASE || first >= c->log->normal_frames) return false;
  if (frames > c->log->normal_frames - first) return false;
  for (u32 f = first; f < first + frames; f++) {
    if (ledger[f] != node) return false;
  }
  return true;
}

// Mailboxes are where both sides may reach them, and of threads of those that come later.
static bool mailboxes_hold(struct check *c) {
  const struct log_page *log = c->log;
  u32 half = log->mailboxes * MAILBOX_FRAMES, first = log->mailboxes_physical;
  if (c->scope == BOOKS_GROUP || !log->mailboxes) return true;
  if (log->transfer_mode != TRANSFER_GROUPS || log->mailboxes > MAILBOXES_MAX) return false;
  if (!is_owned(c, first, half, log->offgoing_node) ||
      !is_owned(c, first + half * PAGE_SIZE, half, log->oncoming_node)) {
    return false;
  }
  for (u32 i = 0; i < log->mailboxes; i++) {
    const struct mailbox_request *m = mailbox_request(log, i);
    const u32 *state = set_value(&c->processes, (u32)m->pid);
    if (!state || *state != HANDOVER_ABSENT || m->tid <= 0) return false;
    if ((u32)m->tid >= c->manifest->next_pid || !set_add(&c->threads, (u32)m->tid, 1)) return false;
  }
  return true;
}

static bool check_all(struct check *c) {
  bool whole = pass(c, is_in_scope) && close_frames(c) && pass(c, collect) && pass(c, holds) &&
               pass(c, links_hold) && mailboxes_hold(c);
  if (!whole || !c->process || !process_is_whole(c)) return false;
  return c->scope == BOOKS_GROUP || has_inode(c, c->manifest->root_inode, S_IFDIR);
}

enum abort_reason check_references(const struct log_page *log,
                                   const struct record_manifest *manifest,
                                   const u32 counts[RECORD_TYPES], enum books_scope scope) {
  static struct check c; // one relief at a time; the stack is small
  memset(&c, 0, sizeof c);
  c.scope = scope;
  c.log = log;
  c.manifest = manifest;
  enum abort_reason reason = ABORT_MEMORY;
  if (set_make(&c.inodes, counts[RECORD_INODE]) &&
      set_make(&c.objects,
               counts[RECORD_PIPE] + counts[RECORD_SOCKET] + counts[RECORD_FILE]) &&
      set_make(&c.processes, counts[RECORD_PROCESS]) &&
      set_make(&c.threads, counts[RECORD_THREAD] + MIN(log->mailboxes, MAILBOXES_MAX)) &&
      words_make(&c.taken, (log->ram_frames + 31) / 32)) {
    reason = check_all(&c) ? ABORT_NONE : ABORT_RECORD;
  }
  words_free(&c.inodes.words);
  words_free(&c.objects.words);
  words_free(&c.processes.words);
  words_free(&c.threads.words);
  words_free(&c.taken);
  return reason;
}
