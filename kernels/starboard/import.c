// Taking over from the books. relief_can_import reads all records, refuses what this kernel cannot
// hold, and sees that the memory for it is there; nothing else allocates until relief_import, which
// builds the objects and therefore cannot fail. Page tables are architectural: they are adopted as
// they stand, and only the kernel half of each root is replaced.
#include "console.h"
#include "page_table.h"
#include "process.h"
#include "scheduler.h"
#include "shared/relief/relief.h"
#include "virtio_block.h"

#define SPARE_FRAMES 48 // partly filled slabs, page tables of the first minute, the relief thread
#define RADIX_NODES 6   // at most for a group of pages beyond a file's first: path and growth
#define REGION_FLAGS (REGION_STACK | REGION_HEAP)

// --- Checking

struct checking {
  const struct log_page *log;
  u32 bytes, frames; // what import will take
  u32 descriptors;   // most in the process that is being read
};

static bool frame_is_offered(const struct log_page *log, u32 physical, u32 limit) {
  u32 frame = frame_of_physical(physical);
  return physical % PAGE_SIZE == 0 && physical >= RAM_BASE && frame < limit &&
         ledger[frame] == log->offgoing_node;
}

static bool check_pages(const struct checking *c, const struct record_pages *r) {
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (r->physical[i] && !frame_is_offered(c->log, r->physical[i], ram_frames)) return false;
  }
  return r->first % HANDOVER_PAGES == 0 && r->first < FILE_BYTES_MAX / PAGE_SIZE;
}

static void finish_descriptors(struct checking *c) {
  u32 length = 16;
  while (length < c->descriptors) length *= 2;
  c->bytes += heap_block_bytes(length * sizeof(struct descriptor));
  c->descriptors = 0;
}

static bool check_process(struct checking *c, const struct record_process *r) {
  finish_descriptors(c);
  c->bytes += heap_block_bytes(sizeof(struct process));
  if (r->state == HANDOVER_ZOMBIE) return r->pid > 0;
  c->frames += KERNEL_STACK_SIZE / PAGE_SIZE;
  return r->pid > 0 && r->state == HANDOVER_ALIVE && r->restart <= RESTART_WRITE &&
         frame_is_offered(c->log, r->root_physical, normal_frames);
}

static bool check_console(const struct record_console *r) {
  return r->complete <= r->used && r->used <= sizeof r->bytes && r->irq < PLIC_SOURCES;
}

static bool check_record(struct checking *c, const struct record *head) {
  const void *r = head;
  u32 nodes;
  switch (head->type) {
    case RECORD_INODE: c->bytes += heap_block_bytes(sizeof(struct inode)); return true;
    case RECORD_ENTRY: c->bytes += heap_block_bytes(sizeof(struct entry)); return true;
    case RECORD_FILE: c->bytes += heap_block_bytes(sizeof(struct file)); return true;
    case RECORD_PIPE:
      c->bytes += heap_block_bytes(sizeof(struct pipe));
      return frame_is_offered(c->log, ((const struct record_pipe *)r)->frame_physical,
                              normal_frames);
    case RECORD_PAGES:
      nodes = ((const struct record_pages *)r)->first ? RADIX_NODES : 1;
      c->bytes += nodes * heap_block_bytes(radix_node_bytes());
      return check_pages(c, r);
    case RECORD_PROCESS: return check_process(c, r);
    case RECORD_REGION:
      c->bytes += heap_block_bytes(sizeof(struct region));
      return !(((const struct record_region *)r)->flags & ~(u32)REGION_FLAGS);
    case RECORD_DESCRIPTOR:
      c->descriptors = MAX(c->descriptors, ((const struct record_descriptor *)r)->descriptor + 1);
      return c->descriptors <= 65536;
    case RECORD_CONSOLE: return check_console(r);
    case RECORD_BLOCK_DEVICE:
      return frame_is_offered(c->log, ((const struct record_block_device *)r)->queue_physical,
                              normal_frames);
    default: return true;
  }
}

bool relief_can_import(const struct log_page *log, const u32 counts[RECORD_TYPES]) {
  (void)counts;
  struct checking c = {log, 0, SPARE_FRAMES, 0};
  struct books_reader reader;
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) {
    if (!check_record(&c, r)) return false;
  }
  finish_descriptors(&c);
  c.bytes += log->harts * cpu_bytes();
  return c.frames + c.bytes / PAGE_SIZE + 1 <= frames_free(ZONE_NORMAL);
}

