// The relief's rivals, which stop the machine's work in between. A checkpoint writes all processes
// into the books, stops devices and CPUs, and starts the next kernel, which boots, probes, and
// reads them: as KUP does (Kashyap et al., USENIX ATC 2016), but that pages stay where they are
// unless memory=copy is asked for. kexec keeps nothing: image, device tree and initrd are loaded
// while programs run, and when whoever asked has ended these, the next kernel boots as from the
// firmware. In both, the hart that the next kernel starts on is only halted at the very end.
#include "shared/relief/offgoing.h"

#include "shared/boot.h"
#include "shared/desk.h"
#include "shared/fdt.h"
#include "shared/firewall.h"
#include "shared/print.h"
#include "shared/relief/fault.h"
#include "shared/relief/log.h"
#include "shared/sbi.h"
#include "shared/string.h"

// A hart of the machine other than this one.
static u32 other_hart(const struct log_page *log) { return log->offgoing_hart == 0 ? 1 : 0; }

// --- Checkpoint.

static enum abort_reason write_down(struct relief *r) {
  desk_mark(MARK_PHASE, PHASE_CHECKPOINT);
  if (r->log->harts < 2) return ABORT_NO_CPU;
  relief_give_frames(r->arena, r->frames, r->log->oncoming_node);
  relief_freeze(false);
  r->frozen = true;
  relief_stop_devices(); // what they had delivered belongs into the books
  r->devices_stopped = true;
  r->log->most_regions = relief_most_regions();
  books_begin(&r->books, true);
  relief_write_books(&r->books);
  if (!offgoing_close_books(r->log, &r->books)) return ABORT_MEMORY;
  if (r->log->memory_mode != MEMORY_ADOPT) {
    enum abort_reason reason = offgoing_give_frames(r);
    if (reason) return reason;
  }
  if (offgoing_is_revoked(r)) return ABORT_OPERATOR;
  if (fault_is(r->log->command_line, "offgoing-fault", "memory", "checkpoint")) return ABORT_MEMORY;
  offgoing_mark_memory(r);
  return ABORT_NONE;
}

// Starts a kernel on a hart that was told to stop, and stops the last one of this kernel's. Until
// it has stopped it works for this kernel's node.
__attribute__((noreturn)) static void start(u32 hart, u32 node, u32 entry, u32 argument) {
  while (sbi_hart_status(hart) != SBI_HSM_STOPPED) { // it is on its way there
  }
  firewall_assign(hart, node);
  desk_mark(MARK_PHASE, PHASE_BOOT);
  s32 error = sbi_hart_start(hart, entry, argument);
  if (error) panic("hart %u does not start: SBI error %d", hart, error);
  relief_stop_this_cpu();
}

enum abort_reason offgoing_checkpoint(const struct relief_request *request) {
  static struct relief r; // one at a time; the thread's stack is small
  memset(&r, 0, sizeof r);
  r.request = request;
  r.hart = -1;
  enum abort_reason reason = offgoing_load(&r, request);
  if (!reason) reason = write_down(&r);
  if (reason) {
    offgoing_keep_the_watch(&r, reason, false);
    return reason;
  }
  desk_mark(MARK_PHASE, PHASE_SHUTDOWN);
  firewall_share(physical_of(r.log));
  relief_stop_other_cpus();
  r.log->offgoing_hart = relief_this_hart(); // from here on the thread stays where it is
  r.log->oncoming_hart = other_hart(r.log);
  start(r.log->oncoming_hart, r.log->oncoming_node, r.arena + r.plan.entry, physical_of(r.log));
}

// --- kexec.

static struct { // loaded, and not started yet; addresses are physical, 0: not taken
  struct {
    u32 at, frames;
  } image, tree, initrd;
  u32 entry;
} loaded;

static void forget(void) {
  if (loaded.image.at) relief_return_frames(loaded.image.at, loaded.image.frames);
  if (loaded.tree.at) relief_return_frames(loaded.tree.at, loaded.tree.frames);
  if (loaded.initrd.at) relief_return_frames(loaded.initrd.at, loaded.initrd.frames);
  memset(&loaded, 0, sizeof loaded);
}

static u32 take(u32 frames, u32 *taken) {
  u32 largest = 0, physical = relief_take_frames(frames, &largest);
  if (!physical) print("kexec needs %u contiguous frames; the largest run is %u", frames, largest);
  *taken = physical ? frames : 0;
  return physical;
}

