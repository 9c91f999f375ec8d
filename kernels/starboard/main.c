// Booting. Cold: the firmware hands over the machine and a device tree; all RAM but the firmware's
// is ours, and init is started. Relieving: another kernel hands over an arena and a log page; the
// rest comes to us by the relief. Early objects lie right after the image in both cases:
//
//   image | struct frame table | ledger (cold) | copy of the device tree | free frames
#include "boot.h"
#include "clock.h"
#include "console.h"
#include "interrupt.h"
#include "kexec.h"
#include "message_log.h"
#include "scheduler.h"
#include "shared/relief/relief.h"
#include "socket.h"
#include "virtio_console.h"

#define EARLY_WINDOW 0xfc000000u // 8 MiB, by two superpages, to read the device tree where it lies
#define EARLY_WINDOW_BYTES (8u << 20)
#define FIRST_FRAME (FIRMWARE_SIZE / PAGE_SIZE)

const char *const kernel_name = "starboard 2.8.2";
const u32 kernel_release = RELEASE;

struct range {
  u32 first, end; // frames
};

static const void *early_map(u32 physical) {
  u32 superpage = physical >> 22 << 22;
  u32 bits = PTE_V | PTE_R | PTE_A | PTE_D;
  kernel_root[EARLY_WINDOW >> 22] = pte_of(superpage, bits);
  kernel_root[(EARLY_WINDOW >> 22) + 1] = pte_of(superpage + (4u << 20), bits);
  sfence_all();
  return (const void *)(EARLY_WINDOW + (physical - superpage));
}

static void end_early_map(void) {
  kernel_root[EARLY_WINDOW >> 22] = kernel_root[(EARLY_WINDOW >> 22) + 1] = 0;
}

// Takes the linear map's superpages beyond ZONE_NORMAL away.
static void trim_linear_map(u32 normal) {
  u32 first = (KERNEL_VIRTUAL >> 22) + (normal >> 10);
  u32 end = (KERNEL_VIRTUAL + ZONE_NORMAL_MAX) >> 22;
  for (u32 i = first; i < end; i++) kernel_root[i] = 0;
  end_early_map();
  kmap_begin();
}

// --- Cold boot

// Bytes of ZONE_NORMAL, whole superpages: as asked, or what suits the size of RAM.
static u32 choose_zone_normal(void) {
  char value[16];
  u32 bytes = machine.zone_normal_asked, ram = machine.memory_bytes;
  if (option_value(machine.command_line, "zone_normal", value, sizeof value) &&
      !parse_size(value, &bytes)) {
    print("zone_normal=%s is not a size; ignored", value);
  }
  if (bytes == 0) bytes = ram <= 64u << 20 ? 24u << 20 : ROUND_UP(ram / 8 * 3, 4u << 20);
  bytes = MIN(MIN(bytes, ram), ZONE_NORMAL_MAX);
  return bytes & ~((4u << 20) - 1);
}

// Memory after the image, past anything still needed that lies there.
static u32 place_early(u32 *at, u32 bytes, const struct range *avoid, u32 avoided) {
  u32 frames = ROUND_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
  for (u32 i = 0; i < avoided; i++) {
    if (*at < avoid[i].end && avoid[i].first < *at + frames) {
      *at = avoid[i].end;
      i = (u32)-1; // look at all of them again
    }
  }
  u32 first = *at;
  *at += frames;
  return first;
}

// Frees [first, end) without the ranges in `taken`.
static void add_free(u32 first, u32 end, const struct range *taken, u32 n) {
  for (; n && first < end; taken++, n--) {
    if (taken->end <= first || taken->first >= end) continue;
    if (taken->first > first) add_free(first, taken->first, taken + 1, n - 1);
    first = taken->end;
  }
  if (first < end) frames_add(first, end - first);
}

static struct range range_of(u32 start, u32 end) { // physical
  if (start >= end) return (struct range){0, 0};
  return (struct range){frame_of_physical(start), frame_of_physical(end + PAGE_SIZE - 1)};
}

