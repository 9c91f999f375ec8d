// Closed groups. Memory is what holds a group together: what several processes map shared, and
// pages that they have had in common since a fork. Memory that is a file everybody can open belongs
// to all, so who maps one shared moves with the services. Groups are sets with a number, that of
// one of their processes, or 0 for those that move first; joining two renumbers one of them.
#include "moving.h"

#include "freeze.h"
#include "gate.h"
#include "page_table.h"
#include "scheduler.h"
#include "shared/relief/forward.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"

// --- Forming groups, with table.lock held and the gate shut

static void join(const struct process *p, s32 number) {
  s32 low = MIN(p->moves_with, number), high = MAX(p->moves_with, number);
  FOR_EACH_PROCESS(other) {
    if (other->moves_with == high) other->moves_with = low;
  }
}

// Joins those that map this file shared. How many mappings there are.
static u32 join_mappers(const struct inode *inode) {
  struct process *first = NULL;
  u32 mappings = 0;
  FOR_EACH_PROCESS(p) {
    if (p->zombie) continue;
    LIST_FOR_EACH(r, &p->vm->regions, struct region, link) {
      if (r->inode != inode || !(r->flags & REGION_SHARED)) continue;
      if (mappings++ == 0) first = p;
      join(p, first->moves_with);
    }
  }
  return mappings;
}

static void join_by_mappings(struct process *p) {
  LIST_FOR_EACH(r, &p->vm->regions, struct region, link) {
    if (!(r->flags & REGION_SHARED)) continue;
    u32 mappings = join_mappers(r->inode);
    if (r->inode->links || r->inode->references != mappings) join(p, 0); // not only memory
  }
}

// A frame that several spaces have, with the process that was seen first: in a hash on a few
// frames of its own.
#define SEEN_ORDER 2
#define SEEN_MAX ((PAGE_SIZE << SEEN_ORDER) / sizeof(struct seen))
struct seen { u32 frame_and_one; struct process *p; };
struct sharing {
  struct seen *seen;
  u32 count;
  struct process *p; // whose pages are looked at
  bool out_of_memory;
};

static void join_by_frame(struct sharing *s, u32 frame) {
  u32 at = frame * 2654435761u % SEEN_MAX;
  while (s->seen[at].frame_and_one && s->seen[at].frame_and_one != frame + 1) {
    at = (at + 1) % SEEN_MAX;
  }
  if (s->seen[at].frame_and_one) {
    join(s->p, s->seen[at].p->moves_with);
  } else if (s->count < SEEN_MAX / 2) {
    s->seen[at] = (struct seen){frame + 1, s->p};
    s->count++;
  } else {
    join(s->p, 0); // more than can be remembered
  }
}

// The page that all programs have alike, and none writes: each gets its own.
static void part_trampoline(struct sharing *s, pte_t *entry, u32 old) {
  u32 frame = frame_allocate_user();
  if (frame == NO_FRAME) {
    s->out_of_memory = true;
    return;
  }
  frame_copy(frame, old);
  *entry = pte_of(frame_physical(frame), *entry & 0x3ff);
  vm_shoot_down(s->p->vm);
  frame_put(old);
}

static void look_at_page(void *context, u32 address, pte_t *entry, u32 frame, u32 depth) {
  struct sharing *s = context;
  if (depth || frame_references(frame) == 1) return;
  const struct region *r = vm_region(s->p->vm, address);
  if (!r) return;
  if (r->start == USER_TRAMPOLINE) part_trampoline(s, entry, frame);
  else if (!r->inode) join_by_frame(s, frame);
  else if (!(r->flags & REGION_SHARED)) {
    u32 cached = radix_find(&r->inode->pages, r->file_page + (address - r->start) / PAGE_SIZE);
    if (cached != frame) join_by_frame(s, frame); // no page of the file any more
  }
}

// False: there is no memory to find out.
static bool join_all(void) {
  u32 frames = frame_allocate(ZONE_NORMAL, SEEN_ORDER);
  if (frames == NO_FRAME) return false;
  struct sharing s = {.seen = frame_linear(frames)};
  memset(s.seen, 0, PAGE_SIZE << SEEN_ORDER);
  FOR_EACH_PROCESS(p) {
    if (p->zombie) continue;
    join_by_mappings(p);
    s.p = p;
    lock(&p->vm->lock);
    vm_visit(p->vm->root, look_at_page, &s);
    unlock(&p->vm->lock);
  }
  frame_put(frames);
  return !s.out_of_memory;
}

static void mark_apart(struct process *p) {
  p->apart = true;
  LIST_FOR_EACH(r, &p->vm->regions, struct region, link) {
    if (r->flags & REGION_SHARED) r->inode->apart = true;
  }
}

