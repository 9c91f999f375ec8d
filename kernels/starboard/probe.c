// Reads the device tree (Devicetree Specification 0.4) into `machine`. Reading is all it does, so
// the relieving boot does it too; which devices to drive is decided elsewhere.
#include "boot.h"

#include "shared/boot.h"
#include "shared/desk.h"

struct machine machine;

static struct { u32 address_cells, size_cells; } root = {2, 2};

static u32 cell_or(const struct fdt *t, u32 node, const char *name, u32 otherwise) {
  struct fdt_property p;
  return fdt_get(t, node, name, &p) && p.length >= 4 ? fdt_cell(p.data) : otherwise;
}

// A number of one or two cells; what does not fit 32 bits is the largest.
static u32 number_of(const u8 *data, u32 cells) {
  if (cells == 2 && fdt_cell(data)) return 0xffffffffu;
  return fdt_cell(data + 4 * (cells - 1));
}

// Address and size of the first range in `reg`, with the root's cells.
static bool read_range(const struct fdt *t, u32 node, u32 *address, u32 *size) {
  struct fdt_property p;
  u32 a = root.address_cells, s = root.size_cells;
  if (!fdt_get(t, node, "reg", &p) || a < 1 || a > 2 || s < 1 || s > 2) return false;
  if (p.length < 4 * (a + s)) return false;
  *address = number_of(p.data, a);
  *size = number_of(p.data + 4 * a, s);
  return true;
}

static void read_memory(const struct fdt *t, u32 node) {
  u32 start, size;
  if (!read_range(t, node, &start, &size) || start != RAM_BASE) return;
  machine.memory_bytes = MIN(size, 0x80000000u) & ~(PAGE_SIZE - 1u);
}

static bool property_is(const struct fdt_property *p, const char *text) {
  u32 length = strlen(text) + 1;
  return p->length == length && memcmp(p->data, text, length) == 0;
}

static void read_cpu(const struct fdt *t, u32 node) {
  u32 hart = cell_or(t, node, "reg", HARTS_MAX);
  if (hart < HARTS_MAX) machine.harts = MAX(machine.harts, hart + 1);
}

static void read_virtio(const struct fdt *t, u32 node) {
  u32 base, size;
  if (machine.virtio_slots == VIRTIO_SLOTS || !read_range(t, node, &base, &size)) return;
  machine.virtio[machine.virtio_slots].base = base;
  machine.virtio[machine.virtio_slots++].irq = cell_or(t, node, "interrupts", 0);
}

static void read_chosen(const struct fdt *t, u32 node) {
  struct fdt_property p;
  machine.successor = cell_or(t, node, "quarterdeck,successor", 0);
  machine.zone_normal_asked = cell_or(t, node, "quarterdeck,zone-normal", 0);
  if (fdt_get(t, node, "bootargs", &p) && p.length) {
    string_copy(machine.command_line, (const char *)p.data,
                MIN(p.length, (u32)sizeof machine.command_line));
  }
  if (fdt_get(t, node, "linux,initrd-start", &p) && p.length >= 4) {
    machine.initrd_start = number_of(p.data, p.length / 4);
  }
  if (fdt_get(t, node, "linux,initrd-end", &p) && p.length >= 4) {
    machine.initrd_end = number_of(p.data, p.length / 4);
  }
}

static bool read_node(const struct fdt *t, u32 node, u32 depth, const char *name, void *context) {
  (void)context;
  if (depth == 0) {
    root.address_cells = cell_or(t, node, "#address-cells", 2);
    root.size_cells = cell_or(t, node, "#size-cells", 2);
  }
  if (strcmp(name, "chosen") == 0) read_chosen(t, node);
  struct fdt_property p;
  if (fdt_get(t, node, "device_type", &p)) { // first: most nodes are CPUs
    if (property_is(&p, "cpu")) read_cpu(t, node);
    if (property_is(&p, "memory")) read_memory(t, node);
    return true;
  }
  if (!fdt_get(t, node, "compatible", &p)) return true;
  if (fdt_is_compatible(t, node, "ns16550a")) machine.uart_irq = cell_or(t, node, "interrupts", 0);
  if (fdt_is_compatible(t, node, "virtio,mmio")) read_virtio(t, node);
  if (fdt_is_compatible(t, node, "google,goldfish-rtc")) machine.rtc = true;
  if (fdt_is_compatible(t, node, "quarterdeck,log-desk")) machine.desk = true;
  if (fdt_is_compatible(t, node, "quarterdeck,firewall")) machine.firewall = true;
  return true;
}

void machine_read(const struct fdt *tree) { fdt_visit(tree, read_node, NULL); }

void boot_mark_phase(u32 phase) {
  if (machine.successor == SUCCESSOR_NONE) return;
  if (phase != PHASE_BOOT || machine.successor == SUCCESSOR_AT_RESET) desk_mark(MARK_PHASE, phase);
  if (phase == PHASE_END) machine.successor = SUCCESSOR_NONE;
}

bool has_driver(const char *name) {
  char list[64];
  if (!option_value(machine.command_line, "blacklist", list, sizeof list)) return true;
  u32 length = strlen(name);
  for (const char *at = list; *at;) {
    u32 n = 0;
    while (at[n] && at[n] != ',') n++;
    if (n == length && memcmp(at, name, n) == 0) return false;
    at += n + (at[n] == ',');
  }
  return true;
}
