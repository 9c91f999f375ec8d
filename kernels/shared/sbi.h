// Calls to the firmware (RISC-V SBI 2.0). Each returns the error code, 0 for success.
#ifndef SHARED_SBI_H
#define SHARED_SBI_H
#include "abi/sbi.h"
#include "shared/types.h"


s32 sbi_set_timer(u64 ticks);
s32 sbi_send_ipi(u32 hart);
s32 sbi_hart_start(u32 hart, u32 entry_physical, u32 opaque);
s32 sbi_hart_stop(void);           // returns only on failure
s32 sbi_hart_status(u32 hart);     // an HSM state, or a negative error
s32 sbi_hart_force_stop(u32 hart); // Quarterdeck's own: stops another hart wherever it is
s32 sbi_remote_sfence_all(u32 hart_mask, u32 hart_mask_base);
s32 sbi_system_reset(u32 type, u32 reason);
#endif
