// Closed groups: processes that share memory move together. They share it through a mapping, or,
// since a fork, through pages that nobody has written to. Who maps a file that has a name shares it
// with everybody, and moves with the services. What processes share besides, files, pipes, sockets,
// is a service, and no reason to move together.
#include "larboard/groups.h"

#include "larboard/frame.h"
#include "larboard/gate.h"
#include "larboard/inode.h"
#include "shared/desk.h"
#include "shared/relief/forward.h"
#include "shared/relief/mailbox.h"
#include "shared/relief/relief.h"

// --- Forming groups. All under process_lock, with the gate shut.

static void join(struct process *a, s32 group) {
  s32 keep = MIN(a->moves_with, group), drop = MAX(a->moves_with, group);
  if (keep == drop) return;
  FOR_EACH_ALIVE(p) {
    if (p->moves_with == drop) p->moves_with = keep;
  }
}

// Calls `see` for each shared mapping of a file.
static void each_shared(void (*see)(struct process *, struct inode *)) {
  FOR_EACH_ALIVE(p) {
    for (u32 i = 0; i < p->space.regions; i++) {
      const struct region *r = &p->space.region[i];
      if (r->flags & REGION_SHARED) see(p, r->inode);
    }
  }
}

static struct inode *mapped; // the file whose mappings are being joined
static u32 mappings;         // of it, so far
static s32 mappers_group;

static void join_mapping(struct process *p, struct inode *i) {
  if (i != mapped) return;
  if (mappings++ == 0) mappers_group = p->moves_with;
  join(p, mappers_group);
  mappers_group = p->moves_with;
}

// A file that nothing but mappings holds is memory, and moves with who has it.
static void join_mappers(struct process *p, struct inode *i) {
  mapped = i;
  mappings = 0;
  each_shared(join_mapping);
  if (i->links || i->holds != mappings) join(p, 0);
}

#define PAIRS (PAGE_SIZE / 8)
struct pairs { // frames that several processes have, each with one of them
  u32 count;
  struct pair { u32 frame; struct process *p; } *pair;
};

static void join_by_frame(struct pairs *pairs, struct process *p, u32 frame) {
  for (u32 i = 0; i < pairs->count; i++) {
    if (pairs->pair[i].frame != frame) continue;
    join(p, pairs->pair[i].p->moves_with);
    return;
  }
  if (pairs->count == PAIRS) join(p, 0); // more than can be remembered
  else pairs->pair[pairs->count++] = (struct pair){frame, p};
}

static bool is_file_page(const struct process *p, u32 address, u32 frame) {
  const struct region *r = space_find((struct space *)&p->space, address);
  if (!r || !r->inode) return false;
  if (r->flags & REGION_SHARED) return true;
  return inode_page(r->inode, r->file_page + ((address - r->start) >> PAGE_SHIFT)) == frame;
}

// The page that all programs have alike, and none writes, is no reason to move together. False: no
// memory for one of its own.
static bool part_trampoline(struct process *p) {
  const pte_t *entry = space_entry(p->space.root, USER_TRAMPOLINE, false);
  if (!entry || !(*entry & PTE_V) || frame_references(pte_physical(*entry)) == 1) return true;
  return space_own_page(&p->space, USER_TRAMPOLINE);
}

static void join_by_pages(struct process *p, struct pairs *pairs) {
  const pte_t *root = linear(p->space.root);
  for (u32 i = table_next(root, 0); i < USER_END >> 22; i = table_next(root, i + 1)) {
    const pte_t *table = linear(pte_physical(root[i]));
    for (u32 j = table_next(table, 0); j < 1024; j = table_next(table, j + 1)) {
      u32 frame = pte_physical(table[j]), address = i << 22 | j << PAGE_SHIFT;
      if (frame_references(frame) > 1 && !is_file_page(p, address, frame)) {
        join_by_frame(pairs, p, frame);
      }
    }
  }
}

// False: no memory to find out.
static bool join_all(void) {
  u32 frame = frame_take(ZONE_NORMAL);
  bool enough = true;
  if (!frame) return false;
  struct pairs pairs = {0, linear(frame)};
  each_shared(join_mappers);
  FOR_EACH_ALIVE(p) {
    lock(&p->space.lock);
    enough = part_trampoline(p) && enough;
    join_by_pages(p, &pairs);
    unlock(&p->space.lock);
  }
  frame_release(frame);
  return enough;
}

static void mark_apart(struct process *p, struct inode *i) { i->apart = p->apart; }

static void form_groups(void) {
  FOR_EACH_ALIVE(p) p->moves_with = p->pid;
  bool known = join_all();
  FOR_EACH_ALIVE(p) {
    if (!known) p->moves_with = 0; // all at once
    p->apart = p->moves_with != 0;
  }
  each_shared(mark_apart);
}

// --- Freezing. process_lock.

