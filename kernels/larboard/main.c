// larboard's first C code: a cold boot, which finds the hardware in the device tree, or a relieving
// boot, which probes nothing and takes everything from the log page of the kernel it relieves.
#include "larboard/audit.h"
#include "larboard/cpu.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/message.h"
#include "larboard/process.h"
#include "larboard/socket.h"
#include "larboard/system.h"
#include "larboard/virtio.h"
#include "abi/syscall.h"
#include "shared/boot.h"
#include "shared/desk.h"
#include "shared/fdt.h"
#include "shared/firewall.h"
#include "shared/plic.h"
#include "shared/relief/log.h"
#include "shared/relief/relief.h"
#include "shared/sbi.h"
#include "shared/string.h"
#include "shared/uart.h"

const char *const kernel_name = "larboard 2.8.1";
const u32 kernel_release = 281;
struct system system;

// What kexec must know beforehand: see struct image_note.
static const struct {
  u32 name_bytes, bytes, type;
  char name[12];
  struct image_note note;
} image_note __attribute__((section(".note.quarterdeck"), used)) = {
    12, sizeof(struct image_note), NOTE_IMAGE, "Quarterdeck",
    {HANDOVER_VERSION, 281,
     .arena_bytes = 1 << 20, // pages of directories, tables of files, and air
     .arena_per_frame = 7,     // reference count, bitmap, and the word of takeover.c
     .arena_per_process = KERNEL_STACK_SIZE + PAGE_SIZE,
     .arena_per_thread = KERNEL_STACK_SIZE,
     .arena_per_hart = KERNEL_STACK_SIZE + PAGE_SIZE + 512}}; // its share of the device tree

bool system_has_driver(const char *name) {
  char list[96];
  u32 n = strlen(name);
  if (!option_value(system.command_line, "blacklist", list, sizeof list)) return true;
  for (const char *at = list; *at;) {
    if (strncmp(at, name, n) == 0 && (at[n] == 0 || at[n] == ',')) return false;
    while (*at && *at != ',') at++;
    if (*at) at++;
  }
  return true;
}

// --- What the device tree says.

struct hardware {
  u32 ram_bytes, zone_normal, initrd_start, initrd_end;
};

static bool visit(const struct fdt *tree, u32 node, u32 depth, const char *name, void *context) {
  struct hardware *h = context;
  struct fdt_property p;
  (void)depth;
  if (strncmp(name, "memory@", 7) == 0 && fdt_get(tree, node, "reg", &p)) {
    // two cells each, or one on a 32-bit tree: the size is the last cell
    h->ram_bytes = fdt_cell(p.data + p.length - 4);
  } else if (strncmp(name, "cpu@", 4) == 0 && fdt_get(tree, node, "reg", &p)) {
    harts = MAX(harts, fdt_cell(p.data + p.length - 4) + 1);
  } else if (fdt_is_compatible(tree, node, "quarterdeck,log-desk")) {
    system.desk = true;
  } else if (fdt_is_compatible(tree, node, "quarterdeck,firewall")) {
    system.firewall = true;
  }
  return true;
}

static u32 chosen_number(const struct fdt *tree, u32 chosen, const char *name) {
  struct fdt_property p;
  if (!fdt_get(tree, chosen, name, &p) || p.length < 4) return 0;
  return fdt_cell(p.data + p.length - 4);
}

static void read_tree(const struct fdt *tree, struct hardware *h) {
  struct fdt_property p;
  u32 chosen = fdt_find(tree, "/chosen");
  char size[16];
  memset(h, 0, sizeof *h);
  fdt_visit(tree, visit, h);
  harts = MIN(harts, HARTS_MAX);
  if (chosen && fdt_get(tree, chosen, "bootargs", &p)) {
    string_copy(system.command_line, (const char *)p.data,
                MIN(p.length + 1, sizeof system.command_line));
  }
  if (chosen) {
    system.successor = chosen_number(tree, chosen, "quarterdeck,successor");
    h->zone_normal = chosen_number(tree, chosen, "quarterdeck,zone-normal");
    h->initrd_start = chosen_number(tree, chosen, "linux,initrd-start");
    h->initrd_end = chosen_number(tree, chosen, "linux,initrd-end");
  }
  if (option_value(system.command_line, "zone_normal", size, sizeof size)) {
    parse_size(size, &h->zone_normal);
  }
  if (!h->zone_normal) {
    h->zone_normal = h->ram_bytes <= 64 << 20 ? 24 << 20 : h->ram_bytes / 8 * 3;
  }
  h->zone_normal = MIN(MIN(h->zone_normal, h->ram_bytes), ZONE_NORMAL_MAX) & -(4u << 20);
}

// --- Memory.