static enum abort_reason load_initrd(const char *path, u32 *bytes) {
  struct image_source file;
  if (!relief_open_file(path, &file)) {
    print("kexec: there is no initrd %s", path);
    return ABORT_CONFIGURATION;
  }
  *bytes = file.bytes;
  u32 frames = ROUND_UP(file.bytes, PAGE_SIZE) >> PAGE_SHIFT;
  loaded.initrd.at = take(frames, &loaded.initrd.frames);
  bool read = loaded.initrd.at != 0;
  for (u32 at = 0; read && at < file.bytes; at += PAGE_SIZE) {
    u8 *to = (u8 *)linear(loaded.initrd.at) + at;
    read = file.read(file.context, at, to, MIN(PAGE_SIZE, file.bytes - at));
    relief_yield();
  }
  relief_close_file(&file);
  return !loaded.initrd.at ? ABORT_ZONE_NORMAL : read ? ABORT_NONE : ABORT_CONFIGURATION;
}

// The device tree as this kernel was given it, but for where the initrd lies.
static enum abort_reason load_tree(const struct log_page *log, u32 initrd_bytes) {
  struct fdt tree;
  u32 frames = ROUND_UP(log->device_tree_bytes, PAGE_SIZE) >> PAGE_SHIFT;
  loaded.tree.at = take(frames, &loaded.tree.frames);
  if (!loaded.tree.at) return ABORT_ZONE_NORMAL;
  u8 *copy = linear(loaded.tree.at);
  memcpy(copy, linear(log->device_tree_physical), log->device_tree_bytes);
  if (!fdt_open(&tree, copy, log->device_tree_bytes)) return ABORT_CONFIGURATION;
  u32 chosen = fdt_find(&tree, "/chosen"), start = loaded.initrd.at;
  if (chosen && fdt_put_cell(&tree, chosen, "linux,initrd-start", start) &&
      fdt_put_cell(&tree, chosen, "linux,initrd-end", start + initrd_bytes)) {
    // a machine without a log desk has no such property
    fdt_put_cell(&tree, chosen, "quarterdeck,successor", SUCCESSOR_BY_KEXEC);
    return ABORT_NONE;
  }
  print("kexec: the device tree names no initrd that could be replaced");
  return ABORT_CONFIGURATION;
}

static enum abort_reason load_all(struct relief *r, const struct relief_request *request) {
  static struct log_page log; // only for what the kernel is configured with
  char path[HANDOVER_COMMAND_LINE_MAX];
  u32 initrd_bytes = 0;
  desk_mark(MARK_PHASE, PHASE_LOAD);
  enum abort_reason reason = offgoing_check_image(r, request);
  if (reason) return reason;
  if (!option_value(request->command_line, "initrd", path, sizeof path)) {
    print("kexec: say which initrd: initrd=PATH");
    return ABORT_CONFIGURATION;
  }
  memset(&log, 0, sizeof log);
  relief_configuration(&log);
  log.method = METHOD_KEXEC;
  if (log.harts < 2) return ABORT_NO_CPU;
  loaded.entry = r->plan.entry;
  loaded.image.at = take(offgoing_arena_frames(&r->plan, &log), &loaded.image.frames);
  if (!loaded.image.at) return ABORT_ZONE_NORMAL;
  if (!image_place(&request->image, &r->plan, loaded.image.at)) return ABORT_NOT_AN_IMAGE;
  reason = load_initrd(path, &initrd_bytes);
  return reason ? reason : load_tree(&log, initrd_bytes);
}

static enum abort_reason load(const struct relief_request *request) {
  static struct relief r;
  memset(&r, 0, sizeof r);
  r.request = request;
  forget();
  enum abort_reason reason = load_all(&r, request);
  if (!reason) {
    desk_value(MARK_FRAMES_RESERVED, 0,
               loaded.image.frames + loaded.tree.frames + loaded.initrd.frames);
    return ABORT_NONE;
  }
  forget();
  desk_value(MARK_ABORT, reason, 0);
  print("kexec: not loaded: %s", abort_text(reason));
  desk_mark(MARK_PHASE, PHASE_ABORTED);
  return reason;
}

enum abort_reason offgoing_kexec(const struct relief_request *request) {
  if (request->only_load) return load(request);
  if (!loaded.image.at) {
    print("kexec: nothing is loaded");
    return ABORT_CONFIGURATION;
  }
  relief_stop_other_cpus();
  u32 hart = relief_this_hart() == 0 ? 1 : 0;
  relief_stop_devices();
  firewall_enforce(0);
  start(hart, OWNER_NONE, loaded.image.at + loaded.entry, loaded.tree.at);
}