static void nudge_all(const struct process *p) {
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) thread_nudge(t, SLEEP_KILLABLE);
}

// Whether a service is in use, or is about to be: by who ends.
static bool services_are_used(void) {
  for (u32 i = 0; i < threads_end; i++) {
    const struct thread *t = &threads[i];
    if (gate_is_inside(t)) return true;
    if (t->process && t->state > THREAD_EMBRYO && t->state != ENDED && thread_must_end(t)) {
      return true;
    }
  }
  return false;
}

static bool moves_first(const struct process *p) { return !p->apart; }
static bool moves_now(const struct process *p) { return p->moving; }

static bool stand(bool (*moves)(const struct process *)) {
  FOR_EACH_ALIVE(p) {
    if (moves(p) && !process_is_frozen(p)) return false;
  }
  return true;
}

// Brings those that move to their boundary.
static void freeze(bool (*moves)(const struct process *)) {
  FOR_EACH_ALIVE(p) {
    if (!moves(p)) continue;
    p->freezing = true;
    nudge_all(p);
  }
  while (!stand(moves)) sleep_firmly(&process_freezing, &process_lock);
}

u32 groups_freeze_first(void) {
  u32 count = 0;
  lock(&process_lock);
  gate_set(GATE_SHUT);
  for (u32 i = 0; i < threads_end; i++) {
    if (gate_is_inside(&threads[i])) thread_nudge(&threads[i], SLEEP_KILLABLE);
  }
  while (services_are_used()) sleep_firmly(&process_freezing, &process_lock);
  form_groups();
  freeze(moves_first);
  FOR_EACH_ALIVE(p) count += p->apart ? p->threads : 0;
  unlock(&process_lock);
  return count;
}

void groups_end(void) {
  FOR_EACH_ALIVE(p) p->apart = p->moving = p->freezing = false;
  for (u32 slot = 0; slot < INODES_MAX; slot++) inode_at(slot)->apart = false;
  for (u32 i = 0; i < threads_end; i++) threads[i].mailbox = NO_MAILBOX;
  gate_set(GATE_OPEN);
}

void relief_assign_mailboxes(struct log_page *log) {
  u32 next = 0;
  lock(&process_lock);
  FOR_EACH_ALIVE(p) {
    u32 at = 0;
    if (!p->apart) continue;
    for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
      struct mailbox_request *m = mailbox_request(log, next);
      m->pid = p->pid;
      m->tid = t->tid;
      t->mailbox = next++;
    }
  }
  unlock(&process_lock);
}

void relief_forward_services(void) {
  lock(&process_lock);
  gate_set(GATE_FORWARD);
  unlock(&process_lock);
}

// --- One group after the other.

// How urgent it is that p moves: nothing lives on without init; some wait for that, others do not;
// and who asked for the relief goes last.
enum urgency { LAST, NOT_URGENT, AWAITED, FIRST };
static enum urgency urgency_of(const struct process *p) {
  enum urgency urgency = p->pid == 1 ? FIRST : NOT_URGENT;
  u32 at = 0;
  for (struct thread *t; (t = thread_next(p, &at)) != NULL;) {
    if (t->in_kexec) return LAST;
    if (t->held || forward_is_wanted(t->mailbox)) urgency = MAX(urgency, AWAITED);
  }
  return urgency;
}

static const struct process *choose_next(void) {
  const struct process *next = NULL;
  FOR_EACH_ALIVE(p) {
    if (p->apart && (!next || urgency_of(p) > urgency_of(next))) next = p;
  }
  return next;
}

static void mark_moving(struct process *p, struct inode *i) {
  if (p->moving) i->moving = i->apart;
}

u32 relief_freeze_group(void) {
  u32 count = 0;
  lock(&process_lock);
  const struct process *next = choose_next();
  if (next) {
    FOR_EACH_ALIVE(p) p->moving = p->apart && p->moves_with == next->moves_with;
    freeze(moves_now);
    each_shared(mark_moving);
    FOR_EACH_ALIVE(p) count += p->moving;
  }
  unlock(&process_lock);
  return count;
}

static void end_group(bool gone) {
  for (u32 slot = 0; slot < INODES_MAX; slot++) inode_at(slot)->moving = false;
  FOR_EACH_ALIVE(p) {
    if (!p->moving) continue;
    p->moving = false;
    if (gone) p->apart = false; // it stays frozen
    else process_thaw(p);
  }
}

bool relief_has_further_groups(void) {
  bool any = false;
  lock(&process_lock);
  FOR_EACH_ALIVE(p) any = any || (p->apart && !p->moving);
  unlock(&process_lock);
  return any;
}

void relief_thaw_group(void) {
  lock(&process_lock);
  end_group(false);
  unlock(&process_lock);
}

void relief_leave_group(void) {
  lock(&process_lock);
  end_group(true);
  unlock(&process_lock);
}
