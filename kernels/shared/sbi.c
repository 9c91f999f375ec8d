// SBI calls: extension in a7, function in a6, arguments in a0 up, error in a0 and value in a1
// (SBI 2.0, chapter 3).
#include "shared/sbi.h"

struct sbi_result {
  s32 error;
  u32 value;
};

static struct sbi_result call(u32 extension, u32 function, u32 p0, u32 p1, u32 p2, u32 p3) {
  register u32 a0 __asm__("a0") = p0;
  register u32 a1 __asm__("a1") = p1;
  register u32 a2 __asm__("a2") = p2;
  register u32 a3 __asm__("a3") = p3;
  register u32 a6 __asm__("a6") = function;
  register u32 a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
  return (struct sbi_result){(s32)a0, a1};
}

s32 sbi_set_timer(u64 ticks) {
  return call(SBI_TIME, SBI_TIME_SET_TIMER, (u32)ticks, (u32)(ticks >> 32), 0, 0).error;
}

s32 sbi_send_ipi(u32 hart) { return call(SBI_IPI, SBI_IPI_SEND, 1, hart, 0, 0).error; }

s32 sbi_hart_start(u32 hart, u32 entry_physical, u32 opaque) {
  return call(SBI_HSM, SBI_HSM_HART_START, hart, entry_physical, opaque, 0).error;
}

s32 sbi_hart_stop(void) { return call(SBI_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0).error; }

s32 sbi_hart_status(u32 hart) {
  struct sbi_result r = call(SBI_HSM, SBI_HSM_HART_GET_STATUS, hart, 0, 0, 0);
  return r.error ? r.error : (s32)r.value;
}

s32 sbi_hart_force_stop(u32 hart) {
  return call(SBI_QUARTERDECK, SBI_QUARTERDECK_HART_FORCE_STOP, hart, 0, 0, 0).error;
}

s32 sbi_remote_sfence_all(u32 hart_mask, u32 hart_mask_base) {
  return call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, hart_mask, hart_mask_base, 0, 0).error;
}

s32 sbi_system_reset(u32 type, u32 reason) {
  return call(SBI_SRST, SBI_SRST_RESET, type, reason, 0, 0).error;
}
