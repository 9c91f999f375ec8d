// The legacy SBI calls (SBI 2.0, 5), which newer kernels no longer need. They answer in a0 alone:
// 0, a byte, or an error. Their sets of harts lie in the caller's memory, at a virtual address; it
// is read with the caller's rights, and an address that it cannot read is an error.
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

#define BITS 32

static struct result answer(int32_t error) {
  return (struct result){error, 0};
}

// One IPI or fence to 32 harts.
static struct result send(uint32_t extension, uint32_t mask, uint32_t base, const uint32_t *a) {
  struct fence_wanted wanted = FENCE_EVERYTHING;
  if (extension == SBI_LEGACY_SEND_IPI) return hart_send_ipi(mask, base);
  if (extension == SBI_LEGACY_REMOTE_FENCE_I) wanted.instruction = 1;
  else if (!fence_range(&wanted, a[1], a[2])) return answer(SBI_ERR_INVALID_ADDRESS);
  if (extension == SBI_LEGACY_REMOTE_SFENCE_VMA_ASID) wanted.asid = a[3];
  return fence_remote(mask, base, wanted);
}

// To each hart of the bit vector at a[0]. Nothing is sent when a word of it cannot be read.
static struct result send_to_set(uint32_t extension, const uint32_t *a) {
  uint32_t words = (hart_count + BITS - 1) / BITS, mask;
  if (a[0] == 0) return send(extension, 0, 0xffffffffu, a);
  for (uint32_t word = 0; word < words; word++)
    if (load_as_caller(a[0] + 4 * word, &mask)) return answer(SBI_ERR_INVALID_ADDRESS);
  for (uint32_t word = 0; word < words; word++) {
    if (load_as_caller(a[0] + 4 * word, &mask)) return answer(SBI_ERR_INVALID_ADDRESS);
    struct result sent = send(extension, mask, word * BITS, a);
    if (sent.error) return sent;
  }
  return answer(SBI_SUCCESS);
}

struct result legacy_call(uint32_t extension, const uint32_t *a) {
  switch (extension) {
    case SBI_LEGACY_SET_TIMER: return set_timer(a[0], a[1]);
    case SBI_LEGACY_CONSOLE_PUTCHAR: console_write((uint8_t)a[0]); return answer(SBI_SUCCESS);
    case SBI_LEGACY_CONSOLE_GETCHAR: return answer(console_read());
    case SBI_LEGACY_CLEAR_IPI: csr_clear(mip, INTERRUPT_SSI); return answer(SBI_SUCCESS);
    case SBI_LEGACY_SEND_IPI:
    case SBI_LEGACY_REMOTE_FENCE_I:
    case SBI_LEGACY_REMOTE_SFENCE_VMA:
    case SBI_LEGACY_REMOTE_SFENCE_VMA_ASID: return send_to_set(extension, a);
    case SBI_LEGACY_SHUTDOWN: machine_end(FINISHER_PASS);
    default: return answer(SBI_ERR_NOT_SUPPORTED);
  }
}
