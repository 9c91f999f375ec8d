// What the relief's rivals (shared/relief/successor.c) ask of larboard: CPUs and devices that
// stop, files to load, and devices that are probed.
#include "larboard/cpu.h"
#include "larboard/file.h"
#include "larboard/hvc.h"
#include "larboard/inode.h"
#include "larboard/process.h"
#include "larboard/virtio.h"
#include "larboard/vsock.h"
#include "shared/plic.h"
#include "shared/relief/relief.h"
#include "shared/uart.h"

u32 relief_this_hart(void) { return this_cpu()->hart; }

void relief_stop_other_cpus(void) { cpu_stop_others(); }

void relief_stop_this_cpu(void) { cpu_stop_this(); }

void relief_probe_devices(void) {
  console_begin();
  plic_set_priority(UART_IRQ, 1);
  uart_enable_receive();
  block_probe();
  vsock_probe();
  hvc_probe();
  cpu_enable_devices(this_cpu()->hart, true);
}

void relief_stop_devices(void) {
  trap_disable_devices();
  vsock_stop();
  hvc_stop();
  block_stop();
}

// What probing finds again is enabled by relief_thaw.
void relief_restart_devices(void) {
  block_restart();
  vsock_restart();
  hvc_restart();
}

static bool read_file(void *context, u32 offset, void *to, u32 n) {
  return inode_read(context, offset, to, n) == (s32)n;
}

bool relief_open_file(const char *path, struct image_source *source) {
  struct inode *file;
  if (path_find(inode_numbered(ROOT_INODE), path, &file) != 0) return false;
  *source = (struct image_source){file->size, file, read_file};
  if ((file->mode & S_IFMT) == S_IFREG && file->size) return true;
  inode_release(file);
  return false;
}

void relief_close_file(struct image_source *source) { inode_release(source->context); }
