// Harts: their mailboxes and the hart state management of SBI 2.0, 9. A sender sets request bits in
// the receiver's mailbox and then its msip; the receiver serves them in M-mode. Whoever waits for
// an answer serves its own mailbox meanwhile, so two harts that ask each other both get on.
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

static struct hart *self(void) {
  return &harts[csr_read(mhartid)];
}

static int exists(uint32_t hart) {
  return hart < hart_count && harts[hart].present;
}

static struct result answer(int32_t error, uint32_t value) {
  return (struct result){error, value};
}

// Orders memory against device registers, which atomic operations alone do not.
static void order_all(void) {
  __asm__ volatile("fence iorw, iorw" ::: "memory");
}

// Puts a request into a hart's mailbox and wakes it.
void hart_post(uint32_t hart, uint32_t request) {
  __atomic_fetch_or(&harts[hart].requests, request, __ATOMIC_SEQ_CST);
  order_all();
  *reg32(CLINT_BASE + CLINT_MSIP + 4 * hart) = 1;
}

// Takes all requests at once. msip goes first: a bit set later sets it again.
static uint32_t take_requests(struct hart *hart) {
  *reg32(CLINT_BASE + CLINT_MSIP + 4 * (uint32_t)(hart - harts)) = 0;
  order_all();
  return __atomic_exchange_n(&hart->requests, 0, __ATOMIC_SEQ_CST);
}

// Whether a force-stop waits to be answered. The request bit alone may be stale: a hart that stops
// by itself answers those who ask just then, and must not stop again when it is started.
static int stop_is_due(const struct hart *hart) {
  uint32_t asked = __atomic_load_n(&hart->stops_asked, __ATOMIC_ACQUIRE);
  return asked != __atomic_load_n(&hart->stops_done, __ATOMIC_RELAXED);
}

// Serves the mailbox of a running hart. Does not return when a request is to stop.
void hart_serve(void) {
  struct hart *hart = self();
  uint32_t requests = take_requests(hart);
  if (requests & REQUEST_IPI) csr_set(mip, INTERRUPT_SSI);
  if (requests & REQUEST_FENCE) fence_serve(&hart->fence);
  if (requests & REQUEST_STOP && stop_is_due(hart)) hart_stop();
}

// The machine timer: passed on to S-mode, and quiet until the next set_timer.
void hart_timer_fired(void) {
  csr_clear(mie, INTERRUPT_MTI);
  csr_set(mip, INTERRUPT_STI);
}

// The life of a stopped hart: fences count as done, and only a start leads out.
void hart_wait_stopped(void) {
  struct hart *hart = self();
  csr_write(mie, INTERRUPT_MSI);
  for (;;) {
    uint32_t requests = take_requests(hart);
    if (requests & REQUEST_FENCE) fence_serve(&hart->fence);
    if (requests & REQUEST_STOP && stop_is_due(hart)) {
      // A start that has not begun is taken back.
      uint32_t asked = __atomic_load_n(&hart->stops_asked, __ATOMIC_ACQUIRE);
      __atomic_store_n(&hart->state, SBI_HSM_STOPPED, __ATOMIC_RELEASE);
      __atomic_store_n(&hart->stops_done, asked, __ATOMIC_RELEASE);
    } else if (requests & REQUEST_START) {
      __atomic_store_n(&hart->state, SBI_HSM_STARTED, __ATOMIC_RELEASE);
      hart_enter_supervisor(hart->start_address, hart->start_argument);
    }
    if (!__atomic_load_n(&hart->requests, __ATOMIC_ACQUIRE)) __asm__ volatile("wfi" ::: "memory");
  }
}

// Whether S-mode may run code there: in RAM, and outside the firmware.
int hart_is_executable(uint32_t address) {
  if (address < ram_start || address > ram_last) return 0;
  return address - FIRMWARE_BASE >= FIRMWARE_SIZE;
}

