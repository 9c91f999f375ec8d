// The hooks of shared/relief/relief.h that are neither books nor import: what this kernel has and
// needs, CPUs and frames that change hands, and the relief thread's way of waiting.
#include "boot.h"
#include "console.h"
#include "freeze.h"
#include "inherit.h"
#include "interrupt.h"
#include "kexec.h"
#include "moving.h"
#include "romfs.h"
#include "scheduler.h"
#include "shared/relief/relief.h"
#include "virtio_block.h"
#include "virtio_console.h"
#include "virtio_socket.h"

static u32 add_need(struct handover_need *table, u32 length, u32 n, u32 kind, const char *name) {
  if (n == length) return n;
  memset(&table[n], 0, sizeof table[n]);
  table[n].kind = (u16)kind;
  string_copy(table[n].name, name, sizeof table[n].name);
  return n + 1;
}

u32 relief_qualifications(struct handover_need *table, u32 length) {
  static const char *const drivers[] = {DRIVER_UART, DRIVER_PLIC, DRIVER_DISK, DRIVER_SOCKET,
                                        DRIVER_HVC};
  static const char *const file_systems[] = {FILE_SYSTEM, DISK_FILE_SYSTEM};
  u32 n = 0;
  for (u32 i = 0; i < ARRAY_LENGTH(file_systems); i++) {
    if (!has_driver(file_systems[i])) continue;
    n = add_need(table, length, n, NEED_FILE_SYSTEM, file_systems[i]);
  }
  for (u32 i = 0; i < ARRAY_LENGTH(drivers); i++) {
    if (has_driver(drivers[i])) n = add_need(table, length, n, NEED_DRIVER, drivers[i]);
  }
  return n;
}

u32 relief_needs(struct handover_need *table, u32 length) {
  u32 n = add_need(table, length, 0, NEED_FILE_SYSTEM, FILE_SYSTEM);
  if (is_mounted()) n = add_need(table, length, n, NEED_FILE_SYSTEM, DISK_FILE_SYSTEM);
  n = add_need(table, length, n, NEED_DRIVER, DRIVER_UART);
  n = add_need(table, length, n, NEED_DRIVER, DRIVER_PLIC);
  if (disk_is_present()) n = add_need(table, length, n, NEED_DRIVER, DRIVER_DISK);
  if (vsock_is_present()) n = add_need(table, length, n, NEED_DRIVER, DRIVER_SOCKET);
  return hvc_is_present() ? add_need(table, length, n, NEED_DRIVER, DRIVER_HVC) : n;
}

void relief_configuration(struct log_page *log) {
  log->offgoing_node = own_node;
  log->oncoming_node = own_node ^ 1; // nodes 2 and 3 take turns
  log->ram_frames = ram_frames;
  log->normal_frames = normal_frames;
  log->ledger_physical = physical_of(ledger);
  log->device_tree_physical = machine.tree_physical;
  log->device_tree_bytes = machine.tree_bytes;
  log->offgoing_hart = cpu_number();
  log->harts = harts;
  log->processes = process_table.count;
  log->threads = process_table.threads;
}

// --- CPUs

s32 relief_halt_cpu(void) {
  for (u32 hart = harts; hart-- > 0;) {
    if (!cpus[hart] || !cpus[hart]->run.open || hart == cpu_number()) continue;
    cpu_halt(cpus[hart]);
    return (s32)hart;
  }
  return -1;
}

void relief_take_back_cpu(u32 hart) { cpu_start_hart(hart); }

void relief_stand_down(void) {
  cpus_stop_others();
  cpu_stop();
}

void relief_assimilate_cpu(u32 hart) {
  if (!cpu_start_hart(hart)) panic("no memory for cpu %u", hart); // was reserved
}

// --- Frames

u32 relief_take_frames(u32 count, u32 *largest) {
  u32 first = frames_take_range(count, largest);
  return first == NO_FRAME ? 0 : frame_physical(first);
}

void relief_return_frames(u32 physical, u32 count) {
  u32 first = frame_of_physical(physical);
  for (u32 i = 0; i < count; i++) frame_put(first + i);
}