static void lay_out_memory(const struct fdt *tree, u32 tree_physical) {
  u32 total = machine.memory_bytes / PAGE_SIZE, normal = choose_zone_normal() / PAGE_SIZE;
  struct range initrd = range_of(machine.initrd_start, machine.initrd_end);
  struct range avoid[2] = {initrd, range_of(tree_physical, tree_physical + tree->size)};
  struct range image = range_of(physical_of(_image_start), physical_of(_image_end));
  u32 at = image.end;
  u32 table = place_early(&at, total * sizeof(struct frame), avoid, 2);
  u32 book = place_early(&at, total, avoid, 2), copy = place_early(&at, tree->size, avoid, 2);
  if (at + 256 > normal) panic("ZONE_NORMAL of %u frames is too small for this kernel", normal);
  memcpy(frame_linear(copy), tree->base, tree->size);
  machine.tree_physical = frame_physical(copy);
  machine.tree_bytes = tree->size;
  ledger = frame_linear(book);
  own_node = OWNER_FIRST_NODE;
  memset(ledger, own_node, total);
  memset(ledger, OWNER_FIRMWARE, FIRST_FRAME);
  memset(frame_linear(table), 0, total * sizeof(struct frame));
  frames_begin(frame_linear(table), total, normal);
  trim_linear_map(normal);
  struct range fixed[4] = {image,
                           {table, table + ROUND_UP(total * 16, PAGE_SIZE) / PAGE_SIZE},
                           {book, book + ROUND_UP(total, PAGE_SIZE) / PAGE_SIZE},
                           {copy, copy + ROUND_UP(tree->size, PAGE_SIZE) / PAGE_SIZE}};
  for (u32 i = 0; i < 4; i++) frames_fix(fixed[i].first, fixed[i].end - fixed[i].first);
  struct range taken[5] = {fixed[0], fixed[1], fixed[2], fixed[3], initrd};
  add_free(FIRST_FRAME, total, taken, 5);
}

static void make_device(const char *path, u32 mode, u32 device) {
  struct inode *inode;
  if (path_open(root_inode, path, O_CREAT, mode, device, &inode) == 0) inode_put(inode);
}

static void unpack_files(void) {
  tree_begin();
  struct range initrd = range_of(machine.initrd_start, machine.initrd_end);
  if (initrd.end) {
    initramfs_unpack(machine.initrd_start, machine.initrd_end);
    frames_add(initrd.first, initrd.end - initrd.first);
  }
  make_device("/dev", S_IFDIR | 0755, 0);
  make_device("/dev/console", S_IFCHR | 0600, DEVICE_CONSOLE);
  make_device("/dev/null", S_IFCHR | 0666, DEVICE_NULL);
  make_device("/dev/zero", S_IFCHR | 0666, DEVICE_ZERO);
  make_device("/dev/logdesk", S_IFCHR | 0622, DEVICE_LOG_DESK);
  make_device("/dev/vda", S_IFBLK | 0600, DEVICE_DISK);
}

// The first code of pid 1, in the kernel.
static void run_init(void) {
  static const char path[] = "/bin/init";
  struct process *p = this_process();
  struct exec_arguments arguments = {heap_allocate(ARGUMENTS_MAX), sizeof path, 1, 0};
  struct file *console;
  struct inode *program;
  if (!arguments.bytes || file_open(root_inode, "/dev/console", O_RDWR, 0, &console)) {
    panic("no console for init");
  }
  for (u32 i = 0; i < 3; i++) {
    if (i) file_get(console);
    if (descriptor_add(&p->descriptors, console, 0, 0) < 0) panic("no memory for init");
  }
  memcpy(arguments.bytes, path, sizeof path);
  s32 error = path_find(root_inode, path, &program);
  if (!error) error = process_exec(program, path, &arguments);
  if (error != -REGISTERS_SET) panic("%s cannot be run: error %d", path, error);
  inode_put(program);
  heap_free(arguments.bytes);
}

static void start_init(void) {
  struct thread *t = thread_make();
  init_process = t ? process_make("init") : NULL;
  if (!init_process) panic("no memory for init");
  t->entry = run_init;
  inode_get(root_inode);
  init_process->directory = root_inode;
  lock(&process_table.lock);
  s32 pid = process_next_pid();
  process_enter(init_process, pid, NULL);
  process_add_thread(init_process, t, pid);
  init_process->group = init_process->session = pid;
  unlock(&process_table.lock);
  scheduler_start(t);
}

