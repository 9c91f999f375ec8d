// Remote fences (SBI 2.0, 8). Requests to one hart merge under its small lock into a single range,
// which only grows: doing more than asked is always allowed. The caller posts to all harts first,
// then waits for each ticket. A STOPPED hart needs no fence: entering S-mode does a full one.
#include "abi/machine.h"
#include "abi/sbi.h"
#include "firmware/firmware.h"

#define PAGE_BYTES 4096u
#define RANGE_PAGES_MAX 64 // beyond this, flushing everything is cheaper

// Held for a few instructions, never across a wait; M-mode takes no interrupts.
static void lock(struct fence *fence) {
  while (__atomic_exchange_n(&fence->lock, 1, __ATOMIC_ACQUIRE)) {
  }
}

static void unlock(struct fence *fence) {
  __atomic_store_n(&fence->lock, 0, __ATOMIC_RELEASE);
}

// Adds a request to those that wait; returns its ticket.
static uint32_t ask(struct fence *fence, struct fence_wanted wanted) {
  lock(fence);
  if (wanted.instruction) {
    fence->instruction = 1;
  } else if (!fence->address) {
    fence->address = 1;
    fence->start = wanted.start;
    fence->last = wanted.last;
    fence->asid = wanted.asid;
  } else {
    if (wanted.start < fence->start) fence->start = wanted.start;
    if (wanted.last > fence->last) fence->last = wanted.last;
    if (wanted.asid != fence->asid) fence->asid = ASID_ALL;
  }
  uint32_t ticket = ++fence->asked;
  unlock(fence);
  return ticket;
}

// sfence.vma of a range, on this hart.
static void flush(uint32_t start, uint32_t last, uint32_t asid) {
  start &= -PAGE_BYTES;
  if ((last - start) / PAGE_BYTES >= RANGE_PAGES_MAX) {
    if (asid == ASID_ALL) __asm__ volatile("sfence.vma" ::: "memory");
    else __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
    return;
  }
  for (uint32_t pages = (last - start) / PAGE_BYTES + 1; pages > 0; pages--) {
    if (asid == ASID_ALL) __asm__ volatile("sfence.vma %0" ::"r"(start) : "memory");
    else __asm__ volatile("sfence.vma %0, %1" ::"r"(start), "r"(asid) : "memory");
    start += PAGE_BYTES;
  }
}

// Does what waits for this hart, and says so.
void fence_serve(struct fence *fence) {
  lock(fence);
  struct fence todo = *fence;
  fence->instruction = fence->address = 0;
  unlock(fence);
  if (todo.instruction) __asm__ volatile("fence.i" ::: "memory");
  if (todo.address) flush(todo.start, todo.last, todo.asid);
  __atomic_store_n(&fence->done, todo.asked, __ATOMIC_RELEASE);
}

// Waits until a hart has served this ticket.
static void await(const struct fence *fence, uint32_t ticket) {
  while ((int32_t)(__atomic_load_n(&fence->done, __ATOMIC_ACQUIRE) - ticket) < 0) hart_serve();
}

// Runs a fence on every hart of the mask. Returns when all have done it.
struct result fence_remote(uint32_t mask, uint32_t base, struct fence_wanted wanted) {
  if (!hart_mask_is_valid(mask, base)) return (struct result){SBI_ERR_INVALID_PARAM, 0};
  uint32_t first = base == 0xffffffffu ? 0 : base;
  uint32_t end = base == 0xffffffffu || base + 32 > hart_count ? hart_count : base + 32;
  // Post to all, then wait for all: `asked` read later is at least our own ticket.
  for (uint32_t pass = 0; pass < 2; pass++) {
    for (uint32_t hart = first; hart < end; hart++) {
      struct fence *fence = &harts[hart].fence;
      if (!hart_is_in_mask(hart, mask, base)) continue;
      if (pass == 1) {
        await(fence, __atomic_load_n(&fence->asked, __ATOMIC_ACQUIRE));
      } else if (__atomic_load_n(&harts[hart].state, __ATOMIC_ACQUIRE) != SBI_HSM_STOPPED) {
        ask(fence, wanted);
        hart_post(hart, REQUEST_FENCE);
      }
    }
  }
  return (struct result){SBI_SUCCESS, 0};
}