static u32 lent; // frames in use here that the ledger gives to the relief

void relief_give_frames(u32 physical, u32 count, u32 node) {
  lent += node == own_node ? -count : count;
  memset(ledger + frame_of_physical(physical), (int)node, count);
}

u32 relief_most_regions(void) {
  u32 most = 0;
  lock(&process_table.lock);
  LIST_FOR_EACH(p, &process_table.all, struct process, in_table) {
    u32 regions = 0;
    if (p->zombie) continue;
    LIST_FOR_EACH(r, &p->vm->regions, struct region, link) regions += r->end > r->start;
    most = MAX(most, regions);
  }
  unlock(&process_table.lock);
  return most;
}

u32 relief_books_frame(void) {
  u32 frame = frame_allocate(ZONE_NORMAL, 0);
  return frame == NO_FRAME ? 0 : frame_physical(frame);
}

u32 relief_take_over_frames(u32 offgoing_node, u32 *doubly) {
  inherit_end();
  return frames_take_over(offgoing_node, doubly);
}

u32 relief_take_any_frame(void) {
  u32 frame = frame_allocate_user();
  return frame == NO_FRAME ? 0 : frame_physical(frame);
}

// What is not the kernel's own; the heap and the books are still in the first number.
void relief_memory_in_use(u32 *to_copy, u32 *tables) {
  u32 total = frames_total(ZONE_NORMAL) + frames_total(ZONE_HIGHMEM);
  u32 used = total - frames_free(ZONE_NORMAL) - frames_free(ZONE_HIGHMEM);
  *tables = vm_tables_in_all();
  *to_copy = used - frames_fixed() - lent - *tables -
             process_table.threads * (KERNEL_STACK_SIZE / PAGE_SIZE);
}

// --- Processes and devices

u32 relief_freeze(bool groups) {
  u32 later = 0;
  if (groups) later = moving_begin();
  else freeze_all();
  interrupts_quiesce();
  vsock_quiesce();
  hvc_quiesce();
  lock(&process_table.lock); // who is sending what was typed has done so after this
  unlock(&process_table.lock);
  console_send_signals();
  return later;
}

void relief_thaw(enum abort_reason reason) {
  kexec_tell_frozen(reason);
  interrupts_resume();
  vsock_resume();
  hvc_resume();
  moving_end();
  thaw_all();
}

void relief_open_watch(void) {
  cpu_open(this_cpu());
  interrupts_route_to(cpu_number());
  interrupts_mark_devices(MARK_DEVICE_OWNED);
  vsock_resume();
  hvc_resume();
  inodes_drop_orphans();
  thaw_all();
}

// While groups are still to come this CPU is the only one.
void relief_open_services(void) { relief_open_watch(); }

void relief_add_frame(u32 physical) {
  u32 frame = frame_of_physical(physical);
  if (ledger[frame] == own_node) frames_add(frame, 1);
}

void relief_complete(void) { kexec_begin(); }

// --- The relief thread, and the one in which groups are taken over

static struct thread *transfer_thread;
static void (*transfer)(void);

static void carry_out_transfer(void) {
  transfer();
  __atomic_store_n(&transfer_thread, NULL, __ATOMIC_RELEASE);
}

void relief_start_thread(void (*body)(void)) {
  struct thread *t = thread_make_in_kernel(carry_out_transfer);
  if (!t) panic("no memory for the transfer's thread");
  transfer = body;
  __atomic_store_n(&transfer_thread, t, __ATOMIC_RELEASE);
  scheduler_start(t);
}

void relief_restore_spaces(void) {
  vm_use_kernel_half_in_all();
}

void relief_yield(void) { scheduler_yield(); }

void relief_wait(u64 deadline) {
  scheduler_sleep(SLEEP_FIRM, deadline);
  this_thread()->woken = false; // at the end: a wake before the sleep counts
}

void relief_wake(void) {
  struct thread *t = __atomic_load_n(&transfer_thread, __ATOMIC_ACQUIRE);
  if (t) scheduler_wake(t);
  if (kexec_thread()) scheduler_wake(kexec_thread());
}