static void cold_boot(u32 tree_physical) {
  struct fdt tree;
  const u8 *base = early_map(tree_physical);
  u32 limit = EARLY_WINDOW + EARLY_WINDOW_BYTES - (u32)base;
  if (!fdt_open(&tree, base, limit)) panic("the device tree is damaged");
  machine_read(&tree);
  if (!machine.memory_bytes || !machine.harts) panic("the device tree lacks memory or CPUs");
  desk_attach(machine.desk);
  desk_mark(MARK_KERNEL, OWNER_FIRST_NODE << 12 | RELEASE);
  boot_mark_phase(PHASE_BOOT);
  harts = machine.harts;
  lay_out_memory(&tree, tree_physical);
  firewall_attach(machine.firewall);
  firewall_assign(cpu_number(), own_node);
  firewall_enforce(physical_of(ledger));
  clock_begin(machine.rtc);
  process_table_begin();
  unpack_files();
  start_devices();
  interrupts_mark_devices(MARK_DEVICE_OWNED);
  if (hvc_is_present()) make_device("/dev/hvc0", S_IFCHR | 0600, DEVICE_HVC);
  cpu_open(this_cpu());
  for (u32 hart = 0; hart < harts; hart++) {
    if (hart != cpu_number() && !cpu_start_hart(hart)) print("no memory for cpu %u", hart);
  }
  print("%s: %u harts, %u KiB, of them %u KiB ZONE_NORMAL", kernel_name, harts,
        machine.memory_bytes >> 10, normal_frames << 2);
  boot_mark_phase(PHASE_RESTART);
  start_init();
}

// --- Relieving boot

static void take_arena(const struct log_page *log) {
  u32 first = frame_of_physical(log->arena_physical), end = first + log->arena_frames;
  u32 table = first + ROUND_UP(log->image_bytes, PAGE_SIZE) / PAGE_SIZE;
  u32 table_bytes = log->ram_frames * sizeof(struct frame);
  u32 copy = table + ROUND_UP(table_bytes, PAGE_SIZE) / PAGE_SIZE;
  u32 free = copy + ROUND_UP(log->device_tree_bytes, PAGE_SIZE) / PAGE_SIZE;
  if (free >= end) oncoming_withdraw(ABORT_MEMORY);
  memset(frame_linear(table), 0, table_bytes);
  memcpy(frame_linear(copy), linear(log->device_tree_physical), log->device_tree_bytes);
  machine.tree_physical = frame_physical(copy);
  machine.tree_bytes = log->device_tree_bytes;
  ledger = linear(log->ledger_physical);
  own_node = (u8)log->oncoming_node;
  frames_begin(frame_linear(table), log->ram_frames, log->normal_frames);
  trim_linear_map(log->normal_frames);
  frames_fix(first, free - first);
  frames_add(free, end - free);
}

static void relieving_boot(struct log_page *log) {
  struct fdt tree;
  oncoming_begin(log);
  if (!fdt_open(&tree, linear(log->device_tree_physical), log->device_tree_bytes)) {
    panic("the device tree in the log is damaged");
  }
  machine_read(&tree);
  string_copy(machine.command_line, log->command_line, sizeof machine.command_line);
  desk_attach(machine.desk);
  firewall_attach(machine.firewall);
  desk_mark(MARK_KERNEL, log->oncoming_node << 12 | RELEASE);
  harts = log->harts;
  take_arena(log);
  clock_begin(machine.rtc);
  process_table_begin();
  log->seen_ram_frames = machine.memory_bytes / PAGE_SIZE;
  log->seen_harts = machine.harts;
  oncoming_relief(log);
}

void kernel_main(u32 hart, u32 boot_argument) {
  cpu_begin(hart);
  print_prefix("[starboard] ");
  message_log_begin();
  sockets_begin();
  u32 magic = *(const u32 *)early_map(boot_argument);
  if (magic == HANDOVER_MAGIC) {
    relieving_boot(linear(boot_argument));
  } else {
    cold_boot(boot_argument);
    kexec_begin();
  }
  itimers_begin();
  scheduler_idle();
}

struct note {
  u32 name_bytes, bytes, type;
  char name[12];
  struct image_note note;
};
__attribute__((section(".note.quarterdeck"), used)) static const struct note note = {
    12, sizeof(struct image_note), NOTE_IMAGE, "Quarterdeck",
    {HANDOVER_VERSION, RELEASE, 512 << 10, sizeof(struct frame), 16 << 10, 9 << 10, 10 << 10}};