// The linear map beyond ZONE_NORMAL goes: HIGHMEM is reached by kmap alone.
static void trim_linear_map(u32 normal_bytes) {
  for (u32 i = normal_bytes >> 22; i < ZONE_NORMAL_MAX >> 22; i++) {
    kernel_root[(KERNEL_VIRTUAL >> 22) + i] = 0;
  }
  kmap_begin();
}

// Copies the device tree to early memory; the first page is still in the boot map or reachable by
// the windows, which need no table of frames.
static void keep_tree(u32 physical) {
  u8 head[8];
  physical_read(physical, head, sizeof head);
  system.device_tree_bytes = fdt_cell(head + 4);
  u8 *copy = early_take(system.device_tree_bytes);
  physical_read(physical, copy, system.device_tree_bytes);
  system.device_tree = physical_of(copy);
}

// Frees all of RAM but the ranges taken. By frame number: the end of 2 GiB is past 32 bits.
static void free_all_but(const u32 taken[][2], u32 count) {
  for (u32 f = 0; f < frame_table.frames; f++) {
    u32 at = frame_physical(f);
    bool free = true;
    for (u32 i = 0; i < count; i++) free = free && (at < taken[i][0] || at >= taken[i][1]);
    if (free) frame_free_range(f, f + 1);
  }
}

#define ZONE_NORMAL_ROOM (2u << 20) // behind the image, for tables and the first processes

static void cold_memory(u32 tree_physical, struct hardware *h) {
  u32 image = (u32)_image_start - LINEAR_OFFSET;
  struct fdt tree;
  // until the tree is read nobody knows how large RAM is: 4 MiB behind the image are sure
  early_begin((u32)_image_end - LINEAR_OFFSET, image + (4 << 20));
  frame_table.normal = 0x400000 >> (PAGE_SHIFT - 2); // the first 16 MiB: surely RAM and linear
  kmap_begin();
  keep_tree(tree_physical);
  if (!fdt_open(&tree, linear(system.device_tree), system.device_tree_bytes)) {
    panic("the device tree is malformed");
  }
  read_tree(&tree, h);
  desk_attach(system.desk);
  desk_mark(MARK_KERNEL, OWNER_FIRST_NODE << 12 | kernel_release);
  system_mark_phase(PHASE_BOOT);
  u32 least = ROUND_UP(early_end() - RAM_BASE + ZONE_NORMAL_ROOM, 4u << 20);
  if (h->zone_normal < least) {
    print("ZONE_NORMAL of %u KiB is too small: %u KiB", h->zone_normal >> 10, least >> 10);
    h->zone_normal = least;
  }
  early_begin(early_end(), RAM_BASE + h->zone_normal);
  frame_begin(h->ram_bytes >> PAGE_SHIFT, h->zone_normal >> PAGE_SHIFT, OWNER_FIRST_NODE, NULL);
  trim_linear_map(h->zone_normal);
  system.image_start = image;
  system.image_end = early_end();
  frame_reserve_range(system.image_start, system.image_end);
  const u32 taken[][2] = {{RAM_BASE, RAM_BASE + FIRMWARE_SIZE},
                          {system.image_start, system.image_end},
                          {h->initrd_start & -PAGE_SIZE, ROUND_UP(h->initrd_end, PAGE_SIZE)}};
  free_all_but(taken, ARRAY_LENGTH(taken));
}

// --- Booting.

static void make_device(const char *name, u32 type, u32 device) {
  struct inode *directory, *made;
  if (path_find(NULL, "/dev", &directory) != 0) {
    struct inode *root = inode_numbered(ROOT_INODE);
    if (inode_create(root, "dev", S_IFDIR | 0755, 0, &directory) != 0) panic("cannot make /dev");
  }
  if (inode_create(directory, name, type | 0666, device, &made) == 0) inode_release(made);
  inode_release(directory);
}

static void make_devices(void) {
  make_device("console", S_IFCHR, DEVICE_CONSOLE);
  make_device("null", S_IFCHR, DEVICE_NULL);
  make_device("zero", S_IFCHR, DEVICE_ZERO);
  make_device("logdesk", S_IFCHR, DEVICE_DESK);
  if (block_is_present()) make_device("vda", S_IFBLK, DEVICE_DISK);
  if (hvc_is_present()) make_device("hvc0", S_IFCHR, DEVICE_HVC);
}

