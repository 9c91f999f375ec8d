// reboot(): restarting, powering off with an audit of all frames, and asking for a relief.
#include "audit.h"
#include "kexec.h"
#include "shared/sbi.h"
#include "system_call.h"

__attribute__((noreturn)) static void end_machine(u32 type, u32 reason) {
  sbi_system_reset(type, reason);
  panic("the firmware does not reset the machine");
}

// A relief under way is waited for: if it succeeds, the call is made again under the new kernel.
static s32 end_orderly(u32 type) {
  if (!kexec_await_end()) return -ERESTART_CALL;
  cpus_stop_others();
  audit();
  end_machine(type, SBI_SRST_NO_REASON);
}

s32 call_reboot(const u32 *a) {
  if (a[0] != REBOOT_MAGIC1 || a[1] != REBOOT_MAGIC2) return -EINVAL;
  switch (a[2]) {
    case REBOOT_KEXEC: return kexec_execute(this_thread());
    case REBOOT_POWER_OFF: return end_orderly(SBI_SRST_SHUTDOWN);
    case REBOOT_RESTART: return end_orderly(SBI_SRST_COLD_REBOOT);
    case REBOOT_HALT: end_machine(SBI_SRST_SHUTDOWN, SBI_SRST_SYSTEM_FAILURE);
    default: return -EINVAL;
  }
}
