// larboard's hooks of the relief protocol (shared/relief/relief.h), both sides.
#include "shared/relief/relief.h"

#include "larboard/cpu.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/groups.h"
#include "larboard/hvc.h"
#include "larboard/process.h"
#include "larboard/romfs.h"
#include "larboard/socket.h"
#include "larboard/system.h"
#include "larboard/takeover.h"
#include "larboard/virtio.h"
#include "shared/desk.h"
#include "shared/string.h"

static u32 add_need(struct handover_need *table, u32 length, u32 n, u32 kind, const char *name) {
  if (n == length) return n;
  memset(&table[n], 0, sizeof table[n]);
  table[n].kind = (u16)kind;
  string_copy(table[n].name, name, sizeof table[n].name);
  return n + 1;
}

u32 relief_qualifications(struct handover_need *table, u32 length) {
  static const char *const drivers[] = {"ns16550a", "plic", "virtio-blk", "virtio-vsock",
                                        "virtio-console"};
  u32 n = 0;
  if (system_has_driver("tmpfs")) n = add_need(table, length, n, NEED_FILE_SYSTEM, "tmpfs");
  if (system_has_driver("romfs")) n = add_need(table, length, n, NEED_FILE_SYSTEM, "romfs");
  for (u32 i = 0; i < ARRAY_LENGTH(drivers); i++) {
    if (system_has_driver(drivers[i])) n = add_need(table, length, n, NEED_DRIVER, drivers[i]);
  }
  return n;
}

u32 relief_needs(struct handover_need *table, u32 length) {
  u32 n = add_need(table, length, 0, NEED_FILE_SYSTEM, "tmpfs");
  if (romfs_is_mounted()) n = add_need(table, length, n, NEED_FILE_SYSTEM, "romfs");
  n = add_need(table, length, n, NEED_DRIVER, "ns16550a");
  n = add_need(table, length, n, NEED_DRIVER, "plic");
  if (block_is_present()) n = add_need(table, length, n, NEED_DRIVER, "virtio-blk");
  if (vsock_is_present()) n = add_need(table, length, n, NEED_DRIVER, "virtio-vsock");
  if (hvc_is_present()) n = add_need(table, length, n, NEED_DRIVER, "virtio-console");
  return n;
}

void relief_configuration(struct log_page *log) {
  log->offgoing_node = frame_table.node;
  log->oncoming_node = frame_table.node ^ 1; // nodes 2 and 3 take turns
  log->ram_frames = frame_table.frames;
  log->normal_frames = frame_table.normal;
  log->ledger_physical = physical_of(frame_table.ledger);
  log->device_tree_physical = system.device_tree;
  log->device_tree_bytes = system.device_tree_bytes;
  log->offgoing_hart = this_cpu()->hart;
  log->harts = harts;
  log->processes = process_count();
  log->threads = thread_count();
}

s32 relief_halt_cpu(void) { return cpu_halt_one(); }

void relief_take_back_cpu(u32 hart) {
  if (!cpu_start(hart)) print("hart %u cannot be taken back", hart);
}

u32 relief_take_frames(u32 count, u32 *largest) { return frame_take_run(count, largest); }

void relief_return_frames(u32 physical, u32 count) {
  for (u32 i = 0; i < count; i++) frame_release(physical + (i << PAGE_SHIFT));
}

static u32 given; // frames of our allocator that the ledger gives to the relief

void relief_give_frames(u32 physical, u32 count, u32 node) {
  frame_give(physical, count, node);
  given += node == frame_table.node ? -count : count;
}

u32 relief_take_any_frame(void) { return frame_take(ZONE_HIGHMEM); }

// What is not the kernel's own: little of that is left in the first number.
void relief_memory_in_use(u32 *to_copy, u32 *tables) {
  u32 image = (system.image_end - system.image_start) >> PAGE_SHIFT;
  *tables = 0;
  FOR_EACH_ALIVE(p) *tables += space_tables(&p->space);
  *to_copy = frames_used() - image - given - *tables -
             thread_count() * (KERNEL_STACK_SIZE / PAGE_SIZE);
}

u32 relief_most_regions(void) {
  u32 most = 0;
  for (u32 i = 0; i < PROCESSES_MAX; i++) {
    if (processes[i].state == PROCESS_ALIVE) most = MAX(most, processes[i].space.regions);
  }
  return most;
}

u32 relief_books_frame(void) { return frame_take(ZONE_NORMAL); }

static void describe_processes(void) {
  FOR_EACH_ALIVE(p) {
    desk_text(MARK_PROCESS_NAME, (u32)p->pid, p->name);
    desk_value(MARK_PROCESS_DESCRIPTORS, (u32)p->pid, descriptors_used(p));
  }
}

u32 relief_freeze(bool groups) {
  u32 later = 0;
  if (groups) later = groups_freeze_first();
  else process_freeze_all();
  trap_disable_devices();
  vsock_quiesce();
  hvc_quiesce();
  describe_processes();
  return later;
}

void relief_thaw(enum abort_reason reason) {
  kexec_tell_frozen_caller(reason);
  trap_enable_devices();
  vsock_resume();
  hvc_resume();
  lock(&process_lock);
  groups_end();
  unlock(&process_lock);
  process_thaw_all();
}

void relief_restore_spaces(void) {
  FOR_EACH_ALIVE(p) space_use_kernel_half(p->space.root);
}

void relief_yield(void) { thread_yield(); }

static struct spinlock bell_lock;
static bool bell_rung; // bell_lock

void relief_wait(u64 deadline) {
  lock(&bell_lock);
  if (!bell_rung) sleep_until(&bell_rung, &bell_lock, deadline);
  bell_rung = false;
  unlock(&bell_lock);
}

void relief_wake(void) {
  lock(&bell_lock);
  bell_rung = true;
  unlock(&bell_lock);
  wake(&bell_rung);
}

void relief_stand_down(void) {
  cpu_stop_others();
  cpu_stop_this();
}

// --- On-coming.

void relief_assimilate_cpu(u32 hart) {
  if (!cpu_start(hart)) {
    print("hart %u cannot be assimilated", hart);
    return;
  }
  while (!__atomic_load_n(&cpus[hart]->open, __ATOMIC_ACQUIRE)) {
  }
}

void relief_open_watch(void) {
  this_cpu()->open = harts == 1; // this CPU opens when it has taken over the frames
  cpu_enable_devices(this_cpu()->hart, true);
  virtio_mark_all(MARK_DEVICE_OWNED);
  vsock_resume();
  hvc_resume();
  process_thaw_all();
}

// The same while groups are still to come: this is the only CPU, and takes processes.
void relief_open_services(void) {
  relief_open_watch();
  this_cpu()->open = 1;
}

void relief_complete(void) { kexec_begin(); }

void relief_add_frame(u32 physical) {
  u32 frame = frame_of_physical(physical);
  if (frame_table.ledger[frame] == frame_table.node) frame_free_range(frame, frame + 1);
}

static void (*transfer)(void);

static void transfer_thread(void) {
  unlock(&process_lock);
  transfer();
  lock(&process_lock);
  this_thread()->state = ENDED;
  thread_switch();
}

void relief_start_thread(void (*body)(void)) {
  transfer = body;
  thread_start_kernel(transfer_thread, "transfer");
}

u32 relief_take_over_frames(u32 offgoing_node, u32 *doubly) {
  takeover_end();
  u32 unowned = frame_take_over(offgoing_node, doubly);
  this_cpu()->open = 1;
  return unowned;
}
