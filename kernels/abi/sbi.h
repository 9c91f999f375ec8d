// The supervisor binary interface (RISC-V SBI 2.0), as the firmware offers it and kernels call it:
// extension in a7, function in a6, arguments in a0..a5; error in a0, value in a1. Legacy calls
// (extension 0..8) return in a0 alone. Also Quarterdeck's own extension, SBI_QUARTERDECK.
#ifndef ABI_SBI_H
#define ABI_SBI_H

// Errors (SBI 2.0, 3).
#define SBI_SUCCESS 0
#define SBI_ERR_FAILED -1
#define SBI_ERR_NOT_SUPPORTED -2
#define SBI_ERR_INVALID_PARAM -3
#define SBI_ERR_DENIED -4
#define SBI_ERR_INVALID_ADDRESS -5
#define SBI_ERR_ALREADY_AVAILABLE -6
#define SBI_ERR_ALREADY_STARTED -7
#define SBI_ERR_ALREADY_STOPPED -8

// Legacy calls (5).
#define SBI_LEGACY_SET_TIMER 0x00       // (u32 time_low, u32 time_high)
#define SBI_LEGACY_CONSOLE_PUTCHAR 0x01 // (int byte)
#define SBI_LEGACY_CONSOLE_GETCHAR 0x02 // () -> byte or -1
#define SBI_LEGACY_CLEAR_IPI 0x03       // ()
// The harts are a bit vector at a virtual address, as the caller sees it; address 0: all harts.
#define SBI_LEGACY_SEND_IPI 0x04               // (harts)
#define SBI_LEGACY_REMOTE_FENCE_I 0x05         // (harts)
#define SBI_LEGACY_REMOTE_SFENCE_VMA 0x06      // (harts, start, size)
#define SBI_LEGACY_REMOTE_SFENCE_VMA_ASID 0x07 // (harts, start, size, asid)
#define SBI_LEGACY_SHUTDOWN 0x08               // ()

#define SBI_BASE 0x10 // (4)
#define SBI_BASE_GET_SPEC_VERSION 0
#define SBI_BASE_GET_IMPL_ID 1
#define SBI_BASE_GET_IMPL_VERSION 2
#define SBI_BASE_PROBE_EXTENSION 3 // (extension) -> 0 when absent
#define SBI_BASE_GET_MVENDORID 4
#define SBI_BASE_GET_MARCHID 5
#define SBI_BASE_GET_MIMPID 6
#define SBI_SPEC_VERSION_2_0 0x02000000
#define SBI_IMPL_ID_QUARTERDECK 0x5144

#define SBI_TIME 0x54494d45 // (6)
#define SBI_TIME_SET_TIMER 0 // (u32 time_low, u32 time_high); also clears the pending interrupt

#define SBI_IPI 0x00735049 // (7)
#define SBI_IPI_SEND 0 // (mask, mask_base); mask_base -1: every hart

#define SBI_RFENCE 0x52464e43 // (8): each returns when every hart has done it
#define SBI_RFENCE_FENCE_I 0         // (mask, mask_base)
#define SBI_RFENCE_SFENCE_VMA 1      // (mask, mask_base, start, size); size 0 or -1: everything
#define SBI_RFENCE_SFENCE_VMA_ASID 2 // (mask, mask_base, start, size, asid)

#define SBI_HSM 0x0048534d // (9)
#define SBI_HSM_HART_START 0      // (hart, physical address, opaque): a0 = hart, a1 = opaque
#define SBI_HSM_HART_STOP 1       // (): does not return
#define SBI_HSM_HART_GET_STATUS 2 // (hart) -> SBI_HSM_*
#define SBI_HSM_HART_SUSPEND 3    // (type, physical address, opaque): until an interrupt
#define SBI_HSM_STARTED 0
#define SBI_HSM_STOPPED 1
#define SBI_HSM_START_PENDING 2
#define SBI_HSM_STOP_PENDING 3
#define SBI_HSM_SUSPENDED 4
#define SBI_HSM_SUSPEND_RETENTIVE 0 // goes on behind the call
#define SBI_HSM_SUSPEND_NON_RETENTIVE 0x80000000 // at the address, as after hart_start

#define SBI_SRST 0x53525354 // (10)
#define SBI_SRST_RESET 0 // (type, reason)
#define SBI_SRST_SHUTDOWN 0
#define SBI_SRST_COLD_REBOOT 1
#define SBI_SRST_WARM_REBOOT 2
#define SBI_SRST_NO_REASON 0
#define SBI_SRST_SYSTEM_FAILURE 1 // with SHUTDOWN: the machine ends with failure code 1

#define SBI_DBCN 0x4442434e // (12): addresses are physical
#define SBI_DBCN_WRITE 0      // (bytes, base_low, base_high) -> bytes written
#define SBI_DBCN_READ 1       // (bytes, base_low, base_high) -> bytes read; does not wait
#define SBI_DBCN_WRITE_BYTE 2 // (byte)

// Quarterdeck's vendor extension: how a watchdog takes back a CPU on which a hung relief runs.
#define SBI_QUARTERDECK 0x09005144
// (hart): stops another hart wherever it is in S- or U-mode, which cannot mask this, and returns
// when it is STOPPED. INVALID_PARAM: no such hart, or the caller. ALREADY_STOPPED: as it says.
#define SBI_QUARTERDECK_HART_FORCE_STOP 0

#endif