static void form_groups(void) {
  FOR_EACH_PROCESS(p) p->moves_with = p->pid;
  bool known = join_all();
  FOR_EACH_PROCESS(p) {
    p->apart = false;
    if (known && !p->zombie && p->moves_with != 0) mark_apart(p);
  }
}

// --- Freezing

static bool services_are_idle(void) {
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      if (gate_is_inside(t) || thread_has_to_die(t)) return false;
    }
  }
  return true;
}

static bool moves_first(const struct process *p) { return !p->apart; }
static bool moves_now(const struct process *p) { return p->moving; }

static void freeze(bool (*moves)(const struct process *)) {
  FOR_EACH_PROCESS(p) {
    if (p->zombie || !moves(p)) continue;
    itimer_pause(p);
    freeze_process(p);
  }
  FOR_EACH_PROCESS(p) {
    if (!p->zombie && moves(p)) freeze_await(p);
  }
}

u32 moving_begin(void) {
  u32 threads = 0;
  lock(&process_table.lock);
  gate_set(GATE_SHUT);
  FOR_EACH_PROCESS(p) {
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      if (gate_is_inside(t)) scheduler_interrupt(t);
    }
  }
  while (!services_are_idle()) freeze_wait();
  form_groups();
  freeze(moves_first);
  FOR_EACH_PROCESS(p) threads += p->apart ? p->thread_count : 0;
  unlock(&process_table.lock);
  return threads;
}

void moving_end(void) {
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    p->apart = p->moving = false;
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) t->mailbox = NO_MAILBOX;
    if (!p->zombie) itimer_resume(p);
  }
  LIST_FOR_EACH(inode, &all_inodes, struct inode, in_all) inode->apart = false;
  gate_set(GATE_OPEN);
  unlock(&process_table.lock);
}

void relief_assign_mailboxes(struct log_page *log) {
  u32 next = 0;
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (!p->apart) continue;
    LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
      struct mailbox_request *m = mailbox_request(log, next);
      m->pid = p->pid;
      m->tid = t->tid;
      t->mailbox = next++;
    }
  }
  unlock(&process_table.lock);
}

void relief_forward_services(void) {
  lock(&process_table.lock);
  gate_set(GATE_FORWARDS);
  unlock(&process_table.lock);
}

// --- One after the other

enum { ASKED_FOR_RELIEF, LIKE_OTHERS, WAITS_FOR_MOVE, INIT }; // without init nothing lives on

static u32 urgency_of(const struct process *p) {
  u32 urgency = p == init_process ? INIT : LIKE_OTHERS;
  LIST_FOR_EACH(t, &p->threads, struct thread, in_process) {
    if (t->relieving) return ASKED_FOR_RELIEF;
    bool waits = t->held || forward_is_wanted(t->mailbox);
    if (waits && urgency == LIKE_OTHERS) urgency = WAITS_FOR_MOVE;
  }
  return urgency;
}

// The memory that is shared only within its group.
static void mark_memory(struct process *p, bool moving) {
  LIST_FOR_EACH(r, &p->vm->regions, struct region, link) {
    if ((r->flags & REGION_SHARED) && r->inode->apart) r->inode->moving = moving;
  }
}

static const struct process *choose_next(void) {
  const struct process *next = NULL;
  FOR_EACH_PROCESS(p) {
    if (p->apart && (!next || urgency_of(p) > urgency_of(next))) next = p;
  }
  return next;
}

u32 relief_freeze_group(void) {
  u32 count = 0;
  lock(&process_table.lock);
  const struct process *next = choose_next();
  FOR_EACH_PROCESS(p) {
    p->moving = next && p->apart && p->moves_with == next->moves_with;
    count += p->moving;
  }
  freeze(moves_now);
  FOR_EACH_PROCESS(p) {
    if (p->moving) mark_memory(p, true);
  }
  unlock(&process_table.lock);
  return count;
}

bool relief_has_further_groups(void) {
  bool any = false;
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) any = any || (p->apart && !p->moving);
  unlock(&process_table.lock);
  return any;
}

void relief_thaw_group(void) {
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (p->moving) thaw_expect(p);
  }
  FOR_EACH_PROCESS(p) {
    if (!p->moving) continue;
    mark_memory(p, false);
    p->moving = false;
    itimer_resume(p);
    thaw_process(p);
  }
  unlock(&process_table.lock);
}

void relief_leave_group(void) {
  lock(&process_table.lock);
  FOR_EACH_PROCESS(p) {
    if (!p->moving) continue;
    mark_memory(p, false);
    p->moving = p->apart = false; // and it stays frozen
  }
  unlock(&process_table.lock);
}