// --- Importing

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
}

static void import_entry(const struct record_entry *r) {
  struct inode *inode = inode_numbered(r->inode);
  if (!entry_add(inode_numbered(r->directory), r->name, inode)) panic("import: no memory");
}

static void import_pages(const struct record_pages *r) {
  struct inode *inode = inode_numbered(r->inode);
  for (u32 i = 0; i < HANDOVER_PAGES; i++) {
    if (!r->physical[i]) continue;
    u32 frame = frame_of_physical(r->physical[i]);
    frame_adopt(frame);
    if (!radix_add(&inode->pages, r->first + i, frame)) panic("import: no memory for pages");
  }
}

static void import_pipe(const struct record_pipe *r) {
  frame_adopt(frame_of_physical(r->frame_physical));
  struct pipe *pipe = found(pipe_make(r->id, frame_of_physical(r->frame_physical)),
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
  struct pipe *pipe = inode ? NULL : pipe_numbered(r->object);
  if (inode) inode_get(inode);
  struct file *file = found(file_make_numbered(r->id, r->kind, r->flags, inode, pipe),
                            "memory for file", r->id);
  file->flags = r->flags;
  file->position = words_u64(r->position);
  file->references = 0;
}

static void adopt_visited(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  (void)address, (void)entry;
  frame_adopt(frame);
  if (depth == 0) ++*(u32 *)context;
}

static void import_alive(struct process *p, const struct record_process *r) {
  p->vm.root = frame_of_physical(r->root_physical);
  vm_visit(p->vm.root, adopt_visited, &p->vm.frames);
  vm_use_kernel_half(p->vm.root);
  list_init(&p->vm.regions);
  p->vm.heap_start = r->heap_start;
  p->vm.heap_end = r->heap_end;
  p->has_memory = true;
  memcpy(p->frame->x, r->registers, sizeof p->frame->x);
  p->restart = r->restart;
  p->restart_done = r->restart_done;
  p->signals[0] = r->signals[0];
  p->signals[1] = r->signals[1];
  p->directory = inode_numbered(r->working_directory);
  inode_get(p->directory);
  p->state = STATE_FROZEN;
  p->at_boundary = true;
  desk_value(MARK_PROCESS_FRAMES, (u32)p->pid, p->vm.frames);
}

static struct process *import_process(const struct record_process *r) {
  struct process *p = found(process_make(""), "memory for process", (u32)r->pid);
  memcpy(p->name, r->name, sizeof p->name);
  process_enter(p, r->pid, NULL);
  p->user_ticks = words_u64(r->user_ticks);
  p->wait_status = r->wait_status;
  if (r->pid == 1) init_process = p;
  if (r->state == HANDOVER_ALIVE) {
    import_alive(p, r);
    return p;
  }
  p->zombie = true;
  process_table.zombies++;
  p->state = STATE_DEAD;
  frame_put(p->stack);
  p->stack = NO_FRAME;
  return p;
}

static void import_region(struct process *p, const struct record_region *r) {
  struct inode *inode = r->inode ? inode_numbered(r->inode) : NULL;
  if (vm_add(&p->vm, r->start, r->end, r->protection, r->flags, inode, r->file_page,
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

// `p` is the process whose records are being read.
static struct process *import_record(const struct record *head, struct process *p) {
  const void *r = head;
  switch (head->type) {
    case RECORD_INODE: import_inode(r); break;
    case RECORD_ENTRY: import_entry(r); break;
    case RECORD_PAGES: import_pages(r); break;
    case RECORD_PIPE: import_pipe(r); break;
    case RECORD_FILE: import_file(r); break;
    case RECORD_PROCESS: return import_process(r);
    case RECORD_REGION: import_region(p, r); break;
    case RECORD_DESCRIPTOR: import_descriptor(p, r); break;
    case RECORD_TIMER: p->restart_deadline = words_u64(((const struct record_timer *)r)->deadline);
      break;
    case RECORD_CONSOLE: console_adopt(r); break;
    case RECORD_BLOCK_DEVICE: import_disk(r); break;
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
  books_open(&reader, log->books_physical);
  for (const struct record *r; (r = books_next(&reader)) != NULL;) p = import_record(r, p);
  join_families(log);
  adopt_ledger(log);
  process_table.next_pid = (s32)m->next_pid;
  next_inode = m->next_inode;
  next_id = m->next_id;
  root_inode = inode_numbered(m->root_inode);
  root_inode->parent = root_inode;
}