// hart_start: the target must be STOPPED, and the address executable.
struct result hart_start(uint32_t target, uint32_t address, uint32_t argument) {
  uint32_t stopped = SBI_HSM_STOPPED;
  if (!exists(target)) return answer(SBI_ERR_INVALID_PARAM, 0);
  if (!hart_is_executable(address)) return answer(SBI_ERR_INVALID_ADDRESS, 0);
  struct hart *hart = &harts[target];
  // Only one starter wins, and only it may write the arguments.
  if (!__atomic_compare_exchange_n(&hart->state, &stopped, SBI_HSM_START_PENDING, 0,
                                   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    return answer(SBI_ERR_ALREADY_AVAILABLE, 0);
  hart->start_address = address;
  hart->start_argument = argument;
  hart_post(target, REQUEST_START);
  return answer(SBI_SUCCESS, 0);
}

// Stops the calling hart, from whatever it did. Answers those who asked for it.
void hart_stop(void) {
  struct hart *hart = self();
  uint32_t asked = __atomic_load_n(&hart->stops_asked, __ATOMIC_ACQUIRE);
  csr_write(mie, 0);
  csr_write(satp, 0);
  __atomic_store_n(&hart->state, SBI_HSM_STOPPED, __ATOMIC_RELEASE);
  __atomic_store_n(&hart->stops_done, asked, __ATOMIC_RELEASE);
  hart_wait_stopped();
}

struct result hart_status(uint32_t target) {
  if (!exists(target)) return answer(SBI_ERR_INVALID_PARAM, 0);
  return answer(SBI_SUCCESS, __atomic_load_n(&harts[target].state, __ATOMIC_ACQUIRE));
}

// Waits until an interrupt that S-mode has enabled is pending. Then a retentive suspend returns; a
// non-retentive one goes on at the address, in the state of a hart that was started (SBI 2.0, 9.4).
struct result hart_suspend(uint32_t type, uint32_t address, uint32_t argument) {
  struct hart *hart = self();
  if (type != SBI_HSM_SUSPEND_RETENTIVE && type != SBI_HSM_SUSPEND_NON_RETENTIVE)
    return answer(SBI_ERR_INVALID_PARAM, 0);
  if (type == SBI_HSM_SUSPEND_NON_RETENTIVE && !hart_is_executable(address))
    return answer(SBI_ERR_INVALID_ADDRESS, 0);
  __atomic_store_n(&hart->state, SBI_HSM_SUSPENDED, __ATOMIC_RELEASE);
  for (;;) {
    uint32_t pending = csr_read(mip) & csr_read(mie);
    if (pending & INTERRUPT_MTI) hart_timer_fired();
    if (pending & INTERRUPT_MSI) hart_serve();
    if (pending & INTERRUPTS_SUPERVISOR) break;
    if (!pending) __asm__ volatile("wfi" ::: "memory");
  }
  __atomic_store_n(&hart->state, SBI_HSM_STARTED, __ATOMIC_RELEASE);
  if (type == SBI_HSM_SUSPEND_NON_RETENTIVE) hart_resume(address, argument);
  return answer(SBI_SUCCESS, 0);
}

// Quarterdeck's hart_force_stop: asks, and waits until the target has been STOPPED.
struct result hart_force_stop(uint32_t target) {
  if (!exists(target) || &harts[target] == self()) return answer(SBI_ERR_INVALID_PARAM, 0);
  struct hart *hart = &harts[target];
  if (__atomic_load_n(&hart->state, __ATOMIC_ACQUIRE) == SBI_HSM_STOPPED)
    return answer(SBI_ERR_ALREADY_STOPPED, 0);
  uint32_t ticket = __atomic_add_fetch(&hart->stops_asked, 1, __ATOMIC_SEQ_CST);
  hart_post(target, REQUEST_STOP);
  while ((int32_t)(__atomic_load_n(&hart->stops_done, __ATOMIC_ACQUIRE) - ticket) < 0) hart_serve();
  return answer(SBI_SUCCESS, 0);
}

// Whether every hart that the mask names exists. Base -1 names all harts.
int hart_mask_is_valid(uint32_t mask, uint32_t base) {
  if (base == 0xffffffffu) return 1;
  for (uint32_t bit = 0; bit < 32; bit++)
    if (mask >> bit & 1 && (base > HARTS_MAX || !exists(base + bit))) return 0;
  return 1;
}

int hart_is_in_mask(uint32_t hart, uint32_t mask, uint32_t base) {
  if (!harts[hart].present) return 0;
  return base == 0xffffffffu || (hart - base < 32 && mask >> (hart - base) & 1);
}

struct result hart_send_ipi(uint32_t mask, uint32_t base) {
  if (!hart_mask_is_valid(mask, base)) return answer(SBI_ERR_INVALID_PARAM, 0);
  uint32_t first = base == 0xffffffffu ? 0 : base;
  uint32_t end = base == 0xffffffffu || base + 32 > hart_count ? hart_count : base + 32;
  for (uint32_t hart = first; hart < end; hart++)
    if (hart_is_in_mask(hart, mask, base)) hart_post(hart, REQUEST_IPI);
  return answer(SBI_SUCCESS, 0);
}