static void cold_boot(u32 hart, u32 tree_physical) {
  struct hardware h;
  cold_memory(tree_physical, &h);
  firewall_attach(system.firewall);
  firewall_assign(hart, frame_table.node);
  firewall_enforce(physical_of(frame_table.ledger));
  desk_mark(MARK_CPU_OPEN, hart);
  print("%s: %u harts, %u KiB of RAM, %u KiB of it ZONE_NORMAL", kernel_name, harts,
        h.ram_bytes >> 10, h.zone_normal >> 10);
  tree_begin();
  relief_probe_devices();
  virtio_mark_all(MARK_DEVICE_OWNED);
  if (h.initrd_end > h.initrd_start) {
    initrd_unpack(h.initrd_start, h.initrd_end);
    frame_free_range(frame_of_physical(h.initrd_start),
                     frame_of_physical(h.initrd_end + PAGE_SIZE - 1));
  }
  make_devices();
  kexec_begin();
  for (u32 other = 0; other < harts; other++) {
    if (other != hart && !cpu_start(other)) print("hart %u does not start", other);
  }
  system_mark_phase(PHASE_RESTART);
  process_start_init();
  scheduler_run();
}

static void withdraw_for_memory(void) { oncoming_withdraw(ABORT_MEMORY); }

static void relieving_memory(struct log_page *log) {
  u32 arena_end = log->arena_physical + (log->arena_frames << PAGE_SHIFT);
  early_begin(log->arena_physical + log->image_bytes, arena_end);
  early_fail = withdraw_for_memory;
  system.device_tree_bytes = log->device_tree_bytes;
  void *tree = early_take(log->device_tree_bytes);
  memcpy(tree, linear(log->device_tree_physical), log->device_tree_bytes);
  system.device_tree = physical_of(tree);
  frame_begin(log->ram_frames, log->normal_frames, log->oncoming_node,
              linear(log->ledger_physical));
  trim_linear_map(log->normal_frames << PAGE_SHIFT);
  system.image_start = log->arena_physical;
  system.image_end = early_end();
  frame_reserve_range(system.image_start, system.image_end);
  frame_free_range(frame_of_physical(system.image_end), frame_of_physical(arena_end));
}

static void relieving_boot(u32 hart, struct log_page *log) {
  struct fdt tree;
  struct hardware h;
  oncoming_begin(log);
  relieving_memory(log);
  if (!fdt_open(&tree, linear(system.device_tree), system.device_tree_bytes)) {
    panic("the device tree is malformed");
  }
  read_tree(&tree, &h); // what it was given, not what it found
  string_copy(system.command_line, log->command_line, sizeof system.command_line);
  desk_attach(system.desk);
  firewall_attach(system.firewall);
  desk_mark(MARK_KERNEL, log->oncoming_node << 12 | kernel_release);
  log->seen_ram_frames = frame_table.frames;
  log->seen_harts = harts;
  print("%s: relieving, on hart %u, image at %08x, arena of %u frames", kernel_name, hart,
        log->arena_physical, log->arena_frames);
  oncoming_relief(log);
  desk_mark(MARK_CPU_OPEN, hart);
  scheduler_run();
}

void kernel_main(u32 hart, u32 boot_argument) {
  print_prefix("[larboard] ");
  cpu_boot(hart);
  message_begin();
  // the log page is in ZONE_NORMAL; a device tree may be anywhere
  frame_table.normal = ZONE_NORMAL_MAX >> PAGE_SHIFT;
  kmap_begin();
  u32 magic;
  physical_read(boot_argument, &magic, sizeof magic);
  if (magic == HANDOVER_MAGIC) relieving_boot(hart, linear(boot_argument));
  cold_boot(hart, boot_argument);
  for (;;) wait_for_interrupt();
}

// --- The end.

static void final_audit(void) {
  struct audit_result result;
  process_freeze_all();
  kexec_forget();
  desk_value(MARK_PROCESSES, 0, process_count());
  desk_value(MARK_FRAMES_USED, 0, frames_used());
  if (!audit(&result)) {
    print("no memory for the audit");
    return;
  }
  desk_value(MARK_LEDGER_FRAMES, 0, result.frames);
  desk_value(MARK_LEDGER_UNOWNED, 0, result.unowned);
  desk_value(MARK_LEDGER_DOUBLY, 0, result.doubly);
  print("audit: %u frames, %u in use, %u owned by nobody, %u claimed twice", result.frames,
        frames_used(), result.unowned, result.doubly);
}

void system_power_off(bool failure) {
  final_audit();
  sbi_system_reset(SBI_SRST_SHUTDOWN, failure ? SBI_SRST_SYSTEM_FAILURE : SBI_SRST_NO_REASON);
  panic("the machine does not power off");
}

void system_mark_phase(u32 phase) {
  if (system.successor == SUCCESSOR_NONE) return;
  if (phase != PHASE_BOOT || system.successor == SUCCESSOR_AT_RESET) desk_mark(MARK_PHASE, phase);
  if (phase == PHASE_END) system.successor = SUCCESSOR_NONE;
}

// Nothing is left in order for a reset but the disk, on which no request is under way.
void system_restart(void) {
  trap_disable_devices();
  sbi_system_reset(SBI_SRST_COLD_REBOOT, SBI_SRST_NO_REASON);
  panic("the machine does not restart");
}
