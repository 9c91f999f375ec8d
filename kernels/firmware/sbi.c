// The table of SBI calls: checks arguments and hands each to the file that does it. Extensions:
// BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, Quarterdeck's own, and the legacy calls (legacy.c). See
// kernels/abi/sbi.h for their arguments.
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

#define FIRMWARE_VERSION 0x00020800
#define FAILURE_CODE 1

static struct result answer(int32_t error, uint32_t value) {
  return (struct result){error, value};
}

static int is_offered(uint32_t extension) {
  switch (extension) {
    case SBI_LEGACY_SET_TIMER:
    case SBI_LEGACY_CONSOLE_PUTCHAR:
    case SBI_LEGACY_CONSOLE_GETCHAR:
    case SBI_LEGACY_CLEAR_IPI:
    case SBI_LEGACY_SEND_IPI:
    case SBI_LEGACY_REMOTE_FENCE_I:
    case SBI_LEGACY_REMOTE_SFENCE_VMA:
    case SBI_LEGACY_REMOTE_SFENCE_VMA_ASID:
    case SBI_LEGACY_SHUTDOWN:
    case SBI_BASE:
    case SBI_TIME:
    case SBI_IPI:
    case SBI_RFENCE:
    case SBI_HSM:
    case SBI_SRST:
    case SBI_DBCN:
    case SBI_QUARTERDECK: return 1;
    default: return 0;
  }
}

static struct result base_call(uint32_t function, const uint32_t *a) {
  switch (function) {
    case SBI_BASE_GET_SPEC_VERSION: return answer(SBI_SUCCESS, SBI_SPEC_VERSION_2_0);
    case SBI_BASE_GET_IMPL_ID: return answer(SBI_SUCCESS, SBI_IMPL_ID_QUARTERDECK);
    case SBI_BASE_GET_IMPL_VERSION: return answer(SBI_SUCCESS, FIRMWARE_VERSION);
    case SBI_BASE_PROBE_EXTENSION: return answer(SBI_SUCCESS, (uint32_t)is_offered(a[0]));
    case SBI_BASE_GET_MVENDORID: return answer(SBI_SUCCESS, csr_read(mvendorid));
    case SBI_BASE_GET_MARCHID: return answer(SBI_SUCCESS, csr_read(marchid));
    case SBI_BASE_GET_MIMPID: return answer(SBI_SUCCESS, csr_read(mimpid));
    default: return answer(SBI_ERR_NOT_SUPPORTED, 0);
  }
}

// Programs this hart's timer. The high half is -1 in between, so that no early tick fires.
struct result set_timer(uint32_t low, uint32_t high) {
  uint32_t compare = CLINT_BASE + CLINT_MTIMECMP + 8 * csr_read(mhartid);
  *reg32(compare + 4) = 0xffffffffu;
  *reg32(compare) = low;
  *reg32(compare + 4) = high;
  csr_clear(mip, INTERRUPT_STI);
  csr_set(mie, INTERRUPT_MTI);
  return answer(SBI_SUCCESS, 0);
}

// The addresses of a fence, both ends included. Size 0 or -1: all. Returns 0 when they wrap around.
int fence_range(struct fence_wanted *wanted, uint32_t start, uint32_t size) {
  if (size == 0 || size == 0xffffffffu) return 1;
  if (start + (size - 1) < start) return 0;
  wanted->start = start;
  wanted->last = start + (size - 1);
  return 1;
}

static struct result fence_call(uint32_t function, const uint32_t *a) {
  struct fence_wanted wanted = FENCE_EVERYTHING;
  if (function > SBI_RFENCE_SFENCE_VMA_ASID) return answer(SBI_ERR_NOT_SUPPORTED, 0);
  if (function == SBI_RFENCE_FENCE_I) wanted.instruction = 1;
  else if (!fence_range(&wanted, a[2], a[3])) return answer(SBI_ERR_INVALID_ADDRESS, 0);
  if (function == SBI_RFENCE_SFENCE_VMA_ASID) wanted.asid = a[4];
  return fence_remote(a[0], a[1], wanted);
}

static struct result hart_call(uint32_t function, const uint32_t *a) {
  switch (function) {
    case SBI_HSM_HART_START: return hart_start(a[0], a[1], a[2]);
    case SBI_HSM_HART_STOP: hart_stop();
    case SBI_HSM_HART_GET_STATUS: return hart_status(a[0]);
    case SBI_HSM_HART_SUSPEND: return hart_suspend(a[0], a[1], a[2]);
    default: return answer(SBI_ERR_NOT_SUPPORTED, 0);
  }
}

static struct result reset_call(uint32_t function, uint32_t type, uint32_t reason) {
  if (function != SBI_SRST_RESET) return answer(SBI_ERR_NOT_SUPPORTED, 0);
  if (type > SBI_SRST_WARM_REBOOT || reason > SBI_SRST_SYSTEM_FAILURE)
    return answer(SBI_ERR_INVALID_PARAM, 0);
  if (type != SBI_SRST_SHUTDOWN) machine_end(FINISHER_RESET);
  machine_end(reason == SBI_SRST_NO_REASON ? FINISHER_PASS : FINISHER_FAIL | FAILURE_CODE << 16);
}

// Whether S-mode may name these bytes: all in RAM, none in the firmware.
static int is_open(uint32_t base, uint32_t bytes) {
  if (bytes == 0) return 1;
  uint32_t last = base + (bytes - 1);
  if (last < base || base < ram_start || last > ram_last) return 0;
  return last < FIRMWARE_BASE || base >= FIRMWARE_BASE + FIRMWARE_SIZE;
}

static struct result console_call(uint32_t function, const uint32_t *a) {
  uint32_t bytes = a[0], done = 0;
  uint8_t *text = (uint8_t *)a[1];
  if (function == SBI_DBCN_WRITE_BYTE) {
    console_write((uint8_t)a[0]);
    return answer(SBI_SUCCESS, 0);
  }
  if (function > SBI_DBCN_WRITE_BYTE) return answer(SBI_ERR_NOT_SUPPORTED, 0);
  if (a[2] != 0 || !is_open(a[1], bytes)) return answer(SBI_ERR_INVALID_PARAM, 0);
  if (function == SBI_DBCN_WRITE) {
    for (; done < bytes; done++) console_write(text[done]);
  } else {
    for (int byte; done < bytes && (byte = console_read()) >= 0; done++) text[done] = (uint8_t)byte;
  }
  return answer(SBI_SUCCESS, done);
}

// One call from S-mode.
struct result sbi_call(uint32_t extension, uint32_t function, const uint32_t *a) {
  switch (extension) {
    case SBI_BASE: return base_call(function, a);
    case SBI_HSM: return hart_call(function, a);
    case SBI_RFENCE: return fence_call(function, a);
    case SBI_SRST: return reset_call(function, a[0], a[1]);
    case SBI_DBCN: return console_call(function, a);
    case SBI_TIME:
      if (function == SBI_TIME_SET_TIMER) return set_timer(a[0], a[1]);
      return answer(SBI_ERR_NOT_SUPPORTED, 0);
    case SBI_IPI:
      if (function == SBI_IPI_SEND) return hart_send_ipi(a[0], a[1]);
      return answer(SBI_ERR_NOT_SUPPORTED, 0);
    case SBI_QUARTERDECK:
      if (function == SBI_QUARTERDECK_HART_FORCE_STOP) return hart_force_stop(a[0]);
      return answer(SBI_ERR_NOT_SUPPORTED, 0);
    default:
      if (extension < SBI_BASE) return legacy_call(extension, a);
      return answer(SBI_ERR_NOT_SUPPORTED, 0);
  }
}
