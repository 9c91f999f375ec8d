// reboot(): restarting, powering off with an audit of all frames, and asking for a relief.
#include "audit.h"
#include "boot.h"
#include "interrupt.h"
#include "kexec.h"
#include "shared/sbi.h"
#include "system_call.h"

__attribute__((noreturn)) static void end_machine(u32 type, u32 reason) {
  sbi_system_reset(type, reason);
  panic("the firmware does not reset the machine");
}

// A relief under way is waited for: if it succeeds, the call is made again under the new kernel.
static s32 power_off(void) {
  if (!kexec_await_end()) return -ERESTART_CALL;
  cpus_stop_others();
  audit();
  end_machine(SBI_SRST_SHUTDOWN, SBI_SRST_NO_REASON);
}

// Nothing is left in order for a reset but the disk, on which no request is under way.
static s32 restart(void) {
  if (!kexec_await_end()) return -ERESTART_CALL;
  cpus_stop_others();
  interrupts_quiesce();
  end_machine(SBI_SRST_COLD_REBOOT, SBI_SRST_NO_REASON);
}

s32 call_reboot(const u32 *a) {
  if (a[0] != REBOOT_MAGIC1 || a[1] != REBOOT_MAGIC2) return -EINVAL;
  switch (a[2]) {
    case REBOOT_KEXEC: return kexec_execute(this_thread(), false);
    case REBOOT_KEXEC_LOAD: return kexec_execute(this_thread(), true);
    case REBOOT_SHUTDOWN_BEGINS: desk_mark(MARK_PHASE, PHASE_SHUTDOWN); return 0;
    case REBOOT_IS_UP: boot_mark_phase(PHASE_END); return 0;
    case REBOOT_POWER_OFF: return power_off();
    case REBOOT_RESTART: return restart();
    case REBOOT_HALT: end_machine(SBI_SRST_SHUTDOWN, SBI_SRST_SYSTEM_FAILURE);
    default: return -EINVAL;
  }
}
