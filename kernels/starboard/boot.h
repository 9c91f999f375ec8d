// What the device tree says of the machine, and the parts of booting.
#ifndef STARBOARD_BOOT_H
#define STARBOARD_BOOT_H
#include "abi/handover.h"
#include "kernel.h"
#include "shared/fdt.h"

#define DRIVER_UART "ns16550a"
#define DRIVER_PLIC "plic"
#define DRIVER_DISK "virtio-blk"
#define DRIVER_SOCKET "virtio-vsock"
#define DRIVER_HVC "virtio-console"
#define FILE_SYSTEM "tmpfs"
#define DISK_FILE_SYSTEM "romfs"

struct machine {
  u32 memory_bytes;                 // of RAM, from RAM_BASE; at most 2 GiB
  u32 zone_normal_asked;            // 0: not said
  u32 harts;
  u32 uart_irq;                     // 0: no UART
  bool desk, firewall, rtc;
  u32 successor;                    // enum successor: a cold boot in another kernel's place
  u32 virtio_slots;
  struct { u32 base, irq; } virtio[VIRTIO_SLOTS];
  u32 initrd_start, initrd_end;     // physical
  u32 tree_physical, tree_bytes;    // our own copy
  char command_line[HANDOVER_COMMAND_LINE_MAX];
};
extern struct machine machine;

void machine_read(const struct fdt *tree); // fills `machine`; touches no device
bool has_driver(const char *name);         // not on the command line's blacklist
void initramfs_unpack(u32 start, u32 end); // physical; panics on lack of memory
void kmap_begin(void);
void start_devices(void);                  // probes all that there are
void boot_mark_phase(u32 phase);           // of a boot in another kernel's place

#endif
