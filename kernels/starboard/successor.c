// What the relief's rivals (shared/relief/successor.c) ask of starboard: CPUs and devices that
// stop, files to load, and devices that are probed.
#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "inode.h"
#include "interrupt.h"
#include "shared/relief/relief.h"
#include "virtio_block.h"
#include "virtio_console.h"
#include "virtio_socket.h"

u32 relief_this_hart(void) { return cpu_number(); }

void relief_stop_other_cpus(void) { cpus_stop_others(); }

void relief_stop_this_cpu(void) { cpu_stop(); }

void start_devices(void) {
  static const struct {
    const char *driver;
    bool (*probe)(u32 base, u32 irq);
  } drivers[] = {{DRIVER_DISK, disk_probe}, {DRIVER_SOCKET, vsock_probe}, {DRIVER_HVC, hvc_probe}};
  if (machine.uart_irq && has_driver(DRIVER_UART)) console_begin(machine.uart_irq);
  for (u32 i = 0; i < ARRAY_LENGTH(drivers); i++) {
    for (u32 n = 0; n < machine.virtio_slots && has_driver(drivers[i].driver); n++) {
      u32 base = machine.virtio[n].base;
      if (drivers[i].probe(base, machine.virtio[n].irq)) {
        print("%s at %08x", drivers[i].driver, base);
      }
    }
  }
}

void relief_probe_devices(void) { start_devices(); }

void relief_stop_devices(void) {
  interrupts_quiesce();
  vsock_stop();
  hvc_stop();
  disk_stop();
}

// What probing finds again is enabled by relief_thaw.
void relief_restart_devices(void) {
  vsock_forget();
  hvc_forget();
  disk_forget();
  start_devices();
}

static bool read_file(void *context, u32 offset, void *to, u32 n) {
  return inode_read_kernel(context, offset, to, n);
}

// With a reference on the file.
bool relief_open_file(const char *path, struct image_source *source) {
  struct inode *file;
  if (path_find(root_inode, path, &file) != 0) return false;
  *source = (struct image_source){(u32)file->size, file, read_file};
  if (inode_is_regular(file) && file->size) return true;
  inode_put(file);
  return false;
}

void relief_close_file(struct image_source *source) { inode_put(source->context); }
